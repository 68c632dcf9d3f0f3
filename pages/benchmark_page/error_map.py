"""The map of errors: a line from the truth of each description to its answer."""

import contextlib
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core import maps
from core.errors import SaywhereError
from core.evaluation.saved_runs import SavedQuery, SavedRun, with_positions
from core.gallery import Gallery, GalleryCard
from core.geo import Bounds, Position, joined_lons, run_on
from core.maps import Miss
from pages.benchmark_page.reports import Chosen
from pages.ui import map_view, resources
from pages.ui.markdown import one_line

HOW_MANY = (10, 25, 50, 100, 200, 300)
_HEIGHT_PX = 460
_MARGIN = 0.002


def card_of(gallery: str) -> GalleryCard | None:
    """The gallery of that name here, if it can be searched."""
    card = resources.card_named(gallery)
    return None if card is None or card.problem else card


def draw(one: Chosen, queries: Sequence[SavedQuery], focus: int | None) -> None:
    """The queries as lines, `focus` the number of the one that stands out."""
    card = card_of(one.run.gallery)
    gallery, notes = _gallery(card), []
    tops = _tops(one.run, card)
    shown = [(query, top) for query in queries if (top := tops[query.number]) is not None]
    if len(queries) > len(shown):
        rest = len(queries) - len(shown)
        notes.append(f"The report does not hold the answers of {rest:,} more.")
    if not card:
        notes.append(
            "This machine lacks the gallery, so there is no base map. The layers at the top "
            "right offer one from the internet."
        )
    around = card.bounds if card else _around(one.run)
    middle = around.center.lon
    misses = [
        Miss(
            query.number,
            run_on(query.position, middle),
            run_on(top, middle),
            _label(one, query),
        )
        for query, top in shown
    ]
    key = f"bench-map-{one.entry.key}"
    with st.container(key="error-map"):
        map_view.look_at(
            card,
            gallery,
            around,
            maps.errors_layer(misses, focus),
            key,
            partial(_picked, key),
            _HEIGHT_PX,
        )
    st.caption(" ".join(["Click a line to see its description.", *notes]))


def _tops(run: SavedRun, card: GalleryCard | None) -> dict[int, Position | None]:
    """Where the answers lie, by number; the gallery is asked only where the report does not say."""
    if card is not None and any(query.top is None for query in run.queries):
        with contextlib.suppress(SaywhereError):
            run = with_positions(run, resources.open_gallery(card))
    return {query.number: query.top for query in run.queries}


def _label(one: Chosen, query: SavedQuery) -> str:
    rank = f"rank {query.rank:,}" if query.rank else "rank unknown"
    return f"{one.letter} · {query.distance_m:,.0f} m away, {rank} · {one_line(query.text, 140)}"


def _gallery(card: GalleryCard | None) -> Gallery | None:
    try:
        return resources.open_gallery(card) if card else None
    except SaywhereError:
        return None


def _around(run: SavedRun) -> Bounds:
    lats = [query.position.lat for query in run.queries]
    lons = joined_lons(np.array([query.position.lon for query in run.queries])).tolist()
    return Bounds(
        min(lons) - _MARGIN, min(lats) - _MARGIN, max(lons) + _MARGIN, max(lats) + _MARGIN
    )


def _picked(key: str) -> None:
    """Takes over the report of our script, which comes from a browser: checked like a link."""
    event = st.session_state.get(key)
    if isinstance(event, dict) and event.get("event") == "miss":
        number = event.get("number")
        st.session_state["bench-focus"] = number if isinstance(number, int) else None
