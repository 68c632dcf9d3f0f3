"""The options that name imagery, and the imagery that they name."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from core.cli.options import bounds, text
from core.cli.progress import note
from core.geo import Bounds

if TYPE_CHECKING:
    from core.sources.imagery import Imagery


def add_imagery(parser: argparse.ArgumentParser) -> None:
    """Adds the options of imagery."""
    parser.add_argument(
        "--imagery",
        nargs="+",
        metavar="SOURCE",
        help="aerial or satellite pictures: files, folders, addresses of tiles, or the name of a "
        "national source",
    )
    parser.add_argument(
        "--imagery-bounds",
        type=bounds,
        metavar="W,S,E,N",
        help="bounds of a single picture that states no position, in degrees",
    )
    parser.add_argument(
        "--imagery-crs", default="", metavar="EPSG:N", help="projection of pictures that state none"
    )
    for name, about in (
        ("licence", "licence of the imagery"),
        ("credit", "line to show beside every picture"),
        ("date", "date of the imagery, such as 2024-06-30"),
    ):
        parser.add_argument(f"--imagery-{name}", type=text, default="", metavar="TEXT", help=about)
    parser.add_argument("--yes", action="store_true", help="download imagery without asking")


def opened_imagery(args: argparse.Namespace, bbox: Bounds | None) -> "Imagery | None":
    """The imagery of the options, None without any."""
    if not args.imagery:
        return None
    from core.sources.imagery import ImageryPlace, open_imagery

    imagery = open_imagery(args.imagery, place=ImageryPlace(args.imagery_bounds, args.imagery_crs))
    stated = {
        "licence": args.imagery_licence,
        "credit": args.imagery_credit,
        "date": args.imagery_date,
    }
    imagery.credit = replace(imagery.credit, **{key: at for key, at in stated.items() if at})
    for line in imagery.notes:
        note(line)
    return imagery
