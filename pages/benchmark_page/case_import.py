"""The failures of a report as cases to review."""

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from core import settings
from core.errors import GalleryError, SaywhereError
from core.evaluation.saved_runs import SavedRun
from core.gallery import Gallery
from core.review.reports import report_of
from core.review.store import open_store
from pages.benchmark_page import error_map
from pages.benchmark_page.reports import Chosen
from pages.ui import frame, resources
from pages.ui.markdown import plain

_CONTROL = 20


def draw(one: Chosen) -> None:
    """The button that makes cases of a run, and its result."""
    st.button(
        f"Review the failures of {one.letter}",
        icon=":material/rate_review:",
        key="bench-review",
        on_click=_take,
        args=(one.run,),
        help=f"Adds all failures, all near misses and {_CONTROL} successes to the cases",
    )
    kind, text = st.session_state.pop("bench-reviewed", ("", ""))
    if kind == "problem":
        st.error(f"Nothing was added: {plain(text, 500)}")
    elif kind:
        st.success(text)
        st.page_link(frame.pages()["cases"], label="Go to the cases")


def _take(run: SavedRun) -> None:
    try:
        with st.spinner("Making cases"):
            text = _taken(run)
    except (SaywhereError, OSError) as error:
        st.session_state["bench-reviewed"] = ("problem", str(error))
        return
    st.session_state["bench-reviewed"] = ("taken", text)


def _taken(run: SavedRun) -> str:
    now, address = datetime.now(UTC), settings.load().cases
    report = report_of(run, _opened)
    if "://" not in address:
        Path(address).expanduser().parent.mkdir(parents=True, exist_ok=True)
    store = open_store(address, now)
    try:
        added = store.add_report(report, _CONTROL, now)
    finally:
        store.close()
    outside = (
        f" {report.outside:,} places outside the gallery were left out." if report.outside else ""
    )
    if not added.new:
        return f"Nothing new: {added.known:,} already added.{outside}"
    known = f" {added.known:,} were already added." if added.known else ""
    return f"{added.new:,} new cases to review.{known}{outside}"


def _opened(name: str) -> Gallery:
    card = error_map.card_of(name)
    if card is None:
        raise GalleryError(
            f"there is no gallery {name[:60]!r} here, and a case needs its map; "
            "build the gallery first"
        )
    return resources.open_gallery(card)
