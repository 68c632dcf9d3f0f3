"""Small parts of a page with a script of their own."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import settings


@st.cache_resource(show_spinner=False)
def script_component(
    name: str, html: str, css: str | None = None, isolate_styles: bool = True
) -> Callable[..., Any]:
    """The component that `static/saywhere/NAME.js` runs in that HTML; made once."""
    script = settings.load().static / "saywhere" / f"{name}.js"
    made: Callable[..., Any] = st.components.v2.component(
        f"saywhere_{name}",
        html=html,
        css=css,
        js=script.read_text(encoding="utf-8"),
        isolate_styles=isolate_styles,
    )
    return made
