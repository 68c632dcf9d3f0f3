"""The layers over the base map: answers, errors, the places of a case, and coverage.

Markers get their colours in `assets/static/saywhere/map.css`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import folium

from core.explain.phrasing import noun_phrase
from core.gallery.inspection import Ring
from core.geo import Area, Bounds, Polygon, Position
from core.maps.base_map import Call, corners
from core.maps.probability_area import ProbabilityArea
from core.records import Candidate, Evidence, SearchResult, Tile

_MAX_LABEL_CHARS = 300


@dataclass(frozen=True, slots=True)
class Mark:
    """A position with a label that is always visible.

    `kind` selects the style: a person's "guess", the "truth", "twin" for a near duplicate, or
    "sight" for what a person looked for.
    """

    at: Position
    kind: Literal["guess", "truth", "twin", "sight"]
    label: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A place that the camera moves to; again when `turn` changes."""

    mark: Mark
    turn: int


def answer_layer(
    result: SearchResult | None,
    chosen: int = 1,
    area: Area | None = None,
    spread: ProbabilityArea | None = None,
    other: Tile | None = None,
    picking: bool = False,
    marks: Sequence[Mark] = (),
    sight: Sight | None = None,
    outline: Sequence[Sequence[Ring]] = (),
) -> folium.FeatureGroup:
    """The layer of an answer: numbered markers, footprints, and the chosen candidate's evidence.

    It also has the searched `area`, the probability area `spread`, the tile `other` that the chosen
    candidate is compared with, `marks`, the `sight` that was looked for, and the `outline` of a
    town. While `picking`, a
    click anywhere reports a position.
    The camera moves when the answer changes, not when another candidate is chosen.
    """
    group = folium.FeatureGroup(name="answer", control=False)
    candidates = result.candidates if result else ()
    shown = next((candidate for candidate in candidates if candidate.rank == chosen), None)
    Call(
        "draw",
        {
            "view": [result.query, result.gallery, len(candidates)] if result else [],
            "chosen": chosen,
            "area": _outline(area) if area else None,
            "candidates": [_marker(candidate) for candidate in candidates],
            "evidence": _evidence(shown) if shown else [],
            "spread": {"tiles": spread.tiles, "radius": spread.radius_m} if spread else None,
            "other": corners(other.bounds) if other else None,
            "picking": picking,
            "marks": [_flag(mark) for mark in (*marks, *((sight.mark,) if sight else ()))],
            "look": [*_lat_lon(sight.mark.at), sight.turn] if sight else None,
            "outline": outline,
        },
    ).add_to(group)
    return group


@dataclass(frozen=True, slots=True)
class Miss:
    """A query on the map of errors: its true position, that of its answer, and a label."""

    number: int
    truth: Position
    top: Position
    label: str


def errors_layer(misses: Sequence[Miss], chosen: int | None = None) -> folium.FeatureGroup:
    """The layer of lines from the truth to the first candidate; a click reports the number.

    The camera moves when other misses are shown, not when another one is chosen.
    """
    group = folium.FeatureGroup(name="errors", control=False)
    Call(
        "errors",
        {
            "chosen": chosen,
            "lines": [
                [
                    miss.number,
                    _lat_lon(miss.truth),
                    _lat_lon(miss.top),
                    miss.label[:_MAX_LABEL_CHARS],
                ]
                for miss in misses
            ],
        },
    ).add_to(group)
    return group


def _outline(area: Area) -> list[list[float]]:
    """The corners of a polygon in order, or the two of a box."""
    if isinstance(area, Polygon):
        return [_lat_lon(corner) for corner in area.corners]
    return corners(area)


def _lat_lon(at: Position) -> list[float]:
    return [round(at.lat, 6), round(at.lon, 6)]


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place of a case: its `letters`, a description, and the bounds of its tile if known."""

    letters: str
    at: Position
    description: str
    bounds: Bounds | None


def places_layer(
    view: str, places: Sequence[NamedPlace], line: Sequence[Position], length: str
) -> folium.FeatureGroup:
    """The layer of lettered places, with a `line` between two of them and its `length` in words.

    When `view` changes, the camera moves to the truth (T) and the answer (A).
    """
    group = folium.FeatureGroup(name="places", control=False)
    Call(
        "places",
        {
            "view": view,
            "places": [
                {
                    "letters": place.letters,
                    "at": _lat_lon(place.at),
                    "told": place.description[:_MAX_LABEL_CHARS],
                    "box": corners(place.bounds) if place.bounds else None,
                }
                for place in places
            ],
            "line": [_lat_lon(at) for at in line],
            "length": length,
        },
    ).add_to(group)
    return group


def coverage_layer(
    coverage: Sequence[Sequence[Ring]], tile: Tile | None = None, duplicate: Tile | None = None
) -> folium.FeatureGroup:
    """The layer of a gallery's coverage, with one of its tiles and a near duplicate of that tile.

    A click anywhere reports a position.
    """
    group = folium.FeatureGroup(name="ground", control=False)
    marks = (
        [Mark(Position(duplicate.lat, duplicate.lon), "twin", "Look-alike")] if duplicate else []
    )
    Call(
        "draw",
        {
            "view": [],
            "chosen": 0,
            "area": None,
            "candidates": [],
            "evidence": [],
            "spread": None,
            "other": corners(duplicate.bounds) if duplicate else None,
            "picking": True,
            "marks": [_flag(mark) for mark in marks],
            "ground": coverage,
            "tile": corners(tile.bounds) if tile else None,
        },
    ).add_to(group)
    return group


def _flag(mark: Mark) -> dict[str, Any]:
    return {
        "at": [mark.at.lat, mark.at.lon],
        "kind": mark.kind,
        "label": mark.label[:_MAX_LABEL_CHARS],
    }


def title_of(candidate: Candidate) -> str:
    """A candidate's title; for one without, its first name, or its street, or its position."""
    tile = candidate.tile
    names = [candidate.title, *candidate.names, tile.street, f"{tile.lat:.5f}, {tile.told_lon:.5f}"]
    return next(name for name in names if name)


def _marker(candidate: Candidate) -> dict[str, Any]:
    tile = candidate.tile
    return {
        "rank": candidate.rank,
        "at": [tile.lat, tile.lon],
        "title": title_of(candidate)[:_MAX_LABEL_CHARS],
        "footprint": corners(tile.bounds),
    }


def _evidence(candidate: Candidate) -> list[dict[str, Any]]:
    """Points of the supported evidence in the ledger, or of the search if there is no ledger."""
    explanation = candidate.explanation
    evidence = (
        candidate.evidence
        if explanation is None
        else tuple(entry.evidence for entry in explanation.ledger if entry.standing == "supported")
    )
    return [
        {"at": [piece.lat, piece.lon], "label": evidence_label(piece)[:_MAX_LABEL_CHARS]}
        for piece in evidence
        if piece.supported and piece.lat is not None and piece.lon is not None
    ]


def evidence_label(evidence: Evidence) -> str:
    """The fact that a phrase matched, with its place: "roughly tram stop, 35 m east"."""
    away = f"{evidence.distance_m:.0f} m" if evidence.distance_m is not None else ""
    place = f"{away} {evidence.direction or ''}".strip()
    if evidence.direction == "here":
        place = "right here"
    fact = f"{evidence.doubt}{noun_phrase(evidence.fact)}"
    if evidence.seen:
        fact = f"{fact} ({evidence.seen})"
    return f"{fact}, {place}" if place else fact
