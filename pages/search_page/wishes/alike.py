"""Two buttons of a candidate: more like this, not like this."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.maps import title_of
from core.records import Candidate, Steering
from pages.search_page import session

CHOICES = {
    "like": ("More like this", ":material/thumb_up:"),
    "unlike": ("Not like this", ":material/thumb_down:"),
}
"""The field of `Steering`, its words and its icon."""

_TITLES = "alike-titles"


def marked(wishes: Steering, tile_id: str, choice: str) -> Steering:
    """The wishes with a tile in one field only; in none if it was in that one already."""
    before = tile_id in getattr(wishes, choice)
    lists: dict[str, Any] = {
        name: tuple(one for one in getattr(wishes, name) if one != tile_id) for name in CHOICES
    }
    if not before:
        lists[choice] = (*lists[choice], tile_id)
    return replace(wishes, **lists)


def marked_title(tile_id: str) -> str:
    """The title that a tile had when this visitor marked it, "" for none."""
    return str(st.session_state.get(_TITLES, {}).get(tile_id, ""))


def _mark(tile_id: str, choice: str, title: str) -> None:
    st.session_state.setdefault(_TITLES, {})[tile_id] = title
    session.rank_anew(steering=marked(session.settled().steering, tile_id, choice))


def draw(candidate: Candidate, wishes: Steering) -> None:
    """The buttons of a candidate; one that was pressed takes back when it is pressed again."""
    with st.container(horizontal=True, key="alike", gap="small"):
        for choice, (words, icon) in CHOICES.items():
            st.button(
                words,
                key=f"alike-{choice}",
                type="secondary"
                if candidate.tile.tile_id in getattr(wishes, choice)
                else "tertiary",
                icon=icon,
                on_click=_mark,
                args=(candidate.tile.tile_id, choice, title_of(candidate)),
            )
