"""The searches of this browser, which keeps them itself."""

import streamlit as st

from pages.ui.script_component import script_component
from pages.ui.templates import render

_STYLE = """.sw-past { display: grid; gap: .3rem; width: min(26rem, 80vw); max-height: 60vh;
  overflow-y: auto; font-size: .92rem; }
p { margin: 0; color: var(--st-text-color); opacity: .75; }
a { color: var(--st-link-color); padding: .3rem 0; overflow-wrap: anywhere; }
button { justify-self: start; font: inherit; min-height: 2.4rem; padding: .2rem .9rem;
  cursor: pointer; border-radius: 8px; border: 1px solid var(--st-border-color);
  background: transparent; color: var(--st-text-color); }
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }"""


def draw() -> None:
    """A popover with a link for each search."""
    menu = st.popover("Earlier", type="tertiary", key="past-searches", on_change="rerun")
    if menu.open:
        with menu:
            component = script_component("past", render("component", name="past"), _STYLE)
            component(key="past")
