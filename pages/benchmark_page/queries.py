"""The queries behind what was picked, worst first, and their way into the store of cases."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from core import settings
from core.cases.reports import report_of
from core.cases.store import open_store
from core.errors import GalleryError, SaywhereError
from core.evaluation import curves
from core.evaluation.saved import SavedQuery, SavedRun
from core.gallery import Gallery
from core.maps import safe_html
from pages.benchmark_page import error_map, session
from pages.benchmark_page.metric_tables import swatch
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import Part, Picked, widget
from pages.ui import frame, resources
from pages.ui.markdown import plain

_ON_A_PAGE = 25
_MOST_CHARS = 600
_CONTROL = 20
_MOST_RANK = 10**9
_LONGEST_LINK = 6_000


def choose(runs: tuple[Chosen, ...], parts: Mapping[str, Part]) -> Picked:
    """Asks whose queries and which of them; what a click on a plot picks, without a mouse."""
    by_letter = {one.letter: one for one in runs}
    left, right = st.columns([3, 2])
    letter = left.selectbox(
        "Queries of",
        list(by_letter),
        key=widget("run"),
        format_func=lambda one: session.shorten(by_letter[one].label),
    )
    words = right.selectbox("Which descriptions", list(parts), key=widget("kind"))
    everything = st.toggle("Also those that were found", key=widget("hits"))
    one, part = by_letter[letter], parts[words]
    queries = curves.parted(one.run, part.by).get(part.kind, ())
    wanted = [query for query in queries if everything or session.missed(query)]
    wanted.sort(key=lambda query: (-query.distance_m, -(query.rank or _MOST_RANK)))
    return Picked(one, part, len(queries), tuple(wanted))


def listed(picked: Picked) -> None:
    """A page of the queries, each with its rank, its distance and a link that searches for it."""
    one, queries, part = picked.one, picked.queries, picked.part
    focus = st.session_state.get("bench-focus")
    first = [query for query in queries if query.number == focus]
    ordered = [*first, *(query for query in queries if query.number != focus)]
    everything = st.session_state[widget("hits")]
    count = f"<strong>{len(queries):,}</strong>{'' if everything else f' of {picked.count:,}'}"
    which = f", {safe_html(part.kind)}" if part.by else ""
    told = "" if everything else f": {session.missed_words(one.run)}"
    st.html(f'<p class="sw-picked">{swatch(one.letter)} {count} descriptions{which}{told}</p>')
    if not queries:
        return
    pages = -(-len(ordered) // _ON_A_PAGE)
    with st.container(height=430, border=False, key="bench-queries"):
        place = st.empty()
        number = 1
        if pages > 1:
            number = st.pagination(
                pages, key=f"bench-page-{one.letter}-{len(queries)}", max_visible_pages=5
            )
        city = one.run.gallery if error_map.card_of(one.run.gallery) else ""
        start = (number - 1) * _ON_A_PAGE
        items = "".join(
            _item(query, city, query.number == focus)
            for query in ordered[start : start + _ON_A_PAGE]
        )
        place.html(f'<ol class="sw-queries" aria-label="Queries, worst first">{items}</ol>')


def _item(query: SavedQuery, city: str, focused: bool) -> str:
    rank = f"rank {query.rank:,}" if query.rank else "rank beyond what is known"
    text = query.text[:_MOST_CHARS] + "…" * (len(query.text) > _MOST_CHARS)
    link = urlencode({"city": city, "q": query.text})
    search = (
        f' · <a href="./?{safe_html(link)}" target="_self">search for it</a>'
        if city and len(link) < _LONGEST_LINK
        else ""
    )
    return (
        f"<li{' class=sw-focus' * focused}><p><strong>{query.distance_m:,.0f} m</strong> · {rank}"
        f'{search}</p><p dir="auto">{safe_html(text)}</p></li>'
    )


def review(one: Chosen) -> None:
    """The button that makes cases of a run, and what became of it."""
    st.button(
        f"Review the failures of {one.letter}",
        icon=":material/rate_review:",
        key="bench-review",
        on_click=_take,
        args=(one.run,),
        help="Puts the run into the store of cases: all failures "
        f"and near misses, and {_CONTROL} successes as a control",
    )
    kind, text = st.session_state.pop("bench-reviewed", ("", ""))
    if kind == "problem":
        st.error(f"Nothing was taken in: {plain(text, 500)}")
    elif kind:
        st.success(text)
        st.page_link(frame.pages()["cases"], label="Go to the cases")


def _take(run: SavedRun) -> None:
    try:
        with st.spinner("Making cases of it"):
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
    known = f" {added.known:,} were there already." if added.known else ""
    return f"{added.new:,} new cases wait for review.{known}"


def _opened(name: str) -> Gallery:
    card = error_map.card_of(name)
    if card is None:
        raise GalleryError(
            f"there is no gallery {name[:60]!r} here, and a case shows both places "
            "on its map; build the gallery first"
        )
    return resources.open_gallery(card)
