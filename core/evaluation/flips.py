"""Descriptions that one run finds and the other misses, by one measure."""

from dataclasses import dataclass
from typing import Literal

from core.evaluation.paired_tests import matched
from core.evaluation.run_metrics import is_missed
from core.evaluation.saved_runs import SavedQuery, SavedRun

Change = Literal["lost", "gained"]


@dataclass(frozen=True, slots=True)
class Flip:
    """A description with its results in both runs.

    It is "lost" if the first run finds it and the second misses it, else "gained".
    """

    change: Change
    first: SavedQuery
    second: SavedQuery

    @property
    def missed(self) -> SavedQuery:
        """The result of the run that misses it."""
        return self.second if self.change == "lost" else self.first


def flips(first: SavedRun, second: SavedRun, measure: str) -> tuple[Flip, ...]:
    """All flips by R@k or L@m ("R@1", "L@100m"), the largest change of distance first.

    Only descriptions that both runs have are compared. Empty if the measure needs ranks beyond the
    last one that a run knows.
    """
    if measure.startswith("R@"):
        known = [run.known_to for run in (first, second) if run.known_to is not None]
        if known and int(measure[2:]) > min(known):
            return ()
    found: list[Flip] = []
    for one, other in zip(*matched(first, second), strict=True):
        before, after = is_missed(one, measure), is_missed(other, measure)
        if before != after:
            found.append(Flip("lost" if after else "gained", one, other))
    return tuple(
        sorted(
            found,
            key=lambda flip: -abs(flip.first.distance_m - flip.second.distance_m),
        )
    )
