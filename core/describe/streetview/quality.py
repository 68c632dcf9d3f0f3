"""The quality report of a batch of descriptions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Counts over a batch. `rows` are the lines of its file; `problems` photos without a line.

    `faults` counts how often our checks or the inspector found each fault, without quotations.
    `scores` are means of the inspector's, empty without a model.
    """

    photos: int
    described: int
    panoramas: int
    by_status: dict[str, int]
    with_signs: int
    signs: int
    signs_understood: int
    on_moving_things: int
    words_mean: float
    faults: dict[str, int]
    scores: dict[str, float]
    problems: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        return asdict(self)


def quality_of(rows: Sequence[dict[str, Any]], problems: Iterable[str]) -> QualityReport:
    """The report of the rows that a batch wrote."""
    told = tuple(problems)
    signs = [sign for row in rows for sign in row["signs"]]
    scored = [row["scores"] for row in rows if row["scores"]]
    names = scored[0] if scored else ()
    return QualityReport(
        photos=len(rows) + len(told),
        described=len(rows),
        panoramas=sum(row["panorama"] for row in rows),
        by_status=dict(Counter(row["status"] for row in rows)),
        with_signs=sum(bool(row["signs"]) for row in rows),
        signs=len(signs),
        signs_understood=sum(bool(sign["meaning"]) for sign in signs),
        on_moving_things=sum(row["on_moving_things"] for row in rows),
        words_mean=round(mean(len(row["text"].split()) for row in rows), 1) if rows else 0.0,
        faults=dict(Counter(fault.partition(" “")[0] for row in rows for fault in row["faults"])),
        scores={name: round(mean(one[name] for one in scored), 2) for name in names},
        problems=told,
    )
