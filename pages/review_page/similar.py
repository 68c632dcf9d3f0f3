"""Open cases like the one on the desk, which can get the same verdict at once."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.arrays import F32
from core.review.alike import similar_cases
from core.review.model import Card
from core.review.selection import key_of
from pages.review_page import case_store
from pages.review_page.session import ReviewSession
from pages.ui import resources
from pages.ui.markdown import plain
from pages.ui.numbers import metres

_KEPT = 20_000
_MOST_CHARS = 220


class TextEmbeddings:
    """The embeddings of descriptions, each made once. They come from reports, not from visitors."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, F32] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> F32:
        """The unit embeddings [N, D] of N texts."""
        keys = [key_of(text) for text in texts]
        with self._lock:
            new = {
                key: text for key, text in zip(keys, texts, strict=True) if key not in self._made
            }
            if new:
                made = resources.encoder().encode(list(new.values()))
                self._made.update(zip(new, made, strict=True))
            found = np.stack([self._made[key] for key in keys])
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return found


@st.cache_resource(show_spinner=False)
def _embeddings() -> TextEmbeddings:
    return TextEmbeddings()


def draw(session: ReviewSession, card: Card) -> None:
    """While the annotator gathers: a box to tick for each similar case, all ticked at first."""
    if not (session.gathering and session.view == "review"):
        return
    with st.spinner("Looking for similar failures …"):
        found = similar_cases(case_store.store(), session.name, card.case_id, _embeddings().of)
    if not found:
        session.together = ()
        st.info("No other open case of this report is like this one.")
        return
    with st.container(border=True, key="cases-similar"):
        st.markdown("**Similar failures get the same verdict. Untick those that should not.**")
        ticked = [
            one.case_id
            for one in found
            if st.checkbox(
                f"{metres(one.distance_m)} away · {plain(one.text, _MOST_CHARS)}",
                True,
                key=f"cases-similar-{one.case_id}",
            )
        ]
    session.together = tuple(ticked)
