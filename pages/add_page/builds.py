"""The builds: how large, how far, and what can be done to each."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core import settings
from core.errors import GalleryError
from core.gallery import own_places
from core.gallery.build_jobs import BuildJobs, JobStatus
from pages.ui import frame
from pages.ui.markdown import plain

_LOOK_S = 1.5
_KEY = "builds-problem"
_RUNNING = ("counting", "building")
_DISK = "About {tiles:,} tiles, {minutes} of work and {mb:.0f} MB."


def draw() -> None:
    """All builds; looked at again and again while one of them runs."""
    runs = any(one.state in _RUNNING for one in _jobs().all())
    st.fragment(_draw, run_every=_LOOK_S if runs else None)(runs)


def _jobs() -> BuildJobs:
    return BuildJobs(settings.load())


def _draw(ran: bool) -> None:
    found = _jobs().all()
    if ran != any(one.state in _RUNNING for one in found):
        st.rerun()  # the whole page, which then looks again and again, or no longer
    if problem := st.session_state.pop(_KEY, ""):
        st.error(plain(problem, 500))
    for one in found:
        with st.container(border=True, key=f"build-{one.job.name}"):
            st.markdown(f"##### {plain(one.job.title)}")
            _said(one)
            with st.container(horizontal=True, key=f"deeds-{one.job.name}"):
                _deeds(one)


def _said(one: JobStatus) -> None:
    size = _DISK.format(tiles=one.tiles, minutes=_minutes(one.about_s), mb=one.about_mb)
    match one.state:
        case "counting":
            st.caption("Reading the map …")
        case "counted":
            st.caption(size)
        case "building":
            st.progress(one.share, text=plain((one.stage or "reading the map").capitalize()))
            st.caption(size)
        case "built":
            st.caption("Ready to be searched.")
        case "stopped":
            st.caption("Stopped. It goes on where it was.")
        case "failed":
            st.warning(plain(one.problem, 400))


def _deeds(one: JobStatus) -> None:
    """Buttons for what can be done now."""
    name = one.job.name
    if one.state == "built":
        with st.container(key=f"search-{name}", width="content"):
            st.page_link(
                frame.pages()["search"], label="Search it now", query_params={"city": name}
            )
        st.text_input(
            "Another title",
            key=f"title-{name}",
            placeholder="Another title",
            label_visibility="collapsed",
            max_chars=60,
            width=220,
            on_change=_rename,
            args=(name,),
        )
    if one.state in ("counted", "stopped", "failed"):
        words = "Build it" if one.state == "counted" else "Go on"
        st.button(
            words,
            key=f"start-{name}",
            type="primary",
            on_click=_try,
            args=(partial(_jobs().start, name),),
        )
    if one.state in _RUNNING:
        st.button("Stop", key=f"stop-{name}", on_click=_try, args=(partial(_jobs().stop, name),))
    else:
        with st.popover("Remove", type="tertiary"):
            st.button(
                "Remove it for good",
                key=f"remove-{name}",
                on_click=_try,
                args=(partial(_remove, name, one.state == "built"),),
            )


def _remove(name: str, built: bool) -> None:
    if built:
        own_places.remove(name, settings.load())
    _jobs().forget(name)


def _rename(name: str) -> None:
    title = str(st.session_state.get(f"title-{name}") or "")
    if title.strip():
        _try(partial(_retitle, name, title))


def _retitle(name: str, title: str) -> None:
    own_places.rename(name, title, settings.load())
    _jobs().rename(name, title)
    st.session_state[f"title-{name}"] = ""


def _try(deed: Callable[[], object]) -> None:
    """Does it; the whole page follows, and a fault becomes a line."""
    try:
        deed()
    except (GalleryError, OSError) as error:
        st.session_state[_KEY] = str(error)


def _minutes(seconds: float) -> str:
    """A time as a person would say it: "40 seconds", "5 minutes"."""
    if seconds < 90:
        return f"{round(seconds / 10) * 10} seconds"
    return f"{round(seconds / 60)} minutes"
