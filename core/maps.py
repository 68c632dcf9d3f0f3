"""Folium maps and layers of an answer; leaves the search to others and the page to `pages/`.

Whatever a person typed or a data file holds reaches the browser through one of two functions:
`script_data` inside scripts, `safe_html` inside HTML. Neither lets a character through that
HTML, JavaScript, a template literal or streamlit-folium's own rewriting gives a meaning to.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import folium
import numpy as np
import numpy.typing as npt
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from core.errors import SourceError
from core.gallery.inspection import Ring
from core.geo import METRES_PER_DEGREE, Bounds, Position, haversine_m
from core.records import Candidate, Evidence, SearchResult, Tile
from core.retrieval import Finding

_Degrees = npt.NDArray[np.float64]

_PLAIN = frozenset(" .,:;()-")
_BREAKS = frozenset("\n\t")
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_MAX_LABEL_CHARS = 300
_ONLINE_TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
_ONLINE_ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright">&copy; OpenStreetMap contributors</a>'
)


def safe_html(text: str) -> str:
    """Any text as HTML: letters, digits and plain punctuation stay, all else becomes `&#n;`.

    Control characters, and those that turn the writing direction of what follows, are dropped.
    """
    return "".join(
        character if character in _PLAIN or character.isalnum() else f"&#{ord(character)};"
        for character in text
        if character in _BREAKS or not _is_hidden(character)
    )


def _is_hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or unicodedata.bidirectional(character) in _TURNS
    )


def script_data(value: object) -> str:
    """JSON-able data as a JavaScript expression of letters, digits and `%` signs only.

    The underscore is encoded too: streamlit-folium renames what looks like folium's variables.
    """
    coded = quote(json.dumps(value), safe="").replace("_", "%5F").replace("~", "%7E")
    return f'JSON.parse(decodeURIComponent("{coded}"))'


MapUse = Literal["searching", "picking", "looking"]
"""What a map is for: a search has buttons that limit it to an area, picking a spot has one for the
middle and no online layer, looking has none."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Where the browser finds Leaflet and our own script, on the app's own address."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseMap:
    """The map under the markers of one gallery; `tiles_url` is a Leaflet template, "" for none."""

    bounds: Bounds
    tiles_url: str
    attribution: str
    zooms: range


def zooms_of(archive: Path) -> range:
    """The zooms a PMTiles archive holds, from its header (v3: bytes 100 and 101)."""
    with archive.open("rb") as file:
        header = file.read(102)
    if len(header) < 102 or not header.startswith(b"PMTiles"):
        raise SourceError(f"{archive.name} is no base map in PMTiles format; build it again")
    return range(header[100], header[101] + 1)


class _Frame(JSCSSMixin, MacroElement):
    """Tells our script that the map stands: it adds the area buttons and follows the theme."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "saywhere.ready({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Frame"
        self.data = script_data(data)


class _Errors(MacroElement):
    """Draws where queries were written and where their answers lie, in one call."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "saywhere.errors({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Errors"
        self.data = script_data(data)


class _Answer(MacroElement):
    """Draws one answer into its feature group. One call, so the cost is that of one marker."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "saywhere.draw({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Answer"
        self.data = script_data(data)


def base_map(base: BaseMap, assets: Assets, use: MapUse = "searching") -> folium.Map:
    """The constant map of a gallery: as long as it stays the same, its frame is kept.

    Nothing outside the app is asked for, unless a person picks the online layer.
    """
    center = base.bounds.center
    drawn = folium.Map(
        location=(center.lat, center.lon), zoom_start=14, tiles=None, control_scale=True,
        min_zoom=max(base.zooms.start - 1, 2), max_zoom=19, zoom_snap=0.5,
    )  # fmt: skip
    drawn.default_js = [(url, url) for url in assets.scripts]
    drawn.default_css = [(url, url) for url in assets.styles]
    if base.tiles_url:
        folium.TileLayer(
            base.tiles_url, name="Saywhere, offline", attr=safe_html(base.attribution),
            min_native_zoom=base.zooms.start, max_native_zoom=base.zooms.stop - 1,
            min_zoom=2, max_zoom=19,
        ).add_to(drawn)  # fmt: skip
    _Frame({"bounds": _corners(base.bounds), "use": use}).add_to(drawn)
    if use != "picking":
        folium.TileLayer(
            _ONLINE_TILES, name="OpenStreetMap, online", attr=_ONLINE_ATTRIBUTION, show=False,
            max_zoom=19,
        ).add_to(drawn)  # fmt: skip
        folium.LayerControl(collapsed=True).add_to(drawn)
    return drawn


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot with a label that always shows; `kind` gives it its look: a person's "guess", the
    "truth", or a "twin"."""

    at: Position
    kind: Literal["guess", "truth", "twin"]
    label: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the probability lies: the likeliest tiles, each as latitude, longitude and the number
    of its level, 0 for those that hold the first part of it; and the whole area in words."""

    tiles: tuple[tuple[float, float, int], ...]
    radius_m: float
    words: str


_LEVELS = (0.25, 0.5, 0.75)
"""Shares of the area's probability at which its levels part."""
_MOST_SPREAD = 300
_CELL_M, _LEAST_RADIUS_M = 10.0, 20.0
_ONE_PLACE_M, _MOSTLY = 300.0, 0.75


def spread_of(finding: Finding) -> Spread:
    """The tiles of the area that holds 80 % of the probability, as a map can show them."""
    gallery, surface = finding.gallery, finding.posterior.surface(finding.mask)
    rows, mass = surface.rows[surface.inside80], surface.mass[surface.inside80]
    lats, lons = gallery.lats[rows], gallery.lons[rows]
    before = (np.cumsum(mass) - mass) / mass.sum()
    levels = np.searchsorted(_LEVELS, before, side="right")
    radius_m = max(0.8 * gallery.card.spacing_m, _LEAST_RADIUS_M)
    tiles = zip(lats.tolist(), lons.tolist(), levels.tolist(), strict=True)
    shown = tuple((round(lat, 6), round(lon, 6), level) for lat, lon, level in tiles)
    hectares = _hectares(lats, lons, radius_m)
    size = f"{hectares:.0f} ha" if hectares >= 1 else "less than 1 ha"
    near = haversine_m(float(lats[0]), float(lons[0]), lats, lons) <= _ONE_PLACE_M
    spot = gallery.tile(int(rows[0])).street or "one spot"
    share = mass[near].sum() / mass.sum()
    where = ("in several parts of the map" if share < _MOSTLY else
             f"{'mostly ' * bool(not near.all())}around {spot}")  # fmt: skip
    words = (f"80 % of the probability lies in {size} {where}, {len(rows):,} of "
             f"{len(surface.rows):,} tiles.")  # fmt: skip
    return Spread(shown[:_MOST_SPREAD], radius_m, words)


def _hectares(lats: _Degrees, lons: _Degrees, radius_m: float) -> float:
    """The area of overlapping circles, counted in cells of 10 m."""
    reach = int(radius_m // _CELL_M) + 1
    north, east = np.mgrid[-reach : reach + 1, -reach : reach + 1] * _CELL_M
    inside = north**2 + east**2 <= radius_m**2
    scale = METRES_PER_DEGREE * np.cos(np.radians(lats.mean()))
    y = np.rint((lats[:, None] * METRES_PER_DEGREE + north[inside]) / _CELL_M).astype(np.int64)
    x = np.rint((lons[:, None] * scale + east[inside]) / _CELL_M).astype(np.int64)
    return len(np.unique(y * (1 << 32) + x)) * _CELL_M**2 / 1e4


def answer_layer(
    result: SearchResult | None, chosen: int = 1, area: Bounds | None = None,
    spread: Spread | None = None, other: Tile | None = None, picking: bool = False,
    marks: Sequence[Mark] = (),
) -> folium.FeatureGroup:  # fmt: skip
    """Numbered markers, footprints, the evidence of the chosen candidate, the area searched,
    where the probability lies, the tile that the chosen one is compared with where that is no
    candidate, and `marks`. While `picking`, a click anywhere reports a spot.

    The camera moves when the answer changes, not when another candidate is chosen.
    """
    group = folium.FeatureGroup(name="answer", control=False)
    candidates = result.candidates if result else ()
    shown = next((one for one in candidates if one.rank == chosen), None)
    _Answer(
        {
            "view": [result.query, result.gallery, len(candidates)] if result else [],
            "chosen": chosen,
            "area": _corners(area) if area else None,
            "candidates": [_marker(candidate) for candidate in candidates],
            "evidence": _evidence(shown) if shown else [],
            "spread": {"tiles": spread.tiles, "radius": spread.radius_m} if spread else None,
            "other": _corners(other.bounds) if other else None,
            "picking": picking,
            "marks": [_flag(mark) for mark in marks],
        }
    ).add_to(group)
    return group


@dataclass(frozen=True, slots=True)
class Miss:
    """A query on the map of errors: where it was written, where its answer lies, and a label."""

    number: int
    truth: Position
    top: Position
    label: str


def errors_layer(misses: Sequence[Miss], chosen: int | None = None) -> folium.FeatureGroup:
    """Lines from the truth to the first candidate; a click on one reports its number.

    The camera moves when other misses are shown, not when another one is chosen.
    """
    group = folium.FeatureGroup(name="errors", control=False)
    _Errors(
        {
            "chosen": chosen,
            "lines": [
                [one.number, _place(one.truth), _place(one.top), one.label[:_MAX_LABEL_CHARS]]
                for one in misses
            ],
        }
    ).add_to(group)
    return group


def _place(at: Position) -> list[float]:
    return [round(at.lat, 6), round(at.lon, 6)]


def ground_layer(
    ground: Sequence[Sequence[Ring]], tile: Tile | None = None, twin: Tile | None = None
) -> folium.FeatureGroup:
    """The ground that a gallery covers, one of its tiles, and another tile that is like it. A
    click anywhere reports a spot."""
    group = folium.FeatureGroup(name="ground", control=False)
    marks = [Mark(Position(twin.lat, twin.lon), "twin", "Looks or reads like it")] if twin else []
    _Answer(
        {
            "view": [], "chosen": 0, "area": None, "candidates": [], "evidence": [],
            "spread": None, "other": _corners(twin.bounds) if twin else None, "picking": True,
            "marks": [_flag(mark) for mark in marks], "ground": ground,
            "tile": _corners(tile.bounds) if tile else None,
        }
    ).add_to(group)  # fmt: skip
    return group


def _flag(mark: Mark) -> dict[str, Any]:
    return {"at": [mark.at.lat, mark.at.lon], "kind": mark.kind,
            "label": mark.label[:_MAX_LABEL_CHARS]}  # fmt: skip


def title_of(candidate: Candidate) -> str:
    """A candidate's name for people: its first name, else its street, else where it is."""
    tile = candidate.tile
    names = [*candidate.names, tile.street, f"{tile.lat:.5f}, {tile.lon:.5f}"]
    return next(name for name in names if name)


def _marker(candidate: Candidate) -> dict[str, Any]:
    tile = candidate.tile
    return {
        "rank": candidate.rank,
        "at": [tile.lat, tile.lon],
        "title": title_of(candidate)[:_MAX_LABEL_CHARS],
        "footprint": _corners(tile.bounds),
    }


def _evidence(candidate: Candidate) -> list[dict[str, Any]]:
    """Points of what the ledger holds for supported; of the search's own before there is one."""
    told = candidate.explanation
    evidence = candidate.evidence if told is None else tuple(
        entry.evidence for entry in told.ledger if entry.standing == "supported"
    )  # fmt: skip
    return [
        {"at": [one.lat, one.lon], "label": evidence_label(one)[:_MAX_LABEL_CHARS]}
        for one in evidence
        if one.supported and one.lat is not None and one.lon is not None
    ]


def evidence_label(evidence: Evidence) -> str:
    """What on the map supports a phrase, and where: "roughly tram stop, 35 m north-east"."""
    where = [
        f"{evidence.distance_m:.0f} m" if evidence.distance_m is not None else "",
        evidence.direction or "",
    ]
    place = " ".join(part for part in where if part)
    fact = f"roughly {evidence.fact}" if evidence.rough else evidence.fact
    return f"{fact}, {place}" if place else fact


def _corners(bounds: Bounds) -> list[list[float]]:
    return [[bounds.south, bounds.west], [bounds.north, bounds.east]]
