"""The script that Streamlit runs for every visit; it picks the page."""

import streamlit as st

from pages.ui import frame

st.navigation(list(frame.pages().values()), position="hidden").run()
