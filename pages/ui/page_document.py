"""Streamlit's page with a style for the time before ours, and the address of its server.

Without the address the browser looks for the server of a deep link below the page's own address
first, and its console shows two requests that fail.
"""

import functools
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages.ui import frame
from pages.ui.templates import render

_HEAD = "<head>"


def page_paths() -> tuple[str, ...]:
    """The paths of all pages; none where the app is not at the top of its host, since Streamlit
    has to find it there."""
    if st.get_option("server.baseUrlPath"):
        return ()
    return tuple("/" if name == "search" else f"/{name}" for name in frame.page_names())


def page_document(_: Request) -> Response:
    """Streamlit's page with our style and script before its own."""
    return HTMLResponse(_document(), headers={"cache-control": "no-cache"})


@functools.cache
def _document() -> str:
    page = Path(st.__file__).parent / "static" / "index.html"
    ours = str(render("document_head"))  # the page beside it is HTML already
    return page.read_text(encoding="utf-8").replace(_HEAD, _HEAD + ours, 1)
