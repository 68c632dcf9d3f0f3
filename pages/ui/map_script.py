"""The script of the map's frame: its parts joined in one scope.

One address for all parts: the frame loads its scripts one after another, and each would cost a
visitor another way to the server and back.
"""

import functools

from starlette.requests import Request
from starlette.responses import Response

from core import settings

PARTS = (
    "frame",
    "controls",
    "drawing",
    "swipe",
    "spread",
    "markers",
    "answer",
    "errors",
    "places",
    "regions",
)
"""The files in `assets/static/saywhere/map/`, by subject; `frame` holds what the others share."""
_FOREVER = "public, max-age=31536000, immutable"


@functools.cache
def script() -> bytes:
    """The whole script. Functions of one part may use those of any other."""
    folder = settings.load().static / "saywhere" / "map"
    parts = "\n".join((folder / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
    return f'(function () {{\n"use strict";\n\n{parts}}})();\n'.encode()


def map_script(_: Request) -> Response:
    """The script; its address names its version."""
    return Response(script(), media_type="text/javascript", headers={"cache-control": _FOREVER})
