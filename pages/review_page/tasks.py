"""Who shall judge what."""

import streamlit as st

from core.review.store import Store
from core.review.tasks import assign, release, workloads
from pages.review_page.session import ReviewSession
from pages.ui import case_store
from pages.ui.distinct_labels import distinct
from pages.ui.templates import render

_ALL = "all reports"


def draw(store: Store, session: ReviewSession) -> None:
    """Everyone's cases, given and done, and a form to assign more."""
    st.header("Tasks", anchor=False)
    loads = workloads(store)
    if not loads:
        st.caption("Whoever began once can be given cases here.")
        return
    st.html(render("task_loads", rows=loads))
    if not session.name:
        return
    titles = {"": _ALL} | distinct({one.report_id: one.title for one in store.reports()})
    with st.expander("Assign cases", key="cases-tasks"):
        st.multiselect("To", [one.annotator for one in loads], key="cases-tasks-names")
        st.selectbox("Of", list(titles), key="cases-tasks-report", format_func=titles.__getitem__)
        st.number_input("Votes for each case", 1, 9, 2, key="cases-tasks-votes")
        with st.container(horizontal=True):
            st.button("Assign", key="cases-tasks-assign", on_click=_assign)
            st.button(
                "Take open ones back",
                key="cases-tasks-release",
                on_click=_release,
                help="From the people chosen above, as when somebody leaves",
            )


def _assign() -> None:
    state = st.session_state

    def work(store: Store) -> str:
        given = assign(
            store,
            state["cases-tasks-names"],
            case_store.now(),
            state["cases-tasks-votes"],
            state["cases-tasks-report"],
        )
        told = ", ".join(f"{count:,} to {name}" for name, count in sorted(given.items()))
        return f"Assigned: {told}." if told else "Every case has its votes already."

    case_store.attempt(work)


def _release() -> None:
    def work(store: Store) -> str:
        count = sum(release(store, name) for name in st.session_state["cases-tasks-names"])
        return f"{count:,} cases were taken back."

    case_store.attempt(work)
