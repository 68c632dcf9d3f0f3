"""What probably went wrong in a case, from what can be measured; the annotator decides.

A pure function of signals, to be shown after the answer only.
"""

from dataclasses import dataclass

from core.review.model import Suggestion

_SAME_SPOT_M, _NEAR_M = 50.0, 150.0
"""The nearest and the widest distance at which L@m counts a first candidate as right."""
_SHORT = 0.25
"""The share of a report's descriptions, its shortest, that are called short."""

SIGNALS = ("same_street", "words", "shorter", "named", "named_truth", "named_top")
"""Measured where a report is read. `same_street` is 1 where truth and answer share one; `words`
counts those of the description and `shorter` is the share of the report's that are no longer;
`named` counts words that the map has in names only, and how many of them are at the true tile
(`named_truth`) and at the answer (`named_top`). What could not be measured is not there."""


@dataclass(frozen=True, slots=True)
class FailureSignals:
    """The measurable side of one case."""

    rank: int | None
    distance_m: float
    said: str | None
    signs: dict[str, float]


def suggested_cause(signals: FailureSignals) -> Suggestion | None:
    """The first that applies, from what is nearly right to what is plainly wrong; None for a
    success."""
    signs = signals.signs
    if signals.rank == 1:
        return None
    if signals.distance_m <= _SAME_SPOT_M:
        return Suggestion(
            "right place, another name for it",
            f"the answer is {signals.distance_m:.0f} m from the truth",
        )
    if signs.get("same_street") and signals.distance_m <= _NEAR_M:
        return Suggestion(
            "same street or place, wrong tile",
            f"on the same street, {signals.distance_m:.0f} m away",
        )
    if signs.get("named_top", 0) > signs.get("named_truth", 0):
        return Suggestion(
            "description wrong",
            "the names it gives are at the answer, and fewer of them at the truth",
        )
    if signs.get("named_truth", 0) > signs.get("named_top", 0):
        return Suggestion(
            "model error", "the names it gives are at the truth, and fewer of them at the answer"
        )
    if not signs.get("named", 0) and signs.get("shorter", 1) <= _SHORT:
        return Suggestion(
            "description too vague", f"{signs['words']:.0f} words, among the shortest of the report"
        )
    if signals.said == "several places fit":
        return Suggestion("several places fit", "the search itself said so")
    if signs.get("same_street") or signals.distance_m <= _NEAR_M:
        return Suggestion("same street or place, wrong tile", f"{signals.distance_m:.0f} m away")
    return Suggestion(
        "model error", f"{signals.distance_m:.0f} m away, and nothing else measured speaks for it"
    )
