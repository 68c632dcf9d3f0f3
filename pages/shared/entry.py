"""What Streamlit runs for every visit: it picks the page; leaves all else to the pages."""

import streamlit as st

from pages.shared import page

st.navigation(list(page.pages().values()), position="hidden").run()
