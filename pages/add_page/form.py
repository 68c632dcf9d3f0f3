"""The form: a map file, a title, and the part of the map."""

import streamlit as st

from core import settings
from core.errors import GalleryError
from core.gallery.build_jobs import BuildJobs
from pages.ui.link_values import bounds
from pages.ui.markdown import plain

_KEY = "add-problem"
_TURN = "add-turn"


def draw() -> None:
    """Takes the file over when it is sent off, and says what is wrong with it."""
    st.markdown(
        "Give it a map of your town. It becomes a place to search, in some minutes. The file stays "
        "on this machine. Extracts are at download.geofabrik.de and extract.bbbike.org. Without a "
        "file, the box is downloaded from OpenStreetMap."
    )
    with st.form("add", border=True):
        st.file_uploader(
            "Map file",
            key=f"add-file-{_turn()}",
            help=".osm.pbf, .osm, .osm.gz, Overpass JSON, GeoJSON, GeoPackage, Shapefile, KML …",
        )
        left, right = st.columns(2)
        left.text_input("Title", key="add-title", max_chars=60, placeholder="My town")
        right.text_input(
            "Box (west, south, east, north)",
            key="add-box",
            placeholder="the whole file",
            help="In degrees, such as 24.93, 60.16, 24.96, 60.18",
        )
        st.form_submit_button("Count its tiles", type="primary", on_click=_add)
    if problem := st.session_state.get(_KEY):
        st.error(plain(problem, 500))


def _turn() -> int:
    """Another one empties the box of the file."""
    return int(st.session_state.get(_TURN, 0))


def _add() -> None:
    file = st.session_state.get(f"add-file-{_turn()}")
    title = str(st.session_state.get("add-title") or "").strip()
    box = str(st.session_state.get("add-box") or "").replace(" ", "")
    area = bounds(box) if box else None
    st.session_state[_KEY] = ""
    if not title or (file is None and not box):
        st.session_state[_KEY] = "Type a title, and choose a map file or type a box."
    elif box and area is None:
        st.session_state[_KEY] = "The box needs four numbers: west, south, east, north."
    else:
        try:
            name, content = (file.name, file.getvalue()) if file else ("", b"")
            BuildJobs(settings.load()).add(title, name, content, area)
        except (GalleryError, OSError) as error:
            st.session_state[_KEY] = str(error)
        else:
            st.session_state["add-title"] = st.session_state["add-box"] = ""
            st.session_state[_TURN] = _turn() + 1
