"""Tiles from a server: polite, kept, and told in one line when it goes wrong."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_tiles import TinyTiles, serving, tile_of

from core.errors import SourceError
from core.geo import Bounds
from core.sources.imagery import Online, open_imagery
from core.sources.imagery.addresses import national_sources, parse_address
from core.sources.imagery.download import CLIENT, TileServer
from core.web_tiles.mercator import tile_box

AREA = Bounds(15.0001, 50.0001, 15.0039, 50.0039)


@pytest.fixture
def tiles() -> Iterator[TinyTiles]:
    with serving() as tiny:
        yield tiny


def server(tiny: TinyTiles, cache: Path | None, waits: list[float]) -> TileServer:
    return TileServer(parse_address(tiny.url, 17), AREA, cache, waits.append)


def ignore(stage: str, done: int, total: int) -> None:
    assert done <= total, stage


def test_tiles_are_asked_for_once_by_a_client_that_says_its_name(
    tiles: TinyTiles, tmp_path: Path
) -> None:
    waits: list[float] = []
    first = server(tiles, tmp_path, waits)
    estimate = first.estimate()
    assert estimate.tiles == first.tiles.count > 3
    assert first.download(ignore) == estimate.missing
    assert tiles.agents == {CLIENT}
    assert tiles.most_at_once <= 2
    again = server(tiles, tmp_path, waits)
    assert again.estimate().missing == 0
    assert again.download(ignore) == 0
    assert set(tiles.asked.values()) == {1}
    assert waits == []


def test_a_busy_server_is_given_time(tiles: TinyTiles, tmp_path: Path) -> None:
    waits: list[float] = []
    tiles.faults = [429, 503]
    assert server(tiles, tmp_path, waits).tile(17, 1, 2) is not None
    assert waits == [7.0, 2.0]


def test_a_stopped_download_goes_on_where_it_was(tiles: TinyTiles, tmp_path: Path) -> None:
    waits: list[float] = []
    tiles.faults = [200, 200, 200, *[503] * 5, *[503] * 5]
    with pytest.raises(
        SourceError, match=r"answers 503 again and again; .* are kept, run it again"
    ):
        server(tiles, tmp_path, waits).download(ignore)
    kept = sum(1 for path in tmp_path.rglob("*") if path.is_file())
    assert kept >= 3
    tiles.faults = []
    later = server(tiles, tmp_path, waits)
    assert later.download(ignore) == later.tiles.count - kept


def test_a_page_instead_of_a_picture_is_told_and_not_kept(tiles: TinyTiles, tmp_path: Path) -> None:
    tiles.page = True
    with pytest.raises(SourceError, match="answers with a page instead of a picture") as error:
        server(tiles, tmp_path, []).tile(17, 1, 2)
    assert "\n" not in str(error.value)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("body", [b"Rate limit exceeded", tile_of(17, 1, 2)[:-30]])
def test_what_is_no_whole_picture_is_told_and_not_kept(
    body: bytes, tiles: TinyTiles, tmp_path: Path
) -> None:
    tiles.body = body
    with pytest.raises(SourceError, match=r"no whole picture \(200, image/png\)") as error:
        server(tiles, tmp_path, []).tile(17, 1, 2)
    assert "\n" not in str(error.value)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_what_may_only_be_looked_at_never_reaches_the_disk(
    tiles: TinyTiles, tmp_path: Path
) -> None:
    address = parse_address(tiles.url, 17)
    look_only = replace(address, credit=replace(address.credit, may_be_stored=False))
    assert TileServer(look_only, AREA, tmp_path).tile(17, 1, 2) is not None
    assert not list(tmp_path.iterdir())
    esri = "https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer"
    assert not parse_address(esri).credit.may_be_stored


def test_a_place_without_a_tile_is_empty(tiles: TinyTiles, tmp_path: Path) -> None:
    tiles.faults = [404]
    first = server(tiles, tmp_path, [])
    assert first.tile(17, 1, 2) is None
    assert first.tile(17, 1, 2) is None
    assert sum(tiles.asked.values()) == 1


def test_a_picture_comes_from_the_tiles_of_its_place(tiles: TinyTiles, tmp_path: Path) -> None:
    imagery = open_imagery([tiles.url], online=Online(AREA, tmp_path, 17))
    (store,) = imagery.servers
    box = tile_box(17, store.tiles.x0, store.tiles.y0)
    picture = imagery.picture(box.center.lat, box.center.lon, 20, 8)
    assert picture.valid.all()
    expected = (170, store.tiles.x0 % 256, store.tiles.y0 % 256)
    assert np.all(picture.rgb == expected)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("http://a/{z}/{x}/{y}.png", "http://a/3/5/2.png"),
        ("http://a/{z}/{x}/{-y}.png", "http://a/3/5/5.png"),
        ("http://a/{TileMatrix}/{TileRow}/{TileCol}", "http://a/3/2/5"),
        (
            "http://a/arcgis/rest/services/b/MapServer",
            "http://a/arcgis/rest/services/b/MapServer/tile/3/2/5",
        ),
        ("http://a/{quadkey}", "http://a/121"),
    ],
)
def test_addresses_of_all_kinds_name_the_same_tile(template: str, expected: str) -> None:
    assert parse_address(template).of(3, 5, 2) == expected


def test_a_box_is_in_metres() -> None:
    (left, bottom, right, top) = map(
        float, parse_address("http://a/{bbox}").of(1, 0, 0)[9:].split(",")
    )
    assert (left, bottom, right) == (-20037508.3428, 0.0, 0.0)
    assert top == -left


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("https://tile.openstreetmap.org/{z}/{x}/{y}.png", "forbids the download"),
        ("https://example.org/map.html", "is no address of tiles"),
        ("lantmateriet", "download its files"),
    ],
)
def test_addresses_that_cannot_be_used_are_told(source: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse_address(source)


def test_national_sources_say_what_they_are() -> None:
    table = national_sources()
    wanted = {"usgs-naip", "ign-fr", "pdok", "swisstopo", "cuzk", "nrw", "basemap-at", "pnoa"}
    assert wanted | {"lantmateriet", "gsi"} <= set(table)
    for row in table.values():
        assert row.credit.licence
        assert row.credit.credit
        assert row.documentation.startswith("https://")
        if row.address:
            assert parse_address(row.name).of(10, 5, 6).startswith("https://")
    assert [row.name for row in table.values() if not row.credit.may_be_stored] == ["esri"]
