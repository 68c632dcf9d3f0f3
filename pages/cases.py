"""The cases page: failures to review, one card at a time."""

import streamlit as st

from pages.shared import page

page.begin("cases")
with page.head():
    st.empty()
