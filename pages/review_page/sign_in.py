"""The door: who is there, in which order, and which reports the store holds."""

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from core import settings
from core.cases import queue
from core.cases.case import Listed
from core.cases.intake import Intake, take_file
from core.cases.store import MAX_NAME_CHARS, Store
from core.cases.verdicts import ORDERS, Order
from core.errors import CasesError, SaywhereError
from core.gallery import open_gallery
from core.maps import safe_html
from pages.review_page import case_store, verdict_form
from pages.review_page.session import ReviewSession, write_link
from pages.ui import resources
from pages.ui.markdown import plain

_MOST_MB = 200
_ENDINGS = ["json", "jsonl", "csv", "geojson"]
_NAME = ".st-key-cases-name input"
_UPLOAD = ".st-key-cases-upload section button:not([aria-label^=Remove])"
_ORDERS: dict[Order, str] = {"hardest": "Hardest first", "shuffled": "Shuffled"}


def draw(store: Store, session: ReviewSession) -> None:
    """Name and order at the left, reports at the right."""
    left, right = st.columns([5, 7], gap="large")
    held = store.reports()
    with right:
        reports = st.container()
        added = _import(store)
    with reports:
        _reports(store.reports() if added else held)
    with left:
        _door(store, session, bool(held) or added)
    write_link(session)
    verdict_form.focus(session, _NAME, {"I": _UPLOAD, "N": _NAME})
    _warm_up(held)


def _warm_up(held: tuple[Listed, ...]) -> None:
    """Gallery and models of the first report load while somebody types a name."""
    here = {card.name: card for card in resources.cards() if not card.problem}
    card = next((here[one.gallery] for one in held if one.gallery in here), None)
    if card:
        resources.warm_up(card)


def _door(store: Store, session: ReviewSession, filled: bool) -> None:
    st.header("Who reviews?", anchor=False)
    with st.form("cases-door", border=False):
        st.text_input(
            "Your name",
            key="cases-name",
            max_chars=MAX_NAME_CHARS,
            placeholder="any word will do",
            autocomplete="off",
        )
        st.radio(
            "Cases come",
            ORDERS,
            key="cases-order-first",
            horizontal=True,
            format_func=lambda one: _ORDERS[one],
        )
        st.form_submit_button(
            "Begin", type="primary", on_click=_begin, args=(session,), disabled=not filled
        )
    if session.problem:
        st.error(plain(session.problem, 500))
    st.caption(
        "Type it; **Enter** begins, **Esc** leaves the box, **N** goes back. It stands "
        "beside your verdicts, and nothing else about you is kept. Others do not see what "
        "you say of a case before they have answered it themselves."
    )
    known = store.names()
    if known:
        st.caption(f"Known here: {plain(', '.join(known), 300)}. Come back under the same name.")


def _begin(session: ReviewSession) -> None:
    session.touched = True
    name = str(st.session_state.get("cases-name") or "")
    try:
        order = st.session_state["cases-order-first"]
        store = case_store.store()
        session.name, session.problem = store.join(name, case_store.now(), order), ""
        _pass_answered(store, session)
    except (SaywhereError, OSError) as error:
        session.problem = str(error)


def _pass_answered(store: Store, session: ReviewSession) -> None:
    """A link may be left over from a server that stopped: what is answered there is told, and the
    next card comes, so that nobody answers twice."""
    if session.view != "review" or not session.case_id:
        return
    try:
        answered = queue.card_of(store, session.case_id, session.name).was is not None
    except CasesError:
        return
    if answered:
        session.last = session.case_id
        session.trail.append(session.case_id)
        session.turn()


def _reports(held: tuple[Listed, ...]) -> None:
    st.header("What there is to review", anchor=False)
    if not held:
        st.info("Nothing yet. Measure a search, and its failures become cases:")
        st.code(
            "python -m core evaluate --gallery helsinki --queries my.jsonl --out run.json\n"
            "python -m core cases import run.json",
            language=None,
        )
        return
    heads = "".join(
        f'<th scope="col">{head}</th>'
        for head in ("Report", "Failures", "Near misses", "Control", "Judged")
    )
    rows = "".join(_row(one) for one in held)
    st.html(
        '<div class="sw-table"><table><caption>Reports in the store</caption><thead><tr>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(one: Listed) -> str:
    counts = "".join(
        f"<td>{one.kinds.get(kind, 0):,}</td>" for kind in ("failure", "near miss", "control")
    )
    return (
        f'<tr><th scope="row" dir="auto">{safe_html(one.title)}<small>{safe_html(one.gallery)}, '
        f"{safe_html(one.model)}, {safe_html(one.scope)}, {one.queries:,} queries</small></th>"
        f"{counts}<td>{one.judged:,}</td></tr>"
    )


def _import(store: Store) -> bool:
    """Takes an uploaded file in, once; whether something came in."""
    with st.expander("Import a report or an export", key="cases-import", expanded=True):
        st.html(
            "<p class=sw-legend><kbd>I</kbd> chooses a file: what <code>evaluate --out</code> "
            "wrote, CVG-Text's result CSV, or an export of this page. Nothing comes in "
            "twice.</p>"
        )
        given = st.file_uploader(
            "Report or export",
            _ENDINGS,
            key="cases-upload",
            max_upload_size=_MOST_MB,
            label_visibility="collapsed",
        )
        if given is None:
            return False
        known = st.session_state.get("cases-came", {})
        if given.file_id not in known:
            with st.spinner("Reading the file …"):
                known = {given.file_id: _taken(store, given.name, given.getvalue())}
                st.session_state["cases-came"] = known
        good, line = known[given.file_id]
        (st.success if good else st.error)(plain(line, 600))
        return bool(good)


def _taken(store: Store, name: str, content: bytes) -> tuple[bool, str]:
    """Whether it went well, and a line on it."""
    chosen = settings.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "report.json")
        try:
            path.write_bytes(content)
            came: dict[str, Any] = take_file(
                store, path, Intake(lambda gallery: open_gallery(gallery, chosen)), case_store.now()
            )
        except (SaywhereError, OSError) as error:
            told = str(error).replace(f"{folder}/", "")
            return False, told if isinstance(error, CasesError) else f"{name}: {told}"
    verdicts = f" and {came['verdicts']:,} verdicts" if "verdicts" in came else ""
    return True, (
        f"{name}: {came['cases']:,} new cases{verdicts}; {came['known']:,} were here already."
    )
