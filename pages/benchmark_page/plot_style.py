"""Colours, axes and tooltips that the plots share."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from core.evaluation.run_metrics import METRICS

COLOURS = ("#2878bf", "#bd5510", "#18845a", "#9d54bd", "#93700e", "#c74276")
"""For the letters in order; each has a contrast of 3 or more on both themes' backgrounds, and of
4.5 with a white letter on it, as in the tables."""

Row = dict[str, Any]


def data_of(rows: Sequence[Row]) -> Any:
    """Rows as the data of a plot."""
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def finished(chart: Any, height: int, ink: str) -> Any:
    """A layered plot with its height and the colours of its axes."""
    return chart.properties(height=height).configure_axis(labelColor=ink, titleColor=ink)


def colour(letters: Sequence[str]) -> alt.Color:
    """The colours of the runs by letter."""
    scale = alt.Scale(domain=list(letters), range=list(COLOURS[: len(letters)]))
    return alt.Color("letter:N", scale=scale, legend=None)


def tooltip(metric: str) -> list[alt.Tooltip]:
    """The tooltip of a bar."""
    digits = f".{max(1, METRICS[metric].shown_digits)}f"
    return [
        alt.Tooltip("label:N", title="report"),
        alt.Tooltip("kind:N", title="descriptions"),
        alt.Tooltip("n:Q", title="how many", format=",d"),
        alt.Tooltip("value:Q", title=metric, format=digits),
        alt.Tooltip("low:Q", title="95 % from", format=digits),
        alt.Tooltip("high:Q", title="95 % to", format=digits),
    ]


def title_of(metric: str) -> str:
    """A metric for an axis."""
    return METRICS[metric].axis
