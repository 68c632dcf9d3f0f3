"""Options that choose a part of a user's copy of CVG-Text."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.progress import note
from core.errors import QueryError

if TYPE_CHECKING:
    from core.sources.cvgtext import CvgText, Split, Version


def read_copy(args: argparse.Namespace, split: "Split | None") -> "CvgText":
    """Reads the part of CVG-Text that the options choose, and prints its faults.

    Raises QueryError without --city and --kind, SourceError for a copy that cannot be read.
    """
    from core.sources.cvgtext import read_cvgtext

    if not (args.city and args.kind):
        raise QueryError("--cvgtext needs --city, such as NewYork, and --kind sat or osm")
    version: Version = "photos" if args.photos else "mixed" if args.mixed else "panorama"
    data = read_cvgtext(args.cvgtext, args.city, version, args.kind, split)
    for fault in data.faults:
        note(str(fault))
    return data


def add_cvgtext(parser: argparse.ArgumentParser, source: "argparse._ActionsContainer") -> None:
    """Adds the options of CVG-Text; its root goes to `source`, the group of sources."""
    source.add_argument(
        "--cvgtext", type=Path, metavar="ROOT", help="root folder of your copy of CVG-Text"
    )
    parser.add_argument("--city", metavar="C", help="city of CVG-Text: NewYork, Brisbane or Tokyo")
    parser.add_argument(
        "--kind", choices=("sat", "osm"), help="kind of CVG-Text's pictures: satellite or map"
    )
    version = parser.add_mutually_exclusive_group()
    version.add_argument(
        "--photos", action="store_true", help="descriptions of single views, not of panoramas"
    )
    version.add_argument(
        "--mixed", action="store_true", help="descriptions of panoramas and of single views"
    )
