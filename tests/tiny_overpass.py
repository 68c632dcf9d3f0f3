"""A server of maps on this machine, as an Overpass server and a server of extracts answer."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

MAP = {"version": 0.6, "elements": [{"type": "node", "id": 1, "lat": 60.171, "lon": 24.945}]}


@dataclass
class Overpass:
    """What the server answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = json.dumps(MAP).encode()
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def map_server() -> Iterator[Overpass]:
    """The server, one for all tests."""
    state = Overpass()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.asked.append(parse_qs(content)["data"][0])
            self.answer()

        def do_GET(self) -> None:
            state.asked.append(self.path)
            self.answer()

        def answer(self) -> None:
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


@pytest.fixture
def overpass(map_server: Overpass) -> Overpass:
    """The server as if it had just started."""
    fresh = Overpass(map_server.url)
    for name in ("status", "body", "asked", "agents"):
        setattr(map_server, name, getattr(fresh, name))
    return map_server
