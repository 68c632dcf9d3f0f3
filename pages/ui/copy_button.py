"""A button that copies a text."""

from collections.abc import Callable

import streamlit as st

from core import settings
from pages.ui.templates import render

_STYLE = """.copy { display: flex; gap: .6rem; align-items: center; font-size: .9rem; }
button { font: inherit; min-height: 2.4rem; padding: .2rem .9rem; cursor: pointer;
  border-radius: 8px; border: 1px solid var(--st-border-color);
  background: var(--st-primary-color); color: var(--st-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }"""


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., object]:
    script = settings.load().static / "saywhere" / "copy.js"
    made: Callable[..., object] = st.components.v2.component(
        "saywhere_copy",
        html=render("copy_button", label="Copy the link"),
        css=_STYLE,
        js=script.read_text(encoding="utf-8"),
    )
    return made


def draw(text: str) -> None:
    """The button; it copies the text."""
    _component()(key="copy-link", data={"text": text})
