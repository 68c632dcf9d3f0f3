"""The buttons of a build, and their effects."""

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from core import settings
from core.errors import GalleryError
from core.gallery import own_places
from core.gallery.build_jobs import BuildJobs, JobState, JobStatus
from core.geo import Bounds
from pages.add_page import box_field, imagery
from pages.ui import frame

PROBLEM = "builds-problem"
"""Key of the line that a fault left."""
LAST = "add-last"
"""Key of the name of the place that was sent off last."""
RUNNING: Final[tuple[JobState, ...]] = ("counting", "waiting", "building")


def _jobs() -> BuildJobs:
    return BuildJobs(settings.load())


def draw(one: JobStatus) -> None:
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
    if one.state in ("stopped", "failed") and not one.job.asked:
        again = partial(_jobs().count, name)
        st.button("Count again", key=f"count-{name}", on_click=_try, args=(again,))
    elif one.state in ("counted", "stopped", "failed"):
        words = "Build it" if one.state == "counted" else "Go on"
        st.button(
            words,
            key=f"start-{name}",
            type="primary",
            on_click=_try,
            args=(partial(_jobs().start, name),),
        )
    if one.state == "counted" or (one.job.imagery and one.state in ("stopped", "failed")):
        imagery.draw(one, _try)
    is_open = one.state not in RUNNING and not one.job.asked
    if is_open and (box := box_field.chosen()):
        st.button(
            "Take the drawn box only",
            key=f"within-{name}",
            on_click=_try,
            args=(partial(_narrow, name, box),),
        )
    if one.state in RUNNING:
        words = "Leave the queue" if one.state == "waiting" else "Stop"
        st.button(words, key=f"stop-{name}", on_click=_try, args=(partial(_jobs().stop, name),))
    else:
        with st.popover("Remove", type="tertiary"):
            st.button(
                "Remove it for good",
                key=f"remove-{name}",
                on_click=_try,
                args=(partial(_remove, name, one.job.asked),),
            )


def _narrow(name: str, box: Bounds) -> None:
    _jobs().count(name, box)
    box_field.clear()


def _remove(name: str, asked: bool) -> None:
    """Removes a job and its gallery, of which an unfinished build may have left a part."""
    machine = settings.load()
    if asked and (machine.user_galleries / name).is_dir():
        own_places.remove(name, machine)
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
        st.session_state[PROBLEM] = str(error)
