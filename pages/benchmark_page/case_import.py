"""The failures of a report, or some of its descriptions, as cases to review."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import streamlit as st

from core import settings
from core.errors import GalleryError, SaywhereError
from core.evaluation.saved_runs import SavedRun
from core.gallery import Gallery
from core.review.reports import report_of
from core.review.store import open_store
from pages.benchmark_page import error_map
from pages.benchmark_page.subgroups import Picked
from pages.ui import frame, resources
from pages.ui.markdown import plain

_CONTROL = 20
Wanted = Collection[int] | None
"""Numbers of the answers that become cases; None takes all failures and some successes."""


def draw(picked: Picked) -> None:
    """The buttons that make cases of a run, or of what is listed, and their result."""
    one = picked.one
    with st.container(horizontal=True):
        st.button(
            f"Review the failures of {one.letter}",
            icon=":material/rate_review:",
            key="bench-review",
            on_click=partial(take, "run", ((one.run, None),)),
            help=f"Adds all failures, all near misses and {_CONTROL} successes to the cases",
        )
        if picked.queries and (picked.narrowed or picked.part.by):
            numbers = tuple(query.number for query in picked.queries)
            st.button(
                f"Review only these {len(numbers):,}",
                key="bench-review-these",
                on_click=partial(take, "run", ((one.run, numbers),)),
                help="Adds what is listed here to the cases, and nothing else",
            )
    draw_result("run")


def draw_result(place: str) -> None:
    """Says at its place on the page what became of a press."""
    kind, text = st.session_state.pop(f"bench-reviewed-{place}", ("", ""))
    if kind == "problem":
        st.error(f"Nothing was added: {plain(text, 500)}")
    elif kind:
        st.success(text)
        st.page_link(frame.pages()["cases"], label="Go to the cases")


def take(place: str, wanted: Sequence[tuple[SavedRun, Wanted]]) -> None:
    """Makes cases of runs; `place` says where on the page the result is told."""
    try:
        with st.spinner("Making cases"):
            text = _taken(wanted)
    except (SaywhereError, OSError) as error:
        st.session_state[f"bench-reviewed-{place}"] = ("problem", str(error))
        return
    st.session_state[f"bench-reviewed-{place}"] = ("taken", text)


def _taken(wanted: Sequence[tuple[SavedRun, Wanted]]) -> str:
    now, address = datetime.now(UTC), settings.load().cases
    reports = [(report_of(run, opened), numbers) for run, numbers in wanted]
    if "://" not in address:
        Path(address).expanduser().parent.mkdir(parents=True, exist_ok=True)
    store = open_store(address, now)
    try:
        added = [store.add_report(report, _CONTROL, now, only) for report, only in reports]
    finally:
        store.close()
    left_out = sum(report.outside for report, _ in reports)
    places = "place" if left_out == 1 else "places"
    outside = (
        f" {left_out:,} {places} outside the gallery {_verb(left_out)} left out."
        if left_out
        else ""
    )
    new, before = sum(one.new for one in added), sum(one.known for one in added)
    if not new:
        return f"Nothing new: {before:,} already added.{outside}"
    known = f" {before:,} {_verb(before)} already there." if before else ""
    return f"{new:,} new case{'s' * (new != 1)} to review.{known}{outside}"


def _verb(count: int) -> str:
    return "was" if count == 1 else "were"


def opened(name: str) -> Gallery:
    """The gallery of that name. Raises GalleryError if it is not on this machine."""
    card = error_map.card_of(name)
    if card is None:
        raise GalleryError(
            f"there is no gallery {name[:60]!r} here, and a case needs its map; "
            "build the gallery first"
        )
    return resources.open_gallery(card)
