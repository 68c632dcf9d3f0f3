"""Maximum-likelihood fit of the confidence in galleries with imagery to descriptions with known
places: of searches by aerial pictures alone, and by facts that are seen from above."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from core.arrays import F32, Bools
from core.errors import QueryError
from core.evaluation.queries import LabelledQuery, inside_gallery, read_all, read_queries
from core.gallery.opened import Gallery
from core.gallery.packed import open_one as open_gallery
from core.geo import haversine_m
from core.records import Channel
from core.retrieval.confidence import RADIUS_M
from core.retrieval.picture_confidence import PictureConfidence, mixture, seen_from_above
from core.retrieval.picture_model import load_picture_encoder
from core.retrieval.search import Ranking, rank_tiles
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_START = (10.0, 0.2)
_LEAST = 1e-12
_WORDS: tuple[Channel, ...] = ("facts", "names")


@dataclass(frozen=True, slots=True)
class PictureExample:
    """One search: `scores` [N] of all tiles, and which [N] are within 100 m of
    the truth."""

    scores: F32
    near: Bools


def fit_pictures(
    examples: Sequence[PictureExample], sources: Sequence[str] = ()
) -> PictureConfidence:
    """The numbers under which the true places are likeliest. Raises QueryError without examples."""
    if not examples:
        raise QueryError("there are no descriptions to learn from")

    def loss(parameters: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        sharpness, vague = np.exp(parameters[0]), 1 / (1 + np.exp(-parameters[1]))
        return -float(
            np.mean([np.log(max(_likelihood(one, sharpness, vague), _LEAST)) for one in examples])
        )

    start = np.array([np.log(_START[0]), np.log(_START[1] / (1 - _START[1]))])
    found = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6}).x
    return PictureConfidence(
        float(np.exp(found[0])), float(1 / (1 + np.exp(-found[1]))), tuple(sources)
    )


def _likelihood(example: PictureExample, sharpness: float, vague: float) -> float:
    everywhere = np.ones(len(example.scores), dtype=bool)
    return float(mixture(example.scores, everywhere, sharpness, vague)[example.near].sum())


def picture_examples(
    sets: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: "SentenceEncoder",
    progress: Callable[[str, int, int], None],
) -> list[PictureExample]:
    """An example for each description near a tile of its gallery, which has aerial pictures."""
    return [
        PictureExample(ranking.scores, near)
        for ranking, near in _rankings(sets, settings, encoder, progress, ("image",))
    ]


def above_examples(
    sets: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: "SentenceEncoder",
    progress: Callable[[str, int, int], None],
) -> list[PictureExample]:
    """An example for each description near a tile of its gallery, searched by facts and names;
    galleries without facts that are seen from above give none."""
    return [
        PictureExample(ranking.scores, near)
        for ranking, near in _rankings(sets, settings, encoder, progress, _WORDS)
        if seen_from_above(ranking.signals)
    ]


def _rankings(
    sets: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: "SentenceEncoder",
    progress: Callable[[str, int, int], None],
    channels: tuple[Channel, ...],
) -> Iterator[tuple[Ranking, Bools]]:
    """The ranking of each description near a tile of its gallery, and the tiles near it [N]."""
    for name, path in sets:
        gallery = open_gallery(name, settings)
        pictures = None
        if "image" in channels:
            pictures = load_picture_encoder(gallery, settings, encoder, view="aerial")
        queries = inside_gallery(read_queries(path, name), gallery, path.name)
        encoded = read_all(
            queries, encoder, lambda done, of: progress("read", done, of), pictures, gallery
        )
        for query, encoded_query in zip(queries, encoded, strict=True):
            near = _near(gallery, query)
            if near.any():
                yield rank_tiles(gallery, encoded_query, channels), near


def _near(gallery: Gallery, query: LabelledQuery) -> Bools:
    at = query.position
    return haversine_m(at.lat, at.lon, gallery.lats, gallery.lons) <= RADIUS_M
