"""Polite download of tiles: an identified client, few connections, a cache, back-off, resume."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.files import write_bytes
from core.geo import Bounds
from core.sources.imagery.addresses import TileAddress
from core.sources.imagery.pyramid import decoded
from core.web_tiles.mercator import TileRange, tiles_in

CLIENT: Final = "Saywhere/1.0 (place search; tiles for one gallery, kept and not asked for again)"
_CONNECTIONS: Final = 2
_TRIES: Final = 5
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
_TIMEOUT_S: Final = 30.0
_BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
_ABSENT: Final = frozenset({204, 404, 410})
_REFUSED: Final = frozenset({401, 403})
_SAMPLE: Final = 3
_MOST_TILES: Final = 200_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The tiles that a download needs, how many are still missing, and about how much they are."""

    tiles: int
    missing: int
    megabytes: float
    seconds: float

    def sentence(self, source: str) -> str:
        """The estimate for people."""
        minutes = max(1, round(self.seconds / 60))
        return (
            f"{source}: {self.missing:,} of {self.tiles:,} tiles are to be downloaded, about "
            f"{self.megabytes:.0f} MB in {minutes} min"
        )


class TileServer:
    """The tiles behind an address in an area. Those that may be stored are kept in `cache`.

    `sleep` is an argument for tests.
    """

    def __init__(
        self,
        address: TileAddress,
        area: Bounds,
        cache: Path | None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import requests

        self.name = address.credit.source
        self.address = address
        self.zooms = address.zooms
        self.bounds = area
        self.credit = address.credit
        key = hashlib.sha256(address.template.encode()).hexdigest()[:16]
        self._cache = cache / key if cache and address.credit.may_be_stored else None
        self._session = requests.Session()
        self._session.headers["User-Agent"] = CLIENT
        self._sleep = sleep
        self._lock = threading.Lock()
        self._wait_s = 0.0

    @property
    def tiles(self) -> TileRange:
        """The tiles of the finest zoom that touch the area."""
        return tiles_in(self.bounds, self.zooms.stop - 1)

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """An encoded tile, from the cache or the server; None where there is none.

        Raises SourceError where the server refuses, stays busy or answers something else.
        """
        path = self._path(zoom, x, y)
        if path is not None and path.is_file():
            return path.read_bytes() or None
        picture = self._fetched(self.address.of(zoom, x, y))
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, picture or b"", error=SourceError)
        return picture

    def estimate(self) -> Estimate:
        """Counts the missing tiles, and measures a few of them. Raises SourceError for too many."""
        if self.tiles.count > _MOST_TILES:
            raise SourceError(
                f"{self.name}: {self.tiles.count:,} tiles are more than {_MOST_TILES:,}; choose a "
                f"part with --bbox, or a coarser --imagery-zoom"
            )
        missing = list(self._missing())
        if not missing:
            return Estimate(self.tiles.count, 0, 0.0, 0.0)
        sample = missing[:: -(-len(missing) // _SAMPLE)]
        started = time.monotonic()
        sizes = [len(self.tile(*at) or b"") for at in sample]
        seconds = (time.monotonic() - started) / len(sample)
        left = len(missing) - len(sample)
        return Estimate(
            tiles=self.tiles.count,
            missing=left,
            megabytes=left * sum(sizes) / len(sizes) / 1e6,
            seconds=left * seconds / _CONNECTIONS,
        )

    def download(self, progress: Progress) -> int:
        """Gets the missing tiles into the cache; returns their number. Run again, it continues."""
        missing = list(self._missing())
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            waiting = [pool.submit(self.tile, *at) for at in missing]
            try:
                for done, future in enumerate(as_completed(waiting), 1):
                    future.result()
                    progress("download", done, len(missing))
            except SourceError as error:
                pool.shutdown(cancel_futures=True)
                left = sum(1 for _ in self._missing())
                raise SourceError(
                    f"{error}; {self.tiles.count - left} of {self.tiles.count} tiles are kept, run "
                    f"it again to continue"
                ) from error
        return len(missing)

    def _missing(self) -> Iterator[tuple[int, int, int]]:
        tiles = self.tiles
        for y in range(tiles.y0, tiles.y1):
            for x in range(tiles.x0, tiles.x1):
                at = (tiles.zoom, x % 2**tiles.zoom, y)
                path = self._path(*at)
                if path is None or not path.is_file():
                    yield at

    def _path(self, zoom: int, x: int, y: int) -> Path | None:
        return self._cache / str(zoom) / str(x) / str(y) if self._cache else None

    def _fetched(self, url: str) -> bytes | None:
        """The picture at an address; waits and tries again while the server is busy."""
        import requests

        problem = ""
        for attempt in range(_TRIES):
            wait_s = min(_FIRST_WAIT_S * 2 ** (attempt - 1), _LONGEST_WAIT_S) if attempt else 0.0
            if wait_s or self._wait_s:
                self._sleep(max(self._wait_s, wait_s))
            try:
                answer = self._session.get(url, timeout=_TIMEOUT_S)
            except requests.RequestException as error:
                problem = f"does not answer ({type(error).__name__})"
            else:
                if answer.status_code not in _BUSY:
                    self._pause(0.0)
                    return self._picture(answer)
                problem = f"answers {answer.status_code} again and again"
                self._pause(_retry_after(answer.headers.get("Retry-After", "")))
        raise SourceError(f"the server of {self.name} {problem}")

    def _pause(self, seconds: float) -> None:
        """Makes all connections wait before their next request."""
        with self._lock:
            self._wait_s = seconds

    def _picture(self, answer: Any) -> bytes | None:
        if answer.status_code in _ABSENT:
            return None
        if answer.status_code in _REFUSED:
            raise SourceError(
                f"the server of {self.name} refuses ({answer.status_code}); check the address and "
                f"whether it needs a key"
            )
        content: bytes = answer.content
        kind = answer.headers.get("Content-Type", "")
        about = f"({answer.status_code}, {kind[:40] or 'no type'}); check the address"
        if answer.status_code != 200 or "html" in kind or content.lstrip()[:1] in (b"<", b"{"):
            raise SourceError(
                f"the server of {self.name} answers with a page instead of a picture {about}"
            )
        if not content:
            return None
        try:
            decoded(content, "")
        except SourceError as error:  # kept, it would fail whenever it is read
            raise SourceError(
                f"the server of {self.name} answers with something that is no whole picture {about}"
            ) from error
        return content


def _retry_after(value: str) -> float:
    return min(float(value), _LONGEST_WAIT_S) if value.isascii() and value.isdigit() else 0.0
