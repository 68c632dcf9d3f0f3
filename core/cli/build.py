"""Make a gallery from map files or from CVG-Text's pictures, with its indexes."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.cvgtext_options import add_cvgtext, read_copy
from core.cli.options import bounds, text
from core.cli.progress import bar, note
from core.errors import QueryError

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("name", metavar="NAME")
    of = parser.add_mutually_exclusive_group(required=True)
    of.add_argument("--from", dest="sources", nargs="+", type=Path, metavar="FILE")
    add_cvgtext(parser, of)
    parser.add_argument("--ocr", action="store_true", help="read the names in CVG-Text's pictures")
    parser.add_argument(
        "--title", type=text, default="", help="what people read (the name, capitalised)"
    )
    parser.add_argument("--bbox", type=bounds, metavar="W,S,E,N")
    parser.add_argument("--spacing-m", type=float, default=30.0)
    parser.add_argument("--footprint-m", type=float, default=100.0)
    parser.add_argument("--no-pictures", action="store_true", help="neither pictures nor base map")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where galleries are kept")


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    if args.cvgtext:
        return _build_cvgtext(args)
    from core.gallery.build import BuildOptions, build_gallery
    from core.gallery.manifest import read_manifest
    from core.models import load_model
    from core.sources.world import read_world

    settings = machine.load()
    world = read_world(args.sources, args.bbox)
    options = BuildOptions(args.title, args.spacing_m, args.footprint_m, not args.no_pictures)
    encoder = load_model(threads=settings.batch_threads)
    folder = build_gallery(
        args.name,
        args.sources,
        world,
        encoder,
        args.out or settings.user_galleries,
        options,
        args.bbox,
        datetime.now(UTC),
        bar(args.quiet),
    )
    if read_manifest(folder).on_grid:
        note("the map has no walkable way; its tiles stand on a grid")
    if not args.no_pictures:
        _embed_usual(folder, encoder, settings, args.quiet)
    return {"gallery": args.name, "folder": str(folder)}


def _embed_usual(
    folder: Path, sentences: "SentenceEncoder", settings: machine.Settings, quiet: bool
) -> None:
    """The `image` channel of a new gallery, with the model that comes with the app."""
    from core.gallery.embed import embed_pictures
    from core.gallery.manifest import read_manifest
    from core.models import DEFAULT_PICTURE_MODEL, load_model

    if not machine.COMPACT_WEIGHTS.is_file():
        note(f"{machine.COMPACT_WEIGHTS} is missing; the gallery gets no image channel")
        return
    encoder = load_model(DEFAULT_PICTURE_MODEL, sentences=sentences)
    known = {stamp.weights_sha256 for stamp in read_manifest(folder).picture_models}
    if encoder.spec.weights_sha256 not in known:
        embed_pictures(folder, encoder, None, settings.batch_threads, bar(quiet))


def _build_cvgtext(args: argparse.Namespace) -> Any:
    from core.gallery.picture_builder import build_pictures

    if args.bbox:
        raise QueryError("--bbox belongs to --from; a gallery of CVG-Text holds all its pictures")
    settings = machine.load()
    data = read_copy(args, None)
    reader = None
    if args.ocr:
        from core.sources.ocr import PictureReader

        reader = PictureReader(settings.batch_threads)
    folder = build_pictures(
        args.name,
        data,
        reader,
        args.out or settings.user_galleries,
        args.title,
        datetime.now(UTC),
        bar(args.quiet),
    )
    return {"gallery": args.name, "folder": str(folder), "faults": data.faults_json()}
