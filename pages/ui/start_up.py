"""The lines at the start of the server: where to find the app.

Streamlit's own lines are off (`logger.hideWelcomeMessage`): for a server that listens on every
address, they look up the public one on the internet.
"""

import sys
from collections.abc import Iterator

import streamlit as st
from streamlit import config, net_util
from streamlit.web.server.server_util import get_url

_EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})


def announce() -> None:
    """Writes the addresses, where `streamlit run` started the server."""
    if getattr(config, "_server_mode", None) == "starlette-app":
        lines = "".join(f"  {address}\n" for address in addresses())
        sys.stdout.write(f"\nSaywhere runs at\n\n{lines}\n")
        sys.stdout.flush()


def addresses() -> Iterator[str]:
    """The addresses of the app: the one that is set, else those of this machine."""
    listens_on = st.get_option("server.address") or ""
    if config.is_manually_set("browser.serverAddress"):
        yield get_url(st.get_option("browser.serverAddress"))
    elif listens_on in _EVERY_ADDRESS:
        yield get_url("localhost")
        yield get_url(net_util.get_internal_ip() or "127.0.0.1")  # asks the machine alone
    else:
        yield get_url(listens_on)
