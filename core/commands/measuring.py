"""The commands that measure: recall, confidence, differences, time."""

import argparse
import inspect
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.commands.progress import bar
from core.commands.published import read_copy
from core.errors import ModelError, QueryError, ReportError
from core.files import write_json
from core.records import Query

if TYPE_CHECKING:
    from core.evaluation.saved import SavedRun


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
    gallery = open_gallery(args.gallery, settings)
    queries = evaluation.read_queries(args.queries, args.gallery)
    channels = check_query(Query("any", channels=args.channels, model=args.model), gallery)
    shown = bar(args.quiet)
    encoder, eyes = load_model(threads=settings.search_threads), None
    if "image" in channels:
        eyes = open_eyes(gallery, settings, encoder, args.model, args.checkpoint)
    readings = evaluation.read_all(queries, encoder, lambda done, of: shown("read", done, of), eyes)
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
    result = {
        "gallery": gallery.card.name,
        "channels": list(channels),
        "model": eyes.key if eyes else gallery.card.model,
    }
    result |= evaluation.report(outcomes, args.scope)
    if args.strangers and judge:
        foreign = [
            one for path in args.strangers for one in evaluation.read_foreign(path, args.gallery)
        ]
        read = evaluation.read_all(
            foreign, encoder, lambda done, of: shown("strangers", done, of), eyes
        )
        result |= evaluation.detection(outcomes, [judge.posterior(one) for one in read])
    if args.out:
        title = {"title": args.title} if args.title else {}
        write_json(args.out, title | result | {"queries": list(evaluation.query_rows(outcomes))})
    return result


def _evaluate_cvgtext(args: argparse.Namespace) -> Any:
    """Both scopes, always: the paper's alone would give the truth away."""
    from core.evaluation import query_rows, trial
    from core.models import DEFAULT_PICTURE_MODEL, DualEncoder, load_model

    data = read_copy(args, "test")
    model = args.model or DEFAULT_PICTURE_MODEL
    encoder = load_model(model, machine.load().batch_threads, args.checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; wanted a --model that sees pictures")
    embedded = trial.embed_test(data, encoder, bar(args.quiet))
    scored = [trial.score(embedded, scope) for scope in trial.SCOPES]
    result = trial.about(data, encoder)
    if args.failures:
        trial.write_failures(scored[0], args.failures)
    if args.out:
        write_json(
            args.out,
            result
            | {
                one.scope: trial.summary(one) | {"queries": list(query_rows(one.outcomes))}
                for one in scored
            },
        )
    return result | {one.scope: trial.summary(one) for one in scored}


def compare(args: argparse.Namespace) -> Any:
    """Hold two measured runs against each other, query by query."""
    from core.evaluation.pairing import paired
    from core.evaluation.saved import read_saved

    first, second = (_in_scope(read_saved(path), args.scope) for path in args.reports)
    return paired(first, second).to_json()


def _in_scope(runs: "tuple[SavedRun, ...]", scope: str | None) -> "SavedRun":
    """The run of a report in a scope; without one, in the full scope before any other."""
    found = {run.scope: run for run in runs}
    if scope is None:
        return found.get("full", runs[0])
    if scope not in found:
        raise ReportError(
            f"{runs[0].title} has no part of the scope {scope}; it has {', '.join(found)}"
        )
    return found[scope]


def calibrate(args: argparse.Namespace) -> Any:
    """Learn confidence from descriptions whose place is known; search reads what it writes."""
    from core.evaluation.curriculum import learn
    from core.models import load_model
    from core.retrieval.confidence import write_calibration

    settings = machine.load()
    encoder = load_model(threads=settings.search_threads)
    learned = learn(args.sets, args.background, settings, encoder, args.seed, bar(args.quiet))
    path = write_calibration(learned, args.out or machine.CONFIDENCE)
    return {
        "file": str(path),
        "sources": list(learned.sources),
        "likely": learned.likely,
        "absent": learned.absent,
    }


def bench(args: argparse.Namespace) -> Any:
    """Time or measure a part of the app."""
    from core.bench import BENCHES

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
    run = BENCHES[args.what]
    return run(**{name: options[name] for name in inspect.signature(run).parameters})
