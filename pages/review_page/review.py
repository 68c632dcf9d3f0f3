"""One card at a time: the verdict form at once, the explanation a moment later."""

import time
from concurrent.futures import Future

import streamlit as st

from core.errors import CasesError
from core.review import queue
from core.review.model import Card, Progress
from core.review.store import Store
from pages.review_page import card_map, card_view, history, queue_bar, similar, verdict_form
from pages.review_page.places import Place, place_of
from pages.review_page.precompute import Insight, insights
from pages.review_page.session import ReviewSession, write_link
from pages.ui.markdown import plain
from pages.ui.templates import render

_GLANCE_S = 0.05
_PATIENCE_S = 60.0


def draw(store: Store, session: ReviewSession) -> None:
    """The session's card, else the next one; the card after it is explained ahead of time."""
    card = _card(store, session)
    done = queue.progress(store, session.name)
    queue_bar.draw(store, session, done)
    _last(store, session, card)
    if card is None:
        _over(session, done)
        return
    session.case_id = card.case_id
    write_link(session)
    show(session, card)
    _look_ahead(store, session, card)


def _card(store: Store, session: ReviewSession) -> Card | None:
    if session.case_id:
        try:
            return queue.card_of(store, session.case_id, session.name)
        except CasesError as error:
            session.problem = str(error)
            session.turn()
    return queue.next_card(store, session.name, focus=session.focus)


def _last(store: Store, session: ReviewSession, card: Card | None) -> None:
    """Reveals the answered case, unless the next card has the same words. Its place is kept where
    there is nothing to show, or all below would be drawn twice for a blink."""
    place = st.empty()
    if not session.last:
        return
    before = queue.card_of(store, session.last, session.name)
    reveal = queue.reveal(store, session.last, session.name)
    same = card is not None and (card.text, card.tile_id) == (before.text, before.tile_id)
    place.html(history.previous(session.name, reveal, same))


def _over(session: ReviewSession, done: Progress) -> None:
    """The end of the queue: offers what to do next."""
    if session.focus != "all" and done.answered < done.total:
        st.info("No case needs another vote of yours now. Press W for all cases.")
    elif done.total or done.set_aside:
        st.html(render("review_done", total=done.answered))
    else:
        st.info("There are no cases yet. Press L and import a report.")
    write_link(session)
    verdict_form.draw(session, None)


def show(
    session: ReviewSession, card: Card, title: str = "Why did it fail?", more: str = ""
) -> None:
    """A card and its desk; keys work before the pictures are there."""
    place = place_of(card)
    looked_into = insights().of(card, place.card) if place.gallery and place.card else None
    left, right = st.container(key="cases-card").columns([7, 5], gap="medium")
    with left:
        words, said = st.empty(), st.empty()
        similar.draw(session, card)
    with right.container(key="cases-desk"):
        verdict_form.draw(session, card, title)
    ready = _ready(looked_into)
    words.html(card_view.description(card, ready))
    if more:
        said.html(more)
    with left:
        missing = st.empty()
        if place.missing:
            missing.info(plain(place.missing, 300))
        st.html(card_view.pictures(card, place))
        st.html(card_view.others(card))
        evidence = st.container(key="cases-evidence").empty()
    with right.container(key="cases-map"):
        card_map.draw(card, place)
    if looked_into is None:
        return
    evidence.html(card_view.evidence(ready))
    if ready is None:
        _fill_in(card, looked_into, words, evidence)


def _ready(looked_into: "Future[Insight] | None") -> Insight | None:
    return looked_into.result() if looked_into and looked_into.done() else None


def _fill_in(card: Card, looked_into: "Future[Insight]", words: object, evidence: object) -> None:
    """Waits by glances: between two of them a key that was pressed ends this run at once."""
    until = time.monotonic() + _PATIENCE_S
    while not looked_into.done() and time.monotonic() < until:
        time.sleep(_GLANCE_S)
        evidence.html(card_view.evidence(None))  # type: ignore[attr-defined]
    ready = _ready(looked_into)
    words.html(card_view.description(card, ready))  # type: ignore[attr-defined]
    if ready is not None:
        evidence.html(card_view.evidence(ready))  # type: ignore[attr-defined]


def _look_ahead(store: Store, session: ReviewSession, card: Card) -> None:
    coming = queue.next_card(store, session.name, card.case_id, session.focus)
    place: Place | None = place_of(coming) if coming else None
    if coming and place and place.gallery and place.card:
        insights().of(coming, place.card)
