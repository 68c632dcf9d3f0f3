"""How often a search in all galleries names the right one first, and knows a place in none of them.

Each description is searched in all galleries; those without names, since a name says where it is,
also in all but their own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import QueryError
from core.evaluation.queries import read_queries
from core.gallery import list_galleries
from core.models import load_model
from core.records import Query
from core.retrieval.anywhere import search_anywhere
from core.retrieval.opened_regions import open_regions
from core.settings import Settings


def run(settings: Settings, sets: Sequence[tuple[str, Path]]) -> dict[str, Any]:
    """The figures of descriptions without names; `with_names` has the two first of the others.

    `right` is the share of descriptions whose gallery is the likeliest, `auroc` that of pairs in
    which "in none of them" is likelier without the own gallery than with it for another text.

    `same_as_exact` is the share of descriptions for which the ten candidates are those of a search
    in all regions, in the same order; `searched` the mean number of regions that were searched.
    """
    names = [card.name for card in list_galleries(settings) if card.channels and not card.problem]
    queries = [(gallery, query) for gallery, path in sets for query in read_queries(path, gallery)]
    nameless = [query for _, query in queries if query.named is not True]
    if not nameless or len(names) < 2 or not {gallery for gallery, _ in queries} <= set(names):
        raise QueryError(
            "bench regions needs --set GALLERY=FILE.jsonl of installed galleries, two or more"
        )
    encoder = load_model(threads=settings.search_threads)
    opened = open_regions(names, settings, encoder)
    without = {
        name: tuple(one for one in opened.galleries if one.card.name != name) for name in names
    }
    right: list[bool] = []
    with_names: list[bool] = []
    same: list[bool] = []
    searched: list[int] = []
    with_own: list[float] = []
    without_own: list[float] = []
    for gallery, query in queries:
        asked = Query(query.text)
        found = search_anywhere(opened.galleries, encoder, asked, opened.picture_encoders).result
        if query.named is True:
            with_names.append(found.regions[0].gallery == gallery)
            continue
        exact = search_anywhere(
            opened.galleries, encoder, asked, opened.picture_encoders, exact=True
        ).result
        other = search_anywhere(without[gallery], encoder, asked, opened.picture_encoders).result
        right.append(found.regions[0].gallery == gallery)
        ids = [[(one.gallery, one.tile.tile_id) for one in of.candidates] for of in (found, exact)]
        same.append(ids[0] == ids[1])
        searched.append(found.regions_searched or len(opened.galleries))
        with_own.append(found.p_outside or 0.0)
        without_own.append(other.p_outside or 0.0)
    return {
        "bench": "regions",
        "galleries": names,
        "n": len(right),
        "right": round(float(np.mean(right)), 4),
        "with_names": {
            "n": len(with_names),
            "right": round(float(np.mean(with_names)), 4) if with_names else None,
        },
        "auroc": round(auroc(with_own, without_own), 4),
        "same_as_exact": round(float(np.mean(same)), 4),
        "searched": round(float(np.mean(searched)), 2),
    }


def auroc(low: Sequence[float], high: Sequence[float]) -> float:
    """The share of pairs in which the value of `high` is greater; ties count half."""
    differences = np.subtract.outer(np.array(high), np.array(low))
    return float(np.mean((differences > 0) + 0.5 * (differences == 0)))
