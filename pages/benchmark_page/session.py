"""The reports, plot, metric and kind that a visitor looks at; kept in the session and link."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation import run_metrics
from core.evaluation.run_metrics import BREAKDOWNS, METRICS
from pages.benchmark_page import error_map, reports
from pages.benchmark_page.reports import LETTERS, Chosen, Entry
from pages.benchmark_page.subgroups import ALL_DESCRIPTIONS, Part
from pages.ui.distinct_labels import distinct
from pages.ui.link_values import one_of, whole
from pages.ui.session_link import Params, SessionLink

PLOTS = {
    "kinds": "Kinds of descriptions",
    "recall": "Recall against k",
    "distance": "Distance of errors",
    "map": "Map of errors",
}
MOST_METRES, MOST_WORD_CHARS = 20_000, 80
_KEY = "benchmark"
FLIP_MEASURES = tuple(name for name, metric in METRICS.items() if not metric.found_by)
"""The measures by which a description is found or missed."""
GROUPINGS = {"none": "No groups", "likeness": "Alike", "cause": "Cause"}
CHANGES = {"both": "All", "lost": "Lost", "gained": "Gained"}
_KEYS = (
    *("reports", "plot", "metric", "by", "run", "kind", "k", "metres", "most", "hits"),
    *("words", "grouping", "group", "first", "second", "flips", "change", "flipwords"),
)
_USUAL = {"grouping": "none", "change": "both", "flips": FLIP_MEASURES[0]}
"""Values that an address need not repeat."""


def widget(name: str) -> str:
    """The key of a widget of this page. The widgets hold the state; the link repeats it."""
    return f"bench-{name}"


def restore(found: Mapping[str, Entry]) -> None:
    """Fills the widgets that have no value: from the session, whose widgets forget when they are
    not drawn, else from the link. A report that was just added is shown, too."""
    params = SessionLink.of_session(_KEY).written or st.query_params.to_dict()
    _fill_all(params, found)
    shown = [key for key in st.session_state[widget("reports")] if key in found]
    fresh = reports.newcomers(dict(found))
    shown = [*(key for key in shown if key not in fresh), *fresh][-len(LETTERS) :]
    if shown != st.session_state[widget("reports")]:
        st.session_state[widget("reports")] = shown


def _fill_all(params: Params, found: Mapping[str, Entry]) -> None:
    keys = [key for key in params.get("reports", "").split(",") if key in found]
    values: dict[str, object] = {
        "reports": keys[: len(LETTERS)] or reports.usual(found),
        "plot": one_of(params.get("plot"), tuple(PLOTS), "kinds"),
        "metric": one_of(params.get("metric"), tuple(METRICS), "R@1"),
        "by": one_of(params.get("by"), (*BREAKDOWNS, "city"), "length"),
        "k": whole(params.get("k", ""), 5, run_metrics.MOST_K),
        "metres": whole(params.get("metres", ""), 100, MOST_METRES),
        "most": next((n for n in error_map.HOW_MANY if str(n) == params.get("most")), 50),
        "run": params.get("run", ""),
        "kind": params.get("kind", ""),
        "hits": params.get("hits") == "1",
        "words": params.get("words", "")[:MOST_WORD_CHARS],
        "grouping": one_of(params.get("grouping"), tuple(GROUPINGS), "none"),
        "group": params.get("group", ""),
        "flips": one_of(params.get("flips"), FLIP_MEASURES, FLIP_MEASURES[0]),
        "change": one_of(params.get("change"), tuple(CHANGES), "both"),
        "flipwords": params.get("flipwords", "")[:MOST_WORD_CHARS],
    }
    for name, value in values.items():
        if widget(name) not in st.session_state:
            st.session_state[widget(name)] = value


def chosen(found: Mapping[str, Entry]) -> tuple[Chosen, ...]:
    """Asks which reports; each gets its letter."""
    labels = distinct({key: one.label for key, one in found.items()})
    keys = st.multiselect(
        "Reports",
        list(found),
        key=widget("reports"),
        max_selections=len(LETTERS),
        format_func=labels.__getitem__,
        placeholder="Choose up to six reports",
    )
    return tuple(Chosen(LETTERS[place], found[key]) for place, key in enumerate(keys))


def pick(letter: str, kind: str) -> None:
    """Takes a click on a plot over; for callbacks, before widgets are drawn. What is no kind of
    descriptions, such as a city, stands for all of them."""
    st.session_state[widget("run")] = letter
    st.session_state[widget("kind")] = kind


def settle(runs: tuple[Chosen, ...], parts: Mapping[str, Part]) -> None:
    """Replaces a run or kind that is not there, after a pick, by a link or for lack of a report."""
    letters = [one.letter for one in runs]
    if st.session_state.get(widget("run")) not in letters:
        st.session_state[widget("run")] = letters[0]
    if st.session_state.get(widget("kind")) not in parts:
        st.session_state[widget("kind")] = ALL_DESCRIPTIONS


def measure() -> str:
    """The measure of what counts as found: R@k or L@m, as the plot's widgets say."""
    plot = st.session_state[widget("plot")]
    if plot == "recall":
        return f"R@{st.session_state[widget('k')]}"
    if plot in ("distance", "map"):
        return f"L@{st.session_state[widget('metres')]}m"
    metric = str(st.session_state[widget("metric")])
    return METRICS[metric].found_by or metric


def write_link() -> None:
    """Makes the browser's address restore what is looked at."""
    state = st.session_state
    params = {name: state.get(widget(name)) for name in _KEYS}
    params["reports"] = ",".join(state[widget("reports")])
    params["hits"] = "1" if params["hits"] else None
    told = {name: str(value) for name, value in params.items() if value}
    SessionLink.of_session(_KEY).write(
        {name: value for name, value in told.items() if value != _USUAL.get(name)}
    )


def view() -> Params:
    """The parameters that restore what is looked at."""
    return dict(SessionLink.of_session(_KEY).written or {})


def look_at(params: Params) -> None:
    """Goes to another view; for callbacks, before widgets are drawn."""
    for name in _KEYS:
        st.session_state.pop(widget(name), None)
    st.session_state.pop("bench-suggested", None)
    SessionLink.of_session(_KEY).written = dict(params)
