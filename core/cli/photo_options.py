"""Options of commands that read street photographs, and the batch of `core describe --photos`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.options import whole_number
from core.cli.progress import bar, note
from core.errors import QueryError

if TYPE_CHECKING:
    from core.describe.streetview import PhotoDescriber

_CITY = "Photos"
_OUT = "descriptions.jsonl"


def add_detector(parser: argparse.ArgumentParser) -> None:
    """Adds the option for an open-world detector."""
    parser.add_argument(
        "--detector",
        default="",
        metavar="FOLDER",
        help="open-world detector for transformers (default: classical rules)",
    )


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a batch of photographs."""
    parser.add_argument(
        "--photos", type=Path, metavar="FOLDER", help="describe the photographs of a folder"
    )
    parser.add_argument(
        "--cvgtext-out",
        type=Path,
        metavar="ROOT",
        help="write pictures and descriptions of --photos as CVG-Text, too",
    )
    parser.add_argument("--city", default=_CITY, help=f"city of --cvgtext-out (default: {_CITY})")
    parser.add_argument(
        "--workers", type=whole_number, default=1, metavar="N", help="photographs at a time"
    )
    add_detector(parser)


def describer(threads: int, detector: str) -> "PhotoDescriber":
    """A describer of photographs, with the language model that is set up."""
    from core.describe.streetview import load_describer

    return load_describer(threads, detector, machine.load().advisor)


def run_batch(args: argparse.Namespace) -> Any:
    """Describes a folder; the document to print is the quality report."""
    from core.describe.streetview.batch import describe_folder, workers_for, write_cvgtext
    from core.describe.streetview.quality import quality_of

    if args.gallery or args.sources:
        raise QueryError("--photos takes no --gallery and no --from: it describes photographs")
    workers = workers_for(args.workers)
    threads = max(1, machine.load().batch_threads // workers)
    describers = [describer(threads, args.detector) for _ in range(workers)]
    out = args.out or args.photos / _OUT
    result = describe_folder(args.photos, out, describers, bar(args.quiet))
    for problem in result.problems:
        note(problem)
    document = {"file": str(out), "resumed": result.resumed}
    document |= quality_of(result.rows, result.problems).to_json()
    if args.cvgtext_out:
        document["cvgtext"] = {
            "root": str(args.cvgtext_out),
            "city": args.city,
            **write_cvgtext(args.photos, result.rows, args.cvgtext_out, args.city),
        }
    return document
