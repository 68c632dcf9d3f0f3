"""What a gallery holds, for people who look into it: its tiles, its ground, its files.

Leaves searching to `core.retrieval` and drawing to others.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from core.arrays import F64
from core.gallery.manifest import Manifest, file_problem, read_manifest
from core.gallery.opened import Gallery, find_gallery
from core.geo import Position, compass, haversine_m, tile_bounds
from core.settings import Settings
from core.vocabulary.folding import fold

Ring = list[list[float]]
"""Longitude and latitude of each corner, the first again at the end."""

_HERE_M = 5.0
_DEGREES_PLACES = 5
_SMOOTH_DEG = 3e-5
"""About three metres: corners closer than that make no difference to the eye."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing that a tile knows, and where it lies seen from the middle of the tile.

    `direction` is "here" within a few metres. What is not `spoken` is for the lexical index only.
    """

    text: str
    kind: str
    names: tuple[str, ...]
    distance_m: float
    direction: str
    spoken: bool


def holdings(gallery: Gallery, row: int) -> tuple[Holding, ...]:
    """All that the tile of a row knows, nearest first."""
    links, facts = gallery.links, gallery.facts
    at = np.flatnonzero(links.tile == row)
    at = at[np.argsort(links.distance_m[at], kind="stable")]
    return tuple(
        Holding(
            facts.text[fact],
            facts.kind[fact],
            tuple(facts.names[fact]),
            away,
            "here" if away < _HERE_M else compass(bearing),
            bool(facts.spoken[fact]),
        )
        for fact, away, bearing in zip(
            links.fact[at].tolist(),
            links.distance_m[at].tolist(),
            links.bearing_deg[at].tolist(),
            strict=True,
        )
    )


def nearest_row(gallery: Gallery, spot: Position) -> int:
    """The row of the tile whose middle is nearest to a spot."""
    return int(haversine_m(spot.lat, spot.lon, gallery.lats, gallery.lons).argmin())


@dataclass(frozen=True, slots=True)
class Hit:
    """The row of a tile that was looked for; where it was for a thing that it holds, that fact's
    text and its distance."""

    row: int
    fact: str = ""
    distance_m: float | None = None


def look_for(gallery: Gallery, words: str, most: int = 30) -> list[Hit]:
    """Up to `most` tiles by their id, a position, their street, or what they hold.

    Accents and capitals do not matter. Those of the street come before those that only see such
    a thing, and these in the order of its distance.
    """
    words = words.strip()
    if words in gallery.tile_ids:
        return [Hit(gallery.row_of(words))]
    spot = _position(words)
    if spot is not None:
        away = haversine_m(spot.lat, spot.lon, gallery.lats, gallery.lons)
        return [Hit(row) for row in np.argsort(away, kind="stable")[:most].tolist()]
    wanted = fold(words)
    if not wanted:
        return []
    best = np.full(len(gallery), np.inf)
    held = np.full(len(gallery), -1)
    links = gallery.links
    told = zip(gallery.facts.text, gallery.facts.names, strict=True)
    for fact in (at for at, (text, names) in enumerate(told) if _any_has([text, *names], wanted)):
        part = slice(links.starts[fact], links.starts[fact + 1])
        nearer = links.distance_m[part] < best[links.tile[part]]
        tiles = links.tile[part][nearer]
        best[tiles], held[tiles] = links.distance_m[part][nearer], fact
    streets = {street for street in set(gallery.streets) if wanted in fold(street)}
    on_it = np.array([street in streets for street in gallery.streets], dtype=bool)
    order = np.lexsort((best, ~on_it))
    found: list[int] = order[(on_it | np.isfinite(best))[order]][:most].tolist()
    return [
        Hit(row) if on_it[row] else Hit(row, gallery.facts.text[held[row]], float(best[row]))
        for row in found
    ]


def _any_has(texts: list[str], wanted: str) -> bool:
    return any(wanted in fold(text) for text in texts)


def _position(words: str) -> Position | None:
    try:
        lat, lon = (float(part) for part in words.split(","))
        return Position(lat, lon)
    except ValueError:
        return None


def coverage(gallery: Gallery) -> list[list[Ring]]:
    """The ground that the tiles cover, as polygons of an outer ring and its holes."""
    footprint_m = gallery.card.footprint_m
    boxes = [
        tile_bounds(Position(lat, lon), footprint_m)
        for lat, lon in zip(gallery.lats.tolist(), gallery.lons.tolist(), strict=True)
    ]
    edges = np.array([(box.west, box.south, box.east, box.north) for box in boxes])
    ground = shapely.union_all(shapely.box(*edges.T)).simplify(_SMOOTH_DEG)
    return [
        [_ring(part.exterior), *map(_ring, part.interiors)] for part in shapely.get_parts(ground)
    ]


def _ring(line: Any) -> Ring:
    corners: F64 = shapely.get_coordinates(line).round(_DEGREES_PLACES)
    ring: Ring = corners.tolist()
    return ring


@dataclass(frozen=True, slots=True)
class Provenance:
    """A gallery's manifest, and what is wrong with each of its files, "" for nothing."""

    manifest: Manifest
    problems: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The manifest as it lies on the disk."""
        return asdict(self.manifest)


def provenance(name: str, settings: Settings) -> Provenance:
    """Reads the manifest of a gallery and checks every file; GalleryError for no such manifest."""
    folder = find_gallery(name, settings)
    manifest = read_manifest(folder)
    return Provenance(manifest, _problems(folder, manifest))


def _problems(folder: Path, manifest: Manifest) -> dict[str, str]:
    return {name: file_problem(folder / name, wanted) for name, wanted in manifest.files.items()}
