"""All cities searched as one: first the likeliest cities, then places of several in one list."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.errors import GalleryError, ModelError, SaywhereError
from core.gallery import Gallery, GalleryCard
from core.geo import Bounds
from core.records import CHANNELS, Query, Region, SearchResult
from core.retrieval import PictureEncoder, SearchTrace
from core.retrieval.anywhere import AnywhereTrace, search_anywhere
from core.retrieval.opened_regions import encoder_key
from pages.search_page.query_params import SearchParams
from pages.search_page.searching import turn
from pages.search_page.session_result import SearchState
from pages.search_page.wishes.phrases import about_phrases
from pages.ui import resources

TITLE = "Anywhere"
_KEY = "found-anywhere"
_WORLD = Bounds(-180, -75, 180, 80)


def card_of(cards: Sequence[GalleryCard]) -> GalleryCard:
    """All cities as if they were one, for the parts of the page that show a city."""
    return GalleryCard(
        name="",
        title=TITLE,
        tiles=sum(card.tiles for card in cards),
        place_count=sum(card.place_count for card in cards),
        bounds=_WORLD,
        licence="; ".join(dict.fromkeys(card.licence for card in cards)),
        date="",
        created="",
        footprint_m=cards[0].footprint_m,
        spacing_m=cards[0].spacing_m,
        channels=tuple(name for name in CHANNELS if any(name in one.channels for one in cards)),
        model=cards[0].model,
        sources=tuple(dict.fromkeys(source for card in cards for source in card.sources)),
    )


@dataclass(frozen=True, slots=True)
class AnywhereState:
    """The answer to a question asked everywhere, or the `problem` that there is none.

    `states` are the answers of the cities that have candidates, by the city's name.
    """

    ask: SearchParams
    result: SearchResult | None
    states: dict[str, SearchState]
    problem: str
    took_ms: float
    card: GalleryCard

    def state_of(self, rank: int) -> SearchState:
        """The answer of the city that has the candidate of a rank."""
        assert self.result is not None
        named = next(one.gallery for one in self.result.candidates if one.rank == rank)
        return self.states[named]

    def traces(self, rank: int) -> tuple[SearchTrace, ...]:
        """The searches of the cities that have candidates, first that of a candidate."""
        first = self.state_of(rank)
        states = (first, *(one for one in self.states.values() if one is not first))
        return tuple(one.trace for one in states if one.trace)

    def gallery_of(self, tile_id: str) -> Gallery:
        """The city that has a candidate's tile."""
        assert self.result is not None
        named = next(one.gallery for one in self.result.candidates if one.tile.tile_id == tile_id)
        trace = self.states[named].raw
        assert trace is not None
        return trace.gallery

    def explained(self) -> SearchResult:
        """The whole result, each candidate with its ledger and reason."""
        assert self.result is not None
        told = [one for state in self.states.values() for one in state.explained().candidates]
        return replace(self.result, candidates=tuple(sorted(told, key=lambda one: one.rank)))


def answer_to(cards: Sequence[GalleryCard], ask: SearchParams) -> AnywhereState:
    """The answer to a question, from the session where it was just given."""
    asked = replace(ask, chosen=1, versus="", replies=())
    kept = st.session_state.get(_KEY)
    if not isinstance(kept, AnywhereState) or kept.ask != asked:
        kept = st.session_state[_KEY] = _searched(cards, asked)
    return kept


def _searched(cards: Sequence[GalleryCard], ask: SearchParams) -> AnywhereState:
    started = time.perf_counter()
    try:
        with turn():
            opened = _Opened(cards)
            wishes = about_phrases(ask.steering)
            query = Query(ask.text, ask.k, ask.channels or None, area=ask.area, steering=wishes)
            trace = opened.search(query, ask.exact)
    except SaywhereError as error:
        took_ms = (time.perf_counter() - started) * 1000
        return AnywhereState(ask, None, {}, str(error), took_ms, card_of(cards))
    took_ms = (time.perf_counter() - started) * 1000
    states = {
        part.gallery.card.name: SearchState(
            ask, part, part, opened.encoders.get(encoder_key(part.gallery)), "", took_ms
        )
        for part in trace.traces
    }
    return AnywhereState(ask, trace.result, states, "", took_ms, card_of(cards))


class _Opened:
    """The cities that can be opened, with their picture models, and what to say of the others."""

    def __init__(self, cards: Sequence[GalleryCard]) -> None:
        self.galleries: list[Gallery] = []
        self.encoders: dict[str, PictureEncoder] = {}
        self.notes: list[str] = []
        for card in cards:
            try:
                galleries = resources.open_all(card)
                self.galleries += galleries
                gallery = galleries[0]
                if card.picture_models:
                    key = encoder_key(gallery)
                    self.encoders[key] = resources.picture_encoder(gallery, None)
            except GalleryError as error:
                resources.set_aside(card, str(error))
                self.notes.append(f"Not searched: {error}")
            except ModelError as error:
                self.notes.append(f"Pictures of {card.title} were not searched: {error}")

    def search(self, query: Query, exact: bool = False) -> AnywhereTrace:
        """Searches the likely ones, with `exact` all of them; the notes are part of the result."""
        trace = search_anywhere(
            self.galleries, resources.encoder(), query, self.encoders, exact=exact
        )
        notes = (*trace.result.notes, *self.notes)
        return replace(trace, result=replace(trace.result, notes=notes))


def regions_for(cards: Sequence[GalleryCard], text: str) -> tuple[Region, ...]:
    """How likely each city is for a description. Raises SaywhereError."""
    return _Opened(cards).search(Query(text, k=1)).result.regions
