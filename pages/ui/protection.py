"""What stands between visitors and the server: foreign pages, harmful messages, security headers.

Streamlit answers a foreign `Origin` only after it has looked up the public address of its machine
on the internet, and meanwhile answers nobody; and it lets every visitor empty the caches of all.
"""

import base64
import hashlib
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_MAP_FRAME = "/component/"
_ONLINE_MAP = "https://tile.openstreetmap.org"
_POLICY_VIOLATION = 1008
_REFUSED_MESSAGES = frozenset({"clear_cache", "load_git_info"})
"""Messages of a browser that no visitor needs: the first drops models and galleries for all, the
second tells the names of files on the server."""
_HEADERS = {
    "x-content-type-options": "nosniff",
    # a map server wants to know the site that uses it; what was asked stays here
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}


def is_own(origin: str, host: str) -> bool:
    """Whether a page of this origin may talk to the server that was reached as `host`.

    Only pages of the same host and port may, and those that `server.corsAllowedOrigins` lists.
    """
    try:
        site = urlsplit(origin).netloc
    except ValueError:
        return False
    allowed = st.get_option("server.corsAllowedOrigins") or []
    return bool(site) and (site.lower() == host.lower() or origin in allowed)


def _is_refused(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and not is_own(origin, headers.get("host", ""))


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


class Protection:
    """An ASGI application around the app, for its own routes and Streamlit's alike."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses pages of others at once; passes the rest on."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, _with_headers(scope, send))
            case "websocket" if _is_refused(Headers(scope=scope)):
                await receive()
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            case "websocket":
                await self._app(scope, _checked(receive), send)
            case _:
                await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_refused(Headers(scope=scope)):
            refusal = PlainTextResponse("This page may not use this server.", status_code=403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _with_headers(scope: Scope, send: Send) -> Send:
    policy = _policies()[_MAP_FRAME in scope["path"]]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, "content-security-policy": policy}.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


def _checked(receive: Receive) -> Receive:
    """A visitor's messages, without those that are refused and without values that are none."""

    async def received() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or not message.get("bytes"):
                return message
            data = checked_message(message["bytes"])
            if data is not None:
                return {**message, "bytes": data}

    return received


def checked_message(data: bytes) -> bytes | None:
    """A browser's message as it may be handled, None for one that is refused.

    A widget's number that is NaN or infinite is left out, as if the widget had not been touched.
    What is no message at all is left to Streamlit, which closes the connection.
    """
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return data
    kind = message.WhichOneof("type")
    if kind in _REFUSED_MESSAGES:
        return None
    if kind != "rerun_script":
        return data
    widgets = message.rerun_script.widget_states.widgets
    wrong = [widget for widget in widgets if not _is_finite(widget)]
    if not wrong:
        return data
    for widget in wrong:
        widgets.remove(widget)
    return bytes(message.SerializeToString())


def _is_finite(widget: WidgetState) -> bool:
    kind = widget.WhichOneof("value")
    if kind == "double_value":
        return math.isfinite(widget.double_value)
    if kind == "double_array_value":
        return all(map(math.isfinite, widget.double_array_value.data))
    return True
