"""The outcome of a turn in words: metres between the visitor's spot and the app's places."""

from dataclasses import replace

import numpy as np

from core.geo import Position, haversine_m
from core.records import Candidate, SearchResult
from pages.search_page.kiosk.session import Visit
from pages.ui import numbers

RIGHT_M = 100.0
"""A place within this distance counts as found, as everywhere in the app."""

PLACES = 3
"""Number of places shown."""


def metres(distance_m: float) -> str:
    """A distance in round numbers: "40 m", "1.2 km"."""
    return numbers.metres(distance_m, step=10)


def apart_m(spot: Position, candidate: Candidate) -> float:
    """Metres from a spot to a place."""
    return between_m(spot, Position(candidate.tile.lat, candidate.tile.lon))


def headline(visit: Visit, result: SearchResult) -> str:
    """The one line that a visitor reads first; "" where nobody knows what is right."""
    truth = visit.truth if visit.is_example else visit.guess
    if truth is None:
        return ""
    places = result.candidates[:PLACES]
    ours = apart_m(truth, places[0])
    if visit.is_example and visit.guess is not None:
        return _duel(between_m(visit.guess, truth), ours)
    if ours <= RIGHT_M:
        return "Saywhere found it"
    near = next((one.rank for one in places if apart_m(truth, one) <= RIGHT_M), None)
    if near is not None:
        return f"Saywhere found it as place {near}"
    if visit.is_example:
        return f"Saywhere missed it by {metres(ours)}"
    return "Saywhere missed your spot"


def between_m(one: Position, other: Position) -> float:
    """Metres from one spot to another."""
    away = haversine_m(one.lat, one.lon, np.array([other.lat]), np.array([other.lon]))
    return float(away[0])


def _duel(yours: float, ours: float) -> str:
    if max(yours, ours) <= RIGHT_M:
        return "Both of you found it"
    return "You were closer" if yours < ours else "Saywhere was closer"


def tally(visit: Visit, result: SearchResult) -> tuple[tuple[str, str], ...]:
    """Rows of names and distances."""
    best = result.candidates[0]
    if not visit.is_example:
        if visit.guess is None:
            return ()
        away_m = [apart_m(visit.guess, one) for one in result.candidates[:PLACES]]
        told_m = next((one for one in away_m if one <= RIGHT_M), away_m[0])
        return (("Distance from your spot", metres(told_m)),)
    if visit.truth is None:
        if visit.guess is None:
            return ()
        return (("Distance from your guess", metres(apart_m(visit.guess, best))),)
    rows = [("Saywhere was off by", metres(apart_m(visit.truth, best)))]
    if visit.guess is not None:
        rows.insert(0, ("You were off by", metres(between_m(visit.guess, visit.truth))))
    return tuple(rows)


def first_of(result: SearchResult) -> SearchResult:
    """The answer with the places that are shown."""
    return replace(result, candidates=result.candidates[:PLACES])
