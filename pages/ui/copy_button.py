"""A button that copies a text."""

from pages.ui.script_component import script_component
from pages.ui.templates import render

_STYLE = """.copy { display: flex; gap: .6rem; align-items: center; font-size: .9rem; }
button { font: inherit; min-height: 2.4rem; padding: .2rem .9rem; cursor: pointer;
  border-radius: 8px; border: 1px solid var(--st-border-color);
  background: var(--st-primary-color); color: var(--st-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }"""


def draw(text: str) -> None:
    """The button; it copies the text."""
    component = script_component("copy", render("copy_button", label="Copy the link"), _STYLE)
    component(key="copy-link", data={"text": text})
