"""How a turn came out in words: the visitor's spot, the app's places, and the metres between."""

from dataclasses import replace

from core.geo import Position, haversine_m
from core.records import Candidate, SearchResult
from pages.kiosk_page.session import Visit

RIGHT_M = 100.0
"""So near counts as found, as everywhere in the app."""

PLACES = 3
"""So many places are shown."""


def metres(distance_m: float) -> str:
    """A distance as one says it: "40 m", "1.2 km"."""
    if distance_m < 1000:
        return f"{round(distance_m / 10) * 10 if distance_m >= 20 else round(distance_m)} m"
    return f"{distance_m / 1000:.1f} km"


def apart_m(spot: Position, candidate: Candidate) -> float:
    """Metres from a spot to a place."""
    return float(haversine_m(spot.lat, spot.lon, candidate.tile.lat, candidate.tile.lon))


def headline(visit: Visit, result: SearchResult) -> str:
    """The one line that a visitor reads first; "" where nobody knows what is right."""
    truth = visit.truth if visit.is_example else visit.guess
    if truth is None:
        return ""
    places = result.candidates[:PLACES]
    ours = apart_m(truth, places[0])
    if visit.is_example and visit.guess is not None:
        return _duel(_between(visit.guess, truth), ours)
    if ours <= RIGHT_M:
        return "Saywhere found it"
    near = next((one.rank for one in places if apart_m(truth, one) <= RIGHT_M), None)
    if near is not None:
        return f"Saywhere has it in place {near}"
    return f"Saywhere is {metres(ours)} off"


def _between(one: Position, other: Position) -> float:
    return float(haversine_m(one.lat, one.lon, other.lat, other.lon))


def _duel(yours: float, ours: float) -> str:
    if max(yours, ours) <= RIGHT_M:
        return "Both of you found it"
    return "You were closer" if yours < ours else "Saywhere was closer"


def tally(visit: Visit, result: SearchResult) -> tuple[tuple[str, str], ...]:
    """Rows of who was how far off, and from what."""
    best = result.candidates[0]
    if not visit.is_example:
        if visit.guess is None:
            return ()
        return (("From your spot to the first place", metres(apart_m(visit.guess, best))),)
    if visit.truth is None:
        if visit.guess is None:
            return ()
        return (("From your guess to the first place", metres(apart_m(visit.guess, best))),)
    rows = [("Saywhere was off by", metres(apart_m(visit.truth, best)))]
    if visit.guess is not None:
        rows.insert(0, ("You were off by", metres(_between(visit.guess, visit.truth))))
    return tuple(rows)


def first_of(result: SearchResult) -> SearchResult:
    """The answer with the places that are shown."""
    return replace(result, candidates=result.candidates[:PLACES])
