"""Learn confidence from descriptions whose place is known; search reads what it writes."""

import argparse
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.options import new_file, whole_number
from core.cli.progress import bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--set",
        dest="sets",
        type=_labelled_set,
        action="append",
        required=True,
        metavar="GALLERY=FILE.jsonl",
        help="descriptions whose place is known; "
        "give several, of several galleries; each counts alike",
    )
    parser.add_argument(
        "--background",
        nargs="+",
        metavar="G",
        default=(),
        help="galleries that show what towns usually have (all of the sets)",
    )
    parser.add_argument("--seed", type=whole_number, default=42)
    parser.add_argument(
        "--out",
        type=new_file,
        metavar="F.json",
        help="where the numbers go (those that search reads)",
    )


def _labelled_set(value: str) -> tuple[str, Path]:
    gallery, separator, file = value.partition("=")
    if not (gallery and separator and file):
        raise argparse.ArgumentTypeError(f"{value!r} is not GALLERY=FILE.jsonl")
    return gallery, Path(file)


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.evaluation.calibration.pipeline import fit_from_files
    from core.models import load_model
    from core.retrieval.confidence import write_calibration

    settings = machine.load()
    encoder = load_model(threads=settings.search_threads)
    learned = fit_from_files(
        args.sets, args.background, settings, encoder, args.seed, bar(args.quiet)
    )
    path = write_calibration(learned, args.out or machine.CONFIDENCE)
    return {
        "file": str(path),
        "sources": list(learned.sources),
        "likely": learned.likely,
        "absent": learned.absent,
    }
