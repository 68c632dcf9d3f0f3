"""What all visitors share and nobody changes: the galleries and the model. No visitor's words."""

import threading
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx

from core import gallery, settings
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


@st.cache_resource(show_spinner="Waking the language model. This happens once, for a few seconds.")
def encoder() -> Any:
    """The text encoder, loaded once by whoever needs it first."""
    from core.models import load_model

    return load_model(threads=settings.load().threads)


def warm_up(card: GalleryCard | None) -> None:
    """Loads model and gallery behind the page, so that the first answer need not wait."""
    if st.session_state.get("warmed"):
        return
    st.session_state["warmed"] = True
    thread = threading.Thread(target=_warm, args=(card,), name="warm-up", daemon=True)
    add_script_run_ctx(thread)
    thread.start()


def _warm(card: GalleryCard | None) -> None:
    encoder()
    if card is not None and not card.problem:
        open_gallery(card)
