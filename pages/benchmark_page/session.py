"""What a visitor looks at: reports, plot, metric and kind; kept in the session and in the link."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import streamlit as st

from core.evaluation import curves
from core.evaluation.curves import BREAKDOWNS, METRICS
from core.evaluation.saved import SavedQuery, SavedRun
from pages.benchmark_page import error_map, reports
from pages.benchmark_page.reports import LETTERS, Chosen, Entry
from pages.ui.markdown import one_line

PLOTS = {
    "kinds": "Kinds of descriptions",
    "recall": "Recall against k",
    "distance": "Distance of errors",
    "map": "Map of errors",
}
MOST_METRES = 20_000
_ALL = "all descriptions"
_FIRST_SHOWN = 3
_KEYS = ("reports", "plot", "metric", "by", "run", "kind", "k", "metres", "most", "hits")


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of queries, in one of the ways of parting them; `by` is "" for all of them."""

    by: str
    kind: str


@dataclass(frozen=True, slots=True)
class Picked:
    """Queries of a run, worst first: of a kind that `count` are of, and maybe the missed alone."""

    one: Chosen
    part: Part
    count: int
    queries: tuple[SavedQuery, ...]


def widget(name: str) -> str:
    """The key of a widget of this page."""
    return f"bench-{name}"


def restore(found: Mapping[str, Entry]) -> None:
    """Fills the widgets that have no value: from the session, whose widgets forget when they are
    not drawn, else from the link. A report that was just taken in is shown, too."""
    params = st.session_state.get("benchmark") or st.query_params.to_dict()
    keys = [key for key in params.get("reports", "").split(",") if key in found]
    _fill("reports", keys[: len(LETTERS)] or _usual(found))
    _fill("plot", _one_of(params.get("plot"), PLOTS, "kinds"))
    _fill("metric", _one_of(params.get("metric"), METRICS, "R@1"))
    _fill("by", _one_of(params.get("by"), (*BREAKDOWNS, "city"), "length"))
    _fill("k", _whole(params.get("k", ""), 5, curves.MOST_K))
    _fill("metres", _whole(params.get("metres", ""), 100, MOST_METRES))
    _fill("most", next((one for one in error_map.HOW_MANY if str(one) == params.get("most")), 50))
    _fill("run", params.get("run", ""))
    _fill("kind", params.get("kind", ""))
    _fill("hits", params.get("hits") == "1")
    shown = [key for key in st.session_state[widget("reports")] if key in found]
    fresh = reports.newcomers(dict(found))
    shown = [*(key for key in shown if key not in fresh), *fresh][-len(LETTERS) :]
    if shown != st.session_state[widget("reports")]:
        st.session_state[widget("reports")] = shown


def _fill(name: str, value: object) -> None:
    if widget(name) not in st.session_state:
        st.session_state[widget(name)] = value


def _one_of(value: str | None, options: Collection[str], usual: str) -> str:
    return value if value in options else usual


def _usual(found: Mapping[str, Entry]) -> list[str]:
    """A report that was brought, else the largest; and beside it the largest of its scope."""
    largest = sorted(found, key=lambda key: -len(found[key].run.queries))
    first = next((key for key, one in found.items() if one.file.own), largest[0])
    scope = found[first].run.scope
    others = [key for key in largest if key != first and found[key].run.scope == scope]
    return [first, *others][:_FIRST_SHOWN]


def _whole(text: str, usual: int, most: int) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else usual
    return min(max(value, 1), most)


def chosen(found: Mapping[str, Entry]) -> tuple[Chosen, ...]:
    """Asks which reports; each gets its letter."""
    labels = {key: one.label for key, one in found.items()}
    keys = st.multiselect(
        "Reports",
        list(found),
        key=widget("reports"),
        max_selections=len(LETTERS),
        format_func=labels.__getitem__,
        placeholder="Choose up to six reports",
    )
    return tuple(Chosen(LETTERS[place], found[key]) for place, key in enumerate(keys))


def parts_of(runs: tuple[Chosen, ...]) -> dict[str, Part]:
    """All kinds of descriptions that the runs hold, by their words."""
    found = {_ALL: Part("", curves.ALL)}
    for by in BREAKDOWNS:
        kinds = [kind for one in runs for kind in curves.parted(one.run, by)]
        if set(kinds) - {curves.UNKNOWN}:
            found |= {
                kind: Part(by, kind)
                for kind in BREAKDOWNS[by].kinds
                if kind in kinds and kind != curves.UNKNOWN
            }
    return found


def ways(runs: tuple[Chosen, ...]) -> dict[str, str]:
    """The ways to part the runs' queries that tell something, with their titles."""
    known = {part.by for part in parts_of(runs).values()}
    several = len({one.run.gallery for one in runs}) > 1
    titles = {by: way.title for by, way in BREAKDOWNS.items() if by in known}
    return titles | ({"city": "City"} if several else {})


def pick(letter: str, kind: str) -> None:
    """What a click on a plot chose; for callbacks, before widgets are drawn. What is no kind of
    descriptions, such as a city, stands for all of them."""
    st.session_state[widget("run")] = letter
    st.session_state[widget("kind")] = kind


def settle(runs: tuple[Chosen, ...], parts: Mapping[str, Part]) -> None:
    """Replaces a run or kind that is not there, after a pick, by a link or for lack of a report."""
    letters = [one.letter for one in runs]
    if st.session_state.get(widget("run")) not in letters:
        st.session_state[widget("run")] = letters[0]
    if st.session_state.get(widget("kind")) not in parts:
        st.session_state[widget("kind")] = _ALL


def missed(one: SavedQuery) -> bool:
    """Whether a query failed by the measure that the plot shows."""
    measure = measured_by()
    if measure.startswith("R@"):
        return one.rank is None or one.rank > int(measure[2:])
    return one.distance_m > float(measure[2:-1])


def measured_by() -> str:
    """The share that counts as found: R@k or L@m, as the plot's widgets say."""
    plot = st.session_state[widget("plot")]
    if plot == "recall":
        return f"R@{st.session_state[widget('k')]}"
    if plot in ("distance", "map"):
        return f"L@{st.session_state[widget('metres')]}m"
    metric = str(st.session_state[widget("metric")])
    return metric if metric in curves.SHARES else "R@1" if metric == "mrr" else "L@50m"


def missed_words(run: SavedRun) -> str:
    """The same in words, of those that failed."""
    measure = measured_by()
    number = int(measure[2:].removesuffix("m"))
    if measure.startswith("L@"):
        return f"the first candidate is farther than {number:,} m"
    if run.known_to is not None and number > run.known_to:
        return f"the true tile is not among the first {run.known_to}, and more is not known"
    return f"the true tile is not {'first' if number == 1 else f'among the first {number}'}"


def write_link() -> None:
    """Makes the browser's address restore what is looked at."""
    state = st.session_state
    params = {name: state.get(widget(name)) for name in _KEYS}
    params["reports"] = ",".join(state[widget("reports")])
    params["hits"] = "1" if params["hits"] else None
    written = {name: str(value) for name, value in params.items() if value}
    state["benchmark"] = written
    if written != st.query_params.to_dict():
        st.query_params.from_dict(written)


def shorten(text: str) -> str:
    """A label for a narrow list."""
    return one_line(text, 70)
