"""The chosen plot with its widgets, its table, and its reaction to a click."""

from typing import Any

import streamlit as st

from core.evaluation import run_metrics
from core.evaluation.run_metrics import METRICS
from core.evaluation.saved_runs import SavedQuery
from core.files import safe_cell
from pages.benchmark_page import error_map, session
from pages.benchmark_page.plot_data import CHARTS
from pages.benchmark_page.plot_style import Row, title_of
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import PLOTS, widget
from pages.benchmark_page.subgroups import Picked, breakdowns_of
from pages.ui.link_values import one_of

_INKS = {"dark": "#c9d2d6", "light": "#3d4b53"}
_NOTHING = "None of the chosen reports holds this."


def which() -> str:
    """Asks which plot; the first where a browser sends none."""
    chosen = st.segmented_control(
        "Plot",
        list(PLOTS),
        key=widget("plot"),
        format_func=PLOTS.__getitem__,
        required=True,
        label_visibility="collapsed",
    )
    return one_of(chosen, PLOTS, next(iter(PLOTS)))


def settings_of(plot: str, runs: tuple[Chosen, ...]) -> None:
    """The widgets of a plot; the list of descriptions depends on them."""
    if plot == "kinds":
        metric, by = st.columns(2)
        metric.selectbox(
            "Metric",
            METRICS,
            key=widget("metric"),
            format_func=lambda name: METRICS[name].title,
        )
        ways = breakdowns_of(runs)
        if st.session_state[widget("by")] not in ways:
            st.session_state[widget("by")] = "length"
        by.selectbox("Broken down by", list(ways), key=widget("by"), format_func=ways.__getitem__)
    elif plot == "recall":
        st.number_input(
            "The true tile is among the first",
            1,
            run_metrics.MOST_K,
            key=widget("k"),
            help="k; a click on a line sets it",
            width=260,
        )
    else:
        metres, most = st.columns(2)
        metres.number_input(
            "More than this many metres away",
            1,
            session.MOST_METRES,
            key=widget("metres"),
            help="A click on a distance line sets it",
        )
        if plot == "map":
            most.select_slider("How many, worst first", error_map.HOW_MANY, key=widget("most"))


def draw(plot: str, runs: tuple[Chosen, ...], picked: Picked) -> None:
    """The plot, and the same as a table."""
    if plot == "map":
        worst = picked.queries[: st.session_state[widget("most")]]
        error_map.draw(picked.one, worst, st.session_state.get("bench-focus"))
        _table([_place_row(query) for query in worst])
        return
    rows, make = CHARTS[plot](runs)
    if not rows:
        st.info(_NOTHING)
        return
    ink = _INKS.get(st.context.theme.type or "", _INKS["light"])
    chart = make(rows, letters=[each.letter for each in runs], ink=ink)
    key = f"bench-chart-{plot}"
    st.altair_chart(chart, key=key, on_select=lambda: _picked(key), width="stretch")
    _table([_readable(row) for row in rows])


def _picked(key: str) -> None:
    """Takes over the choice of a click, which comes from a browser: checked like a link."""
    state: Any = st.session_state.get(key)
    points = state.get("selection", {}).get("pick", []) if state else []
    point = points[0] if isinstance(points, list) and points else None
    if not isinstance(point, dict) or not isinstance(point.get("letter"), str):
        return
    kind = point.get("kind")
    session.pick(point["letter"], kind if isinstance(kind, str) else "")
    for name, most in (("k", run_metrics.MOST_K), ("metres", session.MOST_METRES)):
        value = point.get(name)
        if isinstance(value, int | float) and 1 <= value <= most:
            st.session_state[widget(name)] = int(value)


def _readable(row: Row) -> Row:
    metric = st.session_state[widget("metric")]
    value = title_of(metric) if "low" in row else "percent"
    names = {"label": "report", "value": value, "low": "95 % from", "high": "95 % to"}
    return {
        names.get(name, name): safe_cell(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name != "letter"
    }


def _place_row(query: SavedQuery) -> Row:
    top = query.top
    return {
        "id": safe_cell(query.query_id),
        "metres away": query.distance_m,
        "rank": query.rank,
        "true lat": query.position.lat,
        "true lon": query.position.lon,
        "answer lat": top.lat if top else None,
        "answer lon": top.lon if top else None,
        "text": safe_cell(query.text),
    }


def _table(rows: list[Row]) -> None:
    with st.expander("As a table"):
        st.dataframe(rows, hide_index=True, width="stretch")
