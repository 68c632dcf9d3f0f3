"""HTML comes from templates, and every value in one is escaped."""

import ast
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup
from tiny_answers import HOSTILE

from core.maps import safe_html
from pages.ui.templates import picture_uri, render

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "pages" / "ui" / "templates").glob("*.html.j2"))
CODE = sorted((ROOT / "pages").rglob("*.py"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_is_escaped_as_everywhere_else(text: str) -> None:
    assert render("legend", text=text) == f'<p class="sw-legend">{safe_html(text)}</p>'


def test_what_a_template_made_is_not_escaped_twice() -> None:
    inner = render("legend", text="a & b")
    assert inner in render("kiosk_why", verdict=inner, reason="")


def test_a_value_that_was_forgotten_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("legend")


def test_a_picture_is_an_address_of_its_own() -> None:
    assert picture_uri(b"\xff\xfe\x00", "png") == Markup("data:image/png;base64,//4A")


def test_no_template_turns_escaping_off() -> None:
    assert len(TEMPLATES) > 30
    for path in TEMPLATES:
        source = path.read_text(encoding="utf-8")
        assert "safe" not in source.replace("safe_html", "").split("|"), path.name
        assert "autoescape" not in source, path.name
        assert "Markup" not in source, path.name


def test_no_code_of_a_page_holds_html() -> None:
    assert len(CODE) > 50
    texts = [
        (f"{path.name}:{node.lineno}", node.value)
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(texts) > 500
    for place, text in texts:
        assert "</" not in text, place


def test_no_file_of_a_page_is_long() -> None:
    assert CODE
    for path in CODE:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, path.name


@pytest.mark.parametrize(
    ("took_ms", "told"), [(12.0, "under 0.1 s"), (60.0, "0.1 s"), (1520.0, "1.5 s")]
)
def test_an_answer_never_takes_no_time(took_ms: float, told: str) -> None:
    html = render("answer_times", took_ms=took_ms, timings_ms={"total": took_ms})
    assert f"Answered in {told}<" in html
