"""The booth as a whole: the turn or the loop at one side, the map at the other."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import maps
from core.errors import GalleryError
from core.gallery import Gallery, GalleryCard
from core.maps import Mark
from core.records import SearchResult
from pages.search_page.kiosk import answer_step, attract_loop, distances, idle_timer, session, steps
from pages.search_page.kiosk.idle_timer import Mode
from pages.search_page.kiosk.session import Visit
from pages.ui import frame, map_view, resources
from pages.ui.markdown import one_line, plain
from pages.ui.templates import render

_PICTURES_IN_A_FRAME = 40


def draw() -> None:
    """The page. Nothing of a turn is written to the address."""
    frame.begin(style="booth")
    offered = resources.offered()
    cards = tuple(card for card in offered if not card.problem and not card.regions)
    if not cards:
        frame.problems(offered)
        frame.nothing_to_search()
        return
    turn = session.current(cards)
    card = next(card for card in cards if card.name == turn.city)
    try:
        gallery = resources.open_gallery(card)
        if turn.lost:
            _tell_lost(turn.lost, offered, card)
        with st.container(key="booth"):
            _both_sides(gallery, cards, turn)
    except GalleryError as error:
        resources.set_aside(card, str(error))
        st.rerun()  # with the next city
    _watch(turn)
    resources.warm_up(card)


def _tell_lost(lost: str, offered: tuple[GalleryCard, ...], shown: GalleryCard) -> None:
    """A line about the city that was removed or damaged while the booth showed it."""
    why = next((card.problem for card in offered if card.name == lost), "it is no longer here")
    st.warning(f"{plain(lost)}: {plain(why, 300)}. You see {one_line(shown.title, 60)}.")


def _both_sides(gallery: Gallery, cards: tuple[GalleryCard, ...], turn: Visit) -> None:
    left, right = st.columns([5, 7], gap="medium")
    with right.container(key="booth-map"):
        place = st.container()
    result: SearchResult | None = None
    marks: Sequence[Mark] = ()
    with left.container(key=f"booth-{turn.step}"):
        st.html(render("app_name", claim=""))
        match turn.step:
            case "say":
                steps.say(turn, cards)
            case "guess":
                marks = steps.guess(turn)
            case "answer":
                result, marks = answer_step.answer(gallery, turn)
            case "loop":
                result, marks = attract_loop.draw(gallery, turn)
    with place:
        _map(gallery, turn, result, marks)


def _map(gallery: Gallery, turn: Visit, result: SearchResult | None, marks: Sequence[Mark]) -> None:
    """Another frame for each turn, so that nothing of the last one is left in it; and now and then
    one for the loop, as Leaflet does not give back all that its layers took."""
    key = f"booth-{turn.number}-{turn.city}-{turn.shown // _PICTURES_IN_A_FRAME}"
    shown = distances.first_of(result) if result else None
    layer = maps.answer_layer(shown, turn.chosen, picking=turn.step == "guess", marks=marks)
    map_view.show(gallery, layer, key, partial(_tapped, key), "picking")


def _tapped(key: str) -> None:
    event = st.session_state.get(key)
    turn = st.session_state["visit"]
    if isinstance(event, dict) and event.get("event") == "choose" and turn.step == "answer":
        rank = event.get("rank")
        if isinstance(rank, int):
            session.change(chosen=min(max(rank, 1), distances.PLACES))
    spot = map_view.spot_picked(key)
    if spot is not None and turn.step == "guess":
        session.change(guess=spot)


def _watch(turn: Visit) -> None:
    mode: Mode = "loop" if turn.step == "loop" else "fresh" if turn.step == "say" else "visit"
    idle_timer.draw(
        mode,
        attract_loop.step_s(turn),
        turn.shown,
        _idle,
        session.start_over,
        attract_loop.next_picture,
    )


def _idle() -> None:
    session.start_over("loop")
