"""The reports on this machine, each read once, and the upload of new ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core import settings
from core.errors import ReportError
from core.evaluation import report_files, run_metrics
from core.evaluation.paired_tests import comparable
from core.evaluation.report_files import ReportFile
from core.evaluation.run_metrics import Figure
from core.evaluation.saved_runs import SavedRun, read_saved
from pages.ui.markdown import one_line, plain

LETTERS = "ABCDEF"
"""A letter stands for each report that was chosen; colours and dashes follow it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that can be chosen. `key` names it in links."""

    key: str
    run: SavedRun
    file: ReportFile

    @property
    def label(self) -> str:
        """The run for people, with its scope, which every number needs."""
        return f"{one_line(self.run.title, 90)} · {self.run.scope}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A run that is shown, under its letter."""

    letter: str
    entry: Entry

    @property
    def run(self) -> SavedRun:
        """The measured run."""
        return self.entry.run

    @property
    def label(self) -> str:
        """The letter and the run."""
        return f"{self.letter} · {self.entry.label}"

    def figures(self, by: str, kind: str) -> dict[str, Figure]:
        """The metrics of one kind of its queries, worked out once."""
        return _figures(self.entry.file, self.entry.key, by, kind, self.entry)


def entries() -> tuple[dict[str, Entry], list[str]]:
    """The runs by key, a user's own newest first, and the faults of files that hold none."""
    found, problems = {}, []
    for file in report_files.list_reports(settings.load()):
        try:
            runs = _runs(file)
        except ReportError as error:
            problems.append(str(error))
            continue
        for run in runs:
            key = f"{file.key}~{run.scope}" if len(runs) > 1 else file.key
            found[key] = Entry(key, run, file)
    return found, problems


def usual(found: Mapping[str, Entry]) -> list[str]:
    """Three of one scope: one of the user's own, else the largest; then what compares with it."""
    keys = sorted(found, key=lambda key: -len(found[key].run.queries))
    first = next((key for key, one in found.items() if one.file.own), keys[0])
    run = found[first].run
    beside = [key for key in keys if key != first and found[key].run.scope == run.scope]
    beside.sort(key=lambda key: not comparable(run, found[key].run))
    return [first, *beside][:3]


@st.cache_resource(max_entries=200, show_spinner="Reading the reports")
def _runs(file: ReportFile) -> tuple[SavedRun, ...]:
    """The runs of a file; frozen, and shared by all visitors, as the file is."""
    return read_saved(file.path)


@st.cache_data(max_entries=500, show_spinner=False)
def _figures(file: ReportFile, key: str, by: str, kind: str, _entry: Entry) -> dict[str, Figure]:  # noqa: ARG001
    """`file` and `key` tell one run's numbers from another's, and from those of an older file."""
    return run_metrics.figures(_entry.run, run_metrics.subgroups(_entry.run, by).get(kind, ()))


def upload() -> None:
    """Takes in a report from the visitor's machine."""
    number = st.session_state.get("bench-taken", 0)
    with st.popover("Add a report", icon=":material/add:"):
        st.file_uploader(
            "A report of `evaluate --out` (JSON) or a result CSV of CVG-Text",
            ["json", "gz", "csv"],
            key=f"bench-upload-{number}",
            on_change=_take,
            args=(number,),
        )
        st.caption("Invalid files are rejected. You can also put files into this folder:")
        st.code(str(settings.load().user_reports), language=None, wrap_lines=True)


def _take(number: int) -> None:
    """Keeps the chosen file; another key empties the box."""
    given: Any = st.session_state.get(f"bench-upload-{number}")
    if given is None:
        return
    st.session_state["bench-taken"] = number + 1
    try:
        path = report_files.save_report(given.getvalue(), given.name, settings.load().user_reports)
    except ReportError as error:
        st.session_state["bench-told"] = ("problem", str(error))
        return
    st.session_state["bench-new"] = path
    st.session_state["bench-told"] = ("taken", given.name)


def draw_result() -> None:
    """Says whether the report that was just given was added."""
    kind, text = st.session_state.pop("bench-told", ("", ""))
    if kind == "problem":
        st.error(f"Not added: {plain(text, 500)}")
    elif kind:
        st.success(f"{plain(text)} was added.")


def newcomers(found: dict[str, Entry]) -> list[str]:
    """The keys of the report that was just taken in."""
    path = st.session_state.pop("bench-new", None)
    return [key for key, one in found.items() if isinstance(path, Path) and one.file.path == path]


def nowhere() -> None:
    """Says what to do where there is no report."""
    st.info("There is no report yet. Measure a gallery, and its report appears here:")
    folder = settings.load().user_reports
    st.code(
        f'python -m core evaluate --gallery helsinki --queries FILE.jsonl --out "{folder}/'
        'first.json"',
        language=None,
        wrap_lines=True,
    )
