"""Train a model from a TOML file; a stopped run continues where it was."""

import argparse
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.progress import bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="training configuration")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="run folder (default: in your data folder)"
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.training.run import train as run

    settings = machine.load()
    folder = args.out or settings.runs / args.config.stem
    weights = run(args.config, folder, settings.batch_threads, bar(args.quiet))
    return weights and {"weights": str(weights), "folder": str(folder)}
