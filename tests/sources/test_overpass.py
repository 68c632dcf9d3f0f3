"""A map from an Overpass server, or an extract; the server here is one of the tests' own."""

import json
from pathlib import Path

import pytest
from tiny_overpass import MAP, Overpass

from core.errors import SourceError
from core.geo import Bounds
from core.settings import EXTRACTS
from core.sources.extract import checked_address, download_extract
from core.sources.overpass import area_km2, download
from core.sources.overpass_json import is_overpass

BOX = Bounds(24.94, 60.17, 24.95, 60.175)


def test_the_map_of_a_box_is_asked_for_once_and_by_name(overpass: Overpass, tmp_path: Path) -> None:
    first = download(BOX, overpass.url, tmp_path)
    assert is_overpass(json.loads(first.read_text()))
    assert download(BOX, overpass.url, tmp_path) == first
    (asked,) = overpass.asked
    assert "[bbox:60.170000,24.940000,60.175000,24.950000]" in asked
    assert overpass.agents[0].startswith("Saywhere/")
    assert download(Bounds(24.9, 60.17, 24.91, 60.175), overpass.url, tmp_path) != first


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (429, b"", "busy"),
        (504, b"", "too much to do"),
        (400, b"", "status 400"),
        (200, b"<html>", "no map"),
        (200, b'{"elements": 1}', "no map"),
    ],
)
def test_what_is_no_map_is_told_and_not_kept(
    overpass: Overpass, tmp_path: Path, status: int, body: bytes, told: str
) -> None:
    overpass.status, overpass.body = status, body
    with pytest.raises(SourceError, match=told):
        download(BOX, overpass.url, tmp_path)
    assert list(tmp_path.iterdir()) == []
    overpass.status, overpass.body = 200, json.dumps(MAP).encode()
    assert download(BOX, overpass.url, tmp_path).is_file()


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be reached"):
        download(BOX, "http://127.0.0.1:9/", tmp_path, 5)
    with pytest.raises(SourceError, match="no address of a server"):
        download(BOX, "file:///etc/passwd", tmp_path)


def test_a_large_box_is_refused_before_anybody_is_asked(overpass: Overpass, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="choose a smaller one"):
        download(Bounds(24, 60, 25, 61), overpass.url, tmp_path)
    assert overpass.asked == []


def test_the_area_of_a_box_is_that_of_the_sphere() -> None:
    assert area_km2(Bounds(0, 0, 0.01, 0.01)) == pytest.approx(1.112**2, rel=0.01)
    assert area_km2(Bounds(0, 59.995, 0.01, 60.005)) == pytest.approx(1.112**2 / 2, rel=0.01)


HERE = ("127.0.0.1",)


def test_an_extract_is_downloaded_once(overpass: Overpass, tmp_path: Path) -> None:
    address = overpass.url.replace("interpreter", "My Town-latest.osm.pbf").replace(" ", "%20")
    path = download_extract(address, HERE, tmp_path)
    assert path.read_bytes() == overpass.body
    assert path.name.endswith("town-latest.osm.pbf")
    assert download_extract(address, HERE, tmp_path) == path
    assert len(overpass.asked) == 1
    assert overpass.agents[0].startswith("Saywhere/")
    overpass.status = 404
    with pytest.raises(SourceError, match="status 404"):
        download_extract(address.replace("Town", "Other"), HERE, tmp_path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("file:///etc/passwd.osm", "use http or https"),
        ("http://[::1/a.osm", "is no address"),
        ("http:///a.osm", "no address of a server"),
        ("http://10.0.0.1/a.osm.pbf", "no server for extracts here"),
        ("http://127.0.0.1@evil.example/a.osm.pbf", "no server for extracts here"),
        ("http://127.0.0.1/a.html", "not that of a map file"),
        ("http://127.0.0.1/ä.osm.pbf", "no address of a server"),
    ],
)
def test_an_address_that_is_no_extract_is_refused(address: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        checked_address(address, HERE)


def test_the_usual_servers_are_allowed() -> None:
    address = "https://download.geofabrik.de/europe/estonia-latest.osm.pbf"
    assert checked_address(f" {address} ", EXTRACTS) == address
