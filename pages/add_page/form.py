"""The form: the part of the map, a map file or none, and a title."""

import streamlit as st

from core import settings
from core.errors import SaywhereError
from core.gallery.build_jobs import BuildJobs
from core.sources.extract import checked_address
from core.sources.overpass import MOST_KM2, area_km2
from pages.add_page import where
from pages.ui.markdown import plain

_KEY = "add-problem"
_TURN = "add-turn"
_EXTRACT = "add-extract"


def draw() -> None:
    """Takes the area and the file over when they are sent off, and says what is wrong with them."""
    st.markdown(
        "Give it your town: it becomes a place to search, in some minutes. Type its name or draw "
        "a box, and its map is downloaded from OpenStreetMap. A map file or an extract is for "
        "larger places and for machines without a network."
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
        file, address = st.columns(2)
        address.text_input(
            "Or the address of an extract",
            key=_EXTRACT,
            max_chars=300,
            placeholder="https://…/town.osm.pbf",
            help="It is downloaded to this machine, once. From: "
            + ", ".join(settings.load().extracts),
        )
        file.file_uploader(
            "Or a map file",
            key=f"add-file-{_turn()}",
            help=".osm.pbf, .osm, .osm.gz, Overpass JSON, GeoJSON, GeoPackage, Shapefile, KML …",
        )
        st.form_submit_button("Count its tiles", type="primary", on_click=_add)
    if problem := st.session_state.get(_KEY):
        st.error(plain(problem, 500))


def _turn() -> int:
    """Another one empties the box of the file."""
    return int(st.session_state.get(_TURN, 0))


def _problem_of(title: str, has_map: bool) -> str:
    """What is wrong with the fields, "" for nothing."""
    typed, box = str(st.session_state.get(where.BOX) or "").strip(), where.chosen_box()
    if not title or not (has_map or typed):
        return "Type a title, and choose a town, a box, a map file or an extract."
    if typed and box is None:
        return "The box needs four numbers: west, south, east, north."
    if box and not has_map and area_km2(box) > MOST_KM2:
        return (
            f"The box has {area_km2(box):,.0f} km², a download at most {MOST_KM2:.0f}. "
            "Choose a smaller one, or give an extract or a map file."
        )
    return ""


def _add() -> None:
    file = st.session_state.get(f"add-file-{_turn()}")
    title = str(st.session_state.get(where.TITLE) or "").strip()
    extract = "" if file else str(st.session_state.get(_EXTRACT) or "").strip()
    st.session_state[_KEY] = problem = _problem_of(title, bool(file or extract))
    if problem:
        return
    machine = settings.load()
    try:
        if extract:
            checked_address(extract, machine.extracts)
        name, content = (file.name, file.getvalue()) if file else ("", b"")
        BuildJobs(machine).add(title, name, content, where.chosen_box(), extract)
    except (SaywhereError, OSError) as error:
        st.session_state[_KEY] = str(error)
    else:
        for field in (where.TITLE, where.BOX, _EXTRACT):
            st.session_state[field] = ""
        st.session_state[_TURN] = _turn() + 1
