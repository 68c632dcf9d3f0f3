"""The sign-in: name and order of the cases, beside the reports in the store."""

import streamlit as st

from core.errors import CasesError, SaywhereError
from core.review import queue
from core.review.field_checks import MAX_NAME_CHARS
from core.review.model import ReportSummary
from core.review.store import Store
from core.review.verdicts import ORDERS, Order
from pages.review_page import report_import, verdict_form
from pages.review_page.session import ReviewSession, write_link
from pages.ui import case_store, resources
from pages.ui.markdown import plain

_NAME = ".st-key-cases-name input"
_UPLOAD = ".st-key-cases-upload section button:not([aria-label^=Remove])"
_ORDERS: dict[Order, str] = {"hardest": "Hardest first", "shuffled": "Shuffled"}


def draw(store: Store, session: ReviewSession) -> None:
    """Name and order at the left, reports at the right."""
    left, right = st.columns([5, 7], gap="large")
    listed = store.reports()
    with right:
        reports = st.container()
        added = not listed and report_import.draw_bundled(store)
        added = report_import.draw_import(store) or added
    with reports:
        report_import.draw_reports(store.reports() if added else listed)
    with left:
        _form(store, session, bool(listed) or added)
    write_link(session)
    verdict_form.focus(session, _NAME, {"I": _UPLOAD, "N": _NAME})
    _warm_up(listed)


def _warm_up(listed: tuple[ReportSummary, ...]) -> None:
    """Gallery and models of the first report load while somebody types a name."""
    here = {card.name: card for card in resources.cards() if not card.problem}
    card = next((here[one.gallery] for one in listed if one.gallery in here), None)
    if card:
        resources.warm_up(card)


def _form(store: Store, session: ReviewSession, filled: bool) -> None:
    st.header("Who reviews?", anchor=False)
    with st.form("cases-door", border=False):
        st.text_input(
            "Your name",
            key="cases-name",
            max_chars=MAX_NAME_CHARS,
            placeholder="any word",
            autocomplete="off",
        )
        st.radio(
            "Order of cases",
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
        "**Enter** begins, **Esc** leaves the box, **N** returns to it. Your name is stored with "
        "your verdicts, and nothing else about you is. Others see your verdict on a case only "
        "after their own."
    )
    known = store.names()
    if known:
        st.caption(
            f"Names so far: {plain(', '.join(known), 300)}. Use the same name when you come back."
        )


def _begin(session: ReviewSession) -> None:
    session.touched = True
    name = str(st.session_state.get("cases-name") or "")
    try:
        order = st.session_state.get("cases-order-first", ORDERS[0])
        store = case_store.store()
        session.name, session.problem = store.join(name, case_store.now(), order), ""
        _pass_answered(store, session)
    except (SaywhereError, OSError) as error:
        session.problem = str(error)


def _pass_answered(store: Store, session: ReviewSession) -> None:
    """A link may be left over from a server that stopped. An answered case is revealed and the
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
