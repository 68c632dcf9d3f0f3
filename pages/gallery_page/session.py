"""Which gallery, tile and part of the page are looked at, and the link that restores them.

A link is a stranger's text: what makes no sense in it is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import streamlit as st

from core.gallery import GalleryCard
from core.maps import safe_html
from pages.search_page.query_params import SearchParams
from pages.ui.markdown import one_line

Part = Literal["tiles", "alike", "origin"]
_PARTS: dict[Part, str] = {"tiles": "Tiles", "alike": "Look-alikes", "origin": "Origin"}
_LONGEST_ID = 200
_ABSENT = "absent-gallery"


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at; no tile is "" and no twin of it is "", too."""

    gallery: str
    tile: str = ""
    part: Part = "tiles"
    twin: str = ""

    def to_params(self) -> dict[str, str]:
        """The query parameters that restore it."""
        params = {"gallery": self.gallery, "tile": self.tile, "twin": self.twin}
        if self.part != "tiles":
            params["part"] = self.part
        return {name: value for name, value in params.items() if value}


def from_params(params: Mapping[str, str], names: Sequence[str], usual: str) -> View:
    """The view in a link, as far as it makes sense; whether a tile exists is seen later."""
    name = params.get("gallery", "")
    part = params.get("part", "tiles")
    return View(
        name if name in names else usual,
        _id(params.get("tile", "")),
        cast(Part, part) if part in get_args(Part) else "tiles",
        _id(params.get("twin", "")),
    )


def _id(text: str) -> str:
    return text if len(text) <= _LONGEST_ID and text.isprintable() else ""


def current(cards: Sequence[GalleryCard]) -> View:
    """The session's view; a link that was just opened, or the Back button, replaces it."""
    params = st.query_params.to_dict()
    touched = st.session_state.pop("view-touched", False)
    known = [card.name for card in cards]
    kept = st.session_state.get("view")
    fresh = not isinstance(kept, View) or kept.gallery not in known
    if fresh or (not touched and params != st.session_state.get("view-written")):
        opened = from_params(params, known, _usual(known))
        wanted = params.get("gallery", opened.gallery)
        st.session_state[_ABSENT] = "" if wanted == opened.gallery else wanted
        st.session_state["view"] = opened
        st.session_state["view-written"] = params
    view = st.session_state["view"]
    assert isinstance(view, View)
    return view


def _usual(names: Sequence[str]) -> str:
    """The city that was searched before, else the first."""
    ask = st.session_state.get("ask")
    return ask.city if isinstance(ask, SearchParams) and ask.city in names else names[0]


def change(**changes: Any) -> None:
    """Looks at something else; for callbacks."""
    st.session_state["view"] = replace(st.session_state["view"], **changes)
    st.session_state["view-touched"] = True
    st.session_state[_ABSENT] = ""


def absent() -> str:
    """The gallery that the link just opened asks for and this machine lacks, "" for none."""
    return str(st.session_state.get(_ABSENT, ""))


def write_link() -> None:
    """Makes the browser's address restore the view."""
    params = st.session_state["view"].to_params()
    if params != st.query_params.to_dict():
        st.query_params.from_dict(params)
    st.session_state["view-written"] = params


def _change_gallery() -> None:
    change(gallery=st.session_state["gallery-name"], tile="", twin="")
    st.session_state["find-tile"] = ""


def gallery_choice(cards: Sequence[GalleryCard]) -> None:
    """All galleries, damaged ones too."""
    titles = {card.name: one_line(card.title) + " (damaged)" * bool(card.problem) for card in cards}
    st.session_state["gallery-name"] = st.session_state["view"].gallery
    st.selectbox(
        "Gallery",
        list(titles),
        key="gallery-name",
        on_change=_change_gallery,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
        width=260,
    )


def _change_part() -> None:
    change(part=st.session_state["part"])


def part_choice(card: GalleryCard) -> None:
    """The title of the page, and its parts."""
    with st.container(
        horizontal=True, vertical_alignment="center", key="parts", horizontal_alignment="distribute"
    ):
        title = f"What {safe_html(card.title)} can answer"
        st.html(f'<h2 class="sw-title">{title}</h2>', width="content")
        st.session_state["part"] = st.session_state["view"].part
        st.segmented_control(
            "Part of the page",
            list(_PARTS),
            key="part",
            on_change=_change_part,
            required=True,
            format_func=_PARTS.__getitem__,
            label_visibility="collapsed",
            width="content",
        )
