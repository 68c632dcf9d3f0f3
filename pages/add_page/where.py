"""The part of the world to add: a town by its name, or a box that is drawn on a map."""

import streamlit as st

from core.gallery.build_jobs import JobStatus
from core.sources.gazetteer import CREDIT, LEAST_PEOPLE, Town, towns_named
from core.sources.overpass import MOST_KM2, area_km2
from pages.add_page import box_field, ground_map
from pages.ui.markdown import one_line, plain

TITLE, PLACE = "add-title", "add-place"
_TOWN, _SIDE = "add-town", "add-side"
_LONGEST = 80
_SIDES_KM = (1.0, 2.0, 3.0, 5.0)


def draw(shown: JobStatus | None = None) -> None:
    """A box for the town's name, the towns of that name, and the map, which shows a place that was
    counted or built as long as no town and no box is chosen."""
    _follow_link()
    box_field.clear_if_asked()
    names, ground = st.columns([2, 3], gap="medium")
    with names:
        towns = _names()
        shown = shown if shown and shown.ground and not towns else None
        if shown and box_field.chosen() is None:
            part = "" if shown.job.asked else " Draw a box on it to build a part only."
            st.caption(f"The map shows {plain(shown.job.title)}.{part}")
    with ground.container(key="add-map-frame"):
        ground_map.draw(_chosen_town(towns), shown)


def _names() -> list[Town]:
    """The box for a name and the choice among its towns."""
    st.text_input(
        "Town",
        key=PLACE,
        max_chars=_LONGEST,
        placeholder="Neubrandenburg, Germany",
        icon=":material/search:",
        on_change=_sought,
    )
    towns = _towns()
    if towns:
        _choices(towns)
    elif st.session_state.get(PLACE):
        st.info(
            f"There is no town or village of that name with {LEAST_PEOPLE} people. Draw a box on "
            "the map."
        )
    box = box_field.chosen()
    size = f"The box has {area_km2(box):,.1f} km². " if box else ""
    st.caption(
        plain(
            f"{size}A download has at most {MOST_KM2:.0f} km². The layers button of the map shows "
            f"OpenStreetMap's streets, where there is a network. {CREDIT}.",
            300,
        )
    )
    return towns


def _towns() -> list[Town]:
    return towns_named(str(st.session_state.get(PLACE) or ""))


def _follow_link() -> None:
    """A link names a town, as the search page's does."""
    wanted = one_line(st.query_params.get("place", ""), _LONGEST)
    if wanted and st.session_state.get("add-followed") != wanted:
        st.session_state["add-followed"] = st.session_state[PLACE] = wanted
        _sought()


def _sought() -> None:
    st.session_state[_TOWN] = 0
    _take()


def _choices(towns: list[Town]) -> None:
    st.selectbox(
        "Which one",
        range(len(towns)),
        key=_TOWN,
        format_func=lambda row: _told(towns[row]) if row < len(towns) else "",
        on_change=_take,
    )
    st.segmented_control(
        "How much around its middle",
        _SIDES_KM,
        key=_SIDE,
        default=None if _SIDE in st.session_state else _SIDES_KM[1],
        required=True,
        format_func=lambda side: f"{side:.0f} km",
        on_change=_take,
    )


def _told(town: Town) -> str:
    return one_line(f"{town.name}, {town.country} ({town.people:,} people)", 100)


def _take() -> None:
    """Fills the fields of the form with the chosen town."""
    town = _chosen_town(_towns())
    if town is None:
        return
    side = st.session_state.get(_SIDE)
    side_km = side if side in _SIDES_KM else _SIDES_KM[1]
    box_field.fill(town.around(1000 * side_km))
    st.session_state[TITLE] = one_line(town.name, 60)


def _chosen_town(towns: list[Town]) -> Town | None:
    row = st.session_state.get(_TOWN)
    return towns[row if isinstance(row, int) and row < len(towns) else 0] if towns else None


def town_name() -> str:
    """The name of the chosen town, "" for none."""
    town = _chosen_town(_towns())
    return one_line(town.name, 60) if town else ""
