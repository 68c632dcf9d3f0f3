"""Saywhere's command line: `python -m core COMMAND`."""

import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from core.cli import COMMANDS
from core.cli.parser import joined, parser_of
from core.errors import SaywhereError
from core.terminal import guard, shown_document, shown_lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code: 0 on success, 2 for a mistake by the user."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    words = joined(sys.argv[1:] if arguments is None else arguments)
    named = [name for name in COMMANDS if words[:1] == [name]]
    args = parser_of(named or COMMANDS, str(__doc__)).parse_args(words)
    try:
        result = args.module.run(args)
    except SaywhereError as error:
        print(shown_lines(f"saywhere: {error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("saywhere: stopped; run the same command again to continue", file=sys.stderr)
        return 130
    if result is None:  # of several processes only the first prints
        return 0
    try:
        print(json.dumps(result) if args.json else _readable(args.module, result), flush=True)
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(args.module.exit_code(result)) if hasattr(args.module, "exit_code") else 0


def _readable(command: Any, result: Any) -> str:
    """The result for people: the command's own text, or indented JSON."""
    if hasattr(command, "readable"):
        return str(command.readable(shown_document(result)))
    return shown_lines(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    guard()
    sys.exit(main())
