"""The metric of CVG-Text in plain Python, the reference for our vectorized metric.

It follows the published procedure step by step, one pair of pictures at a time, and is slow.
"""

from collections.abc import Sequence

from core.evaluation.cvgtext.metric import PaperFigures, PaperMetric
from core.evaluation.runner import NEAREST
from core.geo import haversine_km
from core.sources.cvgtext import base_name, coordinates_of, is_panorama


def plain_metric(names: Sequence[str], cosines: Sequence[Sequence[float]]) -> PaperMetric:
    """The figures for N file names and the cosines [N, N] of descriptions with pictures.

    Positions are parsed from the names again for every query, as in the published code.
    """
    ranks, deviations = [], []
    for row, name in enumerate(names):
        own, (lat, lon) = base_name(name), _position(name)
        distances = []
        for column, other in enumerate(names):
            distances.append((haversine_km(lat, lon, *_position(other)), column))
        distances.sort(key=lambda pair: pair[0])
        near = [column for _, column in distances[:NEAREST]]
        near.sort(key=lambda column: -cosines[row][column])
        ranked = list(dict.fromkeys(base_name(names[column]) for column in near))
        ranks.append(ranked.index(own) + 1 if own in ranked else len(ranked) + 1)
        hit = ranked[0] == own
        deviations.append(0.0 if hit else haversine_km(lat, lon, *_position(names[near[0]])))
    rows = list(range(len(names)))
    panoramas = {row for row in rows if is_panorama(base_name(names[row]))}
    return PaperMetric(
        overall=_figures(rows, ranks, deviations),
        panorama=_figures(sorted(panoramas), ranks, deviations),
        single_view=_figures([row for row in rows if row not in panoramas], ranks, deviations),
    )


def _position(name: str) -> tuple[float, float]:
    coordinates = coordinates_of(base_name(name))
    assert coordinates, name
    return coordinates


def _figures(
    rows: Sequence[int], ranks: Sequence[int], deviations: Sequence[float]
) -> PaperFigures:
    count, total = len(rows), 0.0
    recalled, within = [0, 0, 0], [0, 0, 0]
    for row in rows:
        total += deviations[row]
        for number, k in enumerate((1, 5, 10)):
            recalled[number] += ranks[row] <= k
        for number, kilometres in enumerate((0.05, 0.1, 0.15)):
            within[number] += deviations[row] <= kilometres
    return PaperFigures(
        count,
        recall=tuple(hits / max(count, 1) * 100 for hits in recalled),
        within=tuple(hits / max(count, 1) * 100 for hits in within),
        deviation_km=total / max(count, 1),
    )
