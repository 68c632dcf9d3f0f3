"""The content of a gallery for people who inspect it: tiles, covered area, files."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from core.arrays import F64
from core.gallery.cards import find_gallery
from core.gallery.manifest import Manifest, file_problem, read_manifest
from core.gallery.opened import Gallery
from core.geo import Position, compass, haversine_m, tile_bounds
from core.settings import Settings
from core.vocabulary.folding import fold

Ring = list[list[float]]
"""Longitude and latitude of each corner; the first is repeated at the end."""

_HERE_M = 5.0
_DEGREES_PLACES = 5
_SMOOTH_DEG = 3e-5
"""About three metres: smaller details cannot be seen on the map."""


@dataclass(frozen=True, slots=True)
class TileFact:
    """A fact around a tile, with distance and direction from the tile's centre.

    `direction` is "here" within a few metres. Facts that are not `spoken` are only in the lexical
    index.
    """

    text: str
    kind: str
    names: tuple[str, ...]
    distance_m: float
    direction: str
    spoken: bool


def tile_facts(gallery: Gallery, row: int) -> tuple[TileFact, ...]:
    """All facts of the tile at a row, nearest first."""
    links, facts = gallery.links, gallery.facts
    at = np.flatnonzero(links.tile == row)
    at = at[np.argsort(links.distance_m[at], kind="stable")]
    return tuple(
        TileFact(
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


def nearest_row(gallery: Gallery, position: Position) -> int:
    """Row of the tile whose centre is nearest to a position."""
    distances_m = haversine_m(position.lat, position.lon, gallery.lats, gallery.lons)
    return int(distances_m.argmin())


@dataclass(frozen=True, slots=True)
class Hit:
    """Row of a tile that was looked up; if a fact matched, its text and its distance."""

    row: int
    fact: str = ""
    distance_m: float | None = None


def look_up(gallery: Gallery, words: str, most: int = 30) -> list[Hit]:
    """Finds up to `most` tiles by their id, a position, their street or their facts.

    Accents and capitals are ignored. Tiles on a matching street come first, then tiles with a
    matching fact, nearest fact first.
    """
    words = words.strip()
    if words in gallery.tile_ids:
        return [Hit(gallery.row_of(words))]
    position = _position(words)
    if position is not None:
        distances_m = haversine_m(position.lat, position.lon, gallery.lats, gallery.lons)
        return [Hit(row) for row in np.argsort(distances_m, kind="stable")[:most].tolist()]
    wanted = fold(words)
    if not wanted:
        return []
    nearest_m = np.full(len(gallery), np.inf)
    fact_of = np.full(len(gallery), -1)
    links = gallery.links
    for fact, (text, names) in enumerate(zip(gallery.facts.text, gallery.facts.names, strict=True)):
        if not _any_contains([text, *names], wanted):
            continue
        part = slice(links.starts[fact], links.starts[fact + 1])
        nearer = links.distance_m[part] < nearest_m[links.tile[part]]
        tiles = links.tile[part][nearer]
        nearest_m[tiles], fact_of[tiles] = links.distance_m[part][nearer], fact
    streets = {street for street in set(gallery.streets) if wanted in fold(street)}
    on_street = np.array([street in streets for street in gallery.streets], dtype=bool)
    order = np.lexsort((nearest_m, ~on_street))
    rows: list[int] = order[(on_street | np.isfinite(nearest_m))[order]][:most].tolist()
    return [
        Hit(row)
        if on_street[row]
        else Hit(row, gallery.facts.text[fact_of[row]], float(nearest_m[row]))
        for row in rows
    ]


def _any_contains(texts: list[str], wanted: str) -> bool:
    return any(wanted in fold(text) for text in texts)


def _position(words: str) -> Position | None:
    try:
        lat, lon = (float(part) for part in words.split(","))
        return Position(lat, lon)
    except ValueError:
        return None


def coverage(gallery: Gallery) -> list[list[Ring]]:
    """The area that the tiles cover, as polygons of an outer ring and its holes."""
    return joined_ground(gallery.lats, gallery.lons, gallery.card.footprint_m)


def joined_ground(
    lats: F64, lons: F64, footprint_m: float, smooth_deg: float = _SMOOTH_DEG
) -> list[list[Ring]]:
    """The ground of tiles by their centres, as polygons of an outer ring and its holes."""
    boxes = [
        tile_bounds(Position(lat, lon), footprint_m)
        for lat, lon in zip(lats.tolist(), lons.tolist(), strict=True)
    ]
    edges = np.array([(box.west, box.south, box.east, box.north) for box in boxes])
    area = shapely.union_all(shapely.box(*edges.T)).simplify(smooth_deg)
    return [[_ring(part.exterior), *map(_ring, part.interiors)] for part in shapely.get_parts(area)]


def _ring(line: Any) -> Ring:
    corners: F64 = shapely.get_coordinates(line).round(_DEGREES_PLACES)
    ring: Ring = corners.tolist()
    return ring


@dataclass(frozen=True, slots=True)
class Provenance:
    """A gallery's manifest and the fault of each of its files ("" if there is none)."""

    manifest: Manifest
    problems: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The manifest as on disk."""
        return asdict(self.manifest)


def provenance(name: str, settings: Settings) -> Provenance:
    """Reads a gallery's manifest and checks every file. Raises GalleryError without one."""
    folder = find_gallery(name, settings)
    manifest = read_manifest(folder)
    return Provenance(manifest, _problems(folder, manifest))


def _problems(folder: Path, manifest: Manifest) -> dict[str, str]:
    return {name: file_problem(folder / name, wanted) for name, wanted in manifest.files.items()}
