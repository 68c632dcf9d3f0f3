"""Widgets for a photograph: where it is dropped or taken, and what was read from it."""

import streamlit as st

from core.describe.streetview import LIMITS
from core.geo import haversine_km
from pages.search_page.photo import session
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain
from pages.ui.numbers import metres

_TYPES = ["jpg", "jpeg", "png", "webp"]
_SCRIPTS = "Signs in Latin, Chinese and Japanese letters are read, others are not."
_TURN = "photo-turn"
"""Counts files: a new key for the widgets makes Streamlit forget the last file."""


def _turn() -> int:
    return int(st.session_state.get(_TURN, 0))


def _take(key: str) -> None:
    file = st.session_state.get(key)
    if file is not None:
        session.take(file.getvalue(), bool(st.session_state.get("photo-truth")))
    st.session_state[_TURN] = _turn() + 1


def choice() -> None:
    """The popover in which a photograph is dropped or taken."""
    turn = _turn()
    with st.popover("From a photo", type="tertiary", key=f"photo-{turn}"):
        st.caption(
            "The photo is described on this machine and then forgotten. Its position is not used."
        )
        st.file_uploader(
            f"Drop a street photo (JPEG, PNG or WebP, up to {LIMITS.file_bytes // 2**20} MB)",
            type=_TYPES,
            key=f"photo-file-{turn}",
            on_change=_take,
            args=(f"photo-file-{turn}",),
        )
        if st.toggle("Use the camera", key=f"photo-camera-{turn}"):
            st.camera_input(
                "Take a photo",
                key=f"photo-taken-{turn}",
                on_change=_take,
                args=(f"photo-taken-{turn}",),
            )
        st.checkbox(
            "Show afterwards where the photo was taken, if it says so",
            key="photo-truth",
            help="Only to compare. It does not change the search.",
        )


def seen() -> None:
    """What was read from the photograph: a thumbnail, signs to drop, notes."""
    if problem := session.problem():
        st.warning(plain(problem[:1].upper() + problem[1:], 300))
    photo = session.current()
    if photo is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="photo-seen-row"):
        st.image(photo.thumbnail, width=120)
        with st.container():
            st.caption(
                "Described from your photo. Change what is wrong, then find places.",
                help=plain(" ".join(photo.description.notes), 400) or None,
            )
            _signs(photo)
            st.button(
                "Forget the photo",
                key="photo-forget",
                type="tertiary",
                icon=":material/close:",
                on_click=session.forget,
            )


def _signs(photo: session.VisitorPhoto) -> None:
    """The signs as chips; a click drops one, another takes it back."""
    if not photo.signs:
        st.caption(f"No sign was read. {_SCRIPTS}")
        return
    st.session_state["photo-signs"] = [sign for sign in photo.signs if sign not in photo.dropped]
    st.pills(
        "Signs: click to drop one",
        list(photo.signs),
        selection_mode="multi",
        key="photo-signs",
        on_change=_keep,
        format_func=lambda sign: plain(sign, 40),
        help=_SCRIPTS,
    )
    if away := photo.description.pointing_away & photo.dropped:
        names = ", ".join(sign for sign in photo.signs if sign in away)
        st.caption(plain(f"Dropped, because a signpost names what is elsewhere: {names}", 200))


def _keep() -> None:
    session.keep_signs(st.session_state.get("photo-signs") or ())


def truth(state: SearchState) -> None:
    """Where the photograph says that it was taken, where the visitor asked for it."""
    photo = session.current()
    if photo is None or photo.taken_at is None or state.result is None:
        return
    at, tile = photo.taken_at, state.result.candidates[0].tile
    away_m = 1000 * haversine_km(at.lat, at.lon, tile.lat, tile.lon)
    st.caption(
        plain(
            f"The photo says it was taken at {at.lat:.5f}, {at.lon:.5f}: "
            f"{metres(away_m)} from place 1. The search did not use this.",
            200,
        )
    )
