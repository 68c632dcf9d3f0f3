"""Folded sections whose content is made when somebody opens them, and not before."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def opened(title: str, key: str, unfolded: bool = False) -> DeltaGenerator | None:
    """A section to draw into, None while it is folded.

    Call it in a fragment: opening the section runs that fragment again, and nothing else.
    """
    section = st.expander(title, key=key, on_change="rerun", expanded=unfolded)
    return section if section.open else None
