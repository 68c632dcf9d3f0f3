"""What all visitors share and nobody changes: the galleries and the model. No visitor's words."""

import contextlib
import threading
from typing import Any

import streamlit as st

from core import gallery, settings
from core.errors import SaywhereError
from core.gallery import Gallery, GalleryCard


def cards() -> tuple[GalleryCard, ...]:
    """The galleries on this machine, damaged ones included, with their `problem`."""
    return gallery.list_galleries(settings.load())


def open_gallery(card: GalleryCard) -> Gallery:
    """The gallery behind a card, opened once; a rebuilt one is opened anew."""
    return _gallery(card.name, card.created)


@st.cache_resource(max_entries=8, show_spinner=False)
def _gallery(name: str, created: str) -> Gallery:  # noqa: ARG001 - a cache key
    return gallery.open_gallery(name, settings.load())


@st.cache_resource(show_spinner=False)
def encoder() -> Any:
    """The text encoder, loaded once by whoever needs it first."""
    from core.models import load_model

    return load_model(threads=settings.load().search_threads)


def warm_up(card: GalleryCard) -> None:
    """Loads model and gallery behind the page, so that the first answer need not wait."""
    if st.session_state.get("warmed"):
        return
    st.session_state["warmed"] = True
    threading.Thread(target=_warm, args=(card,), name="warm-up", daemon=True).start()


def _warm(card: GalleryCard) -> None:
    """Faults are left to the first question, which meets them again and can show them."""
    with contextlib.suppress(SaywhereError):
        encoder()
        open_gallery(card)
