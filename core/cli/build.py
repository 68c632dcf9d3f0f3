"""Build a gallery with its indexes, from map files, imagery, CVG-Text or a collection."""

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core import settings as machine
from core.cli.collection_options import add_collection
from core.cli.cvgtext_options import add_cvgtext, read_copy
from core.cli.engine_options import add_engine, chosen_engine
from core.cli.imagery_options import add_imagery, opened_imagery, stated_of
from core.cli.options import bounds, metres, text, whole_number
from core.cli.progress import bar, note
from core.errors import ModelError, QueryError
from core.geo import Position
from core.settings import EXAMPLES

if TYPE_CHECKING:
    from core.gallery.staging import Progress
    from core.models.sentence import SentenceEncoder
    from core.records import View
    from core.world import World


_BY_WORDS: Final = ("facts", "names")
_FOUND_KM: Final = 0.1
_LONG_S = 600.0
"""Builds of imagery alone that take longer say so first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("name", metavar="NAME", help="name of the new gallery")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--from", dest="sources", nargs="+", type=Path, metavar="FILE", help="map files"
    )
    source.add_argument(
        "--overpass",
        action="store_true",
        help="download the map of --bbox from an Overpass server (SAYWHERE_OVERPASS)",
    )
    source.add_argument(
        "--extract",
        type=text,
        metavar="URL",
        help="download a map file from Geofabrik, BBBike or a server of SAYWHERE_EXTRACTS",
    )
    add_cvgtext(parser, source)
    add_collection(source, "folder of a collection")
    source.add_argument(
        "--galleries",
        nargs="+",
        type=text,
        metavar="G",
        help="pack galleries into one that is searched region by region; with SAYWHERE_MILVUS, "
        "their texts are put on that server",
    )
    parser.add_argument(
        "--region",
        dest="regions",
        action="append",
        default=[],
        type=text,
        metavar="R",
        help="only this region of --collection; repeat for another (default: all)",
    )
    add_imagery(parser)
    parser.add_argument("--ocr", action="store_true", help="read the names in CVG-Text's pictures")
    parser.add_argument(
        "--title",
        type=text,
        default="",
        help="title of the gallery (default: the name, capitalised)",
    )
    parser.add_argument(
        "--bbox",
        type=bounds,
        metavar="W,S,E,N",
        help="part of the map, in degrees (default: all of it)",
    )
    parser.add_argument(
        "--spacing-m",
        type=metres,
        default=30.0,
        help="distance between tiles along the ways, in metres (default: 30)",
    )
    parser.add_argument(
        "--footprint-m",
        type=metres,
        default=100.0,
        help="width of a tile in metres (default: 100)",
    )
    parser.add_argument(
        "--no-pictures", action="store_true", help="make no pictures and no base map"
    )
    parser.add_argument(
        "--estimate", action="store_true", help="only count the tiles, and say what a build takes"
    )
    parser.add_argument(
        "--outline",
        action="store_true",
        help="with --estimate: also print the ways that the tiles follow, as polygons",
    )
    parser.add_argument(
        "--examples",
        type=whole_number,
        default=0,
        metavar="N",
        help="descriptions to write for the pages' examples (default: none)",
    )
    add_engine(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder of galleries (default: your data folder)",
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    chosen_engine(args)  # tells of a missing cluster before the work
    if args.cvgtext:
        return _build_cvgtext(args)
    if args.collection:
        return _build_collection(args)
    if args.galleries:
        return _pack(args)
    if args.regions:
        raise QueryError("--region goes with --collection")
    if args.sources is None and not args.overpass and not args.extract:
        return _build_imagery(args)
    from core.gallery.build import BuildOptions, build_gallery
    from core.gallery.estimate import build_size, twin_size
    from core.gallery.manifest import read_manifest
    from core.gallery.staging import removed_if_failed
    from core.models import DEFAULT_AERIAL_MODEL, DEFAULT_PICTURE_MODEL, load_model
    from core.retrieval.stored_places import write_places
    from core.sources.left_out import read_counts, reading_line
    from core.sources.world import read_world

    settings = machine.load()
    sources = args.sources or _downloaded(args, settings)
    world = read_world(sources, args.bbox)
    options = BuildOptions(args.title, args.spacing_m, args.footprint_m, not args.no_pictures)
    ground = args.bbox or (world.bounds if args.imagery else None)
    imagery = opened_imagery(args, ground, args.footprint_m, download=not args.estimate)
    if args.estimate:
        size = build_size(world, args.bbox, options.spacing_m, options.footprint_m, args.outline)
        if imagery is not None:
            size = twin_size(size, imagery, options.footprint_m)
        return {"gallery": args.name, **asdict(size)}
    encoder = load_model(threads=settings.batch_threads)
    home = args.out or settings.user_galleries
    with removed_if_failed(home, args.name):
        folder = build_gallery(
            args.name,
            sources,
            world,
            encoder,
            home,
            options,
            args.bbox,
            datetime.now(UTC),
            bar(args.quiet),
            imagery,
        )
        if not args.no_pictures:
            _embed_with(DEFAULT_PICTURE_MODEL, folder, encoder, settings, args)
        if imagery is not None:
            _embed_with(DEFAULT_AERIAL_MODEL, folder, encoder, settings, args)
    write_places(folder)
    if args.examples:
        _write_examples(folder, world, encoder, args.examples)
    manifest = read_manifest(folder)
    if manifest.on_grid:
        note("the map has no walkable way; the tiles are on a grid")
    for stamp in manifest.aerial:
        if stamp.tiles < manifest.tiles:
            outside = manifest.tiles - stamp.tiles
            note(f"{outside} of {manifest.tiles} tiles lie outside the imagery")
    note(reading_line(world))
    return {
        "gallery": args.name,
        "folder": str(folder),
        **({} if imagery is None else {"imagery": stated_of(imagery)}),
        "read": read_counts(world),
        "left_out": [asdict(row) for row in world.left_out],
    }


def _downloaded(args: argparse.Namespace, settings: machine.Settings) -> list[Path]:
    """The extract, or the map of the box from the Overpass server, kept in the data folder."""
    from core.sources.extract import download_extract
    from core.sources.overpass import download

    if args.overpass and args.bbox is None:
        raise QueryError("--overpass needs a box: --bbox=W,S,E,N")
    folder = settings.user_galleries.parent / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    if args.extract:
        return [download_extract(args.extract, settings.extracts, folder)]
    return [download(args.bbox, settings.overpass, folder)]


def _write_examples(folder: Path, world: "World", encoder: "SentenceEncoder", most: int) -> None:
    """Writes descriptions of random tiles that a search finds by its words, beside the gallery's
    manifest."""
    from core.describe.examples import write_examples
    from core.files import write_json
    from core.gallery.manifest import read_manifest
    from core.gallery.opened import Gallery
    from core.geo import haversine_km
    from core.records import Query
    from core.retrieval.search import search

    gallery = Gallery(folder, read_manifest(folder))

    def finds(text: str, at: Position) -> bool:
        found = search(gallery, encoder, Query(text, 1, _BY_WORDS)).candidates
        return (
            bool(found)
            and haversine_km(at.lat, at.lon, found[0].tile.lat, found[0].tile.lon) < _FOUND_KM
        )

    rows = write_examples(gallery, world, most, finds)
    write_json(
        folder / EXAMPLES,
        [{"text": one.text, "lat": one.at.lat, "lon": one.at.lon} for one in rows],
    )


def _embed_with(
    model: str,
    folder: Path,
    sentences: "SentenceEncoder",
    settings: machine.Settings,
    args: argparse.Namespace,
    view: "View | None" = None,
) -> None:
    """Adds the `image` channel to a new gallery, with a picture model that comes with the app.

    `view` is that of the gallery's pictures, by default the one that the model was made for.
    """
    from core.gallery.embed import embed_pictures
    from core.gallery.manifest import read_manifest
    from core.models import DEFAULT_PICTURE_MODEL, SPECS, DualEncoder, load_model

    if model not in SPECS:
        note(
            "no model for aerial pictures comes with this version; they can be seen, and searched "
            "after python -m core embed NAME --model M --view aerial"
        )
        return
    if model == DEFAULT_PICTURE_MODEL and not machine.COMPACT_WEIGHTS.is_file():
        note(f"{machine.COMPACT_WEIGHTS} is missing; this gallery has no image channel")
        return
    encoder = load_model(model, sentences=sentences)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; it cannot embed pictures")
    embedded = {stamp.weights_sha256 for stamp in read_manifest(folder).picture_models}
    if encoder.spec.weights_sha256 not in embedded:
        embed_pictures(
            folder,
            encoder,
            None,
            settings.batch_threads,
            _of_view(model, bar(args.quiet)),
            view,
            chosen_engine(args),
        )


def _of_view(model: str, show: "Progress") -> "Progress":
    """The progress of a picture model, by its own name where it is the one for aerial pictures."""
    from core.models import DEFAULT_AERIAL_MODEL

    if model != DEFAULT_AERIAL_MODEL:
        return show
    return lambda stage, done, total: show(stage.replace("embed ", "embed aerial "), done, total)


def _build_imagery(args: argparse.Namespace) -> Any:
    """A gallery of imagery without a map."""
    from core.gallery.build import BuildOptions
    from core.gallery.estimate import imagery_size
    from core.gallery.imagery_builder import build_imagery
    from core.gallery.staging import removed_if_failed
    from core.models import DEFAULT_AERIAL_MODEL, SPECS, load_model

    imagery = opened_imagery(args, args.bbox, args.footprint_m, download=not args.estimate)
    if imagery is None:
        raise QueryError(
            "name what to build from: --from map files, --imagery, --cvgtext, or --collection"
        )
    size = imagery_size(imagery, args.bbox, args.spacing_m, args.footprint_m)
    if args.estimate:
        return {"gallery": args.name, **asdict(size)}
    if size.about_s > _LONG_S:
        note(
            f"{size.tiles:,} tiles on a grid of {args.spacing_m:g} m will take about "
            f"{size.about_s / 60:,.0f} minutes and {size.about_mb:,.0f} MB; take a part with "
            f"--bbox or a larger --spacing-m for less"
        )
    settings = machine.load()
    options = BuildOptions(args.title, args.spacing_m, args.footprint_m, pictures=False)
    home = args.out or settings.user_galleries
    with removed_if_failed(home, args.name):
        folder = build_imagery(
            args.name, imagery, home, options, args.bbox, datetime.now(UTC), bar(args.quiet)
        )
        if DEFAULT_AERIAL_MODEL in SPECS:
            encoder = load_model(threads=settings.batch_threads)
            _embed_with(DEFAULT_AERIAL_MODEL, folder, encoder, settings, args)
    note("a gallery of imagery alone has no map facts and no names; only its pictures are searched")
    return {"gallery": args.name, "folder": str(folder), "imagery": stated_of(imagery)}


def _build_cvgtext(args: argparse.Namespace) -> Any:
    from core.gallery.picture_builder import build_pictures
    from core.retrieval.stored_places import write_places

    if args.bbox:
        raise QueryError("--bbox works with --from only; leave it out for CVG-Text")
    if args.imagery:
        raise QueryError("--imagery goes with --from or alone; leave it out for CVG-Text")
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
    write_places(folder)
    return {"gallery": args.name, "folder": str(folder), "faults": data.faults_json()}


def _pack(args: argparse.Namespace) -> Any:
    """A packed collection of galleries."""
    from core.retrieval.packing import pack_galleries

    settings = machine.load()
    if args.out:
        raise QueryError("--out does not go with --galleries; set SAYWHERE_DATA for another folder")
    folder = pack_galleries(args.name, args.title, args.galleries, settings, bar(args.quiet))
    server = settings.vector_server
    return {
        "gallery": args.name,
        "folder": str(folder),
        "regions": list(dict.fromkeys(args.galleries)),
        "server": server.url if server else None,
    }


def _build_collection(args: argparse.Namespace) -> Any:
    """A gallery of a collection's pictures, embedded by the model for their view."""
    from core.gallery.collection_builder import CollectionPart, build_collection
    from core.gallery.staging import removed_if_failed
    from core.models import DEFAULT_AERIAL_MODEL, DEFAULT_PICTURE_MODEL, load_model
    from core.retrieval.stored_places import write_places
    from core.sources.collection import open_collection

    if args.bbox or args.imagery:
        raise QueryError("--bbox and --imagery do not go with --collection; choose with --region")
    settings = machine.load()
    collection = open_collection(args.collection)
    if collection.manifest.unverified:
        note(collection.manifest.unverified)
    encoder = load_model(threads=settings.batch_threads)
    home = args.out or settings.user_galleries
    aerial = collection.manifest.view == "aerial"
    with removed_if_failed(home, args.name):
        folder = build_collection(
            args.name,
            CollectionPart(collection, tuple(args.regions)),
            encoder,
            home,
            args.title,
            datetime.now(UTC),
            bar(args.quiet),
        )
        if not args.no_pictures:
            model = DEFAULT_AERIAL_MODEL if aerial else DEFAULT_PICTURE_MODEL
            _embed_with(model, folder, encoder, settings, args, "drawn")
    write_places(folder)
    return {
        "gallery": args.name,
        "folder": str(folder),
        "collection": collection.manifest.name,
        "regions": args.regions or sorted(collection.manifest.regions),
    }
