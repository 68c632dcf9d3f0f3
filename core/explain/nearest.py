"""Where things of a fact's sort lie, seen from any tile."""

import re

import numpy as np

from core.gallery.opened import Gallery
from core.geo import haversine_m, moved
from core.vocabulary.grammar import plural

_COUNTED = re.compile(r"(?:two|three|several|many) ")


def kind_of(gallery: Gallery, text: str) -> str:
    """The kind of a fact by its text; for counts ("two benches") the kind that is counted."""
    facts = gallery.facts
    if kind := facts.kind[facts.text.index(text)]:
        return kind
    counted = _COUNTED.sub("", text)
    return next((one for one in dict.fromkeys(facts.kind) if one and plural(one) == counted), "")


def nearest_m(gallery: Gallery, tile: int, text: str, kind: str) -> float:
    """Metres from a tile to the nearest thing of a fact's sort that any tile sees; inf for none.

    A thing with a name is only itself; of others every one of the kind counts. Where the tile
    does not see it, the places at which other tiles see it are asked: for points the distance
    is right, for areas it may be too long.
    """
    facts, links = gallery.facts, gallery.links
    alike = [
        row
        for row, (other, of_kind) in enumerate(zip(facts.text, facts.kind, strict=True))
        if other == text or (kind and of_kind == kind and ": " not in text)
    ]
    metres = np.inf
    for fact in alike:
        mine = slice(links.starts[fact], links.starts[fact + 1])
        seen = links.tile[mine] == tile
        if seen.any():
            metres = min(metres, float(links.distance_m[mine][seen].min()))
        elif links.starts[fact + 1] > links.starts[fact]:
            metres = min(metres, _from_elsewhere(gallery, tile, mine))
    return metres


def _from_elsewhere(gallery: Gallery, tile: int, mine: slice) -> float:
    """The least distance from a tile to where other tiles see a fact."""
    links = gallery.links
    seers = links.tile[mine]
    away = links.distance_m[mine].astype(np.float64)
    bearing = np.radians(links.bearing_deg[mine].astype(np.float64))
    lats, lons = moved(
        gallery.lats[seers], gallery.lons[seers], away * np.sin(bearing), away * np.cos(bearing)
    )
    here = float(gallery.lats[tile]), float(gallery.lons[tile])
    return float(haversine_m(*here, lats, lons).min())
