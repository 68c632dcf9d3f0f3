"""The follow-up question, asked where several places fit; a click answers it."""

import streamlit as st

from core.explain.clarification import ANSWERS, Reply
from core.explain.clarification.belief_update import GivenReply
from core.explain.clarification.question_bank import template_of
from pages.search_page import session
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain

_LABELS: dict[Reply, str] = {"yes": "Yes", "no": "No", "cannot tell": "Cannot tell"}


def _reply(key: str, answer: Reply) -> None:
    replies = session.settled().replies
    if key not in {one.key for one in replies}:
        session.rank_anew(replies=(*replies, GivenReply(key, answer)))


def _take_back(key: str) -> None:
    replies = session.settled().replies
    session.rank_anew(replies=tuple(one for one in replies if one.key != key))


def draw(state: SearchState) -> None:
    """The question to ask next, and the answers so far."""
    result, replies = state.result, state.ask.replies
    asking = result is not None and result.verdict == "several places fit"
    question = state.question() if asking else None
    if question is None and not replies:
        return
    with st.container(key="follow-up"):
        if question is not None:
            st.markdown(f"**{plain(question.text, 200)}**")
            with st.container(horizontal=True, key="follow-up-replies", gap="small"):
                for answer in ANSWERS:
                    st.button(
                        _LABELS[answer],
                        key=f"reply-{answer}",
                        on_click=_reply,
                        args=(question.key, answer),
                    )
        elif asking:
            st.caption("No further question can tell these places apart.")
        if replies:
            _given(replies)


def _given(replies: tuple[GivenReply, ...]) -> None:
    with st.container(horizontal=True, key="follow-up-given", gap="small"):
        for number, one in enumerate(replies):
            topic = template_of(one.key)
            text = topic.text if topic else one.key
            st.button(
                f"{plain(text, 70)} {_LABELS[one.answer]}",
                key=f"undo-{number}",
                type="tertiary",
                icon=":material/undo:",
                on_click=_take_back,
                args=(one.key,),
                help="Take this answer back",
            )
