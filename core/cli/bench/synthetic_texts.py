"""Descriptions of tiles of a synthetic collection, from the facts that the tiles see."""

from collections.abc import Sequence

import numpy as np

from core.evaluation.queries import LabelledQuery
from core.gallery import Gallery
from core.geo import Position
from core.retrieval.search import match_index_of

_WITHIN_M = 80.0
_FACTS = 4
_OPENINGS = ("I see", "There is", "Standing near", "Next to me:")


def texts_of(galleries: Sequence[Gallery], count: int, seed: int = 11) -> list[LabelledQuery]:
    """So many descriptions of tiles drawn at random, every second one with names."""
    rng = np.random.default_rng(seed)
    queries: list[LabelledQuery] = []
    while len(queries) < count:
        gallery = galleries[int(rng.integers(len(galleries)))]
        tile = int(rng.integers(len(gallery)))
        match_index, named = match_index_of(gallery), len(queries) % 2 == 1
        rows = match_index.links_of(tile)
        rows = rows[gallery.links.distance_m[rows] <= _WITHIN_M]
        facts = np.unique(gallery.links.fact[rows])
        facts = facts[gallery.facts.spoken[facts] | named]
        if len(facts) < _FACTS:
            continue
        chosen = rng.choice(facts, _FACTS, replace=False).tolist()
        things = [_said(gallery.facts.text[fact], named) for fact in chosen]
        text = f"{_OPENINGS[len(queries) % len(_OPENINGS)]} {', '.join(things)}"
        at = Position(float(gallery.lats[tile]), float(gallery.lons[tile]))
        queries.append(LabelledQuery(text, at, gallery.tile_ids[tile], f"t{len(queries)}", named))
    return queries


def _said(text: str, named: bool) -> str:
    kind, _, name = text.partition(": ")
    return f"{kind} {name}".strip() if named else kind.partition(" of ")[0]
