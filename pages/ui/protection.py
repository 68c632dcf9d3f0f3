"""Protection of the server from foreign pages and harmful messages.

Streamlit answers a foreign `Origin` only after it has looked up the public address of its machine
on the internet, and meanwhile answers nobody; and it lets every visitor empty the caches of all.
"""

from urllib.parse import urlsplit

import streamlit as st
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.ui.security_headers import with_headers
from pages.ui.widget_values import is_sound

_POLICY_VIOLATION = 1008
_REFUSED_MESSAGES = frozenset({"clear_cache", "load_git_info"})
"""Messages of a browser that no visitor needs: the first drops models and galleries for all, the
second tells the names of files on the server."""


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


class Protection:
    """An ASGI application around the app, for its own routes and Streamlit's alike."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses pages of others at once; passes the rest on."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, with_headers(scope, send))
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

    A widget's value that is none, such as NaN, is left out, as if the widget had not been touched.
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
    wrong = [widget for widget in widgets if not is_sound(widget)]
    if not wrong:
        return data
    for widget in wrong:
        widgets.remove(widget)
    return bytes(message.SerializeToString())
