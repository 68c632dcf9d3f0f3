"""All metrics of the chosen reports as a table."""

import streamlit as st

from core.evaluation import run_metrics
from core.evaluation.run_metrics import METRICS, Figure
from pages.benchmark_page.reports import Chosen
from pages.ui.markdown import one_line
from pages.ui.numbers import MINUS
from pages.ui.templates import render


def number(metric: str, value: float) -> str:
    """A metric's value with as many digits as it deserves."""
    return f"{value:,.{METRICS[metric].shown_digits}f}".replace("-", MINUS)


def draw(runs: tuple[Chosen, ...]) -> None:
    """A row for each report, with its scope."""
    rows = [_row(one) for one in runs]
    st.html(
        render(
            "metrics",
            heads=list(METRICS.values()),
            others=[metric.heading for metric in METRICS.values() if not metric.percent],
            rows=rows,
        )
    )
    if len({one.run.scope for one in runs}) > 1:
        st.warning(
            "These reports have two scopes. *nearest-100* chooses among the hundred tiles nearest "
            "to the truth, *full* among the whole gallery. Compare only rows of one scope."
        )
    for one in runs:
        if one.run.only_failures:
            st.info(
                f"{one.letter} lists failures only, so it has no share of all descriptions. "
                "Its errors are on the map and in the list."
            )


def _row(one: Chosen) -> dict[str, object]:
    run, figures = one.run, one.figures("", run_metrics.ALL)
    about = " · ".join(part for part in (run.gallery, " + ".join(run.channels), run.model) if part)
    written = run_metrics.authors_of(run)
    return {
        "letter": one.letter,
        "title": one_line(run.title, 120),
        "about": one_line(about, 120),
        "written": f"descriptions: {written}",
        "scope": run.scope,
        "n": len(run.queries),
        "cells": [_cell(metric, figures.get(metric)) for metric in METRICS],
    }


def _cell(metric: str, figure: Figure | None) -> dict[str, str] | None:
    if figure is None:
        return None
    parts = {"value": figure.value, "low": figure.low, "high": figure.high}
    return {name: number(metric, value) for name, value in parts.items()}
