"""Starts the web app: Streamlit's pages and, beside them, the files and tiles a map needs."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.terminal import guard
from pages.ui import widget_values
from pages.ui.failures import shown_as_line
from pages.ui.protection import Protection
from pages.ui.routes import routes
from pages.ui.start_up import announce

guard()
widget_values.install()
announce()
app = st.App(
    Path(__file__).parent / "pages" / "ui" / "navigation.py",
    routes=routes(),
    middleware=[Middleware(Protection)],
    on_script_error=shown_as_line,
)
