"""Places where the map and the photograph of a tile show different things."""

from typing import Any

import streamlit as st

from core.gallery import Gallery
from core.gallery.disagreement import Disagreement, Disagreements, can_disagree, disagreements
from pages.gallery_page import session, tile_panel
from pages.ui.markdown import plain
from pages.ui.templates import render

_AT_ONCE = 8
_ANY = "Anything"
_TOLD_KINDS = 4


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(_gallery: Gallery, key: object) -> Any:  # noqa: ARG001 - it is the key
    return disagreements(_gallery)


def draw(gallery: Gallery) -> None:
    """The tiles that disagree, most first, with both pictures; one kind of thing if wanted."""
    if not can_disagree(gallery):
        st.info(
            "Only a gallery with drawn and aerial pictures, embedded by the models that come with "
            "the app, can be compared. Build one with --from and --imagery."
        )
        return
    with st.spinner(f"Comparing both pictures of {len(gallery):,} tiles …"):
        found: Disagreements = _found(gallery, gallery.card)
    st.html(render("disagreements_summary", found=found, kinds=", ".join(map(word, told(found)))))
    if not found.tiles:
        return
    kind = st.selectbox(
        "Where they differ in",
        [_ANY, *sorted(found.kinds, key=word)],
        key="differ-in",
        format_func=lambda kind: kind if kind == _ANY else word(kind),
        on_change=_begin_again,
        width=260,
    )
    tiles = [one for one in found.tiles if kind == _ANY or kind in {gap.kind for gap in one.gaps}]
    shown = st.session_state.setdefault("differ-shown", _AT_ONCE)
    for number, one in enumerate(tiles[:shown], 1):
        _tile(gallery, number, one)
    if shown < len(tiles):
        st.button("Show more places", key="differ-more", on_click=_more)


def told(found: Disagreements) -> list[str]:
    """The kinds on which map and photographs agree best, which tell most where they do not."""
    return [found.kinds[at] for at in (-found.agreement).argsort()[:_TOLD_KINDS]]


def word(kind: str) -> str:
    """A kind as a person calls it."""
    return kind.removeprefix("any ")


def _begin_again() -> None:
    st.session_state["differ-shown"] = _AT_ONCE


def _more() -> None:
    st.session_state["differ-shown"] += _AT_ONCE


def _tile(gallery: Gallery, number: int, one: Disagreement) -> None:
    tile = gallery.tile(one.row)
    with st.container(key=f"differ-{number}"):
        st.html(
            render(
                "disagreements_tile",
                number=number,
                tile=tile,
                picture=tile_panel.picture(gallery, tile),
                gaps=[
                    {"kind": word(gap.kind), "drawn": gap.drawn, "aerial": gap.aerial}
                    for gap in one.gaps
                ],
            )
        )
        st.button(
            "Show it on the map",
            key=f"differ-show-{number}",
            on_click=_look_at,
            args=(tile.tile_id,),
            help=plain(f"Place {number}: {tile.tile_id}"),
        )


def _look_at(tile_id: str) -> None:
    session.change(tile=tile_id, twin="", part="tiles")
