"""All galleries searched as one: first the likeliest regions, then the places in them.

Each gallery is a region and is searched as if it were the only one, with one encoding of the
description. `regions` turns the features of these searches into a probability for every region and
for none. The chance of a place is its chance within its region times that of the region.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, F64, Bools
from core.errors import QueryError
from core.gallery.opened import Gallery
from core.records import CHANNELS, Candidate, Channel, Query, Region, SearchResult
from core.retrieval.confidence import (
    Calibration,
    Posterior,
    posterior_from,
    read_calibration,
    verdict_of,
)
from core.retrieval.confidence_features import confidence_features
from core.retrieval.opened_regions import encoder_key
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.query_encoding import EncodedQuery, Respelling, encode_query, tokenize_query
from core.retrieval.regions import (
    RegionModel,
    description_features,
    names_town,
    read_regions,
    region_features,
)
from core.retrieval.search import (
    Ranking,
    SearchTrace,
    as_text,
    candidates_of,
    check_query,
    cut_of,
    match_index_of,
    notes_of,
    rank_tiles,
    region_mask,
)
from core.retrieval.spelling import respellings_of
from core.retrieval.spots import LikelySpot, spots_of
from core.retrieval.town_suffix import without_town
from core.retrieval.translation import translated, translation_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


@dataclass(frozen=True, slots=True)
class RegionSearch:
    """The search of one region, before places are chosen: `features` [C] are those of its
    confidence, `own_town` tells whether the description names it."""

    gallery: Gallery
    channels: tuple[Channel, ...]
    mask: Bools | None
    encoded_query: EncodedQuery
    ranking: Ranking
    features: F32
    own_town: bool
    posterior: Posterior

    @property
    def mass(self) -> F64:
        """The mass [N] of the tiles, if the place is in this region."""
        mass: F64 = self.posterior.mass / max(1 - self.posterior.p_outside, 1e-12)
        return mass


@dataclass(frozen=True, slots=True)
class AnywhereTrace:
    """An answer from several galleries, and the search of each that has candidates.

    `traces` begin with that of the first candidate. The result of each has only its own candidates,
    with their ranks among all; its posterior has the probability of its region as its mass.
    """

    traces: tuple[SearchTrace, ...]
    result: SearchResult


class SharedEncoding:
    """One encoding of a description for all regions that read it alike.

    Regions may read it differently: each keeps its own names in another language, and cuts its own
    town behind an address.
    """

    def __init__(self, text: str, encoder: "SentenceEncoder") -> None:
        self._text, self._encoder = text, encoder
        self._made: dict[tuple[str, str, str, tuple[Respelling, ...]], EncodedQuery] = {}
        self.seconds = 0.0

    def of(self, gallery: Gallery, picture_encoder: PictureEncoder | None) -> EncodedQuery:
        """The description as the gallery's search reads it. Raises QueryError without words."""
        match_index = match_index_of(gallery)
        text = without_town(self._text, match_index.mentions)
        gloss = translated(text, match_index)
        respellings = respellings_of(gloss.english if gloss else text, match_index.mentions)
        pictures = picture_encoder.keys if picture_encoder else ""
        key = (text, gloss.english if gloss else "", pictures, respellings)
        if key not in self._made:
            started = time.perf_counter()
            tokenized = tokenize_query(text, self._encoder, picture_encoder, gloss, respellings)
            self._made[key] = encode_query(tokenized, self._encoder, picture_encoder)
            self.seconds += time.perf_counter() - started
        return self._made[key]


def search_anywhere(
    galleries: Sequence[Gallery],
    encoder: "SentenceEncoder",
    query: Query,
    picture_encoders: Mapping[str, PictureEncoder],
    calibration: Calibration | None = None,
    model: RegionModel | None = None,
) -> AnywhereTrace:
    """The best candidates of all galleries for a query. Raises QueryError.

    `picture_encoders` are by the `encoder_key` of a gallery; a gallery whose models are not among
    them is searched without pictures. Galleries that have none of the query's channels, or no tile
    in its area, are left out, and a note says so. Without `calibration` and `model` the bundled
    ones are read.
    """
    started = time.perf_counter()
    learned, model = calibration or read_calibration(), model or read_regions()
    encoding = SharedEncoding(query.text, encoder)
    searches, left_out = [], []
    for gallery in galleries:
        try:
            searches.append(_region_search(gallery, encoding, query, picture_encoders, learned))
        except _LeftOutError as error:
            left_out.append(str(error))
    if not searches:
        raise QueryError(left_out[0] if left_out else "there is no gallery to search")
    matched = time.perf_counter()
    in_area = searches[0].mask is not None
    shares = model.probabilities(
        np.stack([region_features(one.features, learned, one.own_town) for one in searches]),
        description_features(max(searches, key=lambda one: len(one.channels)).features),
        in_area,
    )
    chosen = _chosen(searches, shares[:-1], query.k)
    judged = time.perf_counter()
    traces = _traces(searches, shares, chosen, query)
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
    notes = (*notes_of(first.encoded_query, candidates, match_index_of(first.gallery)), *left_out)
    result = replace(
        first.result,
        gallery="",
        candidates=candidates,
        verdict=verdict,
        p_outside=p_none,
        regions=_regions(searches, shares),
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


LEAST_LIKELY = 0.05
"""A region that is less likely has no places among the candidates, as long as others have enough.
Its places would be the last of them, and each region costs time."""


class _LeftOutError(QueryError):
    """A region that the query leaves out, and why."""


def _region_search(
    gallery: Gallery,
    encoding: SharedEncoding,
    query: Query,
    picture_encoders: Mapping[str, PictureEncoder],
    learned: Calibration,
) -> RegionSearch:
    """The search of one region. Raises _LeftOutError, and QueryError for a bad query."""
    wanted = query.channels if query.channels is not None else CHANNELS
    present = tuple(name for name in wanted if name in gallery.card.channels)
    picture_encoder = picture_encoders.get(encoder_key(gallery, query.view))
    if picture_encoder is None or "image" not in present:
        present, picture_encoder = tuple(name for name in present if name != "image"), None
    if not present and gallery.card.channels:
        raise _LeftOutError(f"{gallery.card.title} was left out: it has no {', '.join(wanted)}.")
    view = query.view if picture_encoder else None
    channels = check_query(replace(query, channels=present, model=None, view=view), gallery)
    try:
        mask = region_mask(query, gallery)
    except QueryError as error:
        raise _LeftOutError(str(error)) from error
    encoded_query = encoding.of(gallery, picture_encoder)
    ranking = rank_tiles(gallery, encoded_query, channels, mask)
    features = confidence_features(
        encoded_query, ranking.signals, ranking.scores, channels, mask, learned.background
    )
    own_town = names_town(query.text, match_index_of(gallery).mentions.places)
    posterior = posterior_from(
        features, ranking.scores, mask, learned, affirms=len(encoded_query.affirmed) > 0
    )
    return RegionSearch(
        gallery, channels, mask, encoded_query, ranking, features, own_town, posterior
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """A spot of one of the searches, by the row of that search."""

    search: int
    spot: LikelySpot


def _chosen(searches: Sequence[RegionSearch], shares: F64, k: int) -> list[_Choice]:
    """The `k` likeliest spots of the likely regions, of others only where these have too few.

    A region that is less likely than the last of them cannot have any, and is not looked at.
    """
    best: list[_Choice] = []
    for number in np.argsort(-shares, kind="stable").tolist():
        enough = max(LEAST_LIKELY, best[k - 1].spot.chance) if len(best) >= k else -1.0
        if shares[number] <= enough:
            break
        one = searches[number]
        spots = spots_of(
            one.gallery,
            one.mass * shares[number],
            k,
            one.mask,
            sharpening=one.posterior.sharpening,
        )
        best += [_Choice(number, spot) for spot in spots]
        best = sorted(best, key=lambda choice: -choice.spot.chance)[:k]
    return best


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


def _regions(searches: Sequence[RegionSearch], shares: F64) -> tuple[Region, ...]:
    """All regions from the likeliest."""
    order = np.argsort(-shares[:-1], kind="stable").tolist()
    cards = [searches[row].gallery.card for row in order]
    return tuple(
        Region(card.name, card.title, float(shares[row]))
        for card, row in zip(cards, order, strict=True)
    )


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
