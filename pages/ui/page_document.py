"""Streamlit's page for a deep link, which says at once where the server is.

Without that the browser looks for the server below the page's own address first, and its console
shows two requests that fail.
"""

import functools
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages.ui import frame
from pages.ui.templates import render

_HEAD = "<head>"


def deep_links() -> tuple[str, ...]:
    """The paths of all pages but the front page; none where the app is not at the top of its host,
    since Streamlit has to find it there."""
    if st.get_option("server.baseUrlPath"):
        return ()
    return tuple(f"/{name}" for name in frame.page_names() if name != "search")


def page_document(_: Request) -> Response:
    """Streamlit's page with our script before its own."""
    return HTMLResponse(_document(), headers={"cache-control": "no-cache"})


@functools.cache
def _document() -> str:
    page = Path(st.__file__).parent / "static" / "index.html"
    script = str(render("address_script"))  # the page beside it is HTML already
    return page.read_text(encoding="utf-8").replace(_HEAD, _HEAD + script, 1)
