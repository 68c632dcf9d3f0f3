"""Text on its way to a terminal: what would command the terminal is shown, never run.

Names, notes and error messages come from map files, galleries and stores that a stranger may have
written. Escape sequences, carriage returns, bells and turns of the writing direction in them reach
the terminal as JSON would write them, such as `\\u001b`.
"""

import io
import logging
import re
import sys
import unicodedata
from typing import Any, TextIO

_JOINERS = frozenset("\u200c\u200d")
"""Persian, several Indian scripts and emoji need them; they show nothing and turn nothing."""
_LAYOUT = frozenset("\n\t")
_COMMANDS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SUSPECT = re.compile(r"[^ -~]+")
"""Runs of what is not printable ASCII; everything else needs no look."""


def shown(text: str) -> str:
    """The text in one line: control and format characters, also line ends, as `\\uXXXX`."""
    return _SUSPECT.sub(lambda run: "".join(map(_visible, run.group())), text)


def shown_lines(text: str) -> str:
    """The same for text of several lines: line ends and tabs stay as they are."""
    return _SUSPECT.sub(
        lambda run: "".join(sign if sign in _LAYOUT else _visible(sign) for sign in run.group()),
        text,
    )


def shown_document(document: Any) -> Any:
    """A JSON-able document with each of its texts in one line, keys included."""
    match document:
        case str():
            return shown(document)
        case dict():
            return {shown_document(key): shown_document(value) for key, value in document.items()}
        case list() | tuple():
            return [shown_document(value) for value in document]
    return document


def _visible(sign: str) -> str:
    if unicodedata.category(sign) not in _COMMANDS or sign in _JOINERS:
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class _ShownText(io.TextIOWrapper):
    """A stream to the terminal that shows whatever is written to it, by whomever."""

    def write(self, text: str, /) -> int:
        """Writes the text as `shown_lines` gives it."""
        super().write(shown_lines(text))
        return len(text)

    def isatty(self) -> bool:
        """False, so that nobody writes colours here, which would be shown as well."""
        return False


def guard() -> None:
    """Makes standard output and standard error show what commands a terminal, for good.

    That holds for our own lines, for a parser's or a library's, for logs, warnings and tracebacks.
    """
    unguarded = (sys.stdout, sys.stderr)
    guarded = tuple(map(_guarded, unguarded))
    sys.stdout, sys.stderr = guarded
    loggers = [logging.root, *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if isinstance(handler, logging.StreamHandler) and handler.stream in unguarded:
            handler.setStream(guarded[unguarded.index(handler.stream)])


def _guarded(stream: TextIO) -> TextIO:
    if isinstance(stream, _ShownText) or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    return _ShownText(stream.buffer, stream.encoding, "backslashreplace", line_buffering=True)


def commanded_errors() -> TextIO:
    """Standard error for a writer that moves the cursor itself, such as a progress bar.

    The writer passes texts through `shown` first.
    """
    guarded = isinstance(sys.stderr, _ShownText)
    return sys.__stderr__ if guarded and sys.__stderr__ is not None else sys.stderr
