"""The command line: `python -m core …`. Parses and prints; all else is done by the rooms below."""

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from core import settings as machine
from core.errors import QueryError, SaywhereError
from core.geo import Bounds, Position
from core.records import CHANNELS, Channel, Query

Command = Callable[[argparse.Namespace], Any]

_NEGATIVE = re.compile(r"-[\d.]")


class _OneLineParser(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Leaves with exit code 2."""
        self.exit(2, f"saywhere: {' '.join(message.split())}; see {self.prog} --help\n")


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--near -34.9,-56.2` as `--near=-34.9,-56.2`: a leading minus looks like an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--near", "--bbox") and _NEGATIVE.match(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _text(text: str) -> str:
    """Arguments may hold bytes that are no text; a question mark stands for each."""
    return text.encode("utf-8", "replace").decode()


def _new_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} is no file that can be written")
    return path


def _position(text: str) -> Position:
    try:
        lat, lon = (float(part) for part in text.split(","))
        return Position(lat, lon)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not LAT,LON in degrees") from error


def _bounds(text: str) -> Bounds:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        return Bounds(west, south, east, north)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not WEST,SOUTH,EAST,NORTH in degrees"
        ) from error


def _channels(text: str) -> tuple[Channel, ...]:
    wanted = [part.strip() for part in text.split(",")]
    if not all(part in CHANNELS for part in wanted):
        raise argparse.ArgumentTypeError(f"{text!r}: channels are {', '.join(CHANNELS)}")
    return tuple(channel for channel in CHANNELS if channel in wanted)


def _bar(quiet: bool) -> Callable[[str, int, int], None]:
    """A progress bar on standard error, one line for each stage."""
    from tqdm import tqdm

    bars: dict[str, tqdm[Any]] = {}

    def show(stage: str, done: int, total: int) -> None:
        if quiet:
            return
        if stage not in bars:
            bars[stage] = tqdm(total=total, desc=stage, file=sys.stderr, leave=True)
        bars[stage].update(done - bars[stage].n)
        if done >= total:
            bars[stage].close()

    return show


def _default_gallery(settings: machine.Settings) -> str:
    from core.gallery import list_galleries

    healthy = [card.name for card in list_galleries(settings) if not card.problem]
    if not healthy:
        raise QueryError("there is no gallery to search; make one with python -m core build")
    return healthy[0]


def galleries(_: argparse.Namespace) -> Any:
    """List what can be searched."""
    from core.gallery import list_galleries

    return {
        "galleries": [
            {
                "name": card.name, "title": card.title, "tiles": card.tiles,
                "named_facts": card.place_count,
                "bounds": [card.bounds.west, card.bounds.south, card.bounds.east,
                           card.bounds.north],
                "footprint_m": card.footprint_m, "spacing_m": card.spacing_m,
                "channels": list(card.channels), "model": card.model,
                "sources": list(card.sources), "data_date": card.date, "licence": card.licence,
                "created": card.created, "problem": card.problem,
            }
            for card in list_galleries(machine.load())
        ]
    }  # fmt: skip


def search(args: argparse.Namespace) -> Any:
    """Find the spots of a gallery that fit a description."""
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import search as run

    settings = machine.load()
    gallery = open_gallery(args.gallery or _default_gallery(settings), settings)
    query = Query(args.text, args.k, args.channels, args.near, args.within_m)
    return run(gallery, load_model(threads=settings.search_threads), query).to_json()


def build(args: argparse.Namespace) -> Any:
    """Make a gallery from map files, with its embeddings and indexes."""
    from core.gallery.build import BuildOptions, build_gallery
    from core.gallery.manifest import read_manifest
    from core.models import load_model
    from core.sources.osm import read_world

    settings = machine.load()
    world = read_world(args.sources, args.bbox)
    options = BuildOptions(args.title, args.spacing_m, args.footprint_m, not args.no_pictures)
    folder = build_gallery(
        args.name, args.sources, world, load_model(threads=settings.batch_threads),
        args.out or settings.user_galleries, options, args.bbox,
        datetime.now(UTC), _bar(args.quiet),
    )  # fmt: skip
    if read_manifest(folder).on_grid:
        print("saywhere: the map has no walkable way; its tiles stand on a grid", file=sys.stderr)
    return {"gallery": args.name, "folder": str(folder)}


def embed(args: argparse.Namespace) -> Any:
    """Compute a gallery's embeddings; safe to stop and run again."""
    from core.gallery import find_gallery
    from core.gallery.build import embed_gallery
    from core.models import load_model

    settings = machine.load()
    folder = find_gallery(args.name, settings)
    encoder = load_model(args.model, settings.batch_threads)
    return {
        "gallery": args.name,
        "model": args.model,
        "folder": str(embed_gallery(folder, encoder, _bar(args.quiet))),
    }


def encode(args: argparse.Namespace) -> Any:
    """Print the unit embedding of a text."""
    from core.models import load_model

    embedding = load_model(args.model, machine.load().search_threads).encode([args.text])[0]
    return {"model": args.model, "embedding": [round(float(value), 7) for value in embedding]}


def evaluate(args: argparse.Namespace) -> Any:
    """Measure search on descriptions whose place is known."""
    from core import evaluation
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import check_query

    settings = machine.load()
    queries = evaluation.read_queries(args.queries, args.gallery)
    gallery = open_gallery(args.gallery, settings)
    channels = check_query(Query("any", channels=args.channels), gallery)
    bar = _bar(args.quiet)
    encoder = load_model(threads=settings.search_threads)
    readings = evaluation.read_all(queries, encoder, lambda done, of: bar("read", done, of))
    if args.table:
        return {
            "gallery": gallery.card.name,
            "rows": {
                name: evaluation.report(
                    evaluation.evaluate(gallery, queries, readings, ranker, args.scope), args.scope
                )
                for name, ranker in evaluation.table_rankers(gallery).items()
            },
        }
    ranker = evaluation.fused_ranker(gallery, channels)
    each = {name: evaluation.fused_ranker(gallery, (name,)) for name in channels if args.out}
    outcomes = evaluation.evaluate(gallery, queries, readings, ranker, args.scope, each)
    result = {"gallery": gallery.card.name, "channels": list(channels)}
    result |= evaluation.report(outcomes, args.scope)
    if args.out:
        document = result | {"queries": list(evaluation.query_rows(outcomes))}
        temporary = args.out.with_name(f".{args.out.name}.part")
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
        temporary.replace(args.out)
    return result


def bench(args: argparse.Namespace) -> Any:
    """Time a part of the app beside what it stands on."""
    from core.bench import BENCHES

    return BENCHES[args.what](machine.load(), args.gallery)


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(prog="python -m core", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(run: Command) -> argparse.ArgumentParser:
        added = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="print one JSON document")
        added.add_argument("--quiet", action="store_true", help="no progress bars")
        return added

    command(galleries)
    added = command(search)
    added.add_argument("text", type=_text, metavar="TEXT")
    added.add_argument("--gallery", metavar="G")
    added.add_argument("-k", type=int, default=10, help="how many candidates (10)")
    added.add_argument("--near", type=_position, metavar="LAT,LON")
    added.add_argument("--within-m", type=float, metavar="R")
    added.add_argument("--channels", type=_channels, metavar="facts,names")
    added = command(evaluate)
    added.add_argument("--gallery", required=True, metavar="G")
    added.add_argument("--queries", required=True, type=Path, metavar="FILE.jsonl")
    added.add_argument("--scope", choices=("full", "nearest-100"), default="full")
    added.add_argument("--channels", type=_channels, metavar="facts,names")
    added.add_argument("--table", action="store_true", help="plain baselines and channels too")
    added.add_argument("--out", type=_new_file, metavar="F")
    added = command(build)
    added.add_argument("name", metavar="NAME")
    added.add_argument("--from", dest="sources", nargs="+", type=Path, required=True,
                       metavar="FILE")  # fmt: skip
    added.add_argument("--title", type=_text, default="",
                       help="what people read (the name, capitalised)")  # fmt: skip
    added.add_argument("--bbox", type=_bounds, metavar="W,S,E,N")
    added.add_argument("--spacing-m", type=float, default=30.0)
    added.add_argument("--footprint-m", type=float, default=100.0)
    added.add_argument("--no-pictures", action="store_true", help="neither pictures nor base map")
    added.add_argument("--out", type=Path, metavar="FOLDER", help="where galleries are kept")
    added = command(embed)
    added.add_argument("name", metavar="NAME")
    added.add_argument("--model", default="minilm")
    added = command(encode)
    added.add_argument("--model", default="minilm")
    added.add_argument("--text", type=_text, required=True)
    added = command(bench)
    added.add_argument("what", choices=("search",))
    added.add_argument("--gallery", metavar="G", help="the largest bundled one")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 on success, 2 for a mistake by the user, 1 for a fault of ours."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        result = args.run(args)
    except SaywhereError as error:
        print(f"saywhere: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("saywhere: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    try:
        print(json.dumps(result) if args.json else _readable(args.command, result), flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _readable(command: str, result: Any) -> str:
    """The result for people: a line each for galleries and candidates, else indented JSON."""
    if command == "galleries":
        return "\n".join(
            f"{card['name']:16} {card['tiles']:6} tiles  {card['problem'] or card['title']}"
            for card in result["galleries"]
        )
    if command == "search":
        lines = list(result["notes"])
        for one in result["candidates"]:
            lines.append(f"{one['rank']:2}  {one['lat']:.5f}, {one['lon']:.5f}  "
                         f"{one['similarity']:.2f}  {one['street']}")  # fmt: skip
            for piece in one["evidence"]:
                found = piece["fact"] and (
                    f"{piece['fact']} ({piece['distance_m']:.0f} m {piece['direction']})"
                )
                lines.append(f"      {piece['phrase']} — {found or 'not found'}")
        return "\n".join(lines)
    return json.dumps(result, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    sys.exit(main())
