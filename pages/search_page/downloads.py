"""The answer to take away: a table for everyone, files, and the link that restores it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from core.maps import title_of
from core.records import Candidate, SearchResult
from core.vocabulary.chances import percent
from pages.search_page import printable, scores, session
from pages.search_page.answers import FoundPlaces, Source
from pages.search_page.exports import STANDINGS, phrases_of, to_csv, to_geojson
from pages.search_page.gps_exports import to_gpx, to_kml
from pages.search_page.query_params import SearchParams
from pages.ui import addresses, copied_text, folding
from pages.ui.templates import render

_HEADS = (
    "Rank",
    "Place",
    "Position",
    "Chance within 100 m",
    "Found on the map",
    "Contradicts it",
    "Not found",
    "No map can tell",
    "Scores",
)


def table(result: SearchResult) -> str:
    """HTML of the whole answer: the equal of the map for people who cannot see it."""
    rows = [
        {
            "rank": one.rank,
            "title": title_of(one),
            "position": f"{one.tile.lat:.5f}, {one.tile.told_lon:.5f}",
            "chance": "" if one.confidence is None else percent(one.confidence),
            "told": [phrases_of(one, standing) for standing in STANDINGS],
            "scores": _scores(one),
        }
        for one in result.candidates
    ]
    return render("answer_table", heads=_HEADS, rows=rows)


def _scores(one: Candidate) -> str:
    """A candidate's scores; a line breaks between two of them only."""
    told = (f"{word} {value:.2f}" for word, value in scores.in_words(one).items())
    return ", ".join(each.replace(" ", "\N{NO-BREAK SPACE}") for each in told)


@st.fragment
def _table(state: FoundPlaces) -> None:
    if section := folding.opened("All places as a table", "section-table"):
        with section, st.spinner("Reading all places …"):
            st.html(table(state.explained()))


@dataclass(frozen=True, slots=True)
class _Format:
    """A kind of file: its title, its ending, its media type, and what writes it."""

    title: str
    ending: str
    media_type: str
    write: Callable[[SearchResult, Source, str], str]


_FORMATS = (
    _Format("One page to print", "html", "text/html", printable.to_page),
    _Format("CSV", "csv", "text/csv", lambda result, of, _: to_csv(result, of.card)),
    _Format(
        "GeoJSON",
        "geojson",
        "application/geo+json",
        lambda result, of, _: to_geojson(result, of.card),
    ),
    _Format(
        "KML, for Google Earth",
        "kml",
        "application/vnd.google-earth.kml+xml",
        lambda result, of, _: to_kml(result, of.card),
    ),
    _Format(
        "GPX, for a GPS device",
        "gpx",
        "application/gpx+xml",
        lambda result, of, _: to_gpx(result, of.card),
    ),
)


_MENU_PX = 270
"""Height of the menu of files, also while it is empty: so it unfolds to where it has room."""


@st.fragment
def _files(gallery: Source, state: FoundPlaces, link: str) -> None:
    """The files, each written when it is asked for."""
    menu = st.popover("Save", icon=":material/download:", key="save", on_change="rerun")
    files = menu.container(height=_MENU_PX, border=False)
    if not menu.open:
        return
    for each in _FORMATS:
        files.download_button(
            each.title,
            partial(_written, each, state, gallery, link),
            f"saywhere-{gallery.card.name or 'anywhere'}.{each.ending}",
            each.media_type,
            key=f"save-{each.ending}",
            on_click="ignore",
            type="tertiary",
        )


def _written(each: _Format, state: FoundPlaces, gallery: Source, link: str) -> str:
    return each.write(state.explained(), gallery, link)


def draw(gallery: Source, ask: SearchParams, state: FoundPlaces) -> None:
    """The answer as a table, its files, its link and how long it took. Table and files are made
    when somebody asks for them."""
    result = state.result
    assert result is not None
    _table(state)
    link = session.link(ask) if ask.fits_link else ""
    with st.container(horizontal=True, key="take-away"):
        _files(gallery, state, link)
        with (
            st.popover("Link to this answer", icon=":material/link:"),
            st.container(key="answer-link"),
        ):
            _link(link)
    st.html(render("answer_times", took_ms=state.took_ms, timings_ms=result.timings_ms))


def _link(link: str) -> None:
    if not link:
        st.write("This description is too long for a link.")
        return
    copied_text.draw(link, "copy-link")
    if not addresses.reachable(urlsplit(link).hostname or ""):
        st.caption("Only this machine opens this address. Others need one that they can reach.")
