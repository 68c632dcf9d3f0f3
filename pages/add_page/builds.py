"""The builds: how large and how far each is."""

from collections.abc import Sequence

import streamlit as st

from core import settings
from core.gallery.build_jobs import BuildJobs, JobState, JobStatus
from pages.add_page import deeds, imagery
from pages.ui.markdown import plain

_LOOK_S = 1.5
_DISK = "About {tiles:,} tiles, {minutes} of work and {mb:.0f} MB."


def draw() -> None:
    """All builds; looked at again and again while one of them runs."""
    states = _states(_jobs().all())
    runs = any(state in deeds.RUNNING for state in states.values())
    st.fragment(_draw, run_every=_LOOK_S if runs else None)(states)


def _states(found: Sequence[JobStatus]) -> dict[str, JobState]:
    return {one.job.name: one.state for one in found}


def _jobs() -> BuildJobs:
    return BuildJobs(settings.load())


def _draw(seen: dict[str, JobState]) -> None:
    found = _jobs().all()
    if seen != _states(found):
        st.rerun()  # the whole page: its map shows what was counted, and it may look no longer
    if problem := st.session_state.pop(deeds.PROBLEM, ""):
        st.error(plain(problem, 500))
    last = st.session_state.get(deeds.LAST)
    for one in sorted(found, key=lambda one: one.job.name != last):
        with st.container(border=True, key=f"build-{one.job.name}"):
            st.markdown(f"##### {plain(one.job.title)}")
            _said(one)
            with st.container(horizontal=True, key=f"deeds-{one.job.name}"):
                deeds.draw(one)


def _said(one: JobStatus) -> None:
    size = _DISK.format(tiles=one.tiles, minutes=_minutes(one.about_s), mb=one.about_mb)
    match one.state:
        case "counting":
            asked = " and asking for the pictures from above" if one.job.imagery else ""
            st.caption(f"Reading the map{asked} …")
        case "waiting":
            st.info(plain(_queue(one.ahead), 200))
        case "building":
            st.progress(one.progress.share, text=plain(_step(one), 200))
        case "built":
            st.caption("Ready to be searched.")
        case "stopped":
            st.caption("Stopped. It goes on where it was.")
        case "failed":
            st.warning(plain(f"{one.problem[:1].upper()}{one.problem[1:]}", 400))
    if one.state in ("counted", "waiting", "building"):
        st.caption(size)
        if one.imagery:
            st.caption(plain(imagery.told(one.imagery), 600))


def _queue(ahead: tuple[str, ...]) -> str:
    """The place in the queue: "Waits for Vaduz, number 2 in the queue. It starts by itself."."""
    place = f"Waits for {ahead[0]}, number {len(ahead) + 1} in the queue" if ahead else "Next"
    return f"{place}. It starts by itself."


def _step(one: JobStatus) -> str:
    """The step and the time left: "Step 3 of 6: drawing the pictures. About 2 minutes left"."""
    left = f". About {_minutes(one.left_s)} left" if one.about_s else ""
    return f"{one.progress.words}{left}"


def _minutes(seconds: float) -> str:
    """A time as a person would say it: "40 seconds", "5 minutes"."""
    if seconds < 90:
        return f"{max(round(seconds / 10), 1) * 10} seconds"
    return f"{round(seconds / 60)} minutes"
