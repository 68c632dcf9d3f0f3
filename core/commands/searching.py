"""The commands that ask: what galleries there are, and what in them fits."""

import argparse
from typing import Any

from core import settings as machine
from core.errors import QueryError
from core.records import Query


def galleries(_: argparse.Namespace) -> Any:
    """List what can be searched."""
    from core.gallery import list_galleries

    return {
        "galleries": [
            {
                "name": card.name,
                "title": card.title,
                "tiles": card.tiles,
                "named_facts": card.place_count,
                "bounds": [
                    card.bounds.west,
                    card.bounds.south,
                    card.bounds.east,
                    card.bounds.north,
                ],
                "footprint_m": card.footprint_m,
                "spacing_m": card.spacing_m,
                "channels": list(card.channels),
                "model": card.model,
                "picture_models": [stamp.key for stamp in card.picture_models],
                "sources": list(card.sources),
                "data_date": card.date,
                "licence": card.licence,
                "created": card.created,
                "problem": card.problem,
            }
            for card in list_galleries(machine.load())
        ]
    }


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

    result = explained(finding, encoder, eyes, settings.advisor)
    return result.to_json() | beside(finding, result)


def _default_gallery(settings: machine.Settings) -> str:
    from core.gallery import list_galleries

    healthy = [card.name for card in list_galleries(settings) if not card.problem]
    if not healthy:
        raise QueryError("there is no gallery to search; make one with python -m core build")
    return healthy[0]
