"""The pictures from above of a place to be built: an open source or files, and their licence."""

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from core import settings
from core.gallery.build_jobs import BuildJobs, JobStatus
from core.gallery.job_imagery import GivenFile, ImagerySize
from core.geo import Bounds
from core.sources.gazetteer import ground_at
from core.sources.imagery.addresses import NationalSource, national_sources, sources_of
from pages.ui.markdown import plain

Try = Callable[[Callable[[], object]], None]
"""Does something; a fault becomes a line on the page."""
_TERMS: Final = (
    "Larger files go in on the command line. Google's, Bing's and Esri's pictures may be looked at "
    "but not kept, so they cannot be used."
)


def told(size: ImagerySize) -> str:
    """The pictures from above in a sentence: whose, under which licence, and what to download."""
    known = national_sources().get(size.source)
    about = [known.title if known else size.source, size.date, size.licence, size.credit]
    listed = " · ".join(dict.fromkeys(one for one in about if one))
    if not size.missing:
        return f"Pictures from above: {listed}."
    minutes = max(1, round(size.download_s / 60))
    return (
        f"Pictures from above: {listed}. To download: {size.missing:,} pieces, about "
        f"{size.download_mb:.0f} MB in {minutes} min."
    )


def draw(one: JobStatus, attempt: Try) -> None:
    """The choice of pictures for a place that was counted, or the way back to none."""
    name = one.job.name
    if one.job.imagery:
        st.button(
            "Leave the pictures from above out",
            key=f"bare-{name}",
            on_click=attempt,
            args=(partial(_jobs().add_imagery, name, ""),),
        )
        return
    if one.ground is None:
        return
    menu = st.popover("Add pictures from above", key=f"above-{name}", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.markdown(
            "With photographs from above, roofs, trees, fields and the like can be found as well. "
            "Size and time are told before anything is built."
        )
        _sources(name, one.ground, attempt)
        _files(name, attempt)
        st.caption(_TERMS)


def _jobs() -> BuildJobs:
    return BuildJobs(settings.load())


def _sources(name: str, ground: Bounds, attempt: Try) -> None:
    """A button for each open source of the country."""
    found = sources_of(ground_at(ground.center))
    for source in found:
        st.caption(plain(_about(source), 300))
        if source.address:
            st.button(
                f"Use {plain(source.title)}",
                key=f"source-{name}-{source.name}",
                on_click=attempt,
                args=(partial(_jobs().add_imagery, name, source.name),),
            )
    if not found:
        st.caption("No open source of this country is known here. A file of your own works.")


def _about(source: NationalSource) -> str:
    if not source.address:
        return f"{source.title}: {source.documentation}"
    return f"{source.title}. {source.credit.licence}, {source.credit.credit}"


def _files(name: str, attempt: Try) -> None:
    key = f"pictures-{name}"
    st.file_uploader(
        "Files of your own",
        accept_multiple_files=True,
        key=key,
        help="GeoTIFF, JPEG 2000, MBTiles, PMTiles, or a picture with its world file (.jgw, .pgw) "
        "or a bounds file (.json, .csv)",
    )
    if st.session_state.get(key):
        st.text_input(
            "Whom to credit, under which licence",
            key=f"credit-{name}",
            max_chars=200,
            placeholder="© Town of Vaduz, CC BY 4.0",
        )
        st.button(
            "Use these files", key=f"use-{key}", on_click=attempt, args=(partial(_take, name, key),)
        )


def _take(name: str, key: str) -> None:
    files = [GivenFile(one.name, one.getvalue()) for one in st.session_state.get(key) or ()]
    if files:
        _jobs().add_imagery(name, "", files, str(st.session_state.get(f"credit-{name}") or ""))
