"""A collection on the pages: its regions on a map, a way into each, and what was searched."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
import streamlit as st
from conftest import ROOT, settings_for
from streamlit.testing.v1 import AppTest

from core import maps
from core.gallery import Gallery, GalleryCard, cards_of_regions, list_galleries
from core.geo import Bounds
from core.indexes import coarse
from core.maps import RegionMark
from core.retrieval import two_stages
from core.retrieval.packing import RegionToPack, pack
from pages.search_page import regions_map
from pages.ui import routes

HOSTILE_TITLE = "North `${x}` <b>town</b>"


@pytest.fixture(scope="module")
def packed(tiny_gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a collection of two regions."""
    home = tmp_path_factory.mktemp("packed")

    def to_pack(name: str, title: str) -> RegionToPack:
        copied = object.__new__(type(tiny_gallery))
        copied.__dict__.update(tiny_gallery.__dict__)
        copied.card = replace(tiny_gallery.card, title=title)
        source = tiny_gallery.names.path
        return RegionToPack(name, copied, lambda path: shutil.copy(source, path))

    regions = [to_pack("north", HOSTILE_TITLE), to_pack("south", "South")]
    pack(home / "galleries" / "two", "Two regions", regions)
    return home


@pytest.fixture
def data(packed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAYWHERE_DATA", str(packed))
    st.cache_resource.clear()
    return packed


def opened(page: str, **params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    app.query_params.update(params)
    app.run()
    assert not app.exception
    return app


def marks_in(monkeypatch: pytest.MonkeyPatch) -> list[list[RegionMark]]:
    """The marks of every overview that is drawn from now on."""
    drawn: list[list[RegionMark]] = []
    layer = maps.regions_layer

    def kept(marks: list[RegionMark]) -> object:
        drawn.append(marks)
        return layer(marks)

    monkeypatch.setattr(maps, "regions_layer", kept)
    return drawn


@pytest.mark.usefixtures("data")
def test_a_collection_is_asked_and_the_rest_is_searched_at_a_press(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(two_stages, "MOST_SEARCHED", 1)
    drawn = marks_in(monkeypatch)
    app = opened("search", city="two")
    assert [(mark.name, mark.share, mark.told) for mark in drawn[-1]] == [
        ("two--north", None, ""),
        ("two--south", None, ""),
    ]
    app.text_area(key="text").set_value("a church and a fountain")
    app.button[0].click().run()
    assert not app.exception
    shares = [mark.share for mark in drawn[-1]]
    assert len(shares) == 2
    assert all(share is not None and 0 < share < 1 for share in shares)
    assert all(mark.told.endswith(" %") for mark in drawn[-1])
    assert "Searched 1 of 2 regions" in " ".join(one.value for one in app.markdown)
    app.button(key="search-all").click().run()
    assert not app.exception
    assert app.query_params["exact"] == "1"
    assert not [one for one in app.button if one.key == "search-all"]
    first = app.button(key="region-two--north")
    first.click().run()
    assert not app.exception
    assert app.query_params["city"] == "two--north"
    assert "exact" not in app.query_params
    assert app.segmented_control(key="city").value == "two--north"
    assert app.radio(key="chosen").options


def test_only_a_region_that_is_here_is_taken_from_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[str] = []
    monkeypatch.setattr(regions_map.city_hints, "go", gone.append)
    events = [
        {"event": "region", "name": "elsewhere"},
        {"event": "region", "name": ["two--north"]},
        {"event": "spot", "name": "two--north"},
        "two--north",
        None,
        {"event": "region", "name": "two--north"},
    ]
    for event in events:
        monkeypatch.setattr(st, "session_state", {"map": event})
        regions_map._picked("map", frozenset({"two--north", "two--south"}))
    assert gone == ["two--north"]


@pytest.mark.usefixtures("data")
def test_the_gallery_page_leads_into_the_regions_of_a_collection() -> None:
    app = opened("gallery", gallery="two")
    told = " ".join(one.value for one in app.markdown)
    assert "**2 regions**" in told
    app.selectbox(key="region-name").select_index(1).run()
    assert not app.exception
    assert app.query_params["gallery"] == "two--south"
    assert not app.warning
    app.button(key="whole-collection").click().run()
    assert app.query_params["gallery"] == "two"


def test_the_cards_of_a_collection_are_its_regions(packed: Path) -> None:
    settings = settings_for(packed / "galleries")
    (whole,) = list_galleries(settings)
    regions = cards_of_regions(whole, settings)
    assert [card.title for card in regions] == [HOSTILE_TITLE, "South"]
    assert sum(card.tiles for card in regions) == whole.tiles
    alone: GalleryCard = regions[0]
    assert cards_of_regions(alone, settings) == (alone,)


def test_the_overview_has_the_likeliest_first_and_no_text_that_runs() -> None:
    box = Bounds(10, 50, 11, 51)
    drawn = maps.base_map(
        maps.BaseMap(box, "", "Land: Natural Earth", range(18), land_url=routes.LAND_URL),
        maps.Assets(("/vendor/leaflet.js",), ()),
        "overview",
    )
    marks = [RegionMark("a", "A", box, 0.2, "20 %"), RegionMark("b", HOSTILE_TITLE, box, 0.7)]
    maps.regions_layer(marks).add_to(drawn)
    script = drawn.get_root().render()
    assert "`" not in script
    coded = re.search(r'saywhere\.regions\(\w+, JSON\.parse\(decodeURIComponent\("([^"]*)"', script)
    assert coded is not None
    rows = json.loads(unquote(coded.group(1)))["regions"]
    assert [row["name"] for row in rows] == ["b", "a"]
    assert rows[0]["title"] == HOSTILE_TITLE
    assert rows[0]["at"] == [50.5, 10.5]
    assert "openstreetmap" not in script, "nothing is asked of another server"


def test_the_land_of_the_world_is_here_and_is_whole() -> None:
    folder = ROOT / "assets" / "static" / "natural-earth-4.1"
    assert f"/vendor/{folder.name}/land-110m.json" == routes.LAND_URL
    land = json.loads((folder / "land-110m.json").read_text("utf-8"))
    assert land["type"] == "MultiPolygon"
    rings = [ring for polygon in land["coordinates"] for ring in polygon]
    assert len(rings) > 100
    assert all(ring[0] == ring[-1] for ring in rings)
    assert all(abs(lon) <= 180 and abs(lat) <= 90 for ring in rings for lon, lat in ring)


def test_a_large_gallery_is_compared_with_all_at_a_press(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    monkeypatch.setattr(coarse, "COARSE_FROM", 1000)
    app = opened("search", city="helsinki", q="a bench beside a fountain")
    told = "Compared with the likeliest tiles"
    assert any(told in one.value for one in app.markdown)
    app.button(key="search-all").click().run()
    assert not app.exception
    assert not any(told in one.value for one in app.markdown)
    assert app.query_params["exact"] == "1"
