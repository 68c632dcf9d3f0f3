"""Time or measure a part of the app.

A bench is a module of this package with `run(…)`, which returns the figures to print. Its
parameters name what it takes of the settings and the options below.
"""

import argparse
import importlib
import inspect
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.options import add_checkpoint, add_store, whole_number
from core.cli.progress import bar

BENCHES = ("search", "evaluate", "embed", "explain", "relevance", "questions", "cases")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "what",
        choices=BENCHES,
    )
    parser.add_argument("--gallery", metavar="G", help="the largest bundled one")
    parser.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions whose place is known, for relevance and questions",
    )
    parser.add_argument("--model", help="what is to embed (compact)")
    add_checkpoint(parser)
    parser.add_argument(
        "--annotators", type=whole_number, default=50, help="processes, for cases (50)"
    )
    parser.add_argument(
        "--verdicts", type=whole_number, default=10_000, help="in all, for cases (10000)"
    )
    parser.add_argument(
        "--kill",
        type=whole_number,
        default=0,
        help="how many of the processes are killed and started again (0)",
    )
    add_store(parser)


def run(args: argparse.Namespace) -> Any:
    """The bench's figures."""
    options = {
        "settings": machine.load(),
        "gallery": args.gallery,
        "model": args.model,
        "checkpoint": args.checkpoint,
        "queries": args.queries,
        "progress": bar(args.quiet),
        "annotators": args.annotators,
        "verdicts": args.verdicts,
        "store": args.store,
        "kill": args.kill,
    }
    timed = importlib.import_module(f"{__name__}.{args.what}").run
    return timed(**{name: options[name] for name in inspect.signature(timed).parameters})
