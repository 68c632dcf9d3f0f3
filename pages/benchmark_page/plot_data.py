"""The rows behind each plot, and the plot that draws them."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.evaluation import run_metrics
from pages.benchmark_page import plots
from pages.benchmark_page.plot_style import Row
from pages.benchmark_page.plots import Plot
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import widget

Draw = Callable[..., Plot]
_DIGITS = 3


def _kinds(runs: tuple[Chosen, ...]) -> tuple[list[Row], Draw]:
    metric, by = st.session_state[widget("metric")], st.session_state[widget("by")]
    rows = []
    for one in runs:
        for kind, queries in run_metrics.subgroups(one.run, by).items():
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
    order = list(run_metrics.BREAKDOWNS[by].kinds) if by in run_metrics.BREAKDOWNS else []
    rows.sort(key=lambda row: order.index(row["kind"]) if row["kind"] in order else 0)
    return rows, partial(plots.bars, metric=metric)


def _recall(runs: tuple[Chosen, ...]) -> tuple[list[Row], Draw]:
    rows = [
        {"letter": one.letter, "label": one.label, "k": k, "value": round(value, 2)}
        for one in runs
        for k, value in enumerate(run_metrics.recall(one.run, one.run.queries), 1)
    ]
    return rows, plots.recall_lines


def _distance(runs: tuple[Chosen, ...]) -> tuple[list[Row], Draw]:
    """Of the runs that hold more than failures; the others have no values."""
    rows: list[Row] = [
        {"letter": one.letter, "label": one.label, "metres": int(metres), "value": round(value, 2)}
        for one in runs
        for shares in [run_metrics.within(one.run, one.run.queries)]
        for metres, value in zip(run_metrics.METRES[: len(shares)], shares, strict=True)
    ]
    full = {
        one.letter: min(
            (row["metres"] for row in rows if row["letter"] == one.letter and row["value"] == 100),
            default=int(run_metrics.METRES[-1]),
        )
        for one in runs
    }
    return [row for row in rows if row["metres"] <= max(full.values())], plots.distance_lines


CHARTS = {"kinds": _kinds, "recall": _recall, "distance": _distance}
