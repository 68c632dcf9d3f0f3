"""HTML from the templates beside this file (`templates/*.html.j2`), every value escaped.

Escaping is `core.maps.safe_html`, for text in elements and in quoted attributes. Only what a
template or `picture_uri` made is taken for HTML.
"""

import base64
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.maps import safe_html
from core.vocabulary.chances import percent
from pages.ui.numbers import signed


def _escaped(value: object) -> object:
    """Text as HTML; numbers as they are. `value` is an expression of a template."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return Markup(safe_html(value))
    return value


def _fixed(value: float, digits: int = 0) -> str:
    return f"{value:,.{digits}f}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "thousands": "{:,}".format,
        "fixed": _fixed,
        "percent": percent,
        "signed": signed,
    }
    return made


def render(name: str, /, **values: object) -> Markup:
    """The HTML of `templates/<name>.html.j2`. Raises UndefinedError for a value not given."""
    return Markup(_environment().get_template(f"{name}.html.j2").render(values))


def picture_uri(picture: bytes, kind: str = "webp") -> Markup:
    """A picture as an address that holds it: letters, digits, `+`, `/` and `=` only."""
    coded = base64.b64encode(picture).decode()
    return Markup(f"data:image/{kind};base64,{coded}")
