"""Security headers of every answer: a content security policy, and what browsers may pass on."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_MAP_FRAME = "/component/"
_ONLINE_MAP = "https://tile.openstreetmap.org"
_HEADERS = {
    "x-content-type-options": "nosniff",
    # a map server wants to know the site that uses it; what was asked stays here
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}


@cache
def _policies() -> Mapping[bool, str]:
    """The content security policy of pages (False) and of the map's frame (True).

    A page runs the scripts that Streamlit serves, and no others. The map's frame also runs text:
    streamlit-folium hands the map over as a script. Both are shown inside pages of this address
    only, and neither sends anything elsewhere.
    """
    own = f"script-src 'self' blob: {_inline_hashes()}"
    return {
        is_frame: "; ".join(
            (
                "default-src 'self'",
                "script-src 'self' 'unsafe-inline' 'unsafe-eval'" if is_frame else own,
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:" + f" {_ONLINE_MAP}" * is_frame,
                "font-src 'self' data:",
                "connect-src 'self'",
                "media-src 'self' data: blob:",
                "worker-src 'self' blob:",
                "frame-src 'self'",
                "frame-ancestors 'self'",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
            )
        )
        for is_frame in (False, True)
    }


def _inline_hashes() -> str:
    """The scripts inside Streamlit's page, as sources of a policy."""
    page = Path(st.__file__).parent / "static" / "index.html"
    scripts = _INLINE_SCRIPT.findall(page.read_bytes())
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def with_headers(scope: Scope, send: Send) -> Send:
    """`send`, which adds the headers to an answer that lacks them."""
    policy = _policies()[_MAP_FRAME in scope["path"]]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, "content-security-policy": policy}.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
