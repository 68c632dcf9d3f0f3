"""A language model's reason, where one was set up and only when it is asked for."""

import streamlit as st

from core import settings
from core.errors import ModelError
from core.explain.advisor import LOCAL, Advice, advise
from core.explain.advisor.prompt import Subject
from core.explain.relevance.looks import looks
from core.gallery import Gallery
from core.maps import safe_html
from core.records import Candidate, Relevance
from core.settings import AdvisorServer
from pages.search_page.confidence_banner import percent
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain


@st.fragment
def draw(gallery: Gallery, found: SearchState, candidate: Candidate) -> None:
    """A button and, once it was pressed for this candidate, what came back."""
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
        st.html(told(found.cached(key, lambda: Advice(""))))


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
    """The maps that go with the picture; a model that cannot be looked into has none."""
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


def told(advice: Advice) -> str:
    """HTML of a reason, who wrote it, and why it is not the language model's where it is not."""
    own = advice.author == LOCAL
    note = f'<p class="sw-note">{safe_html(advice.note)}</p>' if advice.note else ""
    parts = "".join(
        f"<p><b>{title}:</b> {safe_html(text)}</p>"
        for title, text in (("Words", advice.text_attention), ("Picture", advice.image_attention))
        if text
    )
    sure = (
        ""
        if advice.confidence is None
        else (f" It says it is {percent(advice.confidence)} sure; nothing here checked that.")
    )
    author = "Written by Saywhere itself." if own else f"Written by {safe_html(advice.author)}."
    return (
        f'<section class="sw-advice" aria-label="Reason">{note}<p dir="auto">'
        f"{safe_html(advice.reason)}</p>{parts}<small>{author}{sure}</small></section>"
    )
