"""The plot that was chosen with its widgets, its table, and what a click on it picks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import altair as alt
import streamlit as st

from core.evaluation import curves
from core.evaluation.curves import METRICS
from core.evaluation.saved import SavedQuery
from pages.benchmark_page import error_map, plots, session
from pages.benchmark_page.plots import Row
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import PLOTS, Picked, widget
from pages.search_page import downloads

Draw = Callable[..., alt.LayerChart]

_METRIC_WORDS = {"mrr": "Mean reciprocal rank", "median_m": "Median distance in metres"}
_INKS = {"dark": "#c9d2d6", "light": "#3d4b53"}
_DIGITS = 3
_NOTHING = "None of the chosen reports can tell this."


def which() -> str:
    """Asks which plot."""
    return str(
        st.segmented_control(
            "Plot",
            list(PLOTS),
            key=widget("plot"),
            format_func=PLOTS.__getitem__,
            required=True,
            label_visibility="collapsed",
        )
    )


def settings_of(plot: str, runs: tuple[Chosen, ...]) -> None:
    """The widgets of a plot. They stand before the queries, which follow them."""
    if plot == "kinds":
        metric, by = st.columns(2)
        metric.selectbox(
            "Metric",
            METRICS,
            key=widget("metric"),
            format_func=lambda name: _METRIC_WORDS.get(name, name),
        )
        ways = session.ways(runs)
        if st.session_state[widget("by")] not in ways:
            st.session_state[widget("by")] = "length"
        by.selectbox("Broken down by", list(ways), key=widget("by"), format_func=ways.__getitem__)
    elif plot == "recall":
        st.number_input(
            "The true tile among the first",
            1,
            curves.MOST_K,
            key=widget("k"),
            help="k: a click on a line sets it",
            width=260,
        )
    else:
        metres, most = st.columns(2)
        metres.number_input(
            "Farther than, in metres",
            1,
            session.MOST_METRES,
            key=widget("metres"),
            help="A click on a line of the distances sets it",
        )
        if plot == "map":
            most.select_slider("How many, the worst first", error_map.HOW_MANY, key=widget("most"))


def draw(plot: str, runs: tuple[Chosen, ...], picked: Picked) -> None:
    """The plot, and the same as a table."""
    if plot == "map":
        worst = picked.queries[: st.session_state[widget("most")]]
        error_map.draw(picked.one, worst, st.session_state.get("bench-focus"))
        _table([_place_row(query) for query in worst])
        return
    rows, make = _CHARTS[plot](runs)
    if not rows:
        st.info(_NOTHING)
        return
    ink = _INKS.get(st.context.theme.type or "", _INKS["light"])
    chart = make(rows, letters=[each.letter for each in runs], ink=ink)
    key = f"bench-chart-{plot}"
    st.altair_chart(chart, key=key, on_select=lambda: _picked(key), width="stretch")
    _table([_readable(row) for row in rows])


def _kinds(runs: tuple[Chosen, ...]) -> tuple[list[Row], Draw]:
    metric, by = st.session_state[widget("metric")], st.session_state[widget("by")]
    rows = []
    for one in runs:
        for kind, queries in curves.parted(one.run, by).items():
            figure = one.figures(by, kind).get(metric)
            if figure:
                rows.append(
                    {
                        "letter": one.letter,
                        "label": one.label,
                        "kind": kind,
                        "n": len(queries),
                        "value": figure.value,
                        "low": round(figure.low, _DIGITS),
                        "high": round(figure.high, _DIGITS),
                    }
                )
    order = list(curves.BREAKDOWNS[by].kinds) if by in curves.BREAKDOWNS else []
    rows.sort(key=lambda row: order.index(row["kind"]) if row["kind"] in order else 0)
    return rows, partial(plots.bars, metric=metric)


def _recall(runs: tuple[Chosen, ...]) -> tuple[list[Row], Draw]:
    rows = [
        {"letter": one.letter, "label": one.label, "k": k, "value": round(value, 2)}
        for one in runs
        for k, value in enumerate(curves.recall(one.run, one.run.queries), 1)
    ]
    return rows, plots.recall_lines


def _distance(runs: tuple[Chosen, ...]) -> tuple[list[Row], Draw]:
    """Of the runs that hold more than failures; the others have no values."""
    rows = [
        {"letter": one.letter, "label": one.label, "metres": int(metres), "value": round(value, 2)}
        for one in runs
        for metres, value in zip(
            curves.METRES, curves.within(one.run, one.run.queries), strict=False
        )
    ]
    full = {
        one.letter: min(
            (row["metres"] for row in rows if row["letter"] == one.letter and row["value"] == 100),
            default=int(curves.METRES[-1]),
        )
        for one in runs
    }
    return [row for row in rows if row["metres"] <= max(full.values())], plots.distance_lines


_CHARTS = {"kinds": _kinds, "recall": _recall, "distance": _distance}


def _picked(key: str) -> None:
    """What a click chose; it comes from a browser, so it is checked like a link."""
    state: Any = st.session_state.get(key)
    points = state.get("selection", {}).get("pick", []) if state else []
    point = points[0] if isinstance(points, list) and points else None
    if not isinstance(point, dict) or not isinstance(point.get("letter"), str):
        return
    kind = point.get("kind")
    session.pick(point["letter"], kind if isinstance(kind, str) else "")
    for name, most in (("k", curves.MOST_K), ("metres", session.MOST_METRES)):
        value = point.get(name)
        if isinstance(value, int | float) and 1 <= value <= most:
            st.session_state[widget(name)] = int(value)


def _readable(row: Row) -> Row:
    metric = st.session_state[widget("metric")]
    value = plots.title_of(metric) if "low" in row else "percent"
    names = {"label": "report", "value": value, "low": "95 % from", "high": "95 % to"}
    return {
        names.get(name, name): downloads.cell(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name != "letter"
    }


def _place_row(query: SavedQuery) -> Row:
    top = query.top
    return {
        "id": downloads.cell(query.query_id),
        "metres off": query.distance_m,
        "rank": query.rank,
        "true lat": query.position.lat,
        "true lon": query.position.lon,
        "answer lat": top.lat if top else None,
        "answer lon": top.lon if top else None,
        "text": downloads.cell(query.text),
    }


def _table(rows: list[Row]) -> None:
    with st.expander("As a table"):
        st.dataframe(rows, hide_index=True, width="stretch")
