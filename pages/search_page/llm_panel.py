"""A language model's reason, where one is set up and only when somebody asks for it."""

import streamlit as st

from core import settings
from core.errors import ModelError
from core.explain.attribution.report import attribution_summary
from core.explain.llm import LOCAL, Advice, advise
from core.explain.llm.prompt import Subject
from core.gallery import Gallery
from core.records import Candidate, Relevance
from core.settings import AdvisorServer
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain
from pages.ui.templates import render


@st.fragment
def draw(gallery: Gallery, state: SearchState, candidate: Candidate) -> None:
    """A button and, once it was pressed for this candidate, the reason."""
    server = settings.load().advisor
    if server is None:
        return
    key = ("advice", candidate.tile.tile_id)
    sent = plain(f"Sends your words, this place and its picture to {server.model}")
    if st.button("Ask the language model", key="advise", icon=":material/chat:", help=sent):
        with st.spinner(f"Asking {plain(server.model, 40)} …"):
            state.kept.pop(key, None)
            state.cached(key, lambda: _asked(gallery, state, candidate, server))
    if key in state.kept:
        st.html(html_of(state.cached(key, lambda: Advice(""))))


def _asked(
    gallery: Gallery, state: SearchState, candidate: Candidate, server: AdvisorServer
) -> Advice:
    assert state.trace is not None
    tile_id, encoder = candidate.tile.tile_id, state.picture_encoder
    picture = (
        gallery.searched_picture(tile_id, encoder.key) if encoder else gallery.picture(tile_id)
    )
    ledger = state.ledger_of(candidate)
    relevance = _relevance(state, candidate, picture)
    text = state.trace.encoded_query.text
    return advise(server, Subject(text, candidate, ledger, picture, relevance))


def _relevance(state: SearchState, candidate: Candidate, picture: bytes) -> Relevance | None:
    """The maps that go with the picture; None for a model that cannot be looked into."""
    picture_encoder, trace = state.picture_encoder, state.trace
    if picture_encoder is None or trace is None or not picture:
        return None
    try:
        seen = state.cached(
            ("attribution_summary", candidate.tile.tile_id, picture_encoder.key),
            lambda: attribution_summary(picture_encoder.encoder, trace.encoded_query.text, picture),
        )
    except ModelError:
        return None
    return seen.relevance


def html_of(advice: Advice) -> str:
    """HTML of a reason, its author, and a note where the language model gave none."""
    return render("llm_advice", advice=advice, own=advice.author == LOCAL)
