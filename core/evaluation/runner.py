"""What became of each query of a gallery under some ranking of its tiles; leaves the sums to
`report`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.errors import QueryError
from core.evaluation.queries import LabelledQuery
from core.gallery.opened import Gallery
from core.geo import Points, haversine_m, nearest
from core.records import Channel, Verdict
from core.retrieval.confidence import Calibration, Posterior, posterior_of, verdict_of
from core.retrieval.fusion import suppress_neighbours
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.reranking import TOP, reordered
from core.retrieval.search import rank_tiles

Scope = Literal["full", "nearest-100", "thinned"]
"""What may be the answer: every tile; the 100 nearest to the truth; tiles 100 m apart, asked only
with descriptions of these."""
NEAREST = 100
APART_M = 100.0

Ranker = Callable[[EncodedQuery], F32]
"""Scores [N] of all tiles for one reading."""


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """How sure search is of one reading: by a posterior over a whole gallery."""

    posterior: Callable[[EncodedQuery], Posterior]
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class ConfidenceOutcome:
    """What search held of its answer to one query.

    `confidences` are the candidates', `inside80` tells whether the area that holds 80 % of the
    probability has the true tile. `after_rerank` are the places of the first five after re-ranking,
    `true_place` is that of the true tile among the candidates, -1 where it is none.
    """

    confidences: F64
    p_outside: float
    verdict: Verdict
    inside80: bool
    after_rerank: tuple[int, ...]
    true_place: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one query: the true tile's rank from 1, and the candidates' distances.

    `confidence_outcome` is None where nothing judged it.
    """

    query: LabelledQuery
    true_tile: str
    rank: int
    top_tile: str
    distances_m: F64
    channels: dict[str, float]
    confidence_outcome: ConfidenceOutcome | None = None


def fused_ranker(gallery: Gallery, channels: tuple[Channel, ...]) -> Ranker:
    """Search as a person gets it, with some channels only."""
    return lambda encoded_query: rank_tiles(gallery, encoded_query, channels).scores


def fused_confidence(
    gallery: Gallery, channels: tuple[Channel, ...], calibration: Calibration | None = None
) -> ConfidenceModel:
    """Confidence as a person gets it, with some channels only."""

    def posterior(encoded_query: EncodedQuery) -> Posterior:
        ranking = rank_tiles(gallery, encoded_query, channels)
        return posterior_of(
            encoded_query, ranking.signals, ranking.scores, channels, None, calibration
        )

    return ConfidenceModel(posterior, calibration)


def evaluate(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    ranker: Ranker,
    scope: Scope,
    recorded: Mapping[Channel, Ranker] | None = None,
    confidence_model: ConfidenceModel | None = None,
) -> list[Outcome]:
    """One outcome for each query that the scope has the true tile of.

    Of the rankers in `recorded` the score of the first candidate is kept in the outcome. A
    `confidence_model` knows the whole gallery only, and is asked in the scope `full` alone.

    Localization at k is measured on the k separate spots that search shows, R@k on tiles.
    """
    outcomes = []
    near = _nearest_tiles(gallery, queries) if scope == "nearest-100" else None
    thin = _thinned(gallery) if scope == "thinned" else None
    for number, (query, encoded_query) in enumerate(zip(queries, encoded_queries, strict=True)):
        truth = query.position
        away = haversine_m(truth.lat, truth.lon, gallery.lats, gallery.lons)
        true_row = gallery.row_of(query.tile_id) if query.tile_id else int(away.argmin())
        if thin is not None and true_row not in thin:
            continue
        scores = ranker(encoded_query)
        order = np.argsort(-scores, kind="stable")
        among = thin if near is None else near[number]
        if among is not None:
            order = order[np.isin(order, among)]
        leading = suppress_neighbours(order, gallery.lats, gallery.lons, 10)
        outcomes.append(
            Outcome(
                query=query,
                true_tile=gallery.tile_ids[true_row],
                rank=int(np.flatnonzero(order == true_row)[0]) + 1
                if true_row in order
                else len(order) + 1,
                top_tile=gallery.tile_ids[leading[0]],
                distances_m=away[leading],
                channels={
                    name: float(one(encoded_query)[leading[0]])
                    for name, one in (recorded or {}).items()
                },
                confidence_outcome=_confidence_outcome(
                    confidence_model, gallery, encoded_query, leading, true_row, scores
                )
                if confidence_model and among is None
                else None,
            )
        )
    if queries and not outcomes:
        raise QueryError(
            f"none of the {len(queries)} descriptions is of a tile of the thinned "
            "gallery; wanted more of them, or another scope"
        )
    return outcomes


def _confidence_outcome(
    confidence_model: ConfidenceModel,
    gallery: Gallery,
    encoded_query: EncodedQuery,
    leading: list[int],
    true_row: int,
    scores: F32,
) -> ConfidenceOutcome:
    posterior = confidence_model.posterior(encoded_query)
    credible_region = posterior.credible_region()
    confidences = np.array(posterior.near(leading, gallery.lats, gallery.lons))
    return ConfidenceOutcome(
        confidences,
        posterior.p_outside,
        verdict_of(posterior.p_outside, float(confidences[0]), confidence_model.calibration),
        inside80=bool(credible_region.inside80[credible_region.rows == true_row].any()),
        after_rerank=tuple(reordered(scores[leading[:TOP]].tolist(), confidences[:TOP].tolist())),
        true_place=leading.index(true_row) if true_row in leading else -1,
    )


def _nearest_tiles(gallery: Gallery, queries: Sequence[LabelledQuery]) -> I64:
    """The tiles nearest to where each query was written, in the gallery's order."""
    places = Points.of(
        np.array([query.position.lat for query in queries]),
        np.array([query.position.lon for query in queries]),
    )
    return nearest(places, Points.of(gallery.lats, gallery.lons), NEAREST)


def _thinned(gallery: Gallery) -> I64:
    """As many tiles, in the gallery's order, as can be 100 m apart."""
    kept: list[int] = []
    for row in range(len(gallery)):
        away = haversine_m(
            gallery.lats[row], gallery.lons[row], gallery.lats[kept], gallery.lons[kept]
        )
        if not kept or away.min() >= APART_M:
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def query_rows(outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    """One JSON row for each query, as `--out` writes them."""
    for outcome in outcomes:
        sure, named = outcome.confidence_outcome, outcome.query.named
        yield {
            "id": outcome.query.query_id,
            "text": outcome.query.text,
            "lat": outcome.query.position.lat,
            "lon": outcome.query.position.lon,
            "tile_id": outcome.true_tile,
            "rank": outcome.rank,
            "top1_tile_id": outcome.top_tile,
            "distance_m": round(float(outcome.distances_m[0]), 2),
            "confidence": round(float(sure.confidences[0]), 4) if sure else None,
            "verdict": sure.verdict if sure else None,
            "elsewhere": round(sure.p_outside, 4) if sure else None,
            "inside80": sure.inside80 if sure else None,
            "channels": {name: round(value, 4) for name, value in outcome.channels.items()},
        } | ({} if named is None else {"named": named})
