"""A text beside a button that copies it.

Streamlit's own element for this, `st.code`, makes the browser load and run the grammars of all
programming languages first: 1.5 MB, a third of the time that an answer's scripts took.
"""

from pages.ui.script_component import script_component
from pages.ui.templates import render

_STYLE = """.copied { display: flex; gap: .3rem .8rem; align-items: center; flex-wrap: wrap;
  font-size: .85rem; color: var(--st-text-color); }
code { font-family: var(--st-code-font, monospace); overflow-wrap: anywhere;
  white-space: pre-wrap; }
button { font: inherit; min-height: 2.4rem; padding: .2rem .9rem; cursor: pointer;
  border-radius: 8px; border: 1px solid var(--st-border-color);
  background: transparent; color: var(--st-text-color); }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }"""


def draw(text: str, key: str) -> None:
    """The text, and the button; `key` names it among all of a page."""
    component = script_component("copy", render("copied_text"), _STYLE)
    component(key=key, data={"text": text})
