"""The gallery page of a twin gallery: both pictures of a tile, and where they disagree."""

from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from streamlit.testing.v1 import AppTest
from test_pages import a_candidate, an_answer
from tiny_twin import build_twin

from core import settings
from core.gallery.disagreement import can_disagree, disagreements
from core.gallery.embed import embed_pictures
from core.gallery.manifest import read_manifest
from core.gallery.opened import Gallery
from core.geo import Bounds
from core.models import load_model
from core.retrieval.picture_model import load_picture_encoder
from core.sources.imagery.credits import ImageryCredit
from pages.search_page import attribution_panel
from pages.search_page.printable import to_page

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

CREDIT = "© Surveyors <b>of</b> Tinytown"


@pytest.fixture(scope="module")
def home(
    city_osm: Path, encoder: "SentenceEncoder", tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder with the tiny city and a photograph of it, embedded by the app's own models."""
    folder = tmp_path_factory.mktemp("twins")
    built = build_twin(
        city_osm,
        encoder,
        folder / "galleries",
        lambda box: Bounds(
            box.west - 0.002, box.south - 0.002, box.east + 0.002, box.north + 0.002
        ),
        spacing_m=150,
        credit=ImageryCredit("CC BY 4.0", CREDIT, "2024", "a"),
    )
    for name, view in (("compact", "drawn"), ("compact-aerial", "aerial")):
        model = load_model(name, sentences=encoder)
        embed_pictures(built, model, None, 1, lambda *_: None, view)
    return folder


@pytest.fixture
def page(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def opened(**params: str) -> AppTest:
        monkeypatch.setenv("SAYWHERE_DATA", str(home))
        app = AppTest.from_file(str(ROOT / "pages" / "gallery.py"), default_timeout=60)
        for name, value in params.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return opened


def html_of(app: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in app.get("html"))


def test_a_tile_shows_both_pictures_with_both_credits(
    page: Callable[..., AppTest], home: Path
) -> None:
    folder = home / "galleries" / "twin"
    gallery = Gallery(folder, read_manifest(folder))
    html = html_of(page(gallery="twin", tile=gallery.tile_ids[0]))
    assert 'class="sw-twin"' in html
    assert "Aerial picture: " in html
    assert "Map picture: " in html
    assert CREDIT not in html
    assert f"{gallery.card.licence}. Photograph: {CREDIT}, CC BY 4.0, 2024" in unescape(html)


def test_attribution_can_be_over_either_picture(home: Path, encoder: "SentenceEncoder") -> None:
    folder = home / "galleries" / "twin"
    gallery = Gallery(folder, read_manifest(folder))
    both = load_picture_encoder(gallery, settings.load({"SAYWHERE_DATA": str(home)}), encoder)
    tile_id = gallery.tile_ids[0]
    looks = attribution_panel.looks_of(gallery, both, tile_id)
    assert [one.view for one in looks] == ["drawn", "aerial"]
    for look, model in zip(looks, ("compact", "compact-aerial"), strict=True):
        assert look.encoder.encoder.spec.name == model
        assert look.picture == gallery.searched_picture(tile_id, look.encoder.key)
    assert looks[0].picture != looks[1].picture
    assert attribution_panel.looks_of(gallery, None, tile_id) == []


def test_places_that_disagree_are_listed_and_filtered_by_kind(
    page: Callable[..., AppTest], home: Path
) -> None:
    folder = home / "galleries" / "twin"
    gallery = Gallery(folder, read_manifest(folder))
    assert can_disagree(gallery)
    found = disagreements(gallery)
    assert found.kinds
    app = page(gallery="twin", part="differ")
    html = html_of(app)
    assert html.count('class="sw-twin"') == min(8, len(found.tiles)) > 1
    first = gallery.tile(found.tiles[0].row)
    assert f"{first.lat:.5f}" in html
    kind = found.tiles[-1].gaps[0].kind
    app.selectbox(key="differ-in").set_value(kind).run()
    assert not app.exception
    wanted = [one for one in found.tiles if kind in {gap.kind for gap in one.gaps}]
    assert html_of(app).count('class="sw-twin"') == min(8, len(wanted))
    shown = gallery.tile(wanted[0].row)
    app.button(key="differ-show-1").click().run()
    assert app.query_params["tile"] == shown.tile_id
    assert "part" not in app.query_params


def test_the_printed_page_has_both_pictures_and_both_credits(home: Path) -> None:
    folder = home / "galleries" / "twin"
    gallery = Gallery(folder, read_manifest(folder))
    ids = gallery.tile_ids[:2]
    named = [a_candidate(rank, "Church") for rank in (1, 2)]
    places = [
        replace(one, tile=replace(one.tile, tile_id=known))
        for one, known in zip(named, ids, strict=True)
    ]
    page = to_page(an_answer(*places), gallery, "")
    both = [tile_id for tile_id in ids if gallery.picture(tile_id, "aerial")]
    assert both
    assert page.count('alt="Picture of Church"') == 2
    assert page.count('alt="Aerial picture of Church"') == len(both)
    assert unescape(page).count(f"Photograph: {CREDIT}, CC BY 4.0, 2024.") == 1
    assert gallery.card.licence in unescape(page)
