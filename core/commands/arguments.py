"""What the command line understands: commands, options and how each value is read. Runs nothing."""

import argparse
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from core.cases.formats import FORMATS
from core.geo import Bounds, Position
from core.records import CHANNELS, Channel

Command = Callable[[argparse.Namespace], Any]

_NEGATIVE = re.compile(r"-[\d.]")


class _OneLineParser(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Leaves with exit code 2."""
        self.exit(2, f"saywhere: {' '.join(message.split())}; see {self.prog} --help\n")


def joined(arguments: Sequence[str]) -> list[str]:
    """`--near -34.9,-56.2` as `--near=-34.9,-56.2`: a leading minus looks like an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--near", "--bbox") and _NEGATIVE.match(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _text(text: str) -> str:
    """Arguments may hold bytes that are no text; a question mark stands for each."""
    return text.encode("utf-8", "replace").decode()


def _new_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} is no file that can be written")
    return path


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(text)


def _set(text: str) -> tuple[str, Path]:
    gallery, separator, file = text.partition("=")
    if not (gallery and separator and file):
        raise argparse.ArgumentTypeError(f"{text!r} is not GALLERY=FILE.jsonl")
    return gallery, Path(file)


def _position(text: str) -> Position:
    try:
        lat, lon = (float(part) for part in text.split(","))
        return Position(lat, lon)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not LAT,LON in degrees") from error


def _bounds(text: str) -> Bounds:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        return Bounds(west, south, east, north)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not WEST,SOUTH,EAST,NORTH in degrees"
        ) from error


def _channels(text: str) -> tuple[Channel, ...]:
    wanted = [part.strip() for part in text.split(",")]
    if not all(part in CHANNELS for part in wanted):
        raise argparse.ArgumentTypeError(f"{text!r}: channels are {', '.join(CHANNELS)}")
    return tuple(channel for channel in CHANNELS if channel in wanted)


def _search(added: argparse.ArgumentParser) -> None:
    added.add_argument("text", type=_text, metavar="TEXT")
    added.add_argument("--gallery", metavar="G")
    added.add_argument("-k", type=int, default=10, help="how many candidates (10)")
    added.add_argument("--near", type=_position, metavar="LAT,LON")
    added.add_argument("--within-m", type=float, metavar="R")
    added.add_argument("--channels", type=_channels, metavar="image,facts,names")
    added.add_argument(
        "--explain",
        action="store_true",
        help="say why: ledgers, reasons, relevance, and what would tell them apart",
    )
    added.add_argument("--model", help="whose eyes the image channel has (the gallery's usual)")
    added.add_argument("--checkpoint", type=Path, metavar="F", help="your weights: file or folder")


def _evaluate(added: argparse.ArgumentParser) -> None:
    of = added.add_mutually_exclusive_group(required=True)
    of.add_argument("--gallery", metavar="G")
    _add_cvgtext(added, of)
    added.add_argument("--model", help="whose eyes (the gallery's usual; on CVG-Text compact)")
    added.add_argument("--checkpoint", type=Path, metavar="F", help="your weights: file or folder")
    added.add_argument(
        "--failures",
        type=_new_file,
        metavar="F.csv",
        help="CVG-Text's failures in the nearest-100, in the paper's columns",
    )
    added.add_argument("--queries", type=Path, metavar="FILE.jsonl")
    added.add_argument(
        "--scope",
        choices=("full", "nearest-100", "thinned"),
        default="full",
        help="for --gallery (full); CVG-Text is measured in both",
    )
    added.add_argument("--channels", type=_channels, metavar="image,facts,names")
    added.add_argument("--table", action="store_true", help="plain baselines and channels too")
    added.add_argument(
        "--strangers",
        nargs="+",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions of other places: how well they are told apart",
    )
    added.add_argument("--out", type=_new_file, metavar="F")
    added.add_argument("--title", type=_text, default="", help="what people read of the report")


def _build(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="NAME")
    of = added.add_mutually_exclusive_group(required=True)
    of.add_argument("--from", dest="sources", nargs="+", type=Path, metavar="FILE")
    _add_cvgtext(added, of)
    added.add_argument("--ocr", action="store_true", help="read the names in CVG-Text's pictures")
    added.add_argument(
        "--title", type=_text, default="", help="what people read (the name, capitalised)"
    )
    added.add_argument("--bbox", type=_bounds, metavar="W,S,E,N")
    added.add_argument("--spacing-m", type=float, default=30.0)
    added.add_argument("--footprint-m", type=float, default=100.0)
    added.add_argument("--no-pictures", action="store_true", help="neither pictures nor base map")
    added.add_argument("--out", type=Path, metavar="FOLDER", help="where galleries are kept")


def _embed(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="NAME")
    added.add_argument("--model", default="minilm", help="minilm embeds texts, others pictures")
    added.add_argument("--checkpoint", type=Path, metavar="F", help="your weights: file or folder")
    added.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where galleries are kept; one from elsewhere is copied there",
    )


def _encode(added: argparse.ArgumentParser) -> None:
    added.add_argument("--model", default="minilm")
    added.add_argument("--checkpoint", type=Path, metavar="F", help="your weights: file or folder")
    what = added.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", type=_text)
    what.add_argument("--image", type=Path, metavar="F")


def _describe(added: argparse.ArgumentParser) -> None:
    added.add_argument("--gallery", required=True, metavar="G")
    added.add_argument(
        "--from",
        dest="sources",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="the map files that the gallery was built from",
    )
    added.add_argument("--n", type=_whole, default=300, help="how many tiles, at random (300)")
    added.add_argument("--seed", type=_whole, default=0)
    added.add_argument(
        "--names",
        choices=("yes", "no", "mixed"),
        default="mixed",
        help="whether texts tell what is on signs",
    )
    added.add_argument("--out", type=_new_file, metavar="F.jsonl")


def _calibrate(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--set",
        dest="sets",
        type=_set,
        action="append",
        required=True,
        metavar="GALLERY=FILE.jsonl",
        help="descriptions whose place is known; "
        "give several, of several galleries; each counts alike",
    )
    added.add_argument(
        "--background",
        nargs="+",
        metavar="G",
        default=(),
        help="galleries that show what towns usually have (all of the sets)",
    )
    added.add_argument("--seed", type=_whole, default=42)
    added.add_argument(
        "--out",
        type=_new_file,
        metavar="F.json",
        help="where the numbers go (those that search reads)",
    )


def _train(added: argparse.ArgumentParser) -> None:
    added.add_argument("config", type=Path, metavar="CONFIG.toml")
    added.add_argument("--out", type=Path, metavar="FOLDER", help="the run folder")


def _bench(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "what",
        choices=("search", "evaluate", "embed", "explain", "relevance", "questions", "cases"),
    )
    added.add_argument("--gallery", metavar="G", help="the largest bundled one")
    added.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions whose place is known, for relevance and questions",
    )
    added.add_argument("--model", help="what is to embed (compact)")
    added.add_argument("--checkpoint", type=Path, metavar="F", help="your weights: file or folder")
    added.add_argument("--annotators", type=_whole, default=50, help="processes, for cases (50)")
    added.add_argument("--verdicts", type=_whole, default=10_000, help="in all, for cases (10000)")
    added.add_argument(
        "--kill",
        type=_whole,
        default=0,
        help="how many of the processes are killed and started again (0)",
    )
    _add_store(added)


def _add_store(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--store", metavar="ADDRESS", help="a file, or postgresql://USER@HOST/DATABASE"
    )


def _compare(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "reports",
        nargs=2,
        type=Path,
        metavar="REPORT",
        help="two of evaluate --out or of CVG-Text, over the same descriptions",
    )
    added.add_argument(
        "--scope",
        choices=("full", "nearest-100", "thinned"),
        help="which part of reports that have several (full)",
    )


def _cases(added: argparse.ArgumentParser) -> None:
    actions = added.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, about: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=about, description=about)
        made.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document"
        )
        made.add_argument(
            "--quiet", action="store_true", default=argparse.SUPPRESS, help="no progress bars"
        )
        _add_store(made)
        return made

    taken = action("import", "take in a report of evaluate --out, CVG-Text's CSV or an export")
    taken.add_argument("file", type=Path, metavar="REPORT")
    taken.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="what was measured, for reports that do not hold their texts",
    )
    taken.add_argument(
        "--scope", choices=("full", "nearest-100"), help="which part of a report on CVG-Text (full)"
    )
    taken.add_argument(
        "--control", type=_whole, default=20, help="how many successes become cases, too (20)"
    )
    given = action("export", "write all cases with all verdicts")
    given.add_argument("file", type=Path, metavar="FILE")
    given.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="by the ending: " + ", ".join(form.suffix or "none" for form in FORMATS.values()),
    )
    action("agreement", "how far annotators agree, and where they do not")
    action("list", "the reports in the store and how far each is judged")


def _add_cvgtext(added: argparse.ArgumentParser, of: "argparse._ActionsContainer") -> None:
    """What chooses a part of CVG-Text, with its root among the other sources."""
    of.add_argument("--cvgtext", type=Path, metavar="ROOT", help="the root of your copy")
    added.add_argument("--city", metavar="C", help="of CVG-Text: NewYork, Brisbane or Tokyo")
    added.add_argument("--kind", choices=("sat", "osm"), help="of CVG-Text's pictures")
    version = added.add_mutually_exclusive_group()
    version.add_argument("--photos", action="store_true", help="single views, not panoramas")
    version.add_argument("--mixed", action="store_true", help="panoramas and single views")


_OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "galleries": lambda _: None,
    "search": _search,
    "evaluate": _evaluate,
    "build": _build,
    "embed": _embed,
    "encode": _encode,
    "describe": _describe,
    "calibrate": _calibrate,
    "train": _train,
    "compare": _compare,
    "cases": _cases,
    "bench": _bench,
}


def parser_of(commands: Iterable[Command], about: str) -> argparse.ArgumentParser:
    """The whole command line; a command is called and described as its function is."""
    parser = _OneLineParser(prog="python -m core", description=about)
    added_to = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for run in commands:
        added = added_to.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="print one JSON document")
        added.add_argument("--quiet", action="store_true", help="no progress bars")
        _OPTIONS[run.__name__](added)
    return parser
