"""The form: the part of the map, a map file or none, and a title."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import streamlit as st

from core import settings
from core.errors import SaywhereError
from core.gallery.build_jobs import BuildJobs, JobStatus
from core.sources.extract import checked_address
from core.sources.overpass import MOST_KM2, area_km2
from pages.add_page import box_field, deeds, where
from pages.ui.markdown import one_line, plain

_KEY = "add-problems"
_TURN = "add-turn"
_EXTRACT = "add-extract"
_LONGEST_TITLE = 60
_OF_ITSELF = "from the town or the file"
_ENDINGS = re.compile(
    r"(?:[-_. ]latest)?(?:\.(?:osm|pbf|gz|bz2|json|geojson|gpkg|shp|zip|kml|kmz|xml|parquet))+$",
    re.I,
)


def draw() -> None:
    """Takes the area and the file over when they are sent off, and says what is wrong with them."""
    st.markdown(
        "Give it your town: it becomes a place to search, in some minutes. Type its name or draw "
        "a box, and its map is downloaded from OpenStreetMap. A map file or an extract is for "
        "larger places and for machines without a network."
    )
    where.draw(_shown())
    with st.form("add", border=True):
        left, right = st.columns(2)
        left.text_input("Title", key=where.TITLE, max_chars=_LONGEST_TITLE, placeholder=_OF_ITSELF)
        _problem(left, "title")
        right.text_input(
            "Box (west, south, east, north)",
            key=box_field.KEY,
            placeholder="the whole file",
            help="In degrees, such as 24.93, 60.16, 24.96, 60.18",
        )
        _problem(right, "box")
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
        file.caption("Larger files: give the address of an extract, or use the command line.")
        _problem(st, "map")
        st.form_submit_button("Count its tiles", type="primary", on_click=_add)
    _problem(st, "all")


def _problem(at: Any, field: str) -> None:
    """The line on a field, below it."""
    if line := st.session_state.get(_KEY, {}).get(field):
        at.error(plain(line, 500))


def _shown() -> JobStatus | None:
    """The place on the map: the one that was sent off last, else one that was counted, else one
    that is not built yet."""
    found = [one for one in BuildJobs(settings.load()).all() if one.ground]
    last = [one for one in found if one.job.name == st.session_state.get(deeds.LAST)]
    open_ones = [one for one in found if one.state != "built"]
    counted = [one for one in open_ones if one.state == "counted"]
    return next(iter([*last, *counted, *open_ones]), None)


def _turn() -> int:
    """Another one empties the box of the file."""
    return int(st.session_state.get(_TURN, 0))


def title_of_file(name: str) -> str:
    """A title from the name of a file: "bad_muenster-latest.osm.pbf" is "Bad muenster"."""
    bare = re.sub(r"[-_.\s]+", " ", _ENDINGS.sub("", name)).strip()
    return one_line(bare[:1].upper() + bare[1:], _LONGEST_TITLE)


def _title(file: str, extract: str) -> str:
    """The title that was typed, else that of the file, of the extract, or the town's name."""
    typed = str(st.session_state.get(where.TITLE) or "").strip()
    last_part = unquote(urlsplit(extract).path.rpartition("/")[2])
    return typed or title_of_file(file or last_part) or where.town_name()


def _problems_of(title: str, has_map: bool) -> dict[str, str]:
    """The line on each field that is missing or wrong."""
    typed, box = str(st.session_state.get(box_field.KEY) or "").strip(), box_field.chosen()
    problems = {}
    if not title:
        problems["title"] = "Type a title."
    if not (has_map or typed):
        problems["map"] = "Choose a town, a box, a map file or an extract."
    elif typed and box is None:
        problems["box"] = "The box needs four numbers: west, south, east, north."
    elif box and not has_map and area_km2(box) > MOST_KM2:
        problems["box"] = (
            f"The box has {area_km2(box):,.0f} km², a download at most {MOST_KM2:.0f}. "
            "Choose a smaller one, or give an extract or a map file."
        )
    return problems


def _add() -> None:
    file = st.session_state.get(f"add-file-{_turn()}")
    extract = "" if file else str(st.session_state.get(_EXTRACT) or "").strip()
    title = _title(file.name if file else "", extract)
    st.session_state[_KEY] = problems = _problems_of(title, bool(file or extract))
    if problems:
        return
    machine = settings.load()
    try:
        if extract:
            checked_address(extract, machine.extracts)
        name, content = (file.name, file.getvalue()) if file else ("", b"")
        job = BuildJobs(machine).add(title, name, content, box_field.chosen(), extract)
    except (SaywhereError, OSError) as error:
        st.session_state[_KEY] = {"all": str(error)}
    else:
        st.session_state[deeds.LAST] = job.name
        for field in (where.PLACE, where.TITLE, box_field.KEY, _EXTRACT):
            st.session_state[field] = ""
        st.session_state[_TURN] = _turn() + 1
