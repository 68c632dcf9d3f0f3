"""CVG-Text's pictures on both sides of the antimeridian, searched and seen in a browser."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from conftest import Served, Visit, drawn, serve, settings_for
from tiny_cases import NOW
from tiny_cvgtext import PUBLIC, panorama, write_picture

from core.__main__ import main
from core.gallery import open_gallery
from core.gallery.picture_builder import build_pictures
from core.geo import Position, joined_lons, run_on
from core.review.exchange import rows_of
from core.review.importing import ImportOptions, import_cases
from core.review.store import open_store
from core.sources.cvgtext import read_cvgtext
from core.sources.ocr import PictureReader

LONS = (179.9975, 179.9985, 179.9995, -179.9995, -179.9985)
SIGNS = ("Dawn Street", "Harbour Lane", "Corner Bakery", "Sunset Road", "Evening Market")
NAMES = [panorama(-16.8, lon, row, "png") for row, lon in enumerate(LONS)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of five pictures with signs, 100 m apart, across 180 degrees."""
    folder = tmp_path_factory.mktemp("date-line")
    pictures = PUBLIC.write(folder / "copy", "Taveuni", "osm", {"test": dict.fromkeys(NAMES, "x")})
    for row, sign in enumerate(SIGNS):
        write_picture(pictures / NAMES[row], row, [sign], 320)
    data = read_cvgtext(folder / "copy", "Taveuni", "panorama", "osm", None)
    build_pictures(
        "dateline",
        data,
        PictureReader(threads=1),
        folder / "galleries",
        "Date Line",
        datetime(2026, 1, 2, tzinfo=UTC),
        lambda *_: None,
    )
    return folder


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve(home, tmp_path_factory.mktemp("app") / "log.txt")


@pytest.mark.parametrize(
    ("lons", "joined"),
    [
        ((179.9, 179.95, -179.9), (179.9, 179.95, 180.1)),
        ((179.9, -179.95, -179.9), (-180.1, -179.95, -179.9)),
        ((10.0, 11.0), (10.0, 11.0)),
        ((-100.0, 100.0), (-100.0, 100.0)),
        ((170.0, 171.0, -170.0), (170.0, 171.0, -170.0)),
        ((), ()),
    ],
)
def test_longitudes_of_one_town_are_one_piece(
    lons: tuple[float, ...], joined: tuple[float, ...]
) -> None:
    assert joined_lons(np.array(lons)) == pytest.approx(np.array(joined))


def test_a_place_is_drawn_on_the_side_of_its_gallery() -> None:
    assert run_on(Position(1, -179.9), 180.0).lon == pytest.approx(180.1)
    assert run_on(Position(1, 179.9), -180.0).lon == pytest.approx(-180.1)
    assert run_on(Position(1, 24), 24.1) == Position(1, 24)
    assert run_on(Position(1, -100), 180.0) == Position(1, -100), "too far to run on"


def test_the_gallery_is_as_small_as_its_ground(home: Path) -> None:
    gallery = open_gallery("dateline", settings_for(home / "galleries"))
    bounds = gallery.card.bounds
    assert bounds.east - bounds.west < 0.01
    assert bounds.west < 180 < bounds.east
    assert [gallery.tile(row).tile_id for row in range(len(gallery))] == gallery.tile_ids


@pytest.mark.browser
@pytest.mark.parametrize("row", [pytest.param(1, marks=pytest.mark.slow), 4])
def test_it_is_searched_and_seen_in_a_browser(
    row: int, served: Served, visits: Callable[..., Visit]
) -> None:
    from playwright.sync_api import Page, expect

    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address(f"/?city=dateline&q={SIGNS[row].replace(' ', '+')}"))
    page.get_by_role("heading", name=SIGNS[row]).wait_for()
    frame = page.frame_locator("iframe[title=Map]")
    frame.locator(".leaflet-container").wait_for()
    marks = frame.locator(".leaflet-marker-icon")
    marks.first.wait_for()
    assert marks.count() > 0
    for number in range(marks.count()):
        expect(marks.nth(number), "marked off the map").to_be_in_viewport(timeout=30_000)
    expect(page.locator("[data-testid=stApp]")).to_contain_text(SIGNS[row])
    assert visit.errors == []
    assert visit.outside == []


@pytest.fixture(scope="module")
def report(home: Path) -> Path:
    """A run over descriptions from both sides, one of which is found 300 m away."""
    lines = [{"text": SIGNS[row], "lat": -16.8, "lon": LONS[row]} for row in (0, 4)]
    lines.append({"text": SIGNS[4], "lat": -16.8, "lon": LONS[0]})
    queries = home / "queries.jsonl"
    queries.write_text("\n".join(map(json.dumps, lines)))
    (home / "reports").mkdir()
    path = home / "reports" / "dateline.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAYWHERE_DATA", str(home))
        measured = ["evaluate", "--gallery", "dateline", "--queries", str(queries)]
        assert main([*measured, "--out", str(path)]) == 0
    return path


def test_positions_are_told_as_others_write_them(home: Path, report: Path) -> None:
    result = json.loads(report.read_text("utf-8"))
    assert (result["n"], result["outside_gallery"]) == (3, 0)
    assert result["L@50m"] == pytest.approx(200 / 3, abs=0.1)
    store = open_store(str(home / "store.sqlite"), NOW)
    assert import_cases(store, report, intake(home), NOW)["cases"] > 0
    lons = [row[name] for row in rows_of(store) for name in ("lon", "top_lon")]
    assert max(map(abs, lons)) <= 180
    assert min(lons) < 0 < max(lons)
    store.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.usefixtures("report")
def test_its_errors_are_on_the_map_in_a_browser(
    served: Served, visits: Callable[..., Visit]
) -> None:
    from playwright.sync_api import Page

    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address("/benchmark?plot=map"))
    drawn(page)
    frame = page.frame_locator("iframe[title=Map]")
    frame.locator(".leaflet-container").wait_for()
    line = frame.locator("path.leaflet-interactive").first
    line.wait_for(state="attached")
    shown, box = frame.locator(".leaflet-container").bounding_box(), line.bounding_box()
    assert shown is not None
    assert box is not None
    assert shown["x"] <= box["x"]
    assert box["x"] + box["width"] <= shown["x"] + shown["width"], "drawn around the earth"
    assert visit.errors == []


def intake(home: Path) -> ImportOptions:
    return ImportOptions(lambda name: open_gallery(name, settings_for(home / "galleries")))


@pytest.mark.slow
@pytest.mark.browser
def test_its_tiles_are_looked_at_in_a_browser(served: Served, visits: Callable[..., Visit]) -> None:
    from playwright.sync_api import Page, expect

    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    tile = NAMES[3].removesuffix(".png")
    page.goto(served.address(f"/gallery?gallery=dateline&tile={tile}"))
    drawn(page)
    page.frame_locator("iframe[title=Map]").locator(".leaflet-container").wait_for()
    expect(page.locator("[data-testid=stApp]")).to_contain_text("Sunset Road")
    expect(page.locator("[data-testid=stApp]")).to_contain_text("-16.800000, -179.999500")
    assert page.locator("[data-testid=stException]").count() == 0
    assert visit.errors == []
