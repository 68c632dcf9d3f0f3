"""A language model's reason, where one is set up and only when somebody asks for it."""

import streamlit as st

from core import settings
from core.errors import ModelError
from core.explain.advisor import LOCAL, Advice, advise
from core.explain.advisor.prompt import Subject
from core.explain.relevance.looks import looks
from core.gallery import Gallery
from core.records import Candidate, Relevance
from core.settings import AdvisorServer
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain
from pages.ui.templates import render


@st.fragment
def draw(gallery: Gallery, found: SearchState, candidate: Candidate) -> None:
    """A button and, once it was pressed for this candidate, the reason."""
    server = settings.load().advisor
    if server is None:
        return
    key = ("advice", candidate.tile.tile_id)
    sent = plain(f"Sends your words, this place and its picture to {server.model}")
    if st.button("Ask the language model", key="advise", icon=":material/chat:", help=sent):
        with st.spinner(f"Asking {plain(server.model, 40)} …"):
            found.kept.pop(key, None)
            found.cached(key, lambda: _asked(gallery, found, candidate, server))
    if key in found.kept:
        st.html(html_of(found.cached(key, lambda: Advice(""))))


def _asked(
    gallery: Gallery, found: SearchState, candidate: Candidate, server: AdvisorServer
) -> Advice:
    assert found.finding is not None
    picture = gallery.picture(candidate.tile.tile_id) or b""
    ledger = found.ledgers().entries[candidate.rank - 1]
    relevance = _relevance(found, candidate, picture)
    text = found.finding.reading.text
    return advise(server, Subject(text, candidate, ledger, picture, relevance))


def _relevance(found: SearchState, candidate: Candidate, picture: bytes) -> Relevance | None:
    """The maps that go with the picture; None for a model that cannot be looked into."""
    eyes, finding = found.eyes, found.finding
    if eyes is None or finding is None or not picture:
        return None
    try:
        seen = found.cached(
            ("looks", candidate.tile.tile_id),
            lambda: looks(eyes.encoder, finding.reading.text, picture),
        )
    except ModelError:
        return None
    return seen.relevance


def html_of(advice: Advice) -> str:
    """HTML of a reason, its author, and a note where the language model gave none."""
    return render("llm_advice", advice=advice, own=advice.author == LOCAL)
