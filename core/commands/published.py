"""A person's own copy of CVG-Text, as the options of a command choose it."""

import argparse
from typing import TYPE_CHECKING

from core.commands.progress import note
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
