"""The store of cases, opened once, and again when its file was replaced."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from core import settings
from core.errors import CasesError
from core.review.connection import address_of
from core.review.store import Store, open_store
from pages.ui.markdown import plain

_TOLD = "cases-told"


def now() -> datetime:
    """The time that is written down."""
    return datetime.now(UTC)


def store() -> Store:
    """The store that the settings name. Raises CasesError where it cannot be used."""
    chosen = settings.load()
    file = address_of(chosen.cases)
    if file.get_backend_name() != "sqlite":
        return _opened(chosen.cases, "")
    path = Path(str(file.database))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        open_store(chosen.cases, now()).close()
    found = path.stat()
    return _opened(chosen.cases, f"{found.st_dev} {found.st_ino}")


@st.cache_resource(max_entries=4, show_spinner="Opening the store of cases …")
def _opened(address: str, file: str) -> Store:  # noqa: ARG001
    """`file` identifies the file, so that nothing is written to one that was replaced."""
    return open_store(address, now())


def attempt(work: Callable[[Store], str]) -> None:
    """Does with the store what a button is for, and keeps the line about it for the page."""
    try:
        st.session_state[_TOLD] = (True, work(store()))
    except (CasesError, OSError) as error:
        st.session_state[_TOLD] = (False, str(error))


def draw_result() -> None:
    """The line that `attempt` kept, once."""
    good, text = st.session_state.pop(_TOLD, (True, ""))
    if text:
        (st.success if good else st.error)(plain(text[:1].upper() + text[1:], 400))
