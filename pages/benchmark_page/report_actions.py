"""What can be done with a report: another title, another author of its texts, a file, deletion."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core.errors import ReportError
from core.evaluation import report_files
from core.evaluation.queries import AUTHORS
from pages.benchmark_page.reports import Entry
from pages.ui import permission
from pages.ui.distinct_labels import distinct
from pages.ui.markdown import one_line, plain

_UNKNOWN = "leave as it is"


def draw(found: Mapping[str, Entry]) -> None:
    """A menu of the actions. Bundled reports can only be exported."""
    with st.popover("Manage reports", icon=":material/folder_open:"):
        labels = distinct({key: one.label for key, one in found.items()})
        key = st.selectbox(
            "Report", list(found), key="bench-managed", format_func=labels.__getitem__
        )
        if key is None:
            return
        entry = found[key]
        _exports(entry)
        if not entry.file.own:
            st.caption("This report comes with the app, so it keeps its name and stays.")
        elif not permission.allowed():
            st.caption("Reports can be renamed and deleted on the machine itself only.")
        else:
            _changes(entry)


def draw_result() -> None:
    """Says what became of the last press."""
    kind, text = st.session_state.pop("bench-managed-told", ("", ""))
    if kind:
        (st.error if kind == "problem" else st.success)(plain(text, 400))


def _exports(entry: Entry) -> None:
    name = entry.key.replace("~", "-")
    with st.container(horizontal=True):
        st.download_button(
            "Report",
            lambda: Path(entry.file.path).read_bytes(),
            entry.file.path.name,
            key=f"bench-out-report-{entry.key}",
            on_click="ignore",
            icon=":material/download:",
            help="The file as it is: it can be added again elsewhere",
        )
        st.download_button(
            "Descriptions as CSV",
            lambda: report_files.table_of(entry.run).encode("utf-8-sig"),
            f"{name}.csv",
            "text/csv",
            key=f"bench-out-table-{entry.key}",
            on_click="ignore",
            icon=":material/download:",
            help="A line for each description, for a spreadsheet",
        )


def _changes(entry: Entry) -> None:
    st.text_input(
        "Title", one_line(entry.run.title, 120), key=f"bench-title-{entry.key}", max_chars=120
    )
    authors = [_UNKNOWN, *AUTHORS]
    st.selectbox(
        "Descriptions were written",
        authors,
        key=f"bench-author-{entry.key}",
        format_func=lambda name: AUTHORS.get(name, name),
    )
    st.button("Save", key=f"bench-rename-{entry.key}", on_click=_rename, args=(entry,))
    sure = st.checkbox("Delete this report", key=f"bench-sure-{entry.key}")
    st.button(
        "Delete for good",
        key=f"bench-delete-{entry.key}",
        disabled=not sure,
        on_click=_delete,
        args=(entry,),
        help="Cases that were made of it stay",
    )


def _rename(entry: Entry) -> None:
    title = str(st.session_state.get(f"bench-title-{entry.key}") or "")
    by = str(st.session_state.get(f"bench-author-{entry.key}"))
    _tell(
        lambda: report_files.rename_report(entry.file, title, by if by in AUTHORS else ""),
        f"Saved as {title}.",
    )


def _delete(entry: Entry) -> None:
    _tell(lambda: report_files.delete_report(entry.file), f"{entry.run.title} was deleted.")


def _tell(act: object, done: str) -> None:
    try:
        act()  # type: ignore[operator]
    except ReportError as error:
        st.session_state["bench-managed-told"] = ("problem", str(error))
        return
    st.session_state["bench-managed-told"] = ("done", done)
