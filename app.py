"""Starts the web app: Streamlit's pages and, beside them, the files and tiles a map needs."""

from pathlib import Path

import streamlit as st

from pages.ui.routes import routes

app = st.App(Path(__file__).parent / "pages" / "ui" / "navigation.py", routes=routes())
