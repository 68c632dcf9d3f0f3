"""The metric of CVG-Text in plain Python, one pair of pictures after the other.

The twin that `protocol` is held against: the published procedure step by step, at its cost.
"""

from collections.abc import Sequence

from core.evaluation.cvgtext.metric import PaperFigures, PaperMetric
from core.evaluation.runner import NEAREST
from core.geo import haversine_km
from core.sources.cvgtext import base_name, coordinates_of, is_panorama


def plain_metric(names: Sequence[str], cosines: Sequence[Sequence[float]]) -> PaperMetric:
    """The figures for N file names and the cosines [N, N] of each one's description with each.

    A picture's position is read off its name anew for every query, as the published code does.
    """
    places, deviations = [], []
    for row, name in enumerate(names):
        own, (lat, lon) = base_name(name), _position(name)
        away = []
        for column, other in enumerate(names):
            away.append((haversine_km(lat, lon, *_position(other)), column))
        away.sort(key=lambda pair: pair[0])
        near = [column for _, column in away[:NEAREST]]
        near.sort(key=lambda column: -cosines[row][column])
        found = list(dict.fromkeys(base_name(names[column]) for column in near))
        places.append(found.index(own) + 1 if own in found else len(found) + 1)
        hit = found[0] == own
        deviations.append(0.0 if hit else haversine_km(lat, lon, *_position(names[near[0]])))
    every = list(range(len(names)))
    panoramas = {row for row in every if is_panorama(base_name(names[row]))}
    return PaperMetric(
        overall=_figures(every, places, deviations),
        panorama=_figures(sorted(panoramas), places, deviations),
        single_view=_figures([row for row in every if row not in panoramas], places, deviations),
    )


def _position(name: str) -> tuple[float, float]:
    found = coordinates_of(base_name(name))
    assert found, name
    return found


def _figures(
    rows: Sequence[int], places: Sequence[int], deviations: Sequence[float]
) -> PaperFigures:
    count, total = len(rows), 0.0
    recalled, within = [0, 0, 0], [0, 0, 0]
    for row in rows:
        total += deviations[row]
        for number, k in enumerate((1, 5, 10)):
            recalled[number] += places[row] <= k
        for number, kilometres in enumerate((0.05, 0.1, 0.15)):
            within[number] += deviations[row] <= kilometres
    return PaperFigures(
        count,
        recall=tuple(hits / max(count, 1) * 100 for hits in recalled),
        within=tuple(hits / max(count, 1) * 100 for hits in within),
        deviation_km=total / max(count, 1),
    )
