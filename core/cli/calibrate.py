"""Fit confidence, ranking, regions, overview or claims; write the file that search reads."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.options import labelled_set, new_file, whole_number
from core.cli.progress import bar

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    learned_from = parser.add_mutually_exclusive_group(required=True)
    learned_from.add_argument(
        "--set",
        dest="sets",
        type=labelled_set,
        action="append",
        default=[],
        metavar="GALLERY=FILE.jsonl",
        help="descriptions with known places; "
        "repeat for at least two galleries; all sets have equal weight",
    )
    parser.add_argument(
        "--background",
        nargs="+",
        metavar="G",
        default=(),
        help="galleries of the background corpus, typical towns (default: those of the sets)",
    )
    parser.add_argument(
        "--ranking",
        action="store_true",
        help="fit the weights of the ranking instead of the confidence; fit the confidence after "
        "it; sets of one file share one weight",
    )
    parser.add_argument(
        "--regions",
        action="store_true",
        help="fit the probabilities of regions, for searches in all galleries at once; fit them "
        "after the confidence, to sets of three galleries or more",
    )
    parser.add_argument(
        "--overview",
        action="store_true",
        help="fit the overview that chooses regions for a search, to descriptions of any place and "
        "to all regions of the sets; fit it after the regions",
    )
    parser.add_argument(
        "--aerial",
        action="store_true",
        help="fit the confidence of searches in which only aerial pictures answer, to descriptions "
        "of galleries with imagery",
    )
    parser.add_argument(
        "--above",
        action="store_true",
        help="fit the confidence of nameless searches by facts that are seen from above, to "
        "descriptions of galleries with imagery",
    )
    learned_from.add_argument(
        "--claims",
        nargs="+",
        type=Path,
        metavar="F.jsonl",
        help="fit which evidence the ledger claims, to judged pairs of a phrase and a place",
    )
    parser.add_argument("--seed", type=whole_number, default=42, help="random seed (default: 42)")
    parser.add_argument(
        "--out",
        type=new_file,
        metavar="F.json",
        help="file to write (default: the file that search reads)",
    )


def _fit_ranking(
    args: argparse.Namespace, settings: machine.Settings, encoder: "SentenceEncoder"
) -> Any:
    from core.evaluation.ranking_fit import fit_ranking_from_files
    from core.retrieval.ranking import write_ranking

    model = fit_ranking_from_files(args.sets, settings, encoder, args.seed, bar(args.quiet))
    path = write_ranking(model, args.out or machine.RANKING)
    return {"file": str(path), "sources": list(model.sources), "sharpness": model.sharpness}


def _fit_regions(
    args: argparse.Namespace, settings: machine.Settings, encoder: "SentenceEncoder"
) -> Any:
    from core.evaluation.calibration.regions_fit import fit_regions_from_files
    from core.retrieval.regions import write_regions

    model = fit_regions_from_files(args.sets, settings, encoder, args.seed, bar(args.quiet))
    path = write_regions(model, args.out or machine.REGIONS)
    return {"file": str(path), "sources": list(model.sources), "absent": model.absent}


def _fit_overview(
    args: argparse.Namespace, settings: machine.Settings, encoder: "SentenceEncoder"
) -> Any:
    from core.evaluation.calibration.overview_fit import fit_overview, overview_examples
    from core.evaluation.queries import read_queries
    from core.retrieval.estimates import write_estimates
    from core.retrieval.opened_regions import open_regions

    names = list(dict.fromkeys(name for name, _ in args.sets))
    files = list(dict.fromkeys(path for _, path in args.sets))
    rows = [query for name, path in args.sets for query in read_queries(path, name)]
    texts = list(dict.fromkeys(query.text for query in rows))
    opened = open_regions(names, settings, encoder)
    examples = overview_examples(
        opened.galleries, texts, encoder, opened.picture_encoders, bar(args.quiet)
    )
    model = fit_overview(examples, [*names, *(path.stem for path in files)])
    path = write_estimates(model, args.out or machine.OVERVIEW)
    return {
        "file": str(path),
        "sources": list(model.sources),
        "error": round(model.overview.error, 4),
        "error_after_a_look": round(model.look.error, 4),
    }


def _fit_aerial(
    args: argparse.Namespace, settings: machine.Settings, encoder: "SentenceEncoder"
) -> Any:
    from core.evaluation.calibration import picture_fit
    from core.retrieval import picture_confidence

    collect, write = (
        (picture_fit.above_examples, picture_confidence.write_above_confidence)
        if args.above
        else (picture_fit.picture_examples, picture_confidence.write_picture_confidence)
    )
    examples = collect(args.sets, settings, encoder, bar(args.quiet))
    sources = [f"{name}, {path.stem}" for name, path in args.sets]
    learned = picture_fit.fit_pictures(examples, sources)
    path = write(learned, args.out or machine.AERIAL)
    return {"file": str(path), "examples": len(examples)} | learned.to_json()


def _fit_claims(
    args: argparse.Namespace, settings: machine.Settings, encoder: "SentenceEncoder"
) -> Any:
    from core.evaluation.calibration.claims_fit import claim_examples, fit_claim_gate
    from core.explain.ledger.claim_gate import write_claim_gate
    from core.explain.ledger.unmappable import write_examples

    examples = claim_examples(args.claims, settings, encoder, bar(args.quiet))
    gate = fit_claim_gate(examples)
    if args.out is None:
        write_examples(encoder)
    path = write_claim_gate(gate, args.out or machine.CLAIMS)
    return {
        "file": str(path),
        "sources": list(gate.sources),
        "examples": len(examples),
        "claims": sum(one.is_claim for one in examples),
        "right": sum(one.is_claim and one.is_right for one in examples),
        "threshold": round(gate.threshold, 4),
    }


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.evaluation.calibration.pipeline import fit_from_files
    from core.models import load_model
    from core.retrieval.confidence import write_calibration

    settings = machine.load()
    encoder = load_model(threads=settings.search_threads)
    if args.claims:
        return _fit_claims(args, settings, encoder)
    if args.ranking:
        return _fit_ranking(args, settings, encoder)
    if args.regions:
        return _fit_regions(args, settings, encoder)
    if args.overview:
        return _fit_overview(args, settings, encoder)
    if args.aerial or args.above:
        return _fit_aerial(args, settings, encoder)
    calibration = fit_from_files(
        args.sets, args.background, settings, encoder, args.seed, bar(args.quiet)
    )
    path = write_calibration(calibration, args.out or machine.CONFIDENCE)
    return {
        "file": str(path),
        "sources": list(calibration.sources),
        "likely": calibration.likely,
        "absent": calibration.absent,
    }
