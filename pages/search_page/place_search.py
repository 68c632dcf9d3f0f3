"""Places of the map by their names: the map moves there, and the search can be limited to it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.gallery import Gallery, GalleryCard
from core.gallery.place_lookup import NamedSpot, spots_named
from core.geo import tile_bounds
from core.maps import Mark, Sight
from core.sources.gazetteer import CREDIT, Town, towns_named
from pages.search_page import city_hints, session
from pages.ui import frame, permission
from pages.ui.markdown import one_line, plain

_KEY = "place-sought"
_LONGEST = 80
_AROUND_M = 500
_MOST_TOWNS = 3


@dataclass(frozen=True, slots=True)
class Sought:
    """What a visitor looked for on the map of a city, and which of the finds is shown. `turn` tells
    one look from the next."""

    city: str
    words: str
    turn: int
    row: int = 0


def seek(city: str, words: object) -> None:
    """Takes over what a browser reported; nothing for an empty text, which ends the look."""
    sought = st.session_state.get(_KEY)
    turn = sought.turn + 1 if isinstance(sought, Sought) else 1
    told = one_line(words[:_LONGEST], _LONGEST) if isinstance(words, str) else ""
    st.session_state[_KEY] = Sought(city, told, turn) if told else None


def _found(gallery: Gallery) -> tuple[Sought | None, list[NamedSpot]]:
    sought = st.session_state.get(_KEY)
    if not isinstance(sought, Sought) or sought.city != gallery.card.name:
        return None, []
    return sought, spots_named(gallery, sought.words)


def sight(gallery: Gallery) -> Sight | None:
    """The place to look at, None where nothing was looked for or found."""
    sought, spots = _found(gallery)
    if sought is None or not spots:
        return None
    shown = spots[min(sought.row, len(spots) - 1)]
    return Sight(Mark(shown.at, "sight", shown.name), sought.turn * 100 + sought.row)


def draw(gallery: Gallery, cards: tuple[GalleryCard, ...]) -> None:
    """What was found of that name: one place is shown, a click shows another."""
    sought, spots = _found(gallery)
    if sought is None:
        return
    with st.container(horizontal=True, key="place-finds", gap="small", vertical_alignment="center"):
        if spots:
            _spots(sought, spots)
        else:
            _elsewhere(sought, gallery, cards)
        st.button("Done", key="place-done", type="tertiary", icon=":material/close:", on_click=_end)


def _spots(sought: Sought, spots: list[NamedSpot]) -> None:
    for row, spot in enumerate(spots):
        shown = row == min(sought.row, len(spots) - 1)
        st.button(
            plain(spot.name, 40),
            key=f"place-{row}",
            type="tertiary",
            icon=":material/location_on:" if shown else None,
            help=plain(spot.kind, 60),
            on_click=_show,
            args=(sought, row),
        )
    st.button(
        "Search only around it",
        key="place-around",
        icon=":material/filter_center_focus:",
        help=f"Within {_AROUND_M} m",
        on_click=_around,
        args=(spots[min(sought.row, len(spots) - 1)],),
    )


def _elsewhere(sought: Sought, gallery: Gallery, cards: tuple[GalleryCard, ...]) -> None:
    """The cities of that name that are here, or can be added."""
    st.markdown(
        plain(f"“{sought.words}” is not on the map of {gallery.card.title}.", 200), help=CREDIT
    )
    for row, town in enumerate(towns_named(sought.words, _MOST_TOWNS)):
        card = _card_at(town, cards)
        if card is not None and card.name != gallery.card.name:
            st.button(
                plain(f"Search in {card.title}", 60),
                key=f"place-town-{row}",
                type="tertiary",
                icon=":material/location_city:",
                on_click=city_hints.go,
                args=(card.name,),
            )
        elif card is None and permission.allowed():
            st.page_link(
                frame.pages()["add"],
                label=plain(f"Add {town.name}, {town.country}", 60),
                query_params={"place": f"{town.name}, {town.country}"},
            )


def _card_at(town: Town, cards: tuple[GalleryCard, ...]) -> GalleryCard | None:
    """The gallery whose box has the middle of a town, or whose middle is in the town's own box."""
    lat, lon = np.array([town.at.lat]), np.array([town.at.lon])
    around = town.around(4000)
    for card in cards:
        middle = card.bounds.center
        near = around.contains(np.array([middle.lat]), np.array([middle.lon]))
        if card.bounds.contains(lat, lon)[0] or near[0]:
            return card
    return None


def _show(sought: Sought, row: int) -> None:
    st.session_state[_KEY] = Sought(sought.city, sought.words, sought.turn + 1, row)


def _around(spot: NamedSpot) -> None:
    session.rank_anew(area=tile_bounds(spot.at, 2 * _AROUND_M))


def _end() -> None:
    st.session_state[_KEY] = None
