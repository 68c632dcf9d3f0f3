"""Phrases for which the map had nothing, as visitors reported them: one small JSON file."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from core.errors import CasesError
from core.files import write_json
from core.review.field_checks import clean, stamp
from core.review.write_lock import write_lock

MOST = 1000
"""Most phrases in the file; further ones are refused, so that nobody fills the disk."""
MOST_A_DAY = 100
"""Most new phrases of one day."""
MOST_CHARS = 80
_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class MissingWord:
    """A phrase that was reported in a gallery so many `times`; the times are UTC, ISO 8601."""

    phrase: str
    gallery: str
    times: int
    first_at: str
    last_at: str


def phrase_as_kept(phrase: str) -> str:
    """A phrase on one line, in lower case, of at most `MOST_CHARS` characters."""
    return " ".join(clean(phrase).split())[:MOST_CHARS].strip().lower()


def read_missing(file: Path) -> tuple[MissingWord, ...]:
    """The reported phrases, none where there is no file. Raises CasesError for another file."""
    try:
        return tuple(MissingWord(**row) for row in json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        raise CasesError(f"{file} is no list of words ({error!r:.80}); move it away") from error


def report_missing(file: Path, phrase: str, gallery: str, at: datetime) -> None:
    """Writes a phrase down, or counts it once more.

    Raises CasesError for an empty phrase and where the file or the day has enough of them.
    """
    kept, now = phrase_as_kept(phrase), stamp(at)
    if not kept:
        raise CasesError("there is no word to report")

    def change(words: list[MissingWord]) -> list[MissingWord]:
        for place, one in enumerate(words):
            if (one.phrase, one.gallery) == (kept, gallery):
                words[place] = replace(one, times=one.times + 1, last_at=now)
                return words
        if len(words) >= MOST or sum(one.first_at[:10] == now[:10] for one in words) >= MOST_A_DAY:
            raise CasesError("enough words were reported; nothing was written down")
        return [*words, MissingWord(kept, gallery, 1, now, now)]

    _rewrite(file, change)


def take_back_missing(file: Path, phrase: str, gallery: str) -> None:
    """Counts a phrase once less, and drops it at none. Raises CasesError for another file."""
    kept = phrase_as_kept(phrase)

    def change(words: list[MissingWord]) -> list[MissingWord]:
        less = [
            replace(one, times=one.times - 1)
            if (one.phrase, one.gallery) == (kept, gallery)
            else one
            for one in words
        ]
        return [one for one in less if one.times > 0]

    _rewrite(file, change)


def _rewrite(file: Path, change: Callable[[list[MissingWord]], list[MissingWord]]) -> None:
    """Reads, changes and replaces the file, one process after another."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with write_lock(file.with_name(f"{file.name}-turn"), _WAIT_S):
            words = change(list(read_missing(file)))
            write_json(file, [asdict(one) for one in words], error=CasesError)
    except OSError as error:
        raise CasesError(f"{file} cannot be written ({error})") from error
