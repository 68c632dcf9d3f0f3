"""A person's own copy of CVG-Text, as the options of a command choose it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.progress import note
from core.errors import QueryError

if TYPE_CHECKING:
    from core.sources.cvgtext import CvgText, Split, Version


def read_copy(args: argparse.Namespace, split: "Split | None") -> "CvgText":
    """CVG-Text as the options choose it; what is wrong with it is told."""
    from core.sources.cvgtext import read_cvgtext

    if not (args.city and args.kind):
        raise QueryError("--cvgtext wants --city, such as NewYork, and --kind sat or osm")
    version: Version = "photos" if args.photos else "mixed" if args.mixed else "panorama"
    data = read_cvgtext(args.cvgtext, args.city, version, args.kind, split)
    for fault in data.faults:
        note(str(fault))
    return data


def add_cvgtext(parser: argparse.ArgumentParser, of: "argparse._ActionsContainer") -> None:
    """What chooses a part of CVG-Text, with its root among the other sources."""
    of.add_argument("--cvgtext", type=Path, metavar="ROOT", help="the root of your copy")
    parser.add_argument("--city", metavar="C", help="of CVG-Text: NewYork, Brisbane or Tokyo")
    parser.add_argument("--kind", choices=("sat", "osm"), help="of CVG-Text's pictures")
    version = parser.add_mutually_exclusive_group()
    version.add_argument("--photos", action="store_true", help="single views, not panoramas")
    version.add_argument("--mixed", action="store_true", help="panoramas and single views")
