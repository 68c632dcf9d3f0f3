"""Compute a gallery's embeddings; safe to stop and run again."""

import argparse
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.options import add_checkpoint
from core.cli.progress import bar, note


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--model", default="minilm", help="minilm embeds texts, others pictures")
    add_checkpoint(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where galleries are kept; one from elsewhere is copied there",
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.gallery import find_gallery
    from core.gallery.build import embed_gallery
    from core.gallery.embed import copy_to_home, embed_pictures
    from core.models import DualEncoder, load_model
    from core.retrieval import link_checkpoint

    settings = machine.load()
    found = find_gallery(args.name, settings, args.out)
    encoder = load_model(args.model, settings.batch_threads, args.checkpoint)
    folder = copy_to_home(found, args.out or settings.user_galleries)
    if folder != found:
        note(f"{found} stays as it is; its copy {folder} is embedded")
    model = args.model
    if isinstance(encoder, DualEncoder):
        if args.checkpoint:
            link_checkpoint(args.checkpoint, settings)
        model = embed_pictures(
            folder, encoder, args.checkpoint, settings.batch_threads, bar(args.quiet)
        ).key
    else:
        embed_gallery(folder, encoder, bar(args.quiet))
    return {"gallery": args.name, "model": model, "folder": str(folder)}
