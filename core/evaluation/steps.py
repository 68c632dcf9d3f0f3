"""What each part of the search adds: rankings of the same queries with and without it.

Each row of the table is a `Step`. The parts are taken from one search, so all rows see the same
descriptions, phrases and embeddings.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.arrays import F32, F64
from core.evaluation.baselines import PlainBaselines
from core.evaluation.bootstrap import interval_of_mean, resamples
from core.evaluation.queries import LabelledQuery
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.records import CHANNELS, Channel
from core.retrieval.confidence import RADIUS_M, posterior_of
from core.retrieval.fusion import Signals, suppress_neighbours
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.ranking import NO_CORRECTION, RankingModel
from core.retrieval.relation_values import ThingValues
from core.retrieval.search import Ranking, rank_tiles
from core.retrieval.spots import spots_of

CUTS: Final = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table: the search without some of its parts.

    `without` are signals that do not count. `plain_things` takes the roles, directions and
    distances of things out of the ranking, `plain_ranking` all that was learned. Without `spots`
    the candidates are the best tiles that are 100 m apart.
    """

    without: tuple[str, ...] = ()
    plain_things: bool = False
    plain_ranking: bool = False
    spots: bool = True


STEPS: Final[Mapping[str, Step]] = {
    "facts and words alone": Step(("mentions", "absent", "image", "aerial"), True, True, False),
    "without image": Step(("image", "aerial")),
    "without mentions": Step(("mentions",)),
    "without negation": Step(("absent",)),
    "without relations": Step(plain_things=True),
    "without learned ranking": Step(plain_ranking=True),
    "without spots": Step(spots=False),
    "all": Step(),
}


def _without(signals: Signals, names: Sequence[str]) -> Signals:
    results = {
        channel: replace(
            result,
            signals={name: values for name, values in result.signals.items() if name not in names},
        )
        for channel, result in signals.results.items()
    }
    return Signals(
        signals.tiles, {name: result for name, result in results.items() if result.signals}
    )


def _things(things: ThingValues, step: Step) -> ThingValues:
    """The things that count in a step."""
    near = {
        row: of
        for row, of in things.near.items()
        if not step.plain_things
        and not ("mentions" in step.without and things.things[row].kind != "phrase")
    }
    return replace(things, near=near)


def leading_rows(
    gallery: Gallery, encoded_query: EncodedQuery, ranking: Ranking, step: Step
) -> list[int]:
    """The rows of the candidates of one search in a step."""
    signals = _without(ranking.signals, step.without)
    channels = tuple(signals.results)
    model: RankingModel = NO_CORRECTION if step.plain_ranking else ranking.model
    things = _things(ranking.named_things, step)
    scores = model.scores(signals.fused(channels), signals, things)
    if not step.spots:
        return _separate(gallery, scores)
    posterior = posterior_of(encoded_query, ranking.signals, scores, tuple(ranking.signals.results))
    spots = spots_of(gallery, posterior.mass, CUTS[-1], sharpening=posterior.sharpening)
    return [spot.row for spot in spots]


def _separate(gallery: Gallery, scores: F32) -> list[int]:
    order = np.argsort(-scores, kind="stable")
    return suppress_neighbours(order, gallery.lats, gallery.lons, CUTS[-1])


def hits_of(
    gallery: Gallery, query: LabelledQuery, encoded_query: EncodedQuery, plain: PlainBaselines
) -> Iterator[tuple[str, F64]]:
    """For every row of the table, whether one of the first `CUTS` candidates is within 100 m."""
    channels: tuple[Channel, ...] = tuple(
        name
        for name in CHANNELS
        if name in gallery.card.channels and (name != "image" or encoded_query.picture_query)
    )
    ranking = rank_tiles(gallery, encoded_query, channels)
    distances_m = haversine_m(query.position.lat, query.position.lon, gallery.lats, gallery.lons)
    baselines: dict[str, Callable[[EncodedQuery], F32]] = {
        "plain BM25": plain.bm25,
        "plain sum of ranks": plain.rank_sum,
    }
    for name, score in baselines.items():
        yield name, _hits(distances_m, _separate(gallery, score(encoded_query)))
    for name, step in STEPS.items():
        yield name, _hits(distances_m, leading_rows(gallery, encoded_query, ranking, step))


def _hits(distances_m: F64, rows: Sequence[int]) -> F64:
    near = distances_m[list(rows)] <= RADIUS_M
    return np.array([near[:cut].any() for cut in CUTS], dtype=np.float64)


def summary(hits: F64) -> dict[str, object]:
    """Shares in percent of Q queries from their hits [Q, cuts], with 95 % bootstrap intervals."""
    draws = resamples(len(hits))
    cells: dict[str, object] = {"n": len(hits)}
    for column, cut in enumerate(CUTS):
        values = 100 * hits[:, column]
        low, high = interval_of_mean(values, draws)
        cells[f"first {cut}"] = round(float(values.mean()), 1)
        cells[f"first {cut} ci"] = [round(low, 1), round(high, 1)]
    return cells
