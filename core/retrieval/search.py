"""The search: checks a query, ranks the tiles of a gallery and returns candidates."""

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64, Bools
from core.errors import QueryError
from core.gallery.cards import GalleryCard
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.records import CHANNELS, Candidate, Channel, Query, SearchResult, Steering, View
from core.retrieval import steering as wishes
from core.retrieval.channels import FirstStep, MatchIndex
from core.retrieval.confidence import (
    RADIUS_M,
    Calibration,
    Posterior,
    posterior_of,
    verdict_of,
)
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.fusion import Signals, ordered, signals_of
from core.retrieval.missing_numbers import with_missing_numbers
from core.retrieval.notes import notes_of
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.place_titles import titled
from core.retrieval.query_encoding import (
    EncodedQuery,
    encode_query,
    tokenize_query,
)
from core.retrieval.ranking import RankingModel, read_ranking
from core.retrieval.relation_values import ThingValues, thing_values
from core.retrieval.spelling import respellings_of
from core.retrieval.spots import LikelySpot, spots_of
from core.retrieval.town_suffix import without_town
from core.retrieval.translation import all_in_own_words, translated, translation_of
from core.settings import MAX_CANDIDATES

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_match_indexes: "WeakKeyDictionary[Gallery, MatchIndex]" = WeakKeyDictionary()


def match_index_of(gallery: Gallery) -> MatchIndex:
    """The gallery prepared for matching, cached as long as the gallery lives."""
    match_index = _match_indexes.get(gallery)
    if match_index is None:
        match_index = _match_indexes[gallery] = MatchIndex(gallery)
    return match_index


def check_query(query: Query, gallery: Gallery) -> tuple[Channel, ...]:
    """The channels to search. Raises QueryError for invalid options."""
    if not 1 <= query.k <= MAX_CANDIDATES:
        raise QueryError(f"{query.k} candidates are out of range; choose 1 to {MAX_CANDIDATES}")
    if (query.near is None) != (query.within_m is None):
        raise QueryError("--near and --within-m belong together: a position and a radius in metres")
    if query.within_m is not None and not (0 < query.within_m < math.inf):
        raise QueryError(f"a radius of {query.within_m} m is invalid; choose more than 0")
    present = tuple(channel for channel in CHANNELS if channel in gallery.card.channels)
    if not present:
        raise QueryError(
            f"{gallery.card.name} has pictures but no embeddings to search by yet; run "
            f"python -m core embed {gallery.card.name} with a picture model, or build "
            f"it again with --ocr"
        )
    wanted = query.channels if query.channels is not None else present
    if missing := [channel for channel in wanted if channel not in present]:
        raise QueryError(
            f"{gallery.card.name} has no channel {', '.join(missing)}; it has {', '.join(present)}"
        )
    if not wanted:
        raise QueryError(f"no channel was chosen; choose one or more of {', '.join(present)}")
    wishes.checked(query.steering, gallery)
    if query.model is not None or query.view is not None:
        gallery.picture_stamp(query.model, query.view)
    return tuple(dict.fromkeys(wanted))


def region_mask(query: Query, gallery: Gallery) -> Bools | None:
    """The tiles that the query allows, or None for all. Raises QueryError where it allows none."""
    mask: Bools | None = None
    if query.near is not None and query.within_m is not None:
        near = query.near
        mask = haversine_m(near.lat, near.lon, gallery.lats, gallery.lons) <= query.within_m
    if query.area is not None:
        inside = query.area.contains(gallery.lats, gallery.lons)
        mask = inside if mask is None else mask & inside
    if mask is not None and not mask.any():
        raise no_tile_here(gallery.card)
    return mask


def no_tile_here(card: GalleryCard) -> QueryError:
    """The error for an area without tiles."""
    return QueryError(f"no tile of {card.title} lies in this area; widen it or move it")


NO_TILE = re.compile(r"no tile of (.+) lies in this area; widen it or move it")
"""The sentence of that error, with the title."""


_SMALL_AREA = 0.4
"""Share of an area within 100 m of its first place from which a chance says little: our choice."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Signals and `scores` of N tiles, of which `mask` [N] marks the allowed ones, None for all.

    The scores are the `fused` signals [N] with the corrections of the ranking `model`, which come
    from the `named_things`, and what the query's wishes add: `wished` [N].
    """

    signals: Signals
    fused: F32
    scores: F32
    mask: Bools | None
    named_things: ThingValues
    model: RankingModel
    wished: F32

    @property
    def order(self) -> I64:
        """The allowed tiles from the best; sorted at each call, since a search needs no order."""
        return ordered(self.scores, self.mask)


def rank_tiles(
    gallery: Gallery,
    encoded_query: EncodedQuery,
    channels: tuple[Channel, ...],
    mask: Bools | None = None,
    model: RankingModel | None = None,
    begun: Mapping[Channel, FirstStep] | None = None,
) -> Ranking:
    """Scores every tile by the channels and ranks the allowed ones.

    Without a ranking `model` the bundled one is read. `begun` has the first steps of channels, if
    they were made already.
    """
    match_index = match_index_of(gallery)
    if gallery.prepared is not None:
        gallery.prepared.note_read()
    signals = signals_of(match_index, encoded_query, mask, channels, begun)
    facts = signals.results.get("facts")
    matches = None if facts is None else facts.matches
    things = thing_values(match_index, encoded_query, matches, "names" in signals.results)
    model = model or read_ranking()
    fused = signals.fused(channels)
    scores = model.scores(fused, signals, things)
    return Ranking(signals, fused, scores, mask, things, model, np.zeros_like(scores))


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """A search result and all intermediate results, for explanations.

    `mask` [N] marks the tiles that the query allows, None for all. `posterior` gives the
    confidences.
    """

    gallery: Gallery
    query: Query
    channels: tuple[Channel, ...]
    mask: Bools | None
    encoded_query: EncodedQuery
    ranking: Ranking
    posterior: Posterior
    result: SearchResult


def search(
    gallery: Gallery,
    encoder: "SentenceEncoder",
    query: Query,
    picture_encoder: PictureEncoder | None = None,
    calibration: Calibration | None = None,
    *,
    exact: bool = False,
) -> SearchResult:
    """The best candidates of a gallery for a query. Raises QueryError."""
    return search_with_trace(
        gallery, encoder, query, picture_encoder, calibration, exact=exact
    ).result


def search_with_trace(
    gallery: Gallery,
    encoder: "SentenceEncoder",
    query: Query,
    picture_encoder: PictureEncoder | None = None,
    calibration: Calibration | None = None,
    *,
    exact: bool = False,
) -> SearchTrace:
    """The result of `search` and all intermediate results. Raises QueryError.

    `picture_encoder` must be that of the query's model; only the `image` channel needs it. Without
    a `calibration` the bundled one is read. In a gallery of more than `COARSE_FROM` tiles or facts
    indexes choose which of them are compared; with `exact` all are.

    `timings_ms` has `read` (splitting and tokenizing), `encode` (the forward passes), `match`
    (channels and fusion), `judge` (confidence), `explain` (evidence) and `total`.
    """
    started = time.perf_counter()
    channels = check_query(query, gallery)
    picture_encoder = checked_encoder(picture_encoder, channels, query, gallery)
    mask = region_mask(query, gallery)
    steering = query.steering
    text = wishes.remaining_text(query.text, steering.minus)
    text = without_town(text, match_index_of(gallery).mentions)
    gloss = translated(text, match_index_of(gallery))
    respellings = respellings_of(gloss.english if gloss else text, match_index_of(gallery).mentions)
    tokenized = tokenize_query(text, encoder, picture_encoder, gloss, respellings)
    read = time.perf_counter()
    encoded_query = replace(encode_query(tokenized, encoder, picture_encoder), exact=exact)
    encoded = time.perf_counter()
    ranking = rank_tiles(gallery, encoded_query, channels, mask)
    ask = asking(gallery, encoder, query, channels, calibration)
    if steering:
        wished = wishes.wished_scores(gallery, steering, encoded_query, channels, ask)
        ranking = replace(ranking, scores=ranking.scores + wished, wished=wished)
    matched = time.perf_counter()
    posterior = posterior_of(
        encoded_query, ranking.signals, ranking.scores, channels, mask, calibration, ranking.fused
    )
    posterior = with_missing_numbers(
        posterior, match_index_of(gallery), encoded_query, channels, mask
    )
    choices = mask
    if steering:
        posterior = wishes.steered_posterior(
            match_index_of(gallery), steering, posterior, ranking.order, ask
        )
        choices = posterior.mass > 0
    spots = spots_of(gallery, posterior.mass, query.k, choices, sharpening=posterior.sharpening)
    verdict = verdict_of(posterior.p_outside, spots[0].chance, calibration)
    judged = time.perf_counter()
    candidates = candidates_of(gallery, spots, ranking, encoded_query, channels)
    ended = time.perf_counter()
    result = SearchResult(
        query=as_text(query.text),
        gallery=gallery.card.name,
        candidates=candidates,
        truncated=cut_of(encoded_query),
        verdict=verdict,
        p_outside=posterior.p_outside,
        notes=(
            *notes_of(encoded_query, candidates, match_index_of(gallery)),
            *_area_notes(gallery, spots[0].row, mask),
            *wishes.notes_of(steering),
        ),
        timings_ms={
            "read": (read - started) * 1e3,
            "encode": (encoded - read) * 1e3,
            "match": (matched - encoded) * 1e3,
            "judge": (judged - matched) * 1e3,
            "explain": (ended - judged) * 1e3,
            "total": (ended - started) * 1e3,
        },
        picture_model=picture_encoder.key if picture_encoder else None,
        translation=translation_of(gloss),
        in_area=mask is not None,
        approximate=ranking.signals.approximate,
    )
    return SearchTrace(gallery, query, channels, mask, encoded_query, ranking, posterior, result)


def asking(
    gallery: Gallery,
    encoder: "SentenceEncoder",
    query: Query,
    channels: tuple[Channel, ...],
    calibration: Calibration | None,
) -> wishes.Ask:
    """Searches for other texts with the limits of a query; pictures are left out, as a phrase is
    too short for them, unless nothing else is searched."""
    by_words = tuple(channel for channel in channels if channel != "image")

    def ask(text: str) -> wishes.PhraseSearch:
        if not by_words:
            raise QueryError("phrases need the facts or the names of a map; this search has none")
        other = replace(query, text=text, k=1, channels=by_words, steering=Steering())
        trace = search_with_trace(gallery, encoder, other, None, calibration)
        ranking = trace.ranking
        return wishes.PhraseSearch(
            trace.encoded_query, by_words, ranking.scores, ranking.order, trace.posterior.mass
        )

    return ask


def as_text(text: str) -> str:
    """A description that can be written to any file: halves of surrogate pairs are replaced."""
    return text.encode("utf-8", "replace").decode()


def checked_encoder(
    picture_encoder: PictureEncoder | None,
    channels: tuple[Channel, ...],
    query: Query,
    gallery: Gallery,
) -> PictureEncoder | None:
    """The picture encoder if the `image` channel is searched. Raises QueryError for a wrong one."""
    if "image" not in channels:
        return None
    stamps = gallery.searched_stamps(query.model, query.view)
    keys = [stamp.key for stamp in stamps]
    if picture_encoder is None or picture_encoder.key != keys[0]:
        raise QueryError(
            f"the image channel of {gallery.card.name} needs the model {stamps[0].title}"
        )
    if extra := {other.key for other in picture_encoder.others} - set(keys):
        raise QueryError(f"this search does not use the model {min(extra)}")
    return picture_encoder


def cut_of(encoded_query: EncodedQuery) -> int | None:
    """The offset after which one of the encoders read nothing, None where all was read."""
    picture_cut = encoded_query.picture_query.truncated if encoded_query.picture_query else None
    cuts = [cut for cut in (encoded_query.truncated, picture_cut) if cut is not None]
    return min((encoded_query.own_offset(cut) for cut in cuts), default=None)


def candidates_of(
    gallery: Gallery,
    spots: Sequence[LikelySpot],
    ranking: Ranking,
    encoded_query: EncodedQuery,
    channels: tuple[Channel, ...],
) -> tuple[Candidate, ...]:
    """The candidates at the spots of a gallery, in their order, with evidence and titles."""
    match_index = match_index_of(gallery)
    rows = [spot.row for spot in spots]
    facts = ranking.signals.results.get("facts")
    cosines = None if facts is None else facts.cosines
    evidence_finder = EvidenceFinder(match_index, encoded_query, channels, rows, cosines)
    by_similarity = sorted(spots, key=lambda spot: -ranking.scores[spot.row])
    scores = ranking.signals.at(rows)
    of_channels = {channel: scores.channel(channel).tolist() for channel in channels}
    of_pictures = {view: values.tolist() for view, values in scores.pictures().items()}
    candidates = (
        _candidate(
            rank,
            by_similarity.index(spot) + 1,
            spot,
            gallery,
            ranking,
            encoded_query,
            {channel: scores[rank - 1] for channel, scores in of_channels.items()},
            {view: scores[rank - 1] for view, scores in of_pictures.items()},
            evidence_finder,
        )
        for rank, spot in enumerate(spots, 1)
    )
    return titled(match_index, tuple(candidates))


def _candidate(
    rank: int,
    rank_before: int,
    spot: LikelySpot,
    gallery: Gallery,
    ranking: Ranking,
    encoded_query: EncodedQuery,
    channels: dict[Channel, float],
    pictures: dict[View, float],
    evidence_finder: EvidenceFinder,
) -> Candidate:
    row, evidence = spot.row, evidence_finder.evidence(spot.row)
    return Candidate(
        tile=gallery.tile(row),
        rank=rank,
        similarity=float(ranking.scores[row].clip(-1, 1)),
        channels=channels,
        pictures=pictures,
        names=evidence_finder.names(row, evidence),
        evidence=all_in_own_words(evidence, encoded_query),
        confidence=min(spot.chance, 1.0),
        rank_before=rank_before,
        gallery=gallery.card.name,
    )


def _area_notes(gallery: Gallery, first: int, mask: Bools | None) -> list[str]:
    """A note for an area so small that its first place is near most of it in any case."""
    if mask is None:
        return []
    lat, lon = gallery.lats, gallery.lons
    near = haversine_m(lat[first], lon[first], lat[mask], lon[mask]) <= RADIUS_M
    share = float(near.mean())
    if share < _SMALL_AREA:
        return []
    percent = f"{round(100 * share)} %" if share < 1 else "All"
    return [
        f"The area is small: {percent} of it is within {RADIUS_M:.0f} m of the first place in any "
        "case, so its chance says little."
    ]
