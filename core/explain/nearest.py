"""Distance from any tile to the nearest thing of a fact's kind."""

import re

import numpy as np

from core.gallery.opened import Gallery
from core.geo import haversine_m, moved
from core.vocabulary.grammar import plural

_COUNTED = re.compile(r"(?:two|three|several|many) ")


def kind_of(gallery: Gallery, text: str) -> str:
    """The kind of a fact, by its text; for counts ("two benches") the counted kind."""
    facts = gallery.facts
    if kind := facts.kind[facts.text.index(text)]:
        return kind
    counted = _COUNTED.sub("", text)
    return next(
        (kind for kind in dict.fromkeys(facts.kind) if kind and plural(kind) == counted), ""
    )


def nearest_m(gallery: Gallery, tile: int, text: str, kind: str) -> float:
    """Metres from a tile to the nearest thing of a fact's kind that any tile sees; inf for none.

    For a fact with a name only that thing counts. A thing that the tile does not see is placed
    where other tiles see it: exact for points, possibly too far for areas.
    """
    facts, links = gallery.facts, gallery.links
    same_kind = [
        row
        for row, (other, of_kind) in enumerate(zip(facts.text, facts.kind, strict=True))
        if other == text or (kind and of_kind == kind and ": " not in text)
    ]
    metres = np.inf
    for fact in same_kind:
        span = slice(links.starts[fact], links.starts[fact + 1])
        from_here = links.tile[span] == tile
        if from_here.any():
            metres = min(metres, float(links.distance_m[span][from_here].min()))
        elif links.starts[fact + 1] > links.starts[fact]:
            metres = min(metres, _from_elsewhere(gallery, tile, span))
    return metres


def _from_elsewhere(gallery: Gallery, tile: int, span: slice) -> float:
    """The least distance from a tile to the positions at which other tiles see a fact."""
    links = gallery.links
    tiles = links.tile[span]
    away = links.distance_m[span].astype(np.float64)
    bearing = np.radians(links.bearing_deg[span].astype(np.float64))
    lats, lons = moved(
        gallery.lats[tiles], gallery.lons[tiles], away * np.sin(bearing), away * np.cos(bearing)
    )
    here = float(gallery.lats[tile]), float(gallery.lons[tile])
    return float(haversine_m(*here, lats, lons).min())
