"""Altair plots from plain rows, each with a selection named `pick`.

Colour, the dashes of its line and a letter tell a run. All text is data of a row. `ink` is the
colour of axes and whiskers, which depends on the theme.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt

from core.evaluation.metrics import WITHIN_M
from pages.benchmark_page.plot_style import Row, colour, data_of, finished, title_of, tooltip

Plot = Any
"""A layered Altair plot; its own stubs lose the type in `properties`."""
_DASHES = ([1, 0], [7, 3], [2, 2], [9, 2, 2, 2], [4, 4], [12, 4])
_HEIGHT_PX = 380
_BAR_PX, _GAP_PX, _AXIS_PX = 18, 14, 72
_TICKS_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def bars(rows: Sequence[Row], metric: str, letters: Sequence[str], ink: str) -> Plot:
    """Bars by kind and run with whiskers: rows of letter, kind, value, low, high, n and label.

    A click anywhere beside a bar picks it, also one of no length; marks without a tooltip and
    without a selection let clicks through.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    pick = alt.selection_point(name="pick", fields=["letter", "kind"], toggle=False)
    most = max(row["high"] for row in rows) or 1
    base = alt.Chart(data_of(rows)).encode(
        y=alt.Y(
            "kind:N",
            sort=kinds,
            title=None,
            scale=alt.Scale(paddingInner=0.25),
            axis=alt.Axis(labelLimit=150, labelPadding=20),
        ),
        yOffset=alt.YOffset("letter:N", sort=list(letters)),
    )
    row = (
        base.mark_bar(orient="horizontal", opacity=0, cursor="pointer")
        .encode(x=alt.value(0), x2=alt.value("width"), tooltip=tooltip(metric))
        .add_params(pick)
    )
    bar = base.mark_bar().encode(
        x=alt.X("value:Q", title=title_of(metric), scale=alt.Scale(domain=[0, most], nice=True)),
        color=colour(letters),
        opacity=alt.condition(pick, alt.value(1), alt.value(0.55)),
    )
    whisker = base.mark_rule(strokeWidth=1.5, color=ink).encode(x="low:Q", x2="high:Q")
    ends = [
        base.mark_tick(thickness=1.5, size=8, color=ink).encode(x=f"{side}:Q")
        for side in ("low", "high")
    ]
    name = base.mark_text(align="right", dx=-6, color=ink, fontWeight="bold").encode(
        x=alt.datum(0), text="letter:N"
    )
    height = len(kinds) * (len(letters) * _BAR_PX + _GAP_PX) + _AXIS_PX
    return finished(alt.layer(bar, whisker, *ends, name, row), height, ink)


def recall_lines(rows: Sequence[Row], letters: Sequence[str], ink: str) -> Plot:
    """Lines of recall against k: rows of letter, k, value and label."""
    lines = _lines(
        rows, "k", letters, "k, the first k tiles", "R@k, percent", [1, 2, 5, 10, 20, 50, 100]
    )
    return finished(alt.layer(*lines), _HEIGHT_PX, ink)


def distance_lines(rows: Sequence[Row], letters: Sequence[str], ink: str) -> Plot:
    """Lines of the share within so many metres: rows of letter, metres, value and label."""
    lines = _lines(
        rows,
        "metres",
        letters,
        "metres from the truth to the first candidate",
        "share within, percent",
        _TICKS_M,
    )
    marks = alt.Chart(data_of([{"at": metres, "name": f"{metres} m"} for metres in WITHIN_M]))
    rules = marks.mark_rule(strokeDash=[3, 3], color=ink, opacity=0.6).encode(x="at:Q")
    words = marks.mark_text(angle=270, align="left", dy=-6, color=ink, fontSize=11).encode(
        x="at:Q", y=alt.datum(2), text="name:N"
    )
    return finished(alt.layer(rules, words, *lines), _HEIGHT_PX, ink)


def _lines(
    rows: Sequence[Row],
    along: str,
    letters: Sequence[str],
    title: str,
    upright: str,
    ticks: Sequence[int],
) -> list[alt.Chart]:
    pick = alt.selection_point(name="pick", fields=["letter", along], nearest=True, toggle=False)
    most = max(row[along] for row in rows)
    base = alt.Chart(data_of(rows)).encode(
        x=alt.X(
            f"{along}:Q",
            title=title,
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(values=[one for one in ticks if one <= most], format="~d"),
        ),
        y=alt.Y("value:Q", title=upright, scale=alt.Scale(domain=[0, 100])),
        color=colour(letters),
    )
    line = base.mark_line(strokeWidth=2.5).encode(
        strokeDash=alt.StrokeDash(
            "letter:N",
            legend=None,
            scale=alt.Scale(domain=list(letters), range=list(_DASHES[: len(letters)])),
        ),
    )
    point = (
        base.mark_circle(size=70, cursor="pointer")
        .encode(
            opacity=alt.condition(pick, alt.value(1), alt.value(0), empty=False),
            tooltip=[
                alt.Tooltip("label:N", title="report"),
                alt.Tooltip(f"{along}:Q", format=",d"),
                alt.Tooltip("value:Q", title="percent", format=".1f"),
            ],
        )
        .add_params(pick)
    )
    name = (
        alt.Chart(data_of(_named(rows, along, letters)))
        .mark_text(dx=-7, dy=-9, fontWeight="bold", fontSize=13)
        .encode(x=f"{along}:Q", y="value:Q", text="letter:N", color=colour(letters))
    )
    return [line, name, point]


def _named(rows: Sequence[Row], along: str, letters: Sequence[str]) -> list[Row]:
    """For each run the point that bears its letter; no two at the same place along the axis."""
    found = []
    for turn, letter in enumerate(letters):
        own = [row for row in rows if row["letter"] == letter]
        if own:
            start, end = own[0][along], own[-1][along]
            wanted = start * (end / start) ** (0.2 + 0.11 * turn)
            found += [row for row in own if row[along] >= wanted][:1]
    return found
