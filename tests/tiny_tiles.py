"""A small tile server that throttles and fails as it is told."""

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


def tile_of(zoom: int, x: int, y: int) -> bytes:
    """A tile whose colour tells its place."""
    buffer = io.BytesIO()
    Image.new("RGB", (256, 256), (zoom * 10, x % 256, y % 256)).save(buffer, "PNG")
    return buffer.getvalue()


class TinyTiles:
    """What the server is to do, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.faults: list[int] = []
        """Status codes of the next answers."""
        self.page = False
        self.body = b""
        """What is sent in the place of each tile, if anything."""
        self.at_once = 0
        self.most_at_once = 0
        self.url = ""


@contextmanager
def serving() -> Iterator[TinyTiles]:
    tiny = TinyTiles()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                tiny.asked[self.path] += 1
                tiny.agents.add(self.headers["User-Agent"])
                tiny.at_once += 1
                tiny.most_at_once = max(tiny.most_at_once, tiny.at_once)
                fault = tiny.faults.pop(0) if tiny.faults else 200
            body, kind = b"", "text/plain"
            if tiny.page:
                body, kind = b"<html>Please log in</html>", "text/html"
            elif fault == 200:
                z, x, y = (int(part) for part in self.path.strip("/").split("/"))
                body, kind = tiny.body or tile_of(z, x, y), "image/png"
            with lock:
                tiny.at_once -= 1
            self.send_response(fault)
            if fault == 429:
                self.send_header("Retry-After", "7")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    tiny.url = f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}"
    try:
        yield tiny
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
