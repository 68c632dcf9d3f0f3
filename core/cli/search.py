"""Search a gallery for the places that fit a description best."""

import argparse
from collections.abc import Iterator
from typing import Any

from core import settings as machine
from core.cli.options import add_channels, add_checkpoint, position, text
from core.errors import QueryError
from core.records import Query


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("text", type=text, metavar="TEXT", help="description of the place")
    parser.add_argument(
        "--gallery", metavar="G", help="name of the gallery (default: the first one)"
    )
    parser.add_argument("-k", type=int, default=10, help="number of candidates (default: 10)")
    parser.add_argument(
        "--near",
        type=position,
        metavar="LAT,LON",
        help="search only near this position, with --within-m",
    )
    parser.add_argument(
        "--within-m", type=float, metavar="R", help="radius around --near in metres"
    )
    add_channels(parser)
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add reasons, ledgers, attribution and a clarifying question",
    )
    parser.add_argument(
        "--model", help="picture model of the image channel (default: that of the gallery)"
    )
    add_checkpoint(parser)


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import check_query, load_picture_encoder, search_with_trace

    settings = machine.load()
    gallery = open_gallery(args.gallery or _default_gallery(settings), settings)
    query = Query(args.text, args.k, args.channels, args.near, args.within_m, model=args.model)
    channels = check_query(query, gallery)
    encoder, picture_encoder = load_model(threads=settings.search_threads), None
    if "image" in channels:
        picture_encoder = load_picture_encoder(
            gallery, settings, encoder, args.model, args.checkpoint
        )
    trace = search_with_trace(gallery, encoder, query, picture_encoder)
    if not args.explain:
        return trace.result.to_json()
    from core.explain.explanations import answer_details, explained

    result = explained(trace, encoder, picture_encoder, settings.advisor)
    return result.to_json() | answer_details(trace, result)


def _default_gallery(settings: machine.Settings) -> str:
    from core.gallery import list_galleries

    healthy = [card.name for card in list_galleries(settings) if not card.problem]
    if not healthy:
        raise QueryError("there is no gallery to search; make one with python -m core build")
    return healthy[0]


def readable(result: Any) -> str:
    """The verdict, then each candidate with its reason or its evidence."""
    return "\n".join(_answer_lines(result))


def _answer_lines(result: Any) -> Iterator[str]:
    """The lines of the notes, the verdict and the candidates."""
    yield from result["notes"]
    if result["verdict"]:
        where = " in this area" if result["in_area"] else ""
        yield result["verdict"][:1].upper() + result["verdict"][1:] + where
    if result.get("question"):
        yield f"To tell them apart: {result['question']['text']}"
    for candidate in result["candidates"]:
        confidence = "" if candidate["confidence"] is None else f"{candidate['confidence']:4.0%}  "
        yield (
            f"{candidate['rank']:2}  {candidate['lat']:.5f}, {candidate['lon']:.5f}  {confidence}"
            f"{candidate['similarity']:.2f}  {candidate['street']}"
        )
        if "explanation" in candidate:
            yield f"      {candidate['explanation']['reason']}"
            yield from (f"      {note}" for note in candidate["explanation"]["notes"])
            continue
        for piece in candidate["evidence"]:
            fact = piece["fact"] and (
                f"{piece['fact']} ({piece['distance_m']:.0f} m {piece['direction']})"
            )
            yield f"      {piece['phrase']} — {fact or 'not found'}"
