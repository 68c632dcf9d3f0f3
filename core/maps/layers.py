"""What is drawn over the map anew each time: answers, errors, the places of a case, the ground."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import folium

from core.explain.phrasing import noun_phrase
from core.gallery.inspection import Ring
from core.geo import Bounds, Position
from core.maps.base_map import Call, corners
from core.maps.probability_area import ProbabilityArea
from core.records import Candidate, Evidence, SearchResult, Tile

_MAX_LABEL_CHARS = 300


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot with a label that always shows; `kind` gives it its look: a person's "guess", the
    "truth", or a "twin"."""

    at: Position
    kind: Literal["guess", "truth", "twin"]
    label: str


def answer_layer(
    result: SearchResult | None,
    chosen: int = 1,
    area: Bounds | None = None,
    spread: ProbabilityArea | None = None,
    other: Tile | None = None,
    picking: bool = False,
    marks: Sequence[Mark] = (),
) -> folium.FeatureGroup:
    """Numbered markers, footprints, the evidence of the chosen candidate, the area searched,
    where the probability lies, the tile that the chosen one is compared with where that is no
    candidate, and `marks`. While `picking`, a click anywhere reports a spot.

    The camera moves when the answer changes, not when another candidate is chosen.
    """
    group = folium.FeatureGroup(name="answer", control=False)
    candidates = result.candidates if result else ()
    shown = next((one for one in candidates if one.rank == chosen), None)
    Call(
        "draw",
        {
            "view": [result.query, result.gallery, len(candidates)] if result else [],
            "chosen": chosen,
            "area": corners(area) if area else None,
            "candidates": [_marker(candidate) for candidate in candidates],
            "evidence": _evidence(shown) if shown else [],
            "spread": {"tiles": spread.tiles, "radius": spread.radius_m} if spread else None,
            "other": corners(other.bounds) if other else None,
            "picking": picking,
            "marks": [_flag(mark) for mark in marks],
        },
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
    Call(
        "errors",
        {
            "chosen": chosen,
            "lines": [
                [one.number, _place(one.truth), _place(one.top), one.label[:_MAX_LABEL_CHARS]]
                for one in misses
            ],
        },
    ).add_to(group)
    return group


def _place(at: Position) -> list[float]:
    return [round(at.lat, 6), round(at.lon, 6)]


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place of a case under its `letters`, what it is, and its tile's bounds where known."""

    letters: str
    at: Position
    told: str
    bounds: Bounds | None


def places_layer(
    view: str, places: Sequence[NamedPlace], line: Sequence[Position], length: str
) -> folium.FeatureGroup:
    """Places by letters, and between two of them a `line` with its `length` in words. The camera
    moves when `view` changes, to the truth (T) and the answer (A)."""
    group = folium.FeatureGroup(name="places", control=False)
    Call(
        "places",
        {
            "view": view,
            "places": [
                {
                    "letters": one.letters,
                    "at": _place(one.at),
                    "told": one.told[:_MAX_LABEL_CHARS],
                    "box": corners(one.bounds) if one.bounds else None,
                }
                for one in places
            ],
            "line": [_place(at) for at in line],
            "length": length,
        },
    ).add_to(group)
    return group


def ground_layer(
    ground: Sequence[Sequence[Ring]], tile: Tile | None = None, twin: Tile | None = None
) -> folium.FeatureGroup:
    """The ground that a gallery covers, one of its tiles, and another tile that is like it. A
    click anywhere reports a spot."""
    group = folium.FeatureGroup(name="ground", control=False)
    marks = [Mark(Position(twin.lat, twin.lon), "twin", "Look-alike")] if twin else []
    Call(
        "draw",
        {
            "view": [],
            "chosen": 0,
            "area": None,
            "candidates": [],
            "evidence": [],
            "spread": None,
            "other": corners(twin.bounds) if twin else None,
            "picking": True,
            "marks": [_flag(mark) for mark in marks],
            "ground": ground,
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
        "footprint": corners(tile.bounds),
    }


def _evidence(candidate: Candidate) -> list[dict[str, Any]]:
    """Points of what the ledger holds for supported; of the search's own before there is one."""
    told = candidate.explanation
    evidence = (
        candidate.evidence
        if told is None
        else tuple(entry.evidence for entry in told.ledger if entry.standing == "supported")
    )
    return [
        {"at": [one.lat, one.lon], "label": evidence_label(one)[:_MAX_LABEL_CHARS]}
        for one in evidence
        if one.supported and one.lat is not None and one.lon is not None
    ]


def evidence_label(evidence: Evidence) -> str:
    """What on the map a phrase was held against, and where: "roughly tram stop, 35 m east"."""
    where = [
        f"{evidence.distance_m:.0f} m" if evidence.distance_m is not None else "",
        evidence.direction or "",
    ]
    place = " ".join(part for part in where if part)
    doubt = "only in a name: " if evidence.name_only else "roughly " if evidence.rough else ""
    fact = f"{doubt}{noun_phrase(evidence.fact)}"
    return f"{fact}, {place}" if place else fact
