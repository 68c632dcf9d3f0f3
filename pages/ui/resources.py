"""Galleries and models, which all visitors share and nobody changes. No visitor's words."""

import contextlib
import os
import threading
from dataclasses import replace
from typing import Any

import streamlit as st

from core import gallery, settings
from core.errors import SaywhereError
from core.explain.clarification.answer_model import answer_model_of
from core.explain.ledger import standing_ledger
from core.gallery import Gallery, GalleryCard
from core.gallery.build_jobs import finished_galleries
from core.records import Query
from core.retrieval import (
    PictureEncoder,
    bind_picture_encoder,
    joined,
    load_verified,
    search_with_trace,
)
from core.retrieval.two_stages import overview_of
from pages.ui.waiting_line import WaitingLine

_ASIDE = "set-aside"
_WARM_WORDS = "a church beside a park"


def cards() -> tuple[GalleryCard, ...]:
    """The galleries on this machine, damaged ones included, with their `problem`; not those whose
    build is still to be finished."""
    return finished_galleries(settings.load())


def offered() -> tuple[GalleryCard, ...]:
    """The same for this visitor: those that were `set_aside` have that as their problem."""
    aside = st.session_state.get(_ASIDE, {})
    return tuple(replace(card, problem=card.problem or aside.get(card, "")) for card in cards())


def set_aside(card: GalleryCard, problem: str) -> None:
    """Keeps a visitor from a gallery that could not be read, until it is built again or the page
    is opened again."""
    st.session_state.setdefault(_ASIDE, {})[card] = problem


def open_gallery(card: GalleryCard) -> Gallery:
    """The gallery of a card, opened once, and again after it was built or embedded again."""
    return _gallery(card)


def open_all(card: GalleryCard) -> tuple[Gallery, ...]:
    """The gallery of a card, or all regions of a collection."""
    return gallery.open_all(card.name, settings.load()) if card.regions else (open_gallery(card),)


def regions_of(card: GalleryCard) -> tuple[GalleryCard, ...]:
    """The regions of a collection, none where they cannot be read; of a gallery, itself."""
    return _regions(card) if card.regions else (card,)


def card_named(name: str) -> GalleryCard | None:
    """The gallery, collection or region of a name on this machine, None for none."""
    whole = cards()
    own = next((card for card in whole if card.name == name), None)
    regions = (one for card in whole if card.regions for one in regions_of(card))
    return own or next((one for one in regions if one.name == name), None)


@st.cache_resource(max_entries=8, show_spinner=False)
def _regions(card: Any) -> Any:
    try:
        return gallery.cards_of_regions(card, settings.load())
    except SaywhereError:
        return ()  # the search says why


@st.cache_resource(max_entries=24, show_spinner=False)
def _gallery(card: Any) -> Gallery:
    return gallery.open_gallery(card.name, settings.load())


@st.cache_resource(show_spinner=False)
def encoder() -> Any:
    """The text encoder, loaded once by whoever needs it first."""
    from core.models import load_model

    return load_model(threads=settings.load().search_threads)


@st.cache_resource(show_spinner=False)
def search_line() -> WaitingLine:
    """The line of all visitors before a search: as many at once as there are cores."""
    return WaitingLine(os.cpu_count() or 1)


def picture_encoder(opened: Gallery, model: str | None) -> PictureEncoder:
    """A gallery's picture models, its usual ones unless another is asked for."""
    encoders = [
        bind_picture_encoder(opened, _seeing(stamp), stamp.key)
        for stamp in opened.searched_stamps(model)
    ]
    return joined(tuple(encoders))


@st.cache_resource(max_entries=3, show_spinner=False)
def _seeing(stamp: Any) -> Any:
    return load_verified(stamp, settings.load(), encoder())


def warm_up(*cards: GalleryCard) -> None:
    """Loads model and gallery behind the page, so that the first answer need not wait: one search
    and its explanation, of our own words, make all that is made once."""
    if st.session_state.get("warmed"):
        return
    st.session_state["warmed"] = True
    threading.Thread(target=_warm, args=cards, name="warm-up", daemon=True).start()


def _warm(*cards: GalleryCard) -> None:
    """Faults are left to the first question, which meets them again and can show them."""
    for card in cards:
        _warm_gallery(card)
    if len(cards) > 1 or cards[0].regions:
        with contextlib.suppress(SaywhereError):
            overview_of([opened for card in cards for opened in open_all(card)])


def _warm_gallery(card: GalleryCard) -> None:
    with contextlib.suppress(SaywhereError):
        encoder()
        opened = open_all(card)[0]
        seeing = picture_encoder(opened, None) if card.picture_models else None
        trace = search_with_trace(opened, encoder(), Query(_WARM_WORDS), seeing)
        standing_ledger(trace, trace.result.candidates[0], encoder())
        answer_model_of(opened)
