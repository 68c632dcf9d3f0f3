"""Kinds of descriptions within the chosen reports, and which descriptions count as missed."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.evaluation import run_metrics
from core.evaluation.run_metrics import BREAKDOWNS
from core.evaluation.saved_runs import SavedQuery, SavedRun
from pages.benchmark_page.reports import Chosen

ALL_DESCRIPTIONS = "all descriptions"


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of descriptions in one of the breakdowns; `by` is "" for all of them."""

    by: str
    kind: str


@dataclass(frozen=True, slots=True)
class Picked:
    """Descriptions of a run, worst first: of a part with `count` of them, maybe only the missed.

    `narrowed` says that words or a group leave some of them out.
    """

    one: Chosen
    part: Part
    count: int
    queries: tuple[SavedQuery, ...]
    narrowed: bool = False


def parts_of(runs: tuple[Chosen, ...]) -> Mapping[str, Part]:
    """All kinds of descriptions in the runs, by their words."""
    found = {ALL_DESCRIPTIONS: Part("", run_metrics.ALL)}
    for by in BREAKDOWNS:
        kinds = [kind for one in runs for kind in run_metrics.subgroups(one.run, by)]
        if set(kinds) - {run_metrics.UNKNOWN}:
            found |= {
                kind: Part(by, kind)
                for kind in BREAKDOWNS[by].kinds
                if kind in kinds and kind != run_metrics.UNKNOWN
            }
    return found


def breakdowns_of(runs: tuple[Chosen, ...]) -> dict[str, str]:
    """The breakdowns with more than one kind in the runs, with their titles."""
    known = {part.by for part in parts_of(runs).values()}
    several = len({one.run.gallery for one in runs}) > 1
    titles = {by: way.title for by, way in BREAKDOWNS.items() if by in known}
    return titles | ({"city": "City"} if several else {})


def missed_words(run: SavedRun, measure: str) -> str:
    """The condition of failed descriptions, in words."""
    number = int(measure[2:].removesuffix("m"))
    if measure.startswith("L@"):
        return f"the first candidate is more than {number:,} m away"
    if run.known_to is not None and number > run.known_to:
        return f"the true tile is not among the first {run.known_to}; the report ends there"
    return f"the true tile is not {'first' if number == 1 else f'among the first {number}'}"
