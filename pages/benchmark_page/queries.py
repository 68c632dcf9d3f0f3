"""The descriptions behind what was picked, worst first."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from core.evaluation import run_metrics
from core.evaluation.run_metrics import is_missed
from core.evaluation.saved_runs import SavedQuery
from core.vocabulary.folding import fold
from pages.benchmark_page import error_map, failure_groups, session
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import widget
from pages.benchmark_page.subgroups import Part, Picked, missed_words
from pages.ui.markdown import one_line
from pages.ui.templates import render

_ON_A_PAGE = 25
_MOST_CHARS = 600
_MOST_RANK = 10**9
_LONGEST_LINK = 6_000


def choose(runs: tuple[Chosen, ...], parts: Mapping[str, Part]) -> Picked:
    """Asks from which report and which descriptions: a click on a plot, without a mouse."""
    by_letter = {one.letter: one for one in runs}
    with st.container(key="queries-of"):
        left, right = st.columns([3, 2])
    letter = left.selectbox(
        "Descriptions from",
        list(by_letter),
        key=widget("run"),
        format_func=lambda one: one_line(by_letter[one].label, 70),
    )
    words = right.selectbox("Which descriptions", list(parts), key=widget("kind"))
    contained = st.text_input(
        "With these words", key=widget("words"), max_chars=session.MOST_WORD_CHARS
    )
    everything = st.toggle("Also those that were found", key=widget("hits"))
    one, part = by_letter[letter], parts[words]
    queries = run_metrics.subgroups(one.run, part.by).get(part.kind, ())
    measure = session.measure()
    wanted = [query for query in queries if everything or is_missed(query, measure)]
    wanted.sort(key=lambda query: (-query.distance_m, -(query.rank or _MOST_RANK)))
    fitting = [query for query in wanted if has_words(query.text, contained)]
    grouped = failure_groups.choose(one, fitting)
    return Picked(one, part, len(queries), grouped, len(grouped) < len(wanted))


def has_words(text: str, words: str) -> bool:
    """Whether all words are in a text, in any order; without words, always."""
    folded = fold(text)
    return all(word in folded for word in fold(words).split())


def listed(picked: Picked) -> None:
    """A page of the descriptions, each with its rank, distance and a link that searches for it."""
    one, queries, part = picked.one, picked.queries, picked.part
    everything = st.session_state[widget("hits")]
    st.html(
        render(
            "queries_summary",
            letter=one.letter,
            n=len(queries),
            of=None if everything else picked.count,
            kind=part.kind if part.by else "",
            missed="" if everything else missed_words(one.run, session.measure()),
        )
    )
    if not queries:
        return
    focus = st.session_state.get("bench-focus")
    ordered = sorted(queries, key=lambda query: query.number != focus)
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
        items = [
            item(query, city, query.number == focus)
            for query in ordered[start : start + _ON_A_PAGE]
        ]
        place.html(render("queries", items=items))


def item(query: SavedQuery, city: str, focused: bool = False) -> dict[str, object]:
    """A description in the list: how far its answer is away, its rank, and a link to search it."""
    link = urlencode({"city": city, "q": query.text})
    return {
        "focused": focused,
        "distance_m": query.distance_m,
        "rank": f"rank {query.rank:,}" if query.rank else "rank unknown",
        "link": link if city and len(link) < _LONGEST_LINK else "",
        "text": query.text[:_MOST_CHARS] + "…" * (len(query.text) > _MOST_CHARS),
    }
