"""Reviewing: one card at a time, with its desk at once and its explanation a moment later."""

import time
from concurrent.futures import Future

import streamlit as st

from core.cases import queue
from core.cases.case import Card
from core.cases.store import Store
from core.cases.verdicts import ORDERS, Order
from core.errors import CasesError
from pages.shared.cases import card_map, card_view, desk, shelf, told
from pages.shared.cases.insight import Insight, insights
from pages.shared.cases.places import Place, place_of
from pages.shared.cases.seat import Seat, write_link
from pages.shared.markdown import plain

_GLANCE_S = 0.05
_PATIENCE_S = 60.0
_ORDERS: dict[Order, str] = {"hardest": "Hardest first", "shuffled": "Shuffled"}


def draw(store: Store, seat: Seat) -> None:
    """The card of the seat, else the next one; what comes after it is looked into ahead."""
    card = _card(store, seat)
    done = queue.progress(store, seat.name)
    _bar(store, seat, done.order, told.progress(done))
    _last(store, seat, card)
    if card is None:
        _over(seat, done.total)
        return
    seat.case_id = card.case_id
    write_link(seat)
    show(seat, card)
    _look_ahead(store, seat, card)


def _card(store: Store, seat: Seat) -> Card | None:
    if seat.case_id:
        try:
            return queue.card_of(store, seat.case_id, seat.name)
        except CasesError as error:
            seat.problem = str(error)
            seat.turn()
    return queue.next_card(store, seat.name)


def _bar(store: Store, seat: Seat, order: Order, progress: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="cases-bar"):
        st.html(progress)
        other = next(one for one in ORDERS if one != order)
        desk.keyed(
            f"{_ORDERS[order]}; change",
            "O",
            lambda: _reorder(store, seat, other),
            "cases-order",
            type="tertiary",
        )


def _reorder(store: Store, seat: Seat, order: Order) -> None:
    seat.touched = True
    try:
        store.join(seat.name, shelf.now(), order)
        seat.turn()
    except CasesError as error:
        seat.problem = str(error)


def _last(store: Store, seat: Seat, card: Card | None) -> None:
    """What has been answered is revealed; not yet where the next card is of the same words. Its
    place is kept where there is nothing to tell, or all below would be drawn twice for a blink."""
    place = st.empty()
    if not seat.last:
        return
    before = queue.card_of(store, seat.last, seat.name)
    reveal = queue.reveal(store, seat.last, seat.name)
    same = card is not None and (card.text, card.tile_id) == (before.text, before.tile_id)
    place.html(told.strip(seat.name, reveal, same))


def _over(seat: Seat, total: int) -> None:
    """Nothing open: what to do now."""
    if total:
        st.html(
            f'<section class="sw-over"><h2>All {total:,} cases are answered</h2><p>E exports '
            "them, A shows how far annotators agree, B goes back to the last one.</p>"
            "</section>"
        )
    else:
        st.info("There are no cases in this store yet. Press L and import a report.")
    write_link(seat)
    desk.draw(seat, None)


def show(seat: Seat, card: Card, title: str = "Why did it fail?", more: str = "") -> None:
    """A card and its desk; keys work before the pictures are there."""
    place = place_of(card)
    looked_into = insights().of(card, place.card) if place.gallery and place.card else None
    left, right = st.container(key="cases-card").columns([7, 5], gap="medium")
    with left:
        words, said = st.empty(), st.empty()
    with right.container(key="cases-desk"):
        desk.draw(seat, card, title)
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
        evidence = st.empty()
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


def _look_ahead(store: Store, seat: Seat, card: Card) -> None:
    coming = queue.next_card(store, seat.name, card.case_id)
    place: Place | None = place_of(coming) if coming else None
    if coming and place and place.gallery and place.card:
        insights().of(coming, place.card)
