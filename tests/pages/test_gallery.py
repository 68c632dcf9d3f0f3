"""The gallery page: by AppTest what it shows, in a browser the map and the link."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import streamlit as st
from conftest import ROOT, Served, Visit, drawn
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest
from tiny_answers import HOSTILE

from core import maps
from core.gallery import Gallery
from core.gallery.inspection import TileFact, coverage
from pages.gallery_page import look_alikes, session, tile_panel
from pages.gallery_page.session import View


def html_of(app: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in app.get("html"))


def page_of(home: Path, monkeypatch: pytest.MonkeyPatch, **params: str) -> AppTest:
    monkeypatch.setenv("SAYWHERE_DATA", str(home))
    app = AppTest.from_file(str(ROOT / "pages" / "gallery.py"), default_timeout=60)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


class TestLink:
    NAMES = ("helsinki", "monaco")

    def test_a_view_survives_its_link(self) -> None:
        view = View("monaco", "43.7,7.4", "alike", "43.8,7.4")
        assert session.from_params(view.to_params(), self.NAMES, "helsinki") == view
        assert View("monaco").to_params() == {"gallery": "monaco"}

    @pytest.mark.parametrize("text", [*HOSTILE, "x" * 5000, "\n", "tiles "])
    def test_nonsense_in_a_link_is_left_out(self, text: str) -> None:
        for name in ("gallery", "tile", "part", "twin"):
            view = session.from_params({name: text}, self.NAMES, "helsinki")
            assert (view.gallery, view.part) == ("helsinki", "tiles"), name
            assert len(view.tile) <= 200, name


class TestPage:
    def test_it_begins_with_what_the_gallery_can_answer(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(tiny_data, monkeypatch, gallery="tinytown")
        assert "Where Tiny Town has tiles" in html_of(app)
        assert app.button(key="first-tile").label == "Show a tile"
        app.button(key="first-tile").click().run()
        assert "Its description" in html_of(app)
        assert app.query_params["tile"]

    def test_words_find_tiles_and_a_click_shows_one(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(tiny_data, monkeypatch, gallery="tinytown")
        app.text_input(key="find-tile").set_value("swan fountain").run()
        hits = [one for one in app.button if str(one.key).startswith("hit-")]
        assert len({one.label for one in hits}) == len(hits) > 1, "none is the same as another"
        hits[0].click().run()
        html = html_of(app)
        assert "Swan Fountain" in html
        assert "m to the" in html
        assert "/?city" in html.replace("&#63;", "?")
        app.text_input(key="find-tile").set_value("no such zq").run()
        assert not app.exception
        assert any("mentions" in one.value for one in app.info)

    def test_the_next_tile_is_one_further(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(tiny_data, monkeypatch, gallery="tinytown")
        app.button(key="first-tile").click().run()
        first = app.query_params["tile"]
        app.button(key="step-Next tile").click().run()
        assert app.query_params["tile"] != first
        app.button(key="step-Previous tile").click().run()
        assert app.query_params["tile"] == first

    def test_a_tile_that_is_not_here_is_said_so(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(tiny_data, monkeypatch, gallery="tinytown", tile=HOSTILE[0][:150])
        assert any("has no tile" in one.value for one in app.info)

    def test_a_gallery_that_is_not_here_is_said_so(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(tiny_data, monkeypatch, gallery="atlantis")
        assert any("atlantis" in one.value and "not here" in one.value for one in app.info)
        assert not page_of(tiny_data, monkeypatch, gallery="tinytown").info

    @pytest.mark.parametrize(
        ("text", "cut"),
        [
            ("two benches; " * 30, "two benches; " * 16 + "two benches …"),
            ("bench " * 60, "bench " * 36 + "…"),
            ("墙" * 300, "墙" * 220 + " …"),
            ("a bench", "a bench"),
        ],
    )
    def test_a_long_text_ends_at_a_fact_or_a_word(self, text: str, cut: str) -> None:
        assert look_alikes.beginning(text) == cut

    def test_look_alikes_are_shown_with_both_sides(
        self, seen_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(seen_home, monkeypatch, gallery="tinycity", part="alike")
        html = html_of(app)
        assert "Places in Tiny City that look alike" in html
        assert "Pair 1" in html
        assert html.count('class="sw-side"') >= 2
        app.button_group(key="alike-by").set_value("image").run()
        assert not app.exception
        assert "picture similarity" in html_of(app)
        app.button(key="pair-show-1").click().run()
        assert not app.exception
        assert {"tile", "twin"} <= set(app.query_params)

    def test_maps_alone_cannot_disagree_with_photographs(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = page_of(tiny_data, monkeypatch, gallery="tinytown", part="differ")
        assert "drawn and aerial pictures" in app.info[0].value
        app = page_of(tiny_data, monkeypatch, gallery="tinytown")
        assert not any("photo" in option for option in app.button_group(key="part").options)

    def test_the_origin_names_sources_licence_models_and_files(
        self, seen_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        html = html_of(page_of(seen_home, monkeypatch, gallery="tinycity", part="origin"))
        manifest = json.loads(
            (seen_home / "galleries" / "tinycity" / "manifest.json").read_text(encoding="utf-8")
        )
        assert manifest["model"]["weights_sha256"] in html
        assert manifest["picture_models"][0]["weights_sha256"] in html
        assert manifest["files"]
        assert all(entry["sha256"] in html for entry in manifest["files"].values())
        assert next(iter(manifest["origin"]["files"].values())) in html
        assert "are unchanged since the build" in html

    def test_a_damaged_gallery_is_shown_with_what_is_wrong(
        self, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(tiny_data / "galleries", tmp_path / "galleries")
        folder = tmp_path / "galleries" / "tinytown"
        next(folder.glob("build-*/links.parquet")).write_bytes(b"x")
        st.cache_resource.clear()
        app = page_of(tmp_path, monkeypatch, gallery="tinytown")
        assert "is damaged" in app.warning[0].value.replace("\\", "")
        assert "1 of" in html_of(app)
        (folder / "manifest.json").write_text("{", encoding="utf-8")
        app = page_of(tmp_path, monkeypatch, gallery="tinytown")
        assert "manifest" in app.warning[0].value
        assert "python -m core build tinytown" in app.code[0].value


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_file_holds_is_text(text: str) -> None:
    html = tile_panel.table((TileFact(text, text, (text, text), 30.0, "north", False),))
    assert "__pwned" not in html
    assert "<img" not in html
    assert "`" not in html


def test_the_ground_is_one_layer_and_holds_no_text_of_a_file(tiny_gallery: Gallery) -> None:
    layer = maps.coverage_layer(coverage(tiny_gallery), tiny_gallery.tile(0), tiny_gallery.tile(1))
    assert len(layer._children) == 1


@pytest.mark.browser
def test_a_click_on_the_map_shows_the_tile_and_the_link_restores_it(
    served: Served, visits: Callable[..., Visit]
) -> None:
    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address("/gallery?gallery=helsinki"))
    frame = page.frame_locator("iframe").first
    frame.locator("path.sw-ground").wait_for()
    frame.locator(".leaflet-tile-loaded").first.wait_for()
    box = page.locator("iframe").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".sw-tile img").wait_for()
    expect(page).to_have_url(re.compile("tile="))
    frame.locator("path.sw-chosen").wait_for()
    street = page.locator(".sw-head h3").inner_text()
    page.goto(page.url)
    expect(page.locator(".sw-head h3")).to_have_text(street)

    frame.locator("path.sw-chosen").wait_for()
    frame.locator("#map_div").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(frame.locator(".leaflet-pan-anim")).to_have_count(0)
    tile = page.url
    frame.get_by_role("button", name="Take the middle").focus()
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(tile)

    page.get_by_label("Find tiles by").fill("Senaatintori")
    page.keyboard.press("Enter")
    page.locator(".st-key-hits button").first.wait_for()
    page.get_by_role("link", name="Search for this description").click()
    page.locator(".sw-verdict").wait_for()
    expect(page).to_have_url(re.compile("city=helsinki"))
    assert visit.outside == []
    assert visit.errors == []


WHOLE = """
option => {
  const [label, low] = [option.firstElementChild, option.offsetHeight];
  label.textContent = 'Old town and harbour, a map of March 20'.repeat(3);
  return [label.scrollWidth <= label.clientWidth, option.offsetHeight > low];
}
"""
"""Whether a long option is as wide as its list and takes more lines."""


@pytest.mark.browser
def test_a_hostile_name_in_a_gallery_is_shown_and_runs_nothing(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served, 390, 844)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address(f"/gallery?gallery={tiny_city}&tile={quote(HOSTILE[0][:100])}"))
    page.get_by_label("Find tiles by").wait_for()
    drawn(page)  # a list that is opened before that is closed again
    page.get_by_role("combobox", name="Gallery").press("ArrowDown")
    assert page.get_by_role("option").first.evaluate(WHOLE) == [True, True]
    page.keyboard.press("Escape")
    page.get_by_label("Find tiles by").fill("pwned")
    page.keyboard.press("Enter")
    page.locator(".st-key-hits button").first.click()
    expect(page.locator(".sw-table").first).to_contain_text("${window.__pwned=1}")
    wide = page.evaluate(
        "(e => e.scrollWidth - e.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    )
    assert wide <= 0
    assert {frame.evaluate("window.__pwned || null") for frame in page.frames} == {None}
    assert visit.errors == []
