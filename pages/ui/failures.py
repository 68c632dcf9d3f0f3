"""The last resort of every page: a fault of a file, gallery or store becomes a line."""

import streamlit as st

from core.errors import SaywhereError
from pages.ui.markdown import plain


def shown_as_line(error: Exception) -> bool:
    """Shows the message of an error that a page let through; whether it was one of ours.

    Anything else is a fault of the program, for which Streamlit draws its error card.
    """
    if not isinstance(error, SaywhereError):
        return False
    st.warning(plain(str(error), 500))
    return True
