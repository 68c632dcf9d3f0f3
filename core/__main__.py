"""The command line: `python -m core …`. Parses and prints; all else is done by the rooms below."""

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from core.commands import COMMANDS
from core.commands.arguments import joined, parser_of
from core.errors import SaywhereError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 on success, 2 for a mistake by the user, 1 for a fault of ours."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = parser_of(COMMANDS, str(__doc__))
    args = parser.parse_args(joined(sys.argv[1:] if arguments is None else arguments))
    try:
        result = args.run(args)
    except SaywhereError as error:
        print(f"saywhere: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("saywhere: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    if result is None:  # of several processes, the first one tells
        return 0
    try:
        print(json.dumps(result) if args.json else _readable(args.command, result), flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _readable(command: str, result: Any) -> str:
    """The result for people: a line each for galleries and candidates, else indented JSON."""
    if command == "galleries":
        return "\n".join(
            f"{card['name']:16} {card['tiles']:6} tiles  {card['problem'] or card['title']}"
            for card in result["galleries"]
        )
    if command == "search":
        return "\n".join(_answer_lines(result))
    return json.dumps(result, ensure_ascii=False, indent=1)


def _answer_lines(result: Any) -> Iterator[str]:
    """The verdict, and each candidate with its reason or its evidence."""
    yield from result["notes"]
    if result["verdict"]:
        yield result["verdict"][:1].upper() + result["verdict"][1:]
    if result.get("question"):
        yield f"To tell them apart: {result['question']['text']}"
    for one in result["candidates"]:
        sure = "" if one["confidence"] is None else f"{one['confidence']:4.0%}  "
        yield (
            f"{one['rank']:2}  {one['lat']:.5f}, {one['lon']:.5f}  {sure}"
            f"{one['similarity']:.2f}  {one['street']}"
        )
        if "explanation" in one:
            yield f"      {one['explanation']['reason']}"
            yield from (f"      {note}" for note in one["explanation"]["notes"])
            continue
        for piece in one["evidence"]:
            found = piece["fact"] and (
                f"{piece['fact']} ({piece['distance_m']:.0f} m {piece['direction']})"
            )
            yield f"      {piece['phrase']} — {found or 'not found'}"


if __name__ == "__main__":
    sys.exit(main())
