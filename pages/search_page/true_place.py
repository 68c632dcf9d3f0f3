"""The place as the visitor knows it: picked on the map, told in metres, kept as a case."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.geo import Position, haversine_km, haversine_m
from core.records import SearchResult
from core.retrieval import SearchTrace
from pages.search_page import known_place, session
from pages.search_page.query_params import SearchParams
from pages.ui import permission
from pages.ui.markdown import plain
from pages.ui.numbers import metres

RIGHT_M = 100.0
"""A place within this distance counts as found, as everywhere in the app."""


def draw(ask: SearchParams, result: SearchResult, traces: Sequence[SearchTrace]) -> None:
    """The button below the map, or how far the answer was off. `traces` are the searches of the
    cities that the result has places of."""
    place = known_place.current(ask.text, ask.city)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="true-place"):
        if session.picking() == "truth":
            st.markdown("Click the map where it really was.", width="content")
            _button("Cancel", "cancel", ":material/close:", session.pick, "")
        elif place is None:
            _button("The place was here …", "pick", ":material/flag:", session.pick, "truth")
        else:
            st.markdown(plain(outcome(result, traces, place.at), 200))
            there = _search_at(traces, place.at)
            if permission.allowed() and there is not None:
                from pages.search_page import search_case  # brings SQLAlchemy

                search_case.draw(there, place)
            _button("Forget this spot", "forget", ":material/close:", known_place.keep, None)


def _button(label: str, name: str, icon: str, act: Callable[..., None], *args: object) -> None:
    st.button(
        label,
        key=f"true-place-{name}",
        type="tertiary",
        icon=icon,
        on_click=act,
        args=args,
    )


def outcome(result: SearchResult, traces: Sequence[SearchTrace], at: Position) -> str:
    """The distance from the first place, and which place was right."""
    ours = _away_m(result, 0, at)
    if ours <= RIGHT_M:
        return f"Found: place 1 is {metres(ours)} away."
    told = f"Place 1 is {metres(ours)} away."
    near = [_away_m(result, number, at) for number in range(len(result.candidates))]
    right = next((number for number, away in enumerate(near) if away <= RIGHT_M), None)
    if right is not None:
        return f"{told} Place {right + 1} was right, {metres(near[right])} away."
    trace = _search_at(traces, at)
    if trace is None:
        return f"{told} This map has no place there."
    order, gallery = trace.ranking.order, trace.gallery
    away = haversine_m(at.lat, at.lon, gallery.lats, gallery.lons)
    (rank,) = (order == int(away.argmin())).nonzero()
    if not rank.size:
        return f"{told} That spot is outside the area that was searched."
    places = f"{len(order):,} places" + (f" in {gallery.card.title}" if not result.gallery else "")
    return f"{told} Of {places}, that spot came out as number {int(rank[0]) + 1:,}."


def _search_at(traces: Sequence[SearchTrace], at: Position) -> SearchTrace | None:
    """The search of the city that has a place at a spot, None for none."""
    for trace in traces:
        gallery = trace.gallery
        if haversine_m(at.lat, at.lon, gallery.lats, gallery.lons).min() <= RIGHT_M:
            return trace
    return None


def _away_m(result: SearchResult, number: int, at: Position) -> float:
    tile = result.candidates[number].tile
    return 1000 * haversine_km(at.lat, at.lon, tile.lat, tile.lon)
