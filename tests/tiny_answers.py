"""Answers of a search made by hand, and texts that would act in a page if they were not escaped."""

from core.geo import Position, tile_bounds
from core.records import Candidate, Evidence, SearchResult, Tile

HOSTILE = [
    "`${window.__pwned=1}`",
    "</script><script>window.__pwned=1</script>",
    '"><img src=x onerror="window.__pwned=1">',
    "'); window.__pwned=1; ('",
    "{{ 'window' }} {{7*7}} {% raw %} map_div_0 feature_group_0",
    "\\u003cscript\\u003e \\ \u2028\u2029 \x00 &lt;b&gt;",
]


def a_candidate(rank: int, name: str = "Senate Square") -> Candidate:
    at = Position(60.17 + rank / 1000, 24.95)
    evidence = (
        Evidence("a statue", 0, 8, "facts", name, 0.7, at.lat, at.lon, 35.2, "north-east"),
        Evidence("a goat", 10, 16, None, "", 0.1),
    )
    tile = Tile(f"t{rank}", at.lat, at.lon, tile_bounds(at, 100), "Snellmaninkatu")
    return Candidate(tile, rank, 0.9, {"facts": 0.7, "names": 0.4}, (name,), evidence)


def an_answer(*candidates: Candidate, query: str = "a statue, a goat") -> SearchResult:
    return SearchResult(query, "town", candidates)
