"""Pages have our style from the start, and tell the browser where the server is."""

import re

import pytest
import streamlit as st
from conftest import ROOT

from core.settings import MAX_UPLOAD_MB
from pages.ui import frame
from pages.ui.page_document import page_document, page_paths
from pages.ui.routes import routes


def test_every_page_has_this_document() -> None:
    paths = [getattr(one, "path", "") for one in routes()]
    assert set(page_paths()) == {"/", *(f"/{name}" for name in frame.page_names()[1:])}
    assert {"/", "/benchmark", "/cases"} <= set(page_paths()) <= set(paths)


def test_our_style_and_script_come_before_streamlits() -> None:
    answer = page_document(None)  # type: ignore[arg-type]
    page = bytes(answer.body).decode()
    scripts = re.findall(r"<script[^>]*src=\"([^\"]*)", page)
    ours = ["address.js", "reconnect.js"]
    assert scripts[:2] == [f"/vendor/saywhere/{name}" for name in ours]
    assert len(scripts) > 2
    assert '<head><link rel="stylesheet" href="/vendor/saywhere/starting.css"><script' in page
    assert "&lt;" not in page
    for name in (*ours, "starting.css"):
        assert (ROOT / "assets" / "static" / "saywhere" / name).is_file()
    assert answer.headers["cache-control"] == "no-cache"


def test_below_another_path_streamlit_looks_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "/app" if "baseUrl" in name else None)
    assert page_paths() == ()


def test_there_is_one_limit_for_what_is_uploaded() -> None:
    from core.describe.streetview.decoding import PhotoLimits

    config = (ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    assert f"maxUploadSize = {MAX_UPLOAD_MB}\n" in config
    assert PhotoLimits().file_bytes == MAX_UPLOAD_MB * 2**20
    calls = [path.read_text("utf-8") for path in (ROOT / "pages").rglob("*.py")]
    assert sum("st.file_uploader(" in text for text in calls) >= 3
    assert not any("max_upload_size" in text for text in calls), "no box has a limit of its own"
