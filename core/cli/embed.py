"""Compute the embeddings of a gallery; safe to stop and run again."""

import argparse
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.engine_options import add_engine, chosen_engine
from core.cli.options import add_checkpoint
from core.cli.progress import bar, note
from core.errors import QueryError
from core.records import VIEWS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("name", metavar="NAME", help="name of the gallery")
    parser.add_argument(
        "--model",
        default="minilm",
        help="minilm embeds texts, all other models embed pictures (default: minilm)",
    )
    parser.add_argument(
        "--view",
        choices=VIEWS,
        help="pictures to embed (default: those that the model was made for)",
    )
    add_checkpoint(parser)
    add_engine(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder of galleries; a gallery from another folder is copied there first",
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.gallery import find_gallery
    from core.gallery.build import embed_gallery
    from core.gallery.embed import copied_to_home, embed_pictures
    from core.models import DualEncoder, load_model
    from core.retrieval import link_checkpoint

    settings = machine.load()
    engine = chosen_engine(args)
    original = find_gallery(args.name, settings, args.out)
    encoder = load_model(args.model, settings.batch_threads, args.checkpoint)
    model = args.model
    with copied_to_home(original, args.out or settings.user_galleries) as folder:
        if folder != original:
            note(f"{original} stays as it is; its copy {folder} gets the embeddings")
        if isinstance(encoder, DualEncoder):
            if args.checkpoint:
                link_checkpoint(args.checkpoint, settings)
            model = embed_pictures(
                folder,
                encoder,
                args.checkpoint,
                settings.batch_threads,
                bar(args.quiet),
                args.view,
                engine,
            ).key
        elif engine is not None:
            raise QueryError(f"{args.model} embeds texts, which is quick here; leave --engine out")
        else:
            embed_gallery(folder, encoder, bar(args.quiet))
    return {"gallery": args.name, "model": model, "folder": str(folder)}
