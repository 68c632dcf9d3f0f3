"""The gallery, tile and part of the page that a visitor looks at, and the link that restores them.

A link is a stranger's text: what makes no sense in it is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.gallery import GalleryCard
from pages.ui.distinct_labels import distinct
from pages.ui.link_values import identifier, one_of
from pages.ui.markdown import one_line
from pages.ui.session_link import Params, SessionLink, searched_city
from pages.ui.templates import render

Part = Literal["tiles", "alike", "differ", "origin"]
_PARTS: dict[Part, tuple[str, str]] = {
    "tiles": ("Tiles", "Where {} has tiles"),
    "alike": ("Look-alikes", "Places in {} that look alike"),
    "differ": ("Map or photo?", "Where map and photo of {} differ"),
    "origin": ("Origin", "Where the data of {} comes from"),
}
"""Each part's name, and its title with that of the gallery."""
_KEY = "view"


@dataclass(frozen=True, slots=True)
class View:
    """A gallery and a part of its page; `tile` and `twin`, a tile beside it, are "" for none."""

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
    """The view in a link, as far as it makes sense; whether a tile exists is checked later."""
    name = params.get("gallery", "")
    parts: tuple[Part, ...] = get_args(Part)
    return View(
        name if name in names else usual,
        identifier(params.get("tile", "")),
        one_of(params.get("part"), parts, "tiles"),
        identifier(params.get("twin", "")),
    )


@dataclass
class GallerySession(SessionLink):
    """A view; `absent` is the gallery that its link asks for and this machine lacks."""

    view: View = field(default_factory=lambda: View(""))
    absent: str = ""

    def follow(self, params: Params, names: Sequence[str]) -> None:
        """Takes the view of a link over; without one, the city that was searched before."""
        city = searched_city()
        self.view = from_params(params, names, city if city in names else names[0])
        wanted = params.get("gallery", self.view.gallery)
        self.absent = "" if wanted == self.view.gallery else wanted


def _session() -> GallerySession:
    return GallerySession.of_session(_KEY)


def current(cards: Sequence[GalleryCard]) -> View:
    """The session's view; a link that was just opened, or the Back button, replaces it."""
    names, session = [card.name for card in cards], _session()
    gone = session.view.gallery not in names
    session.sync(lambda params: session.follow(params, names), stale=gone)
    return session.view


def change(**changes: Any) -> None:
    """Looks at something else; for callbacks."""
    session = _session()
    session.view = replace(session.view, **changes)
    session.absent, session.touched = "", True


def absent() -> str:
    """The gallery that the link just opened asks for and this machine lacks, "" for none."""
    return _session().absent


def write_link() -> None:
    """Makes the browser's address restore the view."""
    session = _session()
    session.write(session.view.to_params())


def _change_gallery() -> None:
    change(gallery=st.session_state["gallery-name"], tile="", twin="")
    st.session_state["find-tile"] = ""


def gallery_choice(cards: Sequence[GalleryCard]) -> None:
    """All galleries, damaged ones too."""
    titles = distinct(
        {card.name: one_line(card.title) + " (damaged)" * bool(card.problem) for card in cards}
    )
    st.session_state["gallery-name"] = _session().view.gallery
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
    change(part=one_of(st.session_state["part"], get_args(Part), "tiles"))


def part_choice(card: GalleryCard) -> None:
    """The title of the page, and its parts."""
    with st.container(
        horizontal=True, vertical_alignment="center", key="parts", horizontal_alignment="distribute"
    ):
        st.session_state["part"] = shown = _session().view.part
        st.html(render("gallery_title", title=_PARTS[shown][1].format(card.title)), width="content")
        is_twin = len(card.views) > 1
        st.segmented_control(
            "Part of the page",
            [part for part in _PARTS if part != "differ" or is_twin or part == shown],
            key="part",
            on_change=_change_part,
            required=True,
            format_func=lambda part: _PARTS[part][0],
            label_visibility="collapsed",
            width="content",
        )
