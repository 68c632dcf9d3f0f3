"""The gallery page: what a gallery holds and where it comes from."""

import streamlit as st

from pages.shared import page

page.begin("gallery")
with page.head():
    st.empty()
