"""Summary of an attribution for people: relevance, shared concepts, and their place in words."""

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
"""A second zone is named if it has at least this share of the first one's relevance."""


@dataclass(frozen=True, slots=True)
class AttributionSummary:
    """The relevance maps of a text and a picture, and the concepts they share.

    `where`, `control_where` and `shared_where` name the part of the picture, "" for an even map.
    """

    relevance: Relevance
    where: str
    control_where: str
    shared_concepts: tuple["SharedConcept", ...] = ()
    shared_where: tuple[str, ...] = ()


def attribution_summary(encoder: "DualEncoder", text: str, picture: bytes) -> AttributionSummary:
    """The attribution of one description and one tile's picture; shared concepts for compact models
    only. Raises ModelError for a model without accessible attention."""
    from core.explain.attribution.concepts import shared_concepts
    from core.models.compact import CompactEncoder

    with Image.open(io.BytesIO(picture)) as file:
        opened_picture = file.convert("RGB")
    (maps,) = relevance(encoder, text, [opened_picture])
    shared = (
        shared_concepts(encoder, text, opened_picture)
        if isinstance(encoder, CompactEncoder)
        else ()
    )
    side = len(maps.picture)
    return AttributionSummary(
        maps,
        zones_of(maps.picture),
        zones_of(maps.control),
        shared,
        tuple(_zone(concept.row, concept.column, side) for concept in shared),
    )


def _zone(row: int, column: int, side: int) -> str:
    return _ZONES[3 * row // side][3 * column // side]


def zones_of(cells: tuple[tuple[float, ...], ...]) -> str:
    """The one or two ninths of a map with the most relevance, in words; "" for an even map."""
    values = np.asarray(cells)
    ninth = 3 * np.arange(len(values)) // len(values)
    means = np.array(
        [
            [values[np.ix_(ninth == row, ninth == column)].mean() for column in range(3)]
            for row in range(3)
        ]
    )
    if not means.max() > means.min():
        return ""
    first, second = np.argsort(-means, axis=None, kind="stable")[:2]
    zones = [_ZONES[first // 3][first % 3]]
    if means.flat[second] >= _NEARLY * means.flat[first]:
        zones.append(_ZONES[second // 3][second % 3])
    return f"the {' and the '.join(zones)}"
