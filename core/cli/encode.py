"""Print the unit embedding of a text or a picture."""

import argparse
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.options import add_checkpoint, text
from core.errors import ModelError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("--model", default="minilm", help="name of the model (default: minilm)")
    add_checkpoint(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", type=text, help="text to embed")
    source.add_argument("--image", type=Path, metavar="F", help="picture file to embed")


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.models import DualEncoder, load_model
    from core.models.pictures import open_picture

    picture = open_picture(args.image) if args.image else None
    encoder = load_model(args.model, machine.load().search_threads, args.checkpoint)
    if isinstance(encoder, DualEncoder):
        embeddings = (
            encoder.encode_pictures([picture]) if picture else encoder.encode_texts([args.text])
        )
    elif picture:
        raise ModelError(f"{args.model} reads texts only; give --text or another --model")
    else:
        embeddings = encoder.encode([args.text])
    return {"model": args.model, "embedding": [round(float(value), 7) for value in embeddings[0]]}
