"""Measure the speed or the quality of a part of the app.

A bench is a module of this package with `run(…)`, which returns the figures to print. The names of
its parameters select the settings and options that it gets.
"""

import argparse
import importlib
import inspect
from pathlib import Path
from typing import Any

from core import settings as machine
from core.cli.imagery_options import add_imagery
from core.cli.options import (
    add_checkpoint,
    add_store,
    labelled_set,
    positive_numbers,
    whole_number,
    whole_numbers,
)
from core.cli.progress import bar

BENCHES = (
    *("start", "search", "build", "evaluate", "embed", "explain", "relevance", "questions"),
    *("steps", "cases", "feedback", "visitors", "anywhere", "regions", "scale", "planet"),
    *("region", "milvus", "server", "index", "ray", "photos", "halves", "trunks"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("what", choices=BENCHES, help="part of the app to measure")
    parser.add_argument(
        "--gallery", metavar="G", help="name of the gallery (default: the largest one)"
    )
    parser.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions with known places, for relevance and questions",
    )
    parser.add_argument(
        "--set",
        dest="sets",
        type=labelled_set,
        action="append",
        default=[],
        metavar="GALLERY=FILE.jsonl",
        help="descriptions with known places, for steps, regions and anywhere; repeat for more",
    )
    parser.add_argument(
        "--by", default="", metavar="FIELD", help="field of the lines to split by, for steps"
    )
    parser.add_argument("--model", help="picture model, for embed (default: compact)")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE.toml",
        help="training configuration, for planet and trunks",
    )
    parser.add_argument(
        "--weights",
        type=positive_numbers,
        metavar="L,L",
        help="compare these weights of all of PLANET's losses only, for planet "
        "(default: 0.001,0.01,0.1, and each loss alone)",
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--annotators",
        type=whole_number,
        default=50,
        help="number of processes, for cases (default: 50)",
    )
    parser.add_argument(
        "--verdicts",
        type=whole_number,
        default=10_000,
        help="number of verdicts in total, for cases (default: 10000)",
    )
    parser.add_argument(
        "--kill",
        type=whole_number,
        default=0,
        help="number of processes to kill and restart, for cases (default: 0)",
    )
    parser.add_argument(
        "--n",
        type=whole_numbers,
        default=(10,),
        help="number of visitors at once, or several such as 1,10,25 (default: 10)",
    )
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="FOLDER",
        help="another checkout of this project, whose app is measured too, for visitors",
    )
    parser.add_argument(
        "--searches",
        type=whole_number,
        help="searches of all visitors together (default: six for each visitor)",
    )
    parser.add_argument(
        "--every-s",
        type=whole_number,
        default=20,
        help="seconds between two searches of a visitor (default: 20)",
    )
    parser.add_argument(
        "--tiles",
        type=whole_number,
        default=1_034_786,
        help="synthetic tiles, for scale, milvus, server and index (default: 1034786)",
    )
    parser.add_argument(
        "--sizes",
        type=whole_numbers,
        metavar="N,N",
        help="tiles of the galleries, for region (default: 5000,20000,100000)",
    )
    parser.add_argument(
        "--keep",
        metavar="NAME",
        help="keep the synthetic collection as a gallery of this name, or measure the kept one, "
        "for scale and server",
    )
    parser.add_argument(
        "--server",
        metavar="ADDRESS",
        help="Milvus server, for milvus and server: http://HOST:19530",
    )
    parser.add_argument(
        "--photos", type=Path, metavar="FOLDER", help="street photographs, for photos"
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="FILE.jsonl",
        help="what is known of each of the photographs: file, lat and lon, signs",
    )
    add_store(parser)
    add_imagery(parser)


def run(args: argparse.Namespace) -> Any:
    """The figures of the bench."""
    options = {
        "settings": machine.load(),
        "gallery": args.gallery,
        "model": args.model,
        "checkpoint": args.checkpoint,
        "queries": args.queries,
        "config": args.config,
        "weights": args.weights,
        "sets": args.sets,
        "by": args.by,
        "progress": bar(args.quiet),
        "annotators": args.annotators,
        "verdicts": args.verdicts,
        "store": args.store,
        "kill": args.kill,
        "tiles": args.tiles,
        "keep": args.keep,
        "sizes": args.sizes,
        "server": args.server,
        "n": args.n,
        "searches": args.searches,
        "every_s": args.every_s,
        "beside": args.beside,
        "photos": args.photos,
        "truth": args.truth,
        "args": args,
    }
    bench = importlib.import_module(f"{__name__}.{args.what}").run
    return bench(**{name: options[name] for name in inspect.signature(bench).parameters})
