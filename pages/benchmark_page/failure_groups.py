"""Descriptions in groups: those that are alike, or those whose failure has the same cause."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import SaywhereError
from core.evaluation.likeness import groups_of
from core.evaluation.saved_runs import SavedQuery
from core.review.failure_groups import causes_of
from core.review.reports import report_of
from pages.benchmark_page.case_import import opened
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import GROUPINGS, widget
from pages.ui.link_values import one_of
from pages.ui.markdown import plain
from pages.ui.text_embeddings import text_embeddings

_ALL = "all groups"


def choose(one: Chosen, queries: Sequence[SavedQuery]) -> tuple[SavedQuery, ...]:
    """Asks how to group the queries and for one of the groups; returns those in it."""
    grouping = one_of(
        st.segmented_control(
            "Groups",
            list(GROUPINGS),
            key=widget("grouping"),
            format_func=GROUPINGS.__getitem__,
            required=True,
            help="Alike: by what the descriptions say. Cause: the probable one, by distance, "
            "street and names, as suggested on the cases",
        ),
        GROUPINGS,
        "none",
    )
    if grouping == "none" or not queries:
        return tuple(queries)
    try:
        groups = _GROUPS[grouping](one, tuple(queries))
    except (SaywhereError, OSError) as error:
        st.info(plain(f"There are no groups by cause: {error}", 400))
        return tuple(queries)
    titles = [_ALL, *groups]
    if st.session_state.get(widget("group")) not in titles:
        st.session_state[widget("group")] = _ALL
    chosen = st.selectbox(
        "Group",
        titles,
        key=widget("group"),
        format_func=lambda title: f"{title} ({len(groups.get(title, queries)):,})",
    )
    numbers = groups.get(chosen)
    if numbers is None:
        return tuple(queries)
    by_number = {query.number: query for query in queries}
    return tuple(by_number[number] for number in numbers if number in by_number)


def _alike(one: Chosen, queries: tuple[SavedQuery, ...]) -> Mapping[str, tuple[int, ...]]:
    numbers = tuple(sorted(query.number for query in queries))
    return _clusters(one.entry.file, one.entry.key, numbers, one)


@st.cache_resource(max_entries=30, show_spinner="Grouping the descriptions")
def _clusters(
    file: object,  # noqa: ARG001
    key: str,  # noqa: ARG001
    numbers: tuple[int, ...],
    _one: Chosen,
) -> Mapping[str, tuple[int, ...]]:
    """The numbers of the queries by the title of their group; `file` and `key` tell the run."""
    wanted = set(numbers)
    texts = {query.number: query.text for query in _one.run.queries if query.number in wanted}
    order = list(texts)
    found: dict[str, tuple[int, ...]] = {}
    for group in groups_of(list(texts.values()), text_embeddings().of(list(texts.values()))):
        title = group.title
        while title in found:
            title += " too"
        found[title] = tuple(order[row] for row in group.members)
    return found


def _by_cause(one: Chosen, queries: tuple[SavedQuery, ...]) -> Mapping[str, tuple[int, ...]]:
    wanted = {query.number for query in queries}
    causes = _causes(one.entry.file, one.entry.key, one)
    found = {
        cause: tuple(query.number for query in queries if query.number in set(numbers))
        for cause, numbers in causes.items()
        if wanted & set(numbers)
    }
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


@st.cache_resource(max_entries=30, show_spinner="Looking for causes")
def _causes(file: object, key: str, _one: Chosen) -> Mapping[str, tuple[int, ...]]:  # noqa: ARG001
    return causes_of(report_of(_one.run, opened))


_GROUPS = {"likeness": _alike, "cause": _by_cause}
