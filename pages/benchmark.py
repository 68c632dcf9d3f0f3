"""The benchmark page: saved evaluation reports side by side."""

import streamlit as st

from pages.shared import page

page.begin("benchmark")
with page.head():
    st.empty()
