"""The form: the part of the map, a map file or none, and a title."""

import streamlit as st

from core import settings
from core.errors import GalleryError
from core.gallery.build_jobs import BuildJobs
from core.sources.overpass import MOST_KM2, area_km2
from pages.add_page import where
from pages.ui.markdown import plain

_KEY = "add-problem"
_TURN = "add-turn"


def draw() -> None:
    """Takes the area and the file over when they are sent off, and says what is wrong with them."""
    st.markdown(
        "Give it your town: it becomes a place to search, in some minutes. Type its name or draw "
        "a box, and its map is downloaded from OpenStreetMap. Or give it a map file, which stays "
        "on this machine; extracts are at download.geofabrik.de and extract.bbbike.org."
    )
    where.draw()
    with st.form("add", border=True):
        left, right = st.columns(2)
        left.text_input("Title", key=where.TITLE, max_chars=60, placeholder="My town")
        right.text_input(
            "Box (west, south, east, north)",
            key=where.BOX,
            placeholder="the whole file",
            help="In degrees, such as 24.93, 60.16, 24.96, 60.18",
        )
        st.file_uploader(
            "Map file, instead of a download",
            key=f"add-file-{_turn()}",
            help=".osm.pbf, .osm, .osm.gz, Overpass JSON, GeoJSON, GeoPackage, Shapefile, KML …",
        )
        st.form_submit_button("Count its tiles", type="primary", on_click=_add)
    if problem := st.session_state.get(_KEY):
        st.error(plain(problem, 500))


def _turn() -> int:
    """Another one empties the box of the file."""
    return int(st.session_state.get(_TURN, 0))


def _problem_of(title: str, has_file: bool) -> str:
    """What is wrong with the fields, "" for nothing."""
    typed, box = str(st.session_state.get(where.BOX) or "").strip(), where.chosen_box()
    if not title or not (has_file or typed):
        return "Type a title, and choose a town, a box or a map file."
    if typed and box is None:
        return "The box needs four numbers: west, south, east, north."
    if box and not has_file and area_km2(box) > MOST_KM2:
        return (
            f"The box has {area_km2(box):,.0f} km², a download at most {MOST_KM2:.0f}. "
            "Choose a smaller one, or give a map file."
        )
    return ""


def _add() -> None:
    file = st.session_state.get(f"add-file-{_turn()}")
    title = str(st.session_state.get(where.TITLE) or "").strip()
    st.session_state[_KEY] = problem = _problem_of(title, file is not None)
    if problem:
        return
    try:
        name, content = (file.name, file.getvalue()) if file else ("", b"")
        BuildJobs(settings.load()).add(title, name, content, where.chosen_box())
    except (GalleryError, OSError) as error:
        st.session_state[_KEY] = str(error)
    else:
        st.session_state[where.TITLE] = st.session_state[where.BOX] = ""
        st.session_state[_TURN] = _turn() + 1
