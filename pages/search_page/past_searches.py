"""The searches of this browser, which keeps them itself."""

from collections.abc import Callable

import streamlit as st

from core import settings
from pages.ui.templates import render

_STYLE = """.sw-past { display: grid; gap: .3rem; width: min(26rem, 80vw); max-height: 60vh;
  overflow-y: auto; font-size: .92rem; }
p { margin: 0; color: var(--st-text-color); opacity: .75; }
a { color: var(--st-link-color); padding: .3rem 0; overflow-wrap: anywhere; }
button { justify-self: start; font: inherit; min-height: 2.4rem; padding: .2rem .9rem;
  cursor: pointer; border-radius: 8px; border: 1px solid var(--st-border-color);
  background: transparent; color: var(--st-text-color); }
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }"""


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., object]:
    script = settings.load().static / "saywhere" / "past.js"
    made: Callable[..., object] = st.components.v2.component(
        "saywhere_past",
        html=render("component", name="past"),
        css=_STYLE,
        js=script.read_text(encoding="utf-8"),
    )
    return made


def draw() -> None:
    """A popover with a link for each search."""
    menu = st.popover("Earlier", type="tertiary", key="past-searches", on_change="rerun")
    if menu.open:
        with menu:
            _component()(key="past")
