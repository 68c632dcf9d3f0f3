"""Two reports compared description by description: is their difference more than chance?"""

from itertools import combinations

import streamlit as st

from core.errors import ReportError
from core.evaluation.paired_tests import TESTED, Difference, Pairing, comparable, paired
from core.evaluation.run_metrics import METRICS
from pages.benchmark_page import flip_list
from pages.benchmark_page.metric_tables import number
from pages.benchmark_page.reports import Chosen
from pages.ui.markdown import plain
from pages.ui.numbers import MINUS
from pages.ui.templates import render


def draw(runs: tuple[Chosen, ...]) -> None:
    """The choice of two reports, and their differences."""
    if len(runs) < 2:
        st.caption("Choose at least two reports to see whether their difference could be chance.")
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
    st.html(differences(found, first, second))
    flip_list.draw(by_letter[first], by_letter[second])


def _suggest(runs: tuple[Chosen, ...]) -> None:
    """Chooses two runs that can be compared, whenever other runs were chosen. A link's choice goes
    first."""
    keys = [one.entry.key for one in runs]
    letters = {one.letter for one in runs}
    chosen = [st.session_state.get(f"bench-{name}") for name in ("first", "second")]
    if st.session_state.get("bench-suggested") == keys and chosen[0] is not None:
        return
    if "bench-suggested" not in st.session_state and letters.issuperset(
        linked := [st.query_params.get(name, "") for name in ("first", "second")]
    ):
        st.session_state["bench-suggested"] = keys
        st.session_state["bench-first"], st.session_state["bench-second"] = linked
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


@st.cache_resource(max_entries=50, show_spinner="Comparing the descriptions one by one")
def _of_files(
    file: object,  # noqa: ARG001
    key: str,  # noqa: ARG001
    other: object,  # noqa: ARG001
    its_key: str,  # noqa: ARG001
    _first: Chosen,
    _second: Chosen,
) -> Pairing:
    return paired(_first.run, _second.run)


def differences(found: Pairing, first: str, second: str) -> str:
    """HTML of a row for each metric; `first` and `second` are the letters of the reports."""
    difference = f"{second} {MINUS} {first}"
    heads = (
        ("Metric", ""),
        (first, ""),
        (second, ""),
        (difference, "The second report minus the first, on the same descriptions"),
        ("95 %", "Where the difference lies if other such descriptions were asked"),
        (f"{second} better", "Descriptions for which the second report is better"),
        (f"{second} worse", "Descriptions for which the second report is worse"),
        ("p", "How likely at least such a difference is if both are equally good (McNemar)"),
    )
    return render(
        "differences",
        first=first,
        second=second,
        n=found.n,
        scope=found.first.scope,
        heads=heads,
        rows=[_row(one) for one in found.differences],
        tested=TESTED,
    )


def _row(one: Difference) -> dict[str, object]:
    metric = one.metric
    return {
        "metric": METRICS[metric].heading,
        "meaning": METRICS[metric].meaning,
        "first": number(metric, one.first),
        "second": number(metric, one.second),
        "sign": MINUS if one.difference < 0 else "+" if one.difference > 0 else "",
        "size": number(metric, abs(one.difference)),
        "is_clear": one.is_clear,
        "low": number(metric, one.low),
        "high": number(metric, one.high),
        "won": one.won,
        "lost": one.lost,
        "p": "" if one.p is None else "< 0.001" if one.p < 0.001 else f"{one.p:.3f}",
    }
