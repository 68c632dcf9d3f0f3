"""Evaluate search, or a model on CVG-Text or a collection, on descriptions with known places."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.collection_options import add_collection
from core.cli.cvgtext_options import add_cvgtext, read_copy
from core.cli.options import add_channels, add_checkpoint, new_file, text
from core.cli.progress import bar, note
from core.errors import ModelError, QueryError
from core.files import write_json
from core.records import Query

if TYPE_CHECKING:
    from core.evaluation import Scope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--gallery", metavar="G", help="name of the gallery")
    add_cvgtext(parser, source)
    add_collection(source, "folder of a collection: its descriptions find its pictures")
    parser.add_argument(
        "--protocol",
        choices=("world", "intercontinental"),
        default="world",
        help="how --collection is split: by region or by continent (default: world)",
    )
    parser.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        default="test",
        help="split of --collection to evaluate (default: test)",
    )
    parser.add_argument(
        "--model", help="picture model (default: that of the gallery; else the one that comes here)"
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--failures",
        type=new_file,
        metavar="F.csv",
        help="file for CVG-Text's failures in nearest-100, in the paper's columns",
    )
    parser.add_argument(
        "--queries", type=Path, metavar="FILE.jsonl", help="descriptions with known places"
    )
    parser.add_argument(
        "--scope",
        choices=("full", "nearest-100", "thinned", "world", "region"),
        help="tiles to rank, with --gallery (default: full); with --collection world or region "
        "(default: world); CVG-Text runs in two scopes",
    )
    add_channels(parser)
    parser.add_argument(
        "--table", action="store_true", help="evaluate the baselines and single channels too"
    )
    parser.add_argument(
        "--strangers",
        nargs="+",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions of other places, to measure how well search detects them",
    )
    parser.add_argument(
        "--out", type=new_file, metavar="F", help="file for the report with all queries"
    )
    parser.add_argument("--title", type=text, default="", help="title of the report")


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    if args.cvgtext:
        return _evaluate_cvgtext(args)
    if args.collection:
        return _evaluate_collection(args)
    args.scope = args.scope or "full"
    if args.scope in ("world", "region"):
        raise QueryError(f"--scope {args.scope} goes with --collection")
    if not args.queries:
        raise QueryError("--gallery needs --queries FILE.jsonl")
    from core import evaluation
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import check_query, load_picture_encoder

    settings = machine.load()
    gallery = open_gallery(args.gallery, settings)
    every_query = evaluation.read_queries(args.queries, args.gallery)
    queries = evaluation.inside_gallery(every_query, gallery, args.queries.name)
    outside_gallery = len(every_query) - len(queries)
    if outside_gallery:
        note(
            f"{outside_gallery} of {len(every_query)} descriptions are left out: their places are "
            f"not in {gallery.card.name}"
        )
    channels = check_query(Query("any", channels=args.channels, model=args.model), gallery)
    progress = bar(args.quiet)
    encoder, picture_encoder = load_model(threads=settings.search_threads), None
    if "image" in channels:
        picture_encoder = load_picture_encoder(
            gallery, settings, encoder, args.model, args.checkpoint
        )
    encoded_queries = evaluation.read_all(
        queries, encoder, lambda done, of: progress("read", done, of), picture_encoder, gallery
    )
    if args.table:
        return {
            "gallery": gallery.card.name,
            "outside_gallery": outside_gallery,
            **({"chance": evaluation.chance(gallery, queries)} if args.scope == "full" else {}),
            "rows": {
                name: evaluation.report(
                    evaluation.evaluate(gallery, queries, encoded_queries, ranker, args.scope),
                    args.scope,
                )
                for name, ranker in evaluation.table_rankers(gallery, channels).items()
            },
        }
    ranker, confidence_model = evaluation.fused_ranker(gallery, channels), None
    if args.scope == "full":
        confidence_model = evaluation.fused_confidence(gallery, channels)
    recorded = {name: evaluation.fused_ranker(gallery, (name,)) for name in channels if args.out}
    outcomes = evaluation.evaluate(
        gallery, queries, encoded_queries, ranker, args.scope, recorded, confidence_model
    )
    result = {
        "gallery": gallery.card.name,
        "channels": list(channels),
        "model": picture_encoder.key if picture_encoder else gallery.card.model,
        "outside_gallery": outside_gallery,
    }
    result |= evaluation.report(outcomes, args.scope)
    if args.scope == "full":
        result["chance"] = evaluation.chance(gallery, queries)
    if args.strangers and confidence_model:
        foreign = [
            query
            for path in args.strangers
            for query in evaluation.read_foreign(path, args.gallery)
        ]
        outside = evaluation.read_all(
            foreign,
            encoder,
            lambda done, of: progress("strangers", done, of),
            picture_encoder,
            gallery,
        )
        posteriors = [confidence_model.posterior(encoded_query) for encoded_query in outside]
        result |= evaluation.detection(outcomes, posteriors)
    if args.out:
        title = {"title": args.title} if args.title else {}
        write_json(args.out, title | result | {"queries": list(evaluation.query_rows(outcomes))})
    return result


def _evaluate_cvgtext(args: argparse.Namespace) -> Any:
    """The report in both scopes, since the paper's alone gives away much of the truth."""
    from core.evaluation import query_rows
    from core.evaluation.cvgtext import run
    from core.models import DEFAULT_PICTURE_MODEL, DualEncoder, load_model

    data = read_copy(args, "test")
    model = args.model or DEFAULT_PICTURE_MODEL
    encoder = load_model(model, machine.load().batch_threads, args.checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; give a --model that reads pictures")
    embedded = run.embed_test(data, encoder, bar(args.quiet))
    ranked = [run.rank_all(embedded, scope) for scope in run.SCOPES]
    result = run.report_header(data, encoder)
    if args.failures:
        run.write_failures(ranked[0], args.failures)
    if args.out:
        write_json(
            args.out,
            result
            | {
                test.scope: run.summary(test) | {"queries": list(query_rows(test.outcomes))}
                for test in ranked
            },
        )
    return result | {test.scope: run.summary(test) for test in ranked}


def _evaluate_collection(args: argparse.Namespace) -> Any:
    """The report on one split of a collection."""
    from core.evaluation import query_rows
    from core.evaluation.collection_run import collection_report, embed_split, rank_collection
    from core.models import DEFAULT_AERIAL_MODEL, DEFAULT_PICTURE_MODEL, DualEncoder, load_model
    from core.sources.collection import open_collection

    scope: Scope = args.scope or "world"
    if scope != "world" and scope != "region":
        raise QueryError(f"--scope {scope} goes with --gallery; choose world or region")
    if args.queries or args.table or args.strangers or args.channels:
        raise QueryError("--collection takes no --queries, --channels, --table and --strangers")
    collection = open_collection(args.collection)
    manifest = collection.manifest
    if manifest.unverified:
        note(manifest.unverified)
    model = args.model or (
        DEFAULT_AERIAL_MODEL if manifest.view == "aerial" else DEFAULT_PICTURE_MODEL
    )
    encoder = load_model(model, machine.load().batch_threads, args.checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; give a --model that reads pictures")
    embedded = embed_split(collection, args.split, args.protocol, encoder, bar(args.quiet))
    outcomes = rank_collection(embedded, scope)
    result = {
        "gallery": manifest.name,
        "collection": manifest.name,
        "protocol": args.protocol,
        "split": args.split,
        "channels": ["image"],
        "model": encoder.spec.name,
        "weights_sha256": encoder.spec.weights_sha256,
        "unverified": manifest.unverified,
    }
    result |= collection_report(embedded, outcomes, scope)
    if args.out:
        title = {"title": args.title} if args.title else {}
        write_json(args.out, title | result | {"queries": list(query_rows(outcomes))})
    return result
