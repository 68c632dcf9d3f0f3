"""The cities that an answer points to: the likeliest of all, or one that fits better."""

from collections.abc import Sequence

import streamlit as st

from core.errors import SaywhereError
from core.gallery import GalleryCard
from core.records import Candidate, Region, SearchResult
from core.retrieval.anywhere import SUSPICIOUS, better_region, spread_note
from core.vocabulary.chances import percent
from pages.search_page import session
from pages.search_page.anywhere import regions_for
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain

_MOST, _LEAST = 4, 0.01
"""At most so many cities are shown, and none that is less likely."""


def go(city: str) -> None:
    """Searches one city or region alone; for callbacks."""
    st.session_state["city"] = city
    session.ask_anew(city=city, area=None)
    st.session_state["redraw"] = True


def likeliest(regions: Sequence[Region], best: Candidate, p_none: float = 0.0) -> None:
    """The cities that fit, the likeliest first; a click searches one of them alone. Where the
    `best` place is in another city than the likeliest, a line says why. No city is called likely
    where none of them (`p_none`) is likelier."""
    shown = [one for one in regions if one.probability >= _LEAST][:_MOST] or list(regions[:1])
    first = shown[0]
    likely = f"Most likely {plain(first.title, 60)}, {percent(first.probability)}"
    st.markdown(f"**{'Most likely none of these' if p_none > first.probability else likely}**")
    if note := spread_note(regions, best.gallery, p_none):
        st.caption(plain(note, 300))
    with st.container(horizontal=True, key="regions", gap="small"):
        for one in shown:
            st.button(
                plain(f"{one.title} {percent(one.probability)}", 70),
                key=f"region-{one.gallery}",
                type="tertiary",
                icon=":material/location_city:",
                on_click=go,
                args=(one.gallery,),
                help="Search only there",
            )


def unsearched(result: SearchResult) -> None:
    """Says that unlikely regions, or tiles of a large gallery, were not compared, and offers to
    compare them too."""
    if result.exact:
        return
    told = "Compared with the likeliest tiles"
    if result.regions_searched is not None:
        told = f"Searched {result.regions_searched} of {len(result.regions)} regions"
    with st.container(horizontal=True, vertical_alignment="center", key="unsearched", gap="small"):
        st.badge(told, icon=":material/filter_alt:", color="gray")
        st.button(
            "Search all",
            key="search-all",
            type="tertiary",
            on_click=_search_all,
            help="The others look unlikely. A search of all may find other places.",
        )


def _search_all() -> None:
    session.rank_anew(exact=True)


def better(card: GalleryCard, cards: Sequence[GalleryCard], state: SearchState) -> None:
    """The city that fits better than the one that was chosen, where the answer is in doubt."""
    result = state.result
    doubtful = result is not None and (result.p_outside or 0.0) >= SUSPICIOUS
    if not doubtful or len(cards) < 2 or state.ask.area:
        return

    def compared() -> Region | None:
        try:
            return better_region(regions_for(cards, state.ask.text), card.name)
        except SaywhereError:
            return None  # the answer of the chosen city stands without the comparison

    region = state.cached("better", compared)
    if region is not None:
        st.button(
            plain(f"This fits {region.title} better: search there", 100),
            key="better-city",
            icon=":material/arrow_forward:",
            on_click=go,
            args=(region.gallery,),
        )
