"""Write descriptions: of a gallery's tiles from the map, or of street photographs."""

import argparse
import json
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli import photo_options
from core.cli.options import new_file, whole_number
from core.errors import QueryError, SourceError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    photo_options.add_batch(parser)
    parser.add_argument("--gallery", metavar="G", help="name of the gallery")
    parser.add_argument(
        "--from",
        dest="sources",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="the map files that the gallery was built from",
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
        choices=("view", "directions"),
        default="view",
        help="what a person sees there, or directions to it by relations (default: view)",
    )
    parser.add_argument(
        "--out", type=new_file, metavar="F.jsonl", help="file to write (default: print)"
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    if args.photos:
        return photo_options.run_batch(args)
    if not (args.gallery and args.sources):
        raise QueryError("give --gallery and --from for a gallery's tiles, or --photos FOLDER")
    import numpy as np

    from core.cli.progress import note
    from core.describe.simulate.directing import direct
    from core.describe.simulate.generator import Style
    from core.describe.simulate.generator import describe as view
    from core.describe.simulate.visibility import VisibilityMap
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
    drawn = np.random.default_rng(args.seed).permutation(len(gallery))[: args.n]
    names = {"yes": True, "no": False, "mixed": None}[args.names]
    scenes = VisibilityMap(world).scenes(gallery.lats[drawn], gallery.lons[drawn])
    rows, write = [], {"view": view, "directions": direct}[args.manner]
    for row, scene in zip(drawn.tolist(), scenes, strict=True):
        rng = np.random.default_rng((args.seed, row))
        style, tile = Style.random(rng, names), gallery.tile(row)
        rows.append(
            {
                "id": f"{args.gallery}-{args.seed}-{row}",
                "gallery": args.gallery,
                "text": write(scene, rng, style),
                "lat": tile.lat,
                "lon": tile.told_lon,
                "tile_id": tile.tile_id,
                "names": style.names,
                "length": style.length,
                "care": style.care,
            }
        )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        args.out.write_text(lines, "utf-8")
        return {"gallery": args.gallery, "descriptions": len(rows), "file": str(args.out)}
    return {"gallery": args.gallery, "descriptions": rows}
