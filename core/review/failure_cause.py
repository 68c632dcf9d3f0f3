"""The probable cause of a failure, from measured signals.

It is shown only after the annotator's verdict; the annotator decides.
"""

from dataclasses import dataclass

from core.review.model import Suggestion

_SAME_SPOT_M, _NEAR_M = 50.0, 150.0
"""The smallest and the largest distance of the L@m metrics."""
_SHORT = 0.25
"""The share of a report's descriptions, the shortest ones, that count as short."""

SIGNALS = ("same_street", "words", "shorter", "named", "named_truth", "named_top")
"""Signals measured when a report is read. `same_street` is 1 if truth and answer are on the same
street. `words` is the length of the description, `shorter` the share of the report's descriptions
that are not longer. `named` counts words that the map has in names only, `named_truth` and
`named_top` those of them at the true tile and at the answer. Unknown signals are missing."""


@dataclass(frozen=True, slots=True)
class FailureSignals:
    """The measured signals of one case, by name, and its answer verdict."""

    rank: int | None
    distance_m: float
    answer_verdict: str | None
    signs: dict[str, float]


def suggested_cause(signals: FailureSignals) -> Suggestion | None:
    """The first cause that applies, from nearly right to clearly wrong; None for a success."""
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
            "more of its names are at the answer than at the truth",
        )
    if signs.get("named_truth", 0) > signs.get("named_top", 0):
        return Suggestion("model error", "more of its names are at the truth than at the answer")
    if not signs.get("named", 0) and "words" in signs and signs.get("shorter", 1) <= _SHORT:
        return Suggestion(
            "description too vague", f"{signs['words']:.0f} words, among the shortest of the report"
        )
    if signals.answer_verdict == "several places fit":
        return Suggestion("several places fit", "the search found several places")
    if signs.get("same_street") or signals.distance_m <= _NEAR_M:
        return Suggestion("same street or place, wrong tile", f"{signals.distance_m:.0f} m away")
    return Suggestion(
        "model error", f"{signals.distance_m:.0f} m away, with no sign of another cause"
    )
