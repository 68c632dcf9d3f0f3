"""The frame of every page: title, style, head and foot. Knows no search."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import streamlit as st

from core import settings
from core.gallery import GalleryCard
from core.maps import safe_html
from pages.shared.markdown import plain


def begin() -> None:
    """Title, width and style; the first thing on every page."""
    own = settings.load().static / "saywhere"
    st.set_page_config(page_title="Saywhere", page_icon=str(own / "icon.svg"), layout="wide")
    st.html(own / "page.css")


def head() -> AbstractContextManager[Any]:
    """The name of the app at the left; what is drawn inside goes to the right."""
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
    )
    row.html('<h1 class="sw-name">Saywhere <small>Where am I? Say what you see.</small></h1>',
             width="content")  # fmt: skip
    return row


def problems(cards: Iterable[GalleryCard]) -> None:
    """Galleries that cannot be searched, each with the reason."""
    for card in cards:
        st.warning(f"{plain(card.name)}: {plain(card.problem, 500)}")


def nothing_to_search() -> None:
    """Says what to do where no gallery is usable."""
    st.info("There is no gallery to search yet. Build one from any map extract:")
    st.code("python -m core build my-town --from my-town.osm.pbf", language="bash")


def foot(card: GalleryCard) -> None:
    """Where the map comes from, always visible."""
    date = f", data of {safe_html(card.date)}" if card.date else ""
    st.html(
        f'<footer class="sw-foot">{safe_html(card.title)}: {card.tiles:,} tiles, '
        f"{card.footprint_m:.0f} m wide, every {card.spacing_m:.0f} m along the streets. "
        f"{safe_html(card.licence)}{date}. "
        f"{_models(card)}</footer>"
    )


def _models(card: GalleryCard) -> str:
    seeing = ", ".join(safe_html(stamp.title) for stamp in card.picture_models)
    return f"Words are read by {safe_html(card.model)}{f', pictures by {seeing}' * bool(seeing)}."
