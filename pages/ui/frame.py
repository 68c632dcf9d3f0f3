"""The frame of every page: title, style, head and foot."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import streamlit as st

from core import settings
from core.gallery import GalleryCard
from pages.ui.aerial import credit_of
from pages.ui.markdown import one_line, plain
from pages.ui.templates import render

_FOLDER = Path(__file__).resolve().parent.parent
_TITLES = {
    "search": "Search",
    "benchmark": "Benchmark",
    "cases": "Cases",
    "gallery": "Gallery",
    "add": "Add a place",
}


def page_names() -> tuple[str, ...]:
    """The names of the pages, the front page first."""
    return tuple(name for name in _TITLES if (_FOLDER / f"{name}.py").exists())


def pages() -> dict[str, Any]:
    """Streamlit's pages by the names of their files; the first is the front page."""
    return {
        name: st.Page(_FOLDER / f"{name}.py", title=title, default=name == "search")
        for name, title in ((name, _TITLES[name]) for name in page_names())
    }


def begin(name: str = "search", style: str = "") -> None:
    """Title, width and style; the first thing on every page. A page may have a style of its own,
    which its file's name gives unless another is named."""
    own = settings.load().static / "saywhere"
    title = "Saywhere" if name == "search" else f"{_TITLES[name]} · Saywhere"
    st.set_page_config(page_title=title, page_icon=str(own / "icon.svg"), layout="wide")
    for sheet in (own / "page.css", own / f"{style or name}.css"):
        if sheet.exists():
            st.html(sheet)


def head() -> AbstractContextManager[Any]:
    """The name of the app and its pages at the left; what is drawn inside goes to the right."""
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
    )
    left = row.container(horizontal=True, vertical_alignment="center", width="content", key="name")
    left.html(render("app_name", claim="Where am I? Say what you see."), width="content")
    with left.container(horizontal=True, width="content", key="pages"):
        for one in pages().values():
            st.page_link(one)
    return row


def problems(cards: Iterable[GalleryCard]) -> None:
    """Galleries that cannot be searched, each with the reason."""
    for card in cards:
        st.warning(f"{plain(card.name)}: {plain(card.problem, 500)}")


def not_here(what: str, wanted: str, shown: str) -> None:
    """Says so where a link asks for what this machine does not have; "" asks for nothing."""
    if wanted:
        st.info(
            plain(
                f"The link asks for the {what} {one_line(wanted, 60)!r}, which is not here. "
                f"You see {shown}.",
                300,
            )
        )


def nothing_to_search() -> None:
    """Says what to do where no gallery is usable."""
    st.info("There is no gallery to search yet. Add a place, or build one on the command line:")
    st.code("python -m core build my-town --from my-town.osm.pbf", language=None)


def foot(card: GalleryCard) -> None:
    """Where the map and the photographs come from, always visible."""
    st.html(render("foot", card=card, credit=credit_of(card)))
