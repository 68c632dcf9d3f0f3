"""The commands that make: galleries, embeddings, descriptions, models."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.commands.progress import bar, note
from core.commands.published import read_copy
from core.errors import ModelError, QueryError, SourceError
from core.files import write_text

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


def build(args: argparse.Namespace) -> Any:
    """Make a gallery from map files or from CVG-Text's pictures, with its indexes."""
    if args.cvgtext:
        return _build_cvgtext(args)
    from core.gallery.build import BuildOptions, build_gallery
    from core.gallery.manifest import read_manifest
    from core.models import load_model
    from core.sources.osm import read_world

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
    from core.gallery.pictures import build_pictures

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


def embed(args: argparse.Namespace) -> Any:
    """Compute a gallery's embeddings; safe to stop and run again."""
    from core.gallery import find_gallery
    from core.gallery.build import embed_gallery
    from core.gallery.embed import embed_pictures, own_copy
    from core.models import DualEncoder, load_model
    from core.retrieval import keep_checkpoint

    settings = machine.load()
    found = find_gallery(args.name, settings, args.out)
    encoder = load_model(args.model, settings.batch_threads, args.checkpoint)
    folder = own_copy(found, args.out or settings.user_galleries)
    if folder != found:
        note(f"{found} stays as it is; its copy {folder} is embedded")
    model = args.model
    if isinstance(encoder, DualEncoder):
        if args.checkpoint:
            keep_checkpoint(args.checkpoint, settings)
        model = embed_pictures(
            folder, encoder, args.checkpoint, settings.batch_threads, bar(args.quiet)
        ).key
    else:
        embed_gallery(folder, encoder, bar(args.quiet))
    return {"gallery": args.name, "model": model, "folder": str(folder)}


def encode(args: argparse.Namespace) -> Any:
    """Print the unit embedding of a text or a picture."""
    from core.models import DualEncoder, load_model
    from core.models.pictures import open_picture

    picture = open_picture(args.image) if args.image else None
    encoder = load_model(args.model, machine.load().search_threads, args.checkpoint)
    if isinstance(encoder, DualEncoder):
        found = encoder.encode_pictures([picture]) if picture else encoder.encode_texts([args.text])
    elif picture:
        raise ModelError(f"{args.model} reads texts only; give --text or another --model")
    else:
        found = encoder.encode([args.text])
    return {"model": args.model, "embedding": [round(float(value), 7) for value in found[0]]}


def describe(args: argparse.Namespace) -> Any:
    """Write descriptions of a gallery's tiles by program, from the map alone."""
    import numpy as np

    from core.describe.observer import Observer
    from core.describe.wording import Style
    from core.describe.wording import describe as run
    from core.gallery import open_gallery
    from core.sources.osm import read_world

    gallery = open_gallery(args.gallery, machine.load())
    world = read_world(args.sources)
    center = gallery.card.bounds.center
    if not world.bounds.contains(np.array([center.lat]), np.array([center.lon])).all():
        raise SourceError(
            f"{', '.join(world.sources)} lies elsewhere than {args.gallery}; give the files "
            "that it was built from"
        )
    drawn = np.random.default_rng(args.seed).permutation(len(gallery))[: args.n]
    names = {"yes": True, "no": False, "mixed": None}[args.names]
    sights = Observer(world).sights(gallery.lats[drawn], gallery.lons[drawn])
    rows = []
    for row, sight in zip(drawn.tolist(), sights, strict=True):
        rng = np.random.default_rng((args.seed, row))
        style, tile = Style.random(rng, names), gallery.tile(row)
        rows.append(
            {
                "id": f"{args.gallery}-{args.seed}-{row}",
                "gallery": args.gallery,
                "text": run(sight, rng, style),
                "lat": tile.lat,
                "lon": tile.lon,
                "tile_id": tile.tile_id,
                "names": style.names,
                "length": style.length,
                "care": style.care,
            }
        )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        write_text(args.out, lines)
        return {"gallery": args.gallery, "descriptions": len(rows), "file": str(args.out)}
    return {"gallery": args.gallery, "descriptions": rows}


def train(args: argparse.Namespace) -> Any:
    """Train a model as a TOML file says; what was stopped goes on."""
    from core.training.run import train as run

    settings = machine.load()
    folder = args.out or settings.runs / args.config.stem
    weights = run(args.config, folder, settings.batch_threads, bar(args.quiet))
    return weights and {"weights": str(weights), "folder": str(folder)}
