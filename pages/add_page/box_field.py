"""The field of the box: its value, and what fills and empties it."""

import streamlit as st

from core.geo import Bounds
from pages.ui.link_values import area_text, bounds

KEY = "add-box"
_CLEAR = "add-clear-box"


def chosen() -> Bounds | None:
    """The box as it stands in its field, None where that holds none."""
    return bounds(str(st.session_state.get(KEY) or "").replace(" ", ""))


def fill(box: Bounds) -> None:
    """Writes a box into the field."""
    st.session_state[KEY] = area_text(box).replace(",", ", ")


def clear() -> None:
    """Empties the field of the box on the next run of the whole page; a part of the page that runs
    alone cannot."""
    st.session_state[_CLEAR] = True


def clear_if_asked() -> None:
    """Does it; called before the field is drawn."""
    if st.session_state.pop(_CLEAR, False):
        st.session_state[KEY] = ""
