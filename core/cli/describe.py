"""Write descriptions: of a gallery's tiles from the map, of street photographs, of a collection."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli import photo_options, zero_shot_options
from core.cli.options import new_file, whole_number
from core.errors import QueryError, SourceError

if TYPE_CHECKING:
    from core.describe.simulate.above import ViewFromAbove
    from core.world import World


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    photo_options.add_batch(parser)
    zero_shot_options.add_zero_shot(parser)
    parser.add_argument("--gallery", metavar="G", help="name of the gallery")
    parser.add_argument(
        "--from",
        dest="sources",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="the map files that the gallery was built from; or, without --gallery, the folder of "
        "a collection, whose pictures the language model describes",
    )
    parser.add_argument(
        "--imagery",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="aerial imagery of the same ground: the texts also tell what is seen from above",
    )
    parser.add_argument(
        "--n", type=whole_number, default=300, help="number of random tiles (default: 300)"
    )
    parser.add_argument("--seed", type=whole_number, default=0, help="random seed (default: 0)")
    parser.add_argument(
        "--names",
        choices=("yes", "no", "mixed"),
        default="mixed",
        help="whether the texts contain names from signs (default: mixed)",
    )
    parser.add_argument(
        "--manner",
        choices=("view", "directions", "denials"),
        default="view",
        help="what a person sees there, directions to it by relations, or what a person sees "
        "and a denial, 15 percent of them false (default: view)",
    )
    parser.add_argument(
        "--out", type=new_file, metavar="F.jsonl", help="file to write (default: print)"
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    if args.photos:
        return photo_options.run_batch(args)
    if args.sources and not args.gallery and len(args.sources) == 1 and args.sources[0].is_dir():
        return zero_shot_options.run_zero_shot(args)
    if not (args.gallery and args.sources):
        raise QueryError(
            "give --gallery and --from for a gallery's tiles, --photos FOLDER, or --from COLLECTION"
        )
    import numpy as np

    from core.cli.progress import note
    from core.describe.simulate.tiles import describe_tiles
    from core.gallery import open_gallery
    from core.sources.left_out import reading_line
    from core.sources.world import read_world

    gallery = open_gallery(args.gallery, machine.load())
    world = read_world(args.sources)
    center = gallery.card.bounds.center
    if not world.bounds.contains(np.array([center.lat]), np.array([center.lon])).all():
        raise SourceError(
            f"{', '.join(world.sources)} does not cover {args.gallery}; give the files "
            "that it was built from"
        )
    note(reading_line(world))
    names = {"yes": True, "no": False, "mixed": None}[args.names]
    above = _seen_from_above(world, args.imagery) if args.imagery else None
    rows = describe_tiles(gallery, world, args.n, args.seed, names, args.manner, above)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        args.out.write_text(lines, "utf-8")
        return {"gallery": args.gallery, "descriptions": len(rows), "file": str(args.out)}
    return {"gallery": args.gallery, "descriptions": rows}


def exit_code(document: dict[str, Any]) -> int:
    """2 where rows of a collection could not be described."""
    return 2 if document.get("problems") and "written" in document else 0


def _seen_from_above(world: "World", sources: list[str]) -> "ViewFromAbove":
    """What aerial imagery shows of a map. Raises SourceError."""
    from core.describe.simulate.above import ViewFromAbove
    from core.facts.aerial import things_from_above
    from core.sources.imagery import open_imagery

    return ViewFromAbove(things_from_above(world, open_imagery(sources)), world.metric_crs)
