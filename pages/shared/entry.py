"""What Streamlit runs for every visit: it picks the page; leaves all else to the pages."""

from pathlib import Path

import streamlit as st

_PAGES = Path(__file__).resolve().parent.parent

st.navigation(
    [st.Page(_PAGES / "search.py", title="Saywhere", default=True)],
    position="hidden",
).run()
