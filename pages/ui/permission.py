"""Whether visitors may build galleries here and change what others see, such as reports."""

import streamlit as st

from core import settings
from pages.ui.addresses import reachable

REFUSAL = (
    "Places can be added on the machine itself only. Its owner can allow it to visitors with "
    "SAYWHERE_ADD=1, or build on the command line."
)


def allowed() -> bool:
    """By the setting of the machine, else where nobody but this machine reaches the app."""
    said = settings.load().add_places
    if said is not None:
        return said
    address = st.get_option("server.address") or "0.0.0.0"
    return address not in ("0.0.0.0", "::") and not reachable(address)
