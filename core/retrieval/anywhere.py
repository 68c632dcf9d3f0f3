"""All galleries searched as one: first the likeliest regions, then the places in them.

Each gallery is a region and is searched as if it were the only one, with one encoding of the
description. `regions` turns the features of these searches into a probability for every region and
for none. The chance of a place is its chance within its region times that of the region.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F64
from core.errors import QueryError
from core.gallery.cards import GalleryCard
from core.gallery.opened import Gallery
from core.geo import Position, haversine_km
from core.records import Candidate, Query, Region, SearchResult
from core.retrieval import steering as wishes
from core.retrieval.confidence import (
    Calibration,
    read_calibration,
    verdict_of,
)
from core.retrieval.notes import notes_of
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.region_search import RegionSearch, SharedEncoding
from core.retrieval.regions import (
    RegionModel,
    read_regions,
)
from core.retrieval.search import (
    NO_TILE,
    SearchTrace,
    as_text,
    candidates_of,
    cut_of,
    match_index_of,
)
from core.retrieval.spots import LikelySpot, spots_of
from core.retrieval.translation import translation_of
from core.retrieval.two_stages import LEAST_LIKELY, TwoStages
from core.vocabulary.grammar import join_and

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_NEIGHBOURS_DEG = 0.01
"""Galleries whose boxes are farther apart have no ground in common."""
SAME_GROUND_M = 50.0
"""Places of two galleries within this distance are one place; tiles are some 30 m apart."""


@dataclass(frozen=True, slots=True)
class AnywhereTrace:
    """An answer from several galleries, and the search of each that has candidates.

    `traces` begin with that of the first candidate. The result of each has only its own candidates,
    with their ranks among all; its posterior has the probability of its region as its mass.
    """

    traces: tuple[SearchTrace, ...]
    result: SearchResult


def search_anywhere(
    galleries: Sequence[Gallery],
    encoder: "SentenceEncoder",
    query: Query,
    picture_encoders: Mapping[str, PictureEncoder],
    calibration: Calibration | None = None,
    model: RegionModel | None = None,
    *,
    exact: bool = False,
    every: bool = False,
) -> AnywhereTrace:
    """The best candidates of all galleries for a query. Raises QueryError.

    `picture_encoders` are by the `encoder_key` of a gallery; a gallery whose models are not among
    them is searched without pictures. Galleries that have none of the query's channels, or no tile
    in its area, are left out, and a note says so. Without `calibration` and `model` the bundled
    ones are read.

    The search has two stages. The overview estimates how likely each region is; then the likely
    ones are searched, as long as the next may have the probability `LEAST_LIKELY`. With `every` all
    are searched, with `exact` also all tiles of a large one. Wishes about phrases count in all of
    them; those about tiles, and a passed place, belong to one gallery. Where no place of a gallery
    meets a demand, the gallery is left out.
    """
    started = time.perf_counter()
    steering = query.steering
    if steering.like or steering.unlike or steering.passed:
        raise QueryError("wishes about places are for one gallery; name it")
    learned, model = calibration or read_calibration(), model or read_regions()
    text = wishes.remaining_text(query.text, steering.minus)
    encoding = SharedEncoding(text, encoder, exact)
    stages = TwoStages(galleries, encoding, query, picture_encoders, learned, model)
    stages.run(every or exact)
    searches, left_out = stages.searches, _as_notes(stages.left_out)
    if not searches and steering.must:
        raise QueryError("no place anywhere has all that must be there; drop one of these phrases")
    if not searches:
        raise QueryError(next(iter(stages.left_out), "there is no gallery to search"))
    matched = time.perf_counter()
    shares = stages.shares()
    of_searched = shares[[*stages.rows, -1]]
    chosen = _chosen(searches, of_searched[:-1], query.k)
    judged = time.perf_counter()
    traces = _traces(searches, of_searched, chosen, query)
    candidates = tuple(
        sorted(
            (candidate for trace in traces for candidate in trace.result.candidates),
            key=lambda candidate: candidate.rank,
        )
    )
    first = traces[0]
    ended = time.perf_counter()
    p_none = float(shares[-1])
    verdict = verdict_of(p_none, candidates[0].confidence or 0.0, learned, model.absent)
    notes = (
        *notes_of(first.encoded_query, candidates, match_index_of(first.gallery)),
        *wishes.notes_of(steering),
        *left_out,
    )
    result = replace(
        first.result,
        gallery="",
        candidates=candidates,
        verdict=verdict,
        p_outside=p_none,
        regions=_regions(stages.cards, shares),
        regions_searched=None if len(searches) == len(stages.cards) else len(searches),
        approximate=any(one.ranking.signals.approximate for one in searches),
        notes=notes,
        timings_ms={
            "encode": encoding.seconds * 1e3,
            "match": (matched - started - encoding.seconds) * 1e3,
            "judge": (judged - matched) * 1e3,
            "explain": (ended - judged) * 1e3,
            "total": (ended - started) * 1e3,
        },
    )
    traces = tuple(
        replace(one, result=replace(result, candidates=one.result.candidates)) for one in traces
    )
    return AnywhereTrace(traces, result)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A spot of one of the searches, by the row of that search; the galleries `also_in` have the
    same ground."""

    search: int
    spot: LikelySpot
    also_in: tuple[str, ...] = ()


def _chosen(searches: Sequence[RegionSearch], shares: F64, k: int) -> list[_Choice]:
    """The `k` likeliest spots of the likely regions, of others only where these have too few.

    A region that is less likely than the last of them cannot have any, and is not looked at.
    """
    every: list[_Choice] = []
    best: list[_Choice] = []
    shared = _share_ground(searches)
    for number in np.argsort(-shares, kind="stable").tolist():
        enough = max(LEAST_LIKELY, best[k - 1].spot.chance) if len(best) >= k else -1.0
        if shares[number] <= enough:
            break
        one = searches[number]
        spots = spots_of(
            one.gallery,
            one.mass * shares[number],
            k,
            one.allowed,
            sharpening=one.posterior.sharpening,
            enough=None if shared or enough < 0 else best[k - 1].spot.chance,
        )
        every += [_Choice(number, spot) for spot in spots]
        best = (_ground_once if shared else _likeliest_first)(every, searches)[:k]
    return best


def _share_ground(searches: Sequence[RegionSearch]) -> bool:
    """Whether two galleries may have the same ground."""
    boxes = [one.gallery.card.bounds for one in searches]
    return any(one.overlaps(other, _NEIGHBOURS_DEG) for one, other in combinations(boxes, 2))


def _likeliest_first(choices: Sequence[_Choice], _: Sequence[RegionSearch]) -> list[_Choice]:
    return sorted(choices, key=lambda choice: -choice.spot.chance)


def _ground_once(choices: Sequence[_Choice], searches: Sequence[RegionSearch]) -> list[_Choice]:
    """The choices from the likeliest, with the same ground in several galleries once: its chance is
    that of all together."""

    def place(choice: _Choice) -> Position:
        gallery, row = searches[choice.search].gallery, choice.spot.row
        return Position(float(gallery.lats[row]), float(gallery.lons[row]))

    kept: list[_Choice] = []
    for choice in sorted(choices, key=lambda choice: -choice.spot.chance):
        gallery, at = searches[choice.search].gallery.card.name, place(choice)
        for number, other in enumerate(kept):
            if choice.search == other.search or gallery in other.also_in:
                continue
            there = place(other)
            if haversine_km(at.lat, at.lon, there.lat, there.lon) * 1000 <= SAME_GROUND_M:
                chance = other.spot.chance + choice.spot.chance
                spot = replace(other.spot, chance=chance)
                kept[number] = replace(other, spot=spot, also_in=(*other.also_in, gallery))
                break
        else:
            kept.append(choice)
    return sorted(kept, key=lambda choice: -choice.spot.chance)


def _traces(
    searches: Sequence[RegionSearch],
    shares: F64,
    chosen: Sequence[_Choice],
    query: Query,
) -> tuple[SearchTrace, ...]:
    """The search of every region with candidates, in the order of their first ones."""
    by_similarity = sorted(
        chosen, key=lambda choice: -searches[choice.search].ranking.scores[choice.spot.row]
    )
    traces = []
    for number in dict.fromkeys(choice.search for choice in chosen):
        one, share = searches[number], float(shares[number])
        own = [choice for choice in chosen if choice.search == number]
        candidates = candidates_of(
            one.gallery,
            [choice.spot for choice in own],
            one.ranking,
            one.encoded_query,
            one.channels,
        )
        ranked = tuple(
            replace(
                candidate,
                rank=chosen.index(choice) + 1,
                rank_before=by_similarity.index(choice) + 1,
                also_in=choice.also_in,
            )
            for candidate, choice in zip(candidates, own, strict=True)
        )
        posterior = replace(one.posterior, mass=one.mass * share, p_outside=1 - share)
        traces.append(
            SearchTrace(
                one.gallery,
                query,
                one.channels,
                one.mask,
                one.encoded_query,
                one.ranking,
                posterior,
                _result_of(one, ranked, query),
            )
        )
    return tuple(traces)


def _result_of(one: RegionSearch, candidates: tuple[Candidate, ...], query: Query) -> SearchResult:
    """What the answer says about the description as this region read it."""
    encoded_query = one.encoded_query
    seen = encoded_query.picture_query
    return SearchResult(
        query=as_text(query.text),
        gallery=one.gallery.card.name,
        candidates=candidates,
        truncated=cut_of(encoded_query),
        picture_model=seen.key if seen else None,
        translation=translation_of(encoded_query.gloss),
        in_area=one.mask is not None,
    )


def _regions(cards: Sequence[GalleryCard], shares: F64) -> tuple[Region, ...]:
    """All regions from the likeliest."""
    order = np.argsort(-shares[:-1], kind="stable").tolist()
    return tuple(Region(cards[row].name, cards[row].title, float(shares[row])) for row in order)


def spread_note(regions: Sequence[Region], gallery: str, p_none: float = 0.0) -> str | None:
    """Why the first place is in another `gallery` than the likeliest of the regions; None where it
    is not, and where none of them (`p_none`) is likelier than each."""
    first = max(regions, key=lambda region: region.probability)
    there = next((one for one in regions if one.gallery == gallery), first)
    if there is first or p_none > first.probability:
        return None
    return (
        f"Place 1 is in {there.title}: what fits in {first.title} is spread over many places, "
        f"and none of them alone is as likely."
    )


def _as_notes(left_out: Sequence[str]) -> list[str]:
    """What was left out: galleries that lack the same in one line; where it is much, only how
    much."""
    titles: dict[str, list[str]] = {}
    others, outside = list[str](), list[str]()
    for note in left_out:
        title, _, why = note.partition(" was left out: ")
        no_tile = NO_TILE.fullmatch(note)
        if why.startswith("no place"):
            titles.setdefault(why, []).append(title)
        elif no_tile is not None:
            outside.append(no_tile[1])
        else:
            others.append(note)
    if len(outside) > _NOTES:
        others.insert(0, f"{len(outside)} regions have no tile in this area.")
    elif outside:
        others.insert(0, f"No tile of {join_and(outside)} lies in this area.")
    joined = [
        f"{join_and(names)} {'was' if len(names) == 1 else 'were'} left out: {why}"
        for why, names in titles.items()
    ]
    if len(joined) + len(others) <= _NOTES:
        return [*joined, *others]
    return [f"{len(left_out)} regions were left out, for reasons such as: {left_out[0]}"]


_NOTES = 5


def better_region(regions: Sequence[Region], gallery: str) -> Region | None:
    """The region that fits clearly better than the gallery that a person chose, None for none."""
    chance_of = {region.gallery: region.probability for region in regions}
    best = max(regions, key=lambda region: region.probability, default=None)
    if best is None or best.gallery == gallery or gallery not in chance_of:
        return None
    clear = best.probability >= max(_CLEARLY, _TIMES * chance_of[gallery])
    return best if clear else None


SUSPICIOUS = 0.1
"""From this probability of a place outside the chosen gallery on, others are compared with it."""
_CLEARLY, _TIMES = 0.5, 3.0
"""A better region has at least this probability, and this many times that of the chosen one."""
