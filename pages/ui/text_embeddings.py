"""Embeddings of the descriptions of reports, which all visitors share."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.arrays import F32
from core.review.selection import key_of
from pages.ui import resources

_KEPT = 20_000


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
def text_embeddings() -> TextEmbeddings:
    """Those of this server."""
    return TextEmbeddings()
