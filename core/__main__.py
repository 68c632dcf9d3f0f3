"""The command line: `python -m core …`. Parses and prints; all else is done by the rooms below."""

import argparse
import inspect
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.arguments import joined, parser_of
from core.errors import ModelError, QueryError, SaywhereError, SourceError
from core.records import Query

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder
    from core.sources.cvgtext import CvgText, Split, Version

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
                "picture_models": [stamp.key for stamp in card.picture_models],
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
    from core.retrieval import check_query, find, open_eyes

    settings = machine.load()
    gallery = open_gallery(args.gallery or _default_gallery(settings), settings)
    query = Query(args.text, args.k, args.channels, args.near, args.within_m, model=args.model)
    channels = check_query(query, gallery)
    encoder, eyes = load_model(threads=settings.search_threads), None
    if "image" in channels:
        eyes = open_eyes(gallery, settings, encoder, args.model, args.checkpoint)
    finding = find(gallery, encoder, query, eyes)
    if not args.explain:
        return finding.result.to_json()
    from core.explain.explanations import beside, explained

    return explained(finding, encoder, eyes, settings.advisor).to_json() | beside(finding)


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
        args.name, args.sources, world, encoder,
        args.out or settings.user_galleries, options, args.bbox,
        datetime.now(UTC), _bar(args.quiet),
    )  # fmt: skip
    if read_manifest(folder).on_grid:
        print("saywhere: the map has no walkable way; its tiles stand on a grid", file=sys.stderr)
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
        print(f"saywhere: {machine.COMPACT_WEIGHTS} is missing; the gallery gets no image channel",
              file=sys.stderr)  # fmt: skip
        return
    encoder = load_model(DEFAULT_PICTURE_MODEL, sentences=sentences)
    known = {stamp.weights_sha256 for stamp in read_manifest(folder).picture_models}
    if encoder.spec.weights_sha256 not in known:
        embed_pictures(folder, encoder, None, settings.batch_threads, _bar(quiet))


def _build_cvgtext(args: argparse.Namespace) -> Any:
    from core.gallery.pictures import build_pictures

    if args.bbox:
        raise QueryError("--bbox belongs to --from; a gallery of CVG-Text holds all its pictures")
    settings = machine.load()
    data = _read_cvgtext(args, None)
    reader = None
    if args.ocr:
        from core.sources.ocr import PictureReader

        reader = PictureReader(settings.batch_threads)
    folder = build_pictures(
        args.name, data, reader, args.out or settings.user_galleries, args.title,
        datetime.now(UTC), _bar(args.quiet),
    )  # fmt: skip
    return {"gallery": args.name, "folder": str(folder), "faults": data.faults_json()}


def _read_cvgtext(args: argparse.Namespace, split: "Split | None") -> "CvgText":
    """CVG-Text as the options choose it; what is wrong with it is told."""
    from core.sources.cvgtext import read_cvgtext

    if not (args.city and args.kind):
        raise QueryError("--cvgtext wants --city, such as NewYork, and --kind sat or osm")
    version: Version = "photos" if args.photos else "mixed" if args.mixed else "panorama"
    data = read_cvgtext(args.cvgtext, args.city, version, args.kind, split)
    for fault in data.faults:
        print(f"saywhere: {fault}", file=sys.stderr)
    return data


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
        print(f"saywhere: {found} stays as it is; its copy {folder} is embedded", file=sys.stderr)
    model = args.model
    if isinstance(encoder, DualEncoder):
        if args.checkpoint:
            keep_checkpoint(args.checkpoint, settings)
        model = embed_pictures(folder, encoder, args.checkpoint, settings.batch_threads,
                               _bar(args.quiet)).key  # fmt: skip
    else:
        embed_gallery(folder, encoder, _bar(args.quiet))
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


def evaluate(args: argparse.Namespace) -> Any:
    """Measure search, or a model on CVG-Text, on descriptions whose place is known."""
    if args.cvgtext:
        return _evaluate_cvgtext(args)
    if not args.queries:
        raise QueryError("--gallery wants --queries FILE.jsonl")
    from core import evaluation
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import check_query, open_eyes

    settings = machine.load()
    queries = evaluation.read_queries(args.queries, args.gallery)
    gallery = open_gallery(args.gallery, settings)
    channels = check_query(Query("any", channels=args.channels, model=args.model), gallery)
    bar = _bar(args.quiet)
    encoder, eyes = load_model(threads=settings.search_threads), None
    if "image" in channels:
        eyes = open_eyes(gallery, settings, encoder, args.model, args.checkpoint)
    readings = evaluation.read_all(
        queries, encoder, lambda done, of: bar("read", done, of), eyes
    )  # fmt: skip
    if args.table:
        return {
            "gallery": gallery.card.name,
            "rows": {
                name: evaluation.report(
                    evaluation.evaluate(gallery, queries, readings, ranker, args.scope), args.scope
                )
                for name, ranker in evaluation.table_rankers(gallery, channels).items()
            },
        }
    ranker, judge = evaluation.fused_ranker(gallery, channels), None
    if args.scope == "full":
        judge = evaluation.fused_judge(gallery, channels)
    each = {name: evaluation.fused_ranker(gallery, (name,)) for name in channels if args.out}
    outcomes = evaluation.evaluate(gallery, queries, readings, ranker, args.scope, each, judge)
    result = {"gallery": gallery.card.name, "channels": list(channels),
              "model": eyes.key if eyes else gallery.card.model}  # fmt: skip
    result |= evaluation.report(outcomes, args.scope)
    if args.strangers and judge:
        foreign = [one for path in args.strangers
                   for one in evaluation.read_foreign(path, args.gallery)]  # fmt: skip
        read = evaluation.read_all(
            foreign, encoder, lambda done, of: bar("strangers", done, of), eyes
        )
        result |= evaluation.detection(outcomes, [judge.posterior(one) for one in read])
    if args.out:
        title = {"title": args.title} if args.title else {}
        _write(args.out, title | result | {"queries": list(evaluation.query_rows(outcomes))})
    return result


def _write(path: Path, document: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    temporary.replace(path)


def _evaluate_cvgtext(args: argparse.Namespace) -> Any:
    """Both scopes, always: the paper's alone would give the truth away."""
    from core.evaluation import query_rows, trial
    from core.models import DEFAULT_PICTURE_MODEL, DualEncoder, load_model

    data = _read_cvgtext(args, "test")
    model = args.model or DEFAULT_PICTURE_MODEL
    encoder = load_model(model, machine.load().batch_threads, args.checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; wanted a --model that sees pictures")
    embedded = trial.embed_test(data, encoder, _bar(args.quiet))
    scored = [trial.score(embedded, scope) for scope in trial.SCOPES]
    result = trial.about(data, encoder)
    if args.failures:
        trial.write_failures(scored[0], args.failures)
    if args.out:
        _write(args.out, result | {
            one.scope: trial.summary(one) | {"queries": list(query_rows(one.outcomes))}
            for one in scored
        })  # fmt: skip
    return result | {one.scope: trial.summary(one) for one in scored}


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
        rows.append({
            "id": f"{args.gallery}-{args.seed}-{row}", "gallery": args.gallery,
            "text": run(sight, rng, style), "lat": tile.lat, "lon": tile.lon,
            "tile_id": tile.tile_id, "names": style.names, "length": style.length,
            "care": style.care,
        })  # fmt: skip
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        args.out.write_text(lines, "utf-8")
        return {"gallery": args.gallery, "descriptions": len(rows), "file": str(args.out)}
    return {"gallery": args.gallery, "descriptions": rows}


def calibrate(args: argparse.Namespace) -> Any:
    """Learn confidence from descriptions whose place is known; search reads what it writes."""
    from core.evaluation.curriculum import learn
    from core.models import load_model
    from core.retrieval.confidence import write_calibration

    settings = machine.load()
    encoder = load_model(threads=settings.search_threads)
    learned = learn(args.sets, args.background, settings, encoder, args.seed, _bar(args.quiet))
    path = write_calibration(learned, args.out or machine.CONFIDENCE)
    return {"file": str(path), "sources": list(learned.sources), "likely": learned.likely,
            "absent": learned.absent}  # fmt: skip


def train(args: argparse.Namespace) -> Any:
    """Train a model as a TOML file says; what was stopped goes on."""
    from core.training.run import train as run

    settings = machine.load()
    folder = args.out or settings.runs / args.config.stem
    weights = run(args.config, folder, settings.batch_threads, _bar(args.quiet))
    return weights and {"weights": str(weights), "folder": str(folder)}


def compare(args: argparse.Namespace) -> Any:
    """Hold two measured runs against each other, query by query."""
    from core.evaluation.pairing import paired
    from core.evaluation.saved import read_saved

    first, second = (
        next((run for run in runs if run.scope == args.scope), runs[0])
        for runs in map(read_saved, args.reports)
    )
    return paired(first, second).to_json()


def cases(args: argparse.Namespace) -> Any:
    """Review failures: take reports in, give verdicts out, measure agreement."""
    from core.cases.actions import ACTIONS
    from core.cases.store import open_store

    settings, now = machine.load(), datetime.now(UTC)
    address = args.store or settings.cases
    if address == settings.cases and "://" not in address:
        Path(address).expanduser().parent.mkdir(parents=True, exist_ok=True)
    store = open_store(address, now)
    try:
        return ACTIONS[args.action](args, settings, store, now) | {"store": store.name}
    finally:
        store.close()


def bench(args: argparse.Namespace) -> Any:
    """Time or measure a part of the app."""
    from core.bench import BENCHES

    options = {
        "settings": machine.load(), "gallery": args.gallery, "model": args.model,
        "checkpoint": args.checkpoint, "queries": args.queries, "progress": _bar(args.quiet),
        "annotators": args.annotators, "verdicts": args.verdicts, "store": args.store,
        "kill": args.kill,
    }  # fmt: skip
    run = BENCHES[args.what]
    return run(**{name: options[name] for name in inspect.signature(run).parameters})


COMMANDS = (galleries, search, evaluate, build, embed, encode, describe, calibrate, train,
            compare, cases, bench)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 on success, 2 for a mistake by the user, 1 for a fault of ours."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = parser_of(COMMANDS, str(__doc__))
    args = parser.parse_args(joined(sys.argv[1:] if arguments is None else arguments))
    try:
        result = args.run(args)
    except SaywhereError as error:
        print(f"saywhere: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("saywhere: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    if result is None:  # of several processes, the first one tells
        return 0
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
        return "\n".join(_answer_lines(result))
    return json.dumps(result, ensure_ascii=False, indent=1)


def _answer_lines(result: Any) -> Iterator[str]:
    """The verdict, and each candidate with its reason or its evidence."""
    yield from result["notes"]
    if result["verdict"]:
        yield result["verdict"][:1].upper() + result["verdict"][1:]
    if result.get("question"):
        yield f"To tell them apart: {result['question']['text']}"
    for one in result["candidates"]:
        sure = "" if one["confidence"] is None else f"{one['confidence']:4.0%}  "
        yield (f"{one['rank']:2}  {one['lat']:.5f}, {one['lon']:.5f}  {sure}"
               f"{one['similarity']:.2f}  {one['street']}")  # fmt: skip
        if "explanation" in one:
            yield f"      {one['explanation']['reason']}"
            yield from (f"      {note}" for note in one["explanation"]["notes"])
            continue
        for piece in one["evidence"]:
            found = piece["fact"] and (
                f"{piece['fact']} ({piece['distance_m']:.0f} m {piece['direction']})"
            )
            yield f"      {piece['phrase']} — {found or 'not found'}"


if __name__ == "__main__":
    sys.exit(main())
