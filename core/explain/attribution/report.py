"""What a picture model looked at in one tile, for people: relevance, ties, and where in words."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.explain.attribution import relevance
from core.records import Relevance

if TYPE_CHECKING:
    from core.explain.attribution.concepts import SharedConcept
    from core.models import DualEncoder

_ZONES = (
    ("north-west", "north", "north-east"),
    ("west", "middle", "east"),
    ("south-west", "south", "south-east"),
)
_NEARLY = 0.8
"""A second zone is told where it has this much of the first one's relevance."""


@dataclass(frozen=True, slots=True)
class AttributionSummary:
    """The relevance of a text and a picture and what they share; `where`, `control_where` and
    `tie_where` say in which part of the picture, "" where nothing stands out."""

    relevance: Relevance
    where: str
    control_where: str
    ties: tuple["SharedConcept", ...] = ()
    tie_where: tuple[str, ...] = ()


def attribution_summary(encoder: "DualEncoder", text: str, picture: bytes) -> AttributionSummary:
    """Of one description and one tile's picture. Raises ModelError for a model that cannot be
    looked into; only a compact model tells what it ties together."""
    from core.explain.attribution.concepts import ties
    from core.models.compact import CompactEncoder

    with Image.open(io.BytesIO(picture)) as opened:
        seen = opened.convert("RGB")
    (found,) = relevance(encoder, text, [seen])
    shared = ties(encoder, text, seen) if isinstance(encoder, CompactEncoder) else ()
    side = len(found.picture)
    return AttributionSummary(
        found,
        zones_of(found.picture),
        zones_of(found.control),
        shared,
        tuple(_zone(tie.row, tie.column, side) for tie in shared),
    )


def _zone(row: int, column: int, side: int) -> str:
    return _ZONES[3 * row // side][3 * column // side]


def zones_of(cells: tuple[tuple[float, ...], ...]) -> str:
    """The ninths of a map with the most relevance, one or two of them; "" for an even map."""
    values = np.asarray(cells)
    place = 3 * np.arange(len(values)) // len(values)
    means = np.array(
        [
            [values[np.ix_(place == row, place == column)].mean() for column in range(3)]
            for row in range(3)
        ]
    )
    if not means.max() > means.min():
        return ""
    first, second = np.argsort(-means, axis=None, kind="stable")[:2]
    told = [_ZONES[first // 3][first % 3]]
    if means.flat[second] >= _NEARLY * means.flat[first]:
        told.append(_ZONES[second // 3][second % 3])
    return f"the {' and the '.join(told)}"
