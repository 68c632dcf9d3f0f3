"""Saved scenarios: what is looked at, with a note and a status, to come back to or to hand on."""

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from core import settings
from core.errors import ReportError
from core.evaluation import scenarios
from core.evaluation.scenarios import STATUSES, Scenario
from pages.benchmark_page import session
from pages.ui import permission
from pages.ui.distinct_labels import distinct
from pages.ui.markdown import plain
from pages.ui.templates import render

_NEW = ""
_TURN = "bench-scenario-turn"


def folder() -> Path:
    """Where scenarios are kept."""
    return settings.load().user_reports.parent / "scenarios"


def draw() -> None:
    """A menu with the saved scenarios, and a form for a new one or another version of one."""
    found, faults = scenarios.list_scenarios(folder())
    by_id = {one.scenario_id: one for one in found}
    titles = distinct({one.scenario_id: one.title for one in found})
    with st.popover("Scenarios", icon=":material/bookmark:"):
        for fault in faults[:3]:
            st.warning(plain(fault, 300))
        if found:
            st.html(render("scenarios", scenarios=found[:50]))
        chosen = st.selectbox(
            "Scenario",
            [_NEW, *by_id],
            key="bench-scenario",
            format_func=lambda one: titles[one] if one else "what you look at now",
        )
        if chosen in by_id:
            _known(by_id[chosen])
        else:
            _form(Scenario(_NEW, "", session.view(), "", "open", ""))


def draw_result() -> None:
    """Says what became of the last press."""
    told = st.session_state.pop("bench-scenario-told", "")
    if told:
        st.info(plain(told, 300))


def _known(one: Scenario) -> None:
    st.button(
        "Show it",
        key="bench-scenario-show",
        type="primary",
        on_click=session.look_at,
        args=(dict(one.params),),
    )
    if permission.allowed():
        _form(one)
        st.button("Delete", key="bench-scenario-delete", on_click=_delete, args=(one,))


def _form(one: Scenario) -> None:
    turn = st.session_state.get(_TURN, "")  # another one empties the form
    key = f"bench-scenario-{one.scenario_id or f'new{turn}'}"
    st.text_input("Title", one.title, key=f"{key}-title", max_chars=scenarios.MAX_TITLE_CHARS)
    st.text_area("Note", one.note, key=f"{key}-note", max_chars=scenarios.MAX_NOTE_CHARS)
    st.segmented_control("Status", STATUSES, default=one.status, key=f"{key}-status", required=True)
    st.button(
        "Save",
        key=f"{key}-save",
        on_click=_save,
        args=(one, key),
        help="Keeps the reports, filters and plot that are shown now" if not one.title else None,
    )


def _save(one: Scenario, key: str) -> None:
    params = one.params if one.scenario_id else session.view()
    title, note, status = (
        str(st.session_state.get(f"{key}-{name}") or "") for name in ("title", "note", "status")
    )
    try:
        made = scenarios.save_scenario(
            folder(), title, params, note, status or one.status, datetime.now(UTC), one.scenario_id
        )
    except ReportError as error:
        st.session_state["bench-scenario-told"] = f"Not saved: {error}"
        return
    st.session_state["bench-scenario-told"] = f"{made.title} is saved."
    if not one.scenario_id:
        st.session_state[_TURN] = int(st.session_state.get(_TURN) or 0) + 1


def _delete(one: Scenario) -> None:
    try:
        scenarios.delete_scenario(folder(), one.scenario_id)
    except ReportError as error:
        st.session_state["bench-scenario-told"] = str(error)
        return
    st.session_state["bench-scenario"] = _NEW
    st.session_state["bench-scenario-told"] = f"{one.title} was deleted."
