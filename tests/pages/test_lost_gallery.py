"""A city that is removed or damaged while a visitor looks at it: a line, and the next city."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from conftest import ROOT
from streamlit.testing.v1 import AppTest

from core import settings
from core.gallery.manifest import read_manifest, write_manifest

WORDS = "the church beside a park"
TOWNS = ("atown", "btown", "ctown")


@pytest.fixture
def home(
    tiny_data: Path,
    loaded_once: Callable[..., object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A data folder with three towns of its own, and no other; models stay loaded."""
    own = replace(settings.load({"SAYWHERE_DATA": str(tmp_path)}), bundled_galleries=tmp_path)
    monkeypatch.setattr(settings, "load", lambda *_: own)
    monkeypatch.setattr("core.models.load_model", loaded_once)
    galleries = tmp_path / "galleries"
    for name in TOWNS:
        shutil.copytree(tiny_data / "galleries" / "tinytown", galleries / "tinytown")
        folder = (galleries / "tinytown").rename(galleries / name)
        document = json.loads((folder / "manifest.json").read_text("utf-8"))
        document |= {"name": name, "title": name.title()}
        document.pop("digest")
        (folder / "manifest.json").write_text(json.dumps(document), "utf-8")
        write_manifest(folder, replace(read_manifest(folder), title=name.title()))
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    st.cache_resource.clear()
    return tmp_path


def opened(page: str, **params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def lines_of(app: AppTest) -> str:
    return " ".join(one.value for one in (*app.warning, *app.info, *app.error)).replace("\\", "")


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def break_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"footprint_m": 100.0', '"footprint_m": NaN'))


def break_title(folder: Path) -> None:
    path = folder / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    document.pop("digest")
    path.write_text(json.dumps(document | {"title": "half \ud83d"}), "utf-8")


def break_file(folder: Path) -> None:
    next(folder.glob("build-*/links.parquet")).write_bytes(b"x")
    st.cache_resource.clear()


def lose_names(folder: Path) -> None:
    next(folder.glob("build-*/names.sqlite")).unlink()
    st.cache_resource.clear()


HARMS: dict[str, Callable[[Path], None]] = {
    "removed": remove,
    "a manifest with NaN": break_manifest,
    "a title with half a pair": break_title,
    "a damaged file": break_file,
    "a lost file": lose_names,
}


@pytest.mark.parametrize("harm", HARMS)
def test_the_search_page_goes_on_with_the_other_cities(harm: str, home: Path) -> None:
    app = opened("search", city="atown", q=WORDS)
    assert app.segmented_control(key="city").value == "atown"
    HARMS[harm](home / "galleries" / "atown")
    app.run()
    assert not app.exception
    assert "atown" in lines_of(app)
    assert app.segmented_control(key="city").value == "", "Anywhere"
    assert app.text_area(key="text").value == WORDS
    app.run()
    assert not app.exception


@pytest.mark.parametrize("harm", HARMS)
def test_the_gallery_page_says_what_is_wrong(harm: str, home: Path) -> None:
    app = opened("gallery", gallery="atown")
    HARMS[harm](home / "galleries" / "atown")
    app.run()
    assert not app.exception
    assert "atown" in lines_of(app)


@pytest.mark.parametrize("harm", HARMS)
def test_the_booth_goes_on_with_the_next_city(harm: str, home: Path) -> None:
    app = opened("search", booth="1", city="atown")
    assert app.session_state["visit"].city == "atown"
    HARMS[harm](home / "galleries" / "atown")
    app.run()
    assert not app.exception
    assert app.session_state["visit"].city not in ("", "atown")
    assert "atown" in lines_of(app)
    app.run()
    assert "atown" in lines_of(app), "the line stays until the next turn"


def test_a_gallery_lost_after_it_was_opened_is_a_line(home: Path) -> None:
    app = opened("search", city="atown", q=WORDS)
    shards = list((home / "galleries" / "atown").glob("build-*/tiles-*.parquet"))
    assert shards
    for shard in shards:
        shard.unlink()
    app.session_state["found"] = None
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "lost its file" in lines_of(app)


def test_without_any_gallery_left_the_page_says_what_to_do(home: Path) -> None:
    app = opened("search", city="atown", q=WORDS)
    for name in TOWNS:
        break_file(home / "galleries" / name)
    app.run()
    assert not app.exception
    assert "is damaged" in lines_of(app)


def test_a_base_map_lost_from_an_open_gallery_leaves_the_rest(home: Path) -> None:
    app = opened("search", city="atown", q=WORDS)
    maps = list((home / "galleries" / "atown").glob("build-*/base_map.pmtiles"))
    for path in maps:
        path.unlink()
    app.run()
    assert not app.exception
    assert app.segmented_control(key="city").value == "atown"
