"""Numbers as tables of HTML: all metrics of the runs, and what differs between two."""

from itertools import combinations

import streamlit as st

from core.errors import ReportError
from core.evaluation import curves
from core.evaluation.curves import METRICS, Figure
from core.evaluation.pairing import Difference, Pairing, comparable, paired
from core.maps import safe_html
from pages.benchmark_page.reports import Chosen
from pages.ui.markdown import one_line, plain

_WORDS = {"mrr": "MRR", "median_m": "median m"}


def swatch(letter: str) -> str:
    """A run's letter on its colour."""
    return f'<span class="sw-run sw-run-{letter}">{letter}</span>'


def number(metric: str, value: float) -> str:
    """A metric's value with as many digits as it deserves."""
    digits = {"mrr": 3, "median_m": 0}.get(metric, 1)
    return f"{value:,.{digits}f}".replace("-", "−")


def _cell(metric: str, figure: Figure | None) -> str:
    if figure is None:
        return '<td><span aria-hidden="true">–</span><span class="sw-unseen">not known</span></td>'
    low, high = number(metric, figure.low), number(metric, figure.high)
    return f"<td>{number(metric, figure.value)}<small>{low}–{high}</small></td>"


def draw(runs: tuple[Chosen, ...]) -> None:
    """All metrics of the chosen runs, with the scope in every row."""
    heads = "".join(f'<th scope="col">{_WORDS.get(name, name)}</th>' for name in METRICS)
    rows = "".join(_row(one) for one in runs)
    st.html(
        '<div class="sw-table sw-figures" tabindex="0" role="region" aria-label="Metrics">'
        '<table><thead><tr><th scope="col">Report</th><th scope="col">Scope</th>'
        f'<th scope="col">n</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        "<p>Percent, but MRR and median m; below each its 95 % bootstrap interval. R@k: the true "
        "tile is among the first k. L@m: the first candidate is within m metres. – is what a "
        "report cannot tell.</p></div>"
    )
    scopes = sorted({one.run.scope for one in runs})
    if len(scopes) > 1:
        st.warning(
            "These reports have two scopes. In *nearest-100* only the hundred tiles nearest to the "
            "truth could be answered, in *full* all of the gallery: compare only rows of one scope."
        )
    for one in runs:
        if one.run.only_failures:
            st.info(
                f"{one.letter} lists failures only: no share of all descriptions can be known "
                "from it. Its errors are on the map and in the list."
            )


def _row(one: Chosen) -> str:
    run, figures = one.run, one.figures("", curves.ALL)
    about = " · ".join(part for part in (run.gallery, " + ".join(run.channels), run.model) if part)
    return (
        f'<tr><th scope="row"><div>{swatch(one.letter)}<span>{safe_html(one_line(run.title, 120))}'
        f"<small>{safe_html(one_line(about, 120))}</small></span></div></th>"
        f'<td class="sw-scope">{safe_html(run.scope)}</td><td>{len(run.queries):,}</td>'
        + "".join(_cell(name, figures.get(name)) for name in METRICS)
        + "</tr>"
    )


def compare(runs: tuple[Chosen, ...]) -> None:
    """Two runs held against each other, query by query."""
    if len(runs) < 2:
        st.caption("Choose two reports or more to see whether their difference could be chance.")
        return
    labels = {one.letter: one.label for one in runs}
    by_letter = {one.letter: one for one in runs}
    _suggest(runs)
    left, right = st.columns(2)
    first = left.selectbox(
        "Baseline", list(labels), key="bench-first", format_func=labels.__getitem__
    )
    second = right.selectbox(
        "Compared with it", list(labels), key="bench-second", format_func=labels.__getitem__
    )
    if first == second:
        st.caption("Choose two different reports.")
        return
    try:
        found = _paired(by_letter[first], by_letter[second])
    except ReportError as error:
        st.info(plain(str(error)[:1].upper() + str(error)[1:], 500))
        return
    st.html(_differences(found, first, second))


def _suggest(runs: tuple[Chosen, ...]) -> None:
    """Two runs that can be compared, whenever other runs were chosen."""
    keys = [one.entry.key for one in runs]
    if st.session_state.get("bench-suggested") == keys and "bench-first" in st.session_state:
        return
    st.session_state["bench-suggested"] = keys
    pairs = [(one, other) for other, one in combinations(runs, 2)]
    first, second = next((pair for pair in pairs if comparable(pair[0].run, pair[1].run)), pairs[0])
    st.session_state["bench-first"] = first.letter
    st.session_state["bench-second"] = second.letter


def _paired(first: Chosen, second: Chosen) -> Pairing:
    return _of_files(
        first.entry.file, first.entry.key, second.entry.file, second.entry.key, first, second
    )


@st.cache_resource(max_entries=50, show_spinner="Comparing query by query")
def _of_files(
    file: object,  # noqa: ARG001
    key: str,  # noqa: ARG001
    other: object,  # noqa: ARG001
    its_key: str,  # noqa: ARG001
    _first: Chosen,
    _second: Chosen,
) -> Pairing:
    return paired(_first.run, _second.run)


def _differences(found: Pairing, first: str, second: str) -> str:
    rows = "".join(_difference(one) for one in found.differences)
    heads = (
        "Metric",
        f"{first}",
        f"{second}",
        f"{second} less {first}",
        "95 %",
        f"{second} better",
        f"{second} worse",
        "p",
    )
    return (
        '<div class="sw-table sw-figures" tabindex="0" role="region" aria-label="Differences">'
        f"<table><caption>{swatch(second)} against {swatch(first)} on the {found.n:,} descriptions "
        f"that both have, scope {safe_html(found.first.scope)}</caption><thead><tr>"
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table><p>Intervals from resampling the same "
        "descriptions for both. p is that of McNemar’s exact test, made for R@1 and L@50m only. "
        "● marks intervals without zero.</p></div>"
    )


def _difference(one: Difference) -> str:
    name = one.metric
    sign = "−" if one.difference < 0 else "+" if one.difference > 0 else ""
    p = "" if one.p is None else "&lt; 0.001" if one.p < 0.001 else f"{one.p:.3f}"
    clear = ' <span role="img" aria-label="zero is outside">●</span>' if one.is_clear else ""
    return (
        f'<tr><th scope="row">{_WORDS.get(name, name)}</th><td>{number(name, one.first)}</td>'
        f"<td>{number(name, one.second)}</td>"
        f"<td><strong>{sign}{number(name, abs(one.difference))}</strong>{clear}</td>"
        f"<td>{number(name, one.low)} to {number(name, one.high)}</td>"
        f"<td>{one.won:,}</td><td>{one.lost:,}</td><td>{p}</td></tr>"
    )
