"""The options that say where the pictures of a gallery are embedded."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from core.cli.options import whole_number
from core.errors import QueryError

if TYPE_CHECKING:
    from core.gallery.embed import EmbedParts

ENGINES = ("here", "ray")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Adds the options for the engine."""
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="where pictures are embedded: on this machine, or on a Ray cluster (default: here)",
    )
    parser.add_argument(
        "--workers",
        type=whole_number,
        default=0,
        metavar="N",
        help="most processors of the Ray cluster to use at once (default: all)",
    )


def chosen_engine(args: argparse.Namespace) -> "EmbedParts | None":
    """The engine of the options; None for this machine.

    Raises QueryError for options that do not fit, GalleryError where no Ray cluster answers.
    """
    if args.engine == "here":
        if args.workers:
            raise QueryError("--workers goes with --engine ray")
        return None
    from core.gallery.ray_engine import connected, embed_on_ray

    with connected():
        pass
    return partial(embed_on_ray, workers=args.workers)
