"""Reports in the store of cases, and the import of more."""

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from core import settings
from core.errors import CasesError, SaywhereError
from core.evaluation.report_files import list_reports
from core.gallery import open_gallery
from core.review.formats import FORMATS
from core.review.importing import ImportOptions, import_cases, left_out_lines
from core.review.model import ReportSummary
from core.review.store import Store
from pages.ui import case_store
from pages.ui.markdown import plain
from pages.ui.templates import render

_MOST_NAME_CHARS = 60
_ENDINGS = ["gz", *(form.suffix[1:] for form in FORMATS.values() if form.suffix)]
"""Of exports; a report is JSON, perhaps compressed, or CSV."""


def draw_reports(listed: tuple[ReportSummary, ...]) -> None:
    """A table of the reports, or how to make one."""
    st.header("Reports to review", anchor=False)
    if not listed:
        st.info("Nothing yet. Measure a search, and its failures become cases:")
        st.code(
            ".venv/bin/python -m core evaluate --gallery helsinki --queries my.jsonl \\\n"
            "    --out run.json\n"
            ".venv/bin/python -m core cases import run.json",
            language=None,
        )
        return
    st.html(render("case_reports", rows=listed))


def draw_bundled(store: Store) -> bool:
    """A button that makes cases of a report that comes with the app; whether it made some."""
    bundled = (one for one in list_reports(settings.load()) if not one.own)
    report = next(bundled, None)
    if report is None:
        return False
    if not st.button("Try it with a report that comes with the app", key="cases-bundled"):
        return False
    with st.spinner("Making cases …"):
        good, line = import_file(store, report.path.name, report.path.read_bytes())
    (st.success if good else st.error)(plain(line, 600))
    return good


def draw_import(store: Store) -> bool:
    """Imports an uploaded file once; whether it was imported."""
    with st.expander("Import a report or an export", key="cases-import", expanded=True):
        st.html(render("case_import"))
        given = st.file_uploader(
            "Report or export",
            _ENDINGS,
            key="cases-upload",
            label_visibility="collapsed",
        )
        if given is None:
            return False
        known = st.session_state.get("cases-came", {})
        if given.file_id not in known:
            with st.spinner("Reading the file …"):
                known = {given.file_id: import_file(store, given.name, given.getvalue())}
                st.session_state["cases-came"] = known
        good, line = known[given.file_id]
        (st.success if good else st.error)(plain(line, 600))
        return bool(good)


def import_file(store: Store, name: str, content: bytes) -> tuple[bool, str]:
    """Whether it went well, and a line on it."""
    chosen = settings.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _file_name(name)
        try:
            path.write_bytes(content)
            came: dict[str, Any] = import_cases(
                store,
                path,
                ImportOptions(lambda gallery: open_gallery(gallery, chosen)),
                case_store.now(),
            )
        except (SaywhereError, OSError) as error:
            told = str(error).replace(f"{folder}/", "")
            return False, told if isinstance(error, CasesError) else f"{name}: {told}"
    verdicts = came.get("verdicts", 0)
    left_out = "".join(f" {line[:1].upper()}{line[1:]}." for line in left_out_lines(came))
    if not came["cases"] and not verdicts:
        return True, f"{name}: nothing new, {came['known']:,} already added.{left_out}"
    more = f" and {verdicts:,} verdicts" if "verdicts" in came else ""
    known = f"{came['known']:,} already added"
    return True, f"{name}: {came['cases']:,} new cases{more}; {known}.{left_out}"


def _file_name(given: str) -> str:
    """A name for an uploaded file in a folder of its own, as near to the given one as is safe."""
    name = "".join(char for char in Path(given).name if char.isprintable())[-_MOST_NAME_CHARS:]
    return name if name.strip(". ") else "report.json"
