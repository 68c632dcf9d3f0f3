"""The app's own addresses: health, Leaflet and our script, base-map tiles.

Everything is served with a cache header; what may change carries its version in the address.
"""

import functools
import hashlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from core import __version__, settings
from core.errors import GalleryError, SaywhereError
from core.gallery import GalleryCard
from core.maps import Assets
from core.render.dark import recoloured
from core.web_tiles.archive import read_tile
from pages.ui import resources
from pages.ui.map_script import map_script, script
from pages.ui.page_document import page_document, page_paths

_FOREVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=3600"
_LEAFLET = "leaflet-1.9.4"
LAND_URL = "/vendor/natural-earth-4.1/land-110m.json"
"""The land of the world, by Natural Earth."""
_opening = threading.Lock()
"""A map asks for a dozen tiles at once; one request opens the gallery, the others wait."""


class _CachedFiles(StaticFiles):
    """Static files that a browser may keep: their folder or their address names the version."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def cached(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                kept = Headers(raw=message["headers"]).raw
                message["headers"] = [*kept, (b"cache-control", _FOREVER.encode())]
            await send(message)

        await super().__call__(scope, receive, cached)


@functools.cache
def assets() -> Assets:
    """The scripts and styles of the map's frame, our own with their content's hash."""
    return Assets(
        scripts=(f"/vendor/{_LEAFLET}/leaflet.js", _address("map.js", script())),
        styles=(f"/vendor/{_LEAFLET}/leaflet.css", _address("map.css", _style())),
    )


_STARTED = datetime.now(UTC).isoformat()


def _style() -> bytes:
    return (settings.load().static / "saywhere" / "map.css").read_bytes()


def _address(name: str, content: bytes) -> str:
    """The address of a script or style of ours; one that changed has another."""
    return f"/vendor/saywhere/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def tiles_url(card: GalleryCard, layer: Literal["tiles", "aerial"] = "tiles") -> str:
    """The Leaflet template of a gallery's base map or imagery; a rebuilt gallery has another."""
    name, version = quote(card.name, safe=""), quote(card.created, safe="")
    return f"/{layer}/{name}/{{z}}/{{x}}/{{y}}.webp?v={version}"


def healthz(_: Request) -> Response:
    """Confirms that the server answers, without opening a gallery, and tells when it began."""
    return JSONResponse({"status": "ok", "version": __version__, "started": _STARTED})


@functools.lru_cache(maxsize=16)
def _archive(name: str, version: str, is_aerial: bool) -> Path:
    """The archive of a gallery as it was when the page was drawn; failures are not kept."""
    card = next((one for one in resources.cards() if one.name == name), None)
    if card is None or card.created != version:
        raise GalleryError("there is no such gallery, or it was built again: reload the page")
    gallery = resources.open_gallery(card)
    aerial = gallery.aerial.path if gallery.aerial else None
    archive = aerial if is_aerial else gallery.base_map
    if archive is None:
        raise GalleryError(f"this gallery has no {'imagery' if is_aerial else 'base map'}")
    return archive


def tile(request: Request) -> Response:
    """One tile of a base map, with `dark=1` in the dark palette, or of imagery: 404 for no such
    gallery or archive, 204 where it is empty."""
    parts = request.path_params
    is_aerial = request.url.path.startswith("/aerial/")
    try:
        with _opening:
            version = request.query_params.get("v", "")
            archive = _archive(parts["gallery"], version, is_aerial)
        picture = read_tile(archive, parts["z"], parts["x"], parts["y"])
    except SaywhereError as error:
        return Response(str(error), status_code=404, media_type="text/plain")
    if picture is None:
        return Response(status_code=204, headers={"cache-control": _SHORT})
    kept = {"cache-control": _FOREVER}
    if request.query_params.get("dark") == "1" and not is_aerial:
        return Response(recoloured(picture), media_type="image/png", headers=kept)
    return Response(picture, media_type="image/webp", headers=kept)


def search_page(request: Request) -> Response:
    """The search page by its own name is the front page, whatever the link carries."""
    query = request.url.query
    return RedirectResponse(f"/?{query}" if query else "/")


def routes() -> Sequence[BaseRoute]:
    """All addresses of ours; Streamlit keeps every other one."""
    return [
        Route("/healthz", healthz),
        Route("/search", search_page),
        *(Route(path, page_document) for path in page_paths()),
        Route("/tiles/{gallery}/{z:int}/{x:int}/{y:int}.webp", tile),
        Route("/aerial/{gallery}/{z:int}/{x:int}/{y:int}.webp", tile),
        Route("/vendor/saywhere/map.js", map_script),
        Mount("/vendor", _CachedFiles(directory=settings.load().static)),
    ]
