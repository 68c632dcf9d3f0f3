"""The options that name imagery, and the imagery that they name."""

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from core import settings
from core.cli.options import bounds, text, whole_number
from core.cli.progress import bar, confirmed, note
from core.errors import QueryError
from core.geo import Bounds

if TYPE_CHECKING:
    from core.sources.imagery import Imagery
    from core.sources.imagery.download import TileServer


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
    parser.add_argument(
        "--imagery-zoom",
        type=whole_number,
        metavar="N",
        help="finest zoom to download (default: the source's own, or 18)",
    )
    parser.add_argument("--yes", action="store_true", help="download imagery without asking")


def opened_imagery(
    args: argparse.Namespace,
    area: Bounds | None,
    footprint_m: float | None = None,
    download: bool = True,
) -> "Imagery | None":
    """The imagery of the options, None without any; with `download`, tiles of `area` are
    downloaded if need be, and with `footprint_m` those of the ground around it that a gallery of
    such tiles keeps.

    Raises QueryError for imagery that may not be stored, and where nobody confirms the download.
    """
    if not args.imagery:
        return None
    from core.gallery.imagery_stage import bounds_kept_around
    from core.sources.imagery import ImageryPlace, Online, open_imagery

    if area is not None and footprint_m is not None:
        area = bounds_kept_around(area, footprint_m)
    imagery = open_imagery(
        args.imagery,
        place=ImageryPlace(args.imagery_bounds, args.imagery_crs),
        online=Online(area, settings.load().user_imagery, args.imagery_zoom),
    )
    stated = {
        "licence": args.imagery_licence,
        "credit": args.imagery_credit,
        "date": args.imagery_date,
    }
    imagery.credit = replace(imagery.credit, **{key: at for key, at in stated.items() if at})
    for line in imagery.notes:
        note(line)
    for server in imagery.servers:
        if not server.credit.may_be_stored:
            raise QueryError(
                f"{server.name} may be looked at but not stored, so no gallery can be made of it; "
                f"choose another source"
            )
        if download:
            _download(server, args)
    return imagery


def stated_of(imagery: "Imagery") -> dict[str, Any]:
    """Licence, credit, date and source of imagery, whether it may be stored, and its resolution in
    metres a pixel, for the JSON of a build."""
    return asdict(imagery.credit) | {"metres_per_px": round(imagery.metres_per_px, 3)}


def _download(server: "TileServer", args: argparse.Namespace) -> None:
    """Tells size and time, asks, and gets the tiles that are missing."""
    estimate = server.estimate()
    if not estimate.missing:
        return
    note(estimate.sentence(server.name))
    if not args.yes and not confirmed("download?"):
        raise QueryError("the download was not confirmed; add --yes to start it without asking")
    server.download(bar(args.quiet))
