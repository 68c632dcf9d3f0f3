"""The page that adds a place: a map file in, a gallery to search out."""

import streamlit as st

from pages.add_page import builds, form
from pages.ui import frame, permission

frame.begin("add")
with frame.head():
    pass
st.markdown("## Add a place")
if not permission.allowed():
    st.info(permission.REFUSAL)
    st.stop()
form.draw()
builds.draw()
