"""A map from an Overpass server, which here is one of the tests' own."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from core.errors import SourceError
from core.geo import Bounds
from core.sources.overpass import area_km2, download
from core.sources.overpass_json import is_overpass

BOX = Bounds(24.94, 60.17, 24.95, 60.175)
MAP = {"version": 0.6, "elements": [{"type": "node", "id": 1, "lat": 60.171, "lon": 24.945}]}


@dataclass
class Overpass:
    """What the server answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = json.dumps(MAP).encode()
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)


@pytest.fixture
def overpass() -> Iterator[Overpass]:
    """A server on this machine."""
    state = Overpass()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.asked.append(parse_qs(content)["data"][0])
            state.agents.append(self.headers["User-Agent"])
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/api/interpreter"
    yield state
    server.shutdown()
    server.server_close()


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
