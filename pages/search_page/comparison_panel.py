"""The chosen candidate beside another place: pictures, and each phrase's difference."""

import streamlit as st

from core.errors import SaywhereError
from core.explain.comparison import Comparison, compare
from core.gallery import Gallery
from core.maps import title_of
from core.records import Candidate, SearchResult, Tile
from pages.search_page import session
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import SearchState
from pages.ui import resources
from pages.ui.comparison_table import comparison_table
from pages.ui.markdown import one_line, plain
from pages.ui.templates import picture_uri, render

_NONE, _PICK = "", "\npick"
"""No tile's id has a line break."""


def draw(gallery: Gallery, state: SearchState, candidate: Candidate, ask: SearchParams) -> None:
    """A folded section with a choice of the other place."""
    with st.expander("Compare with another place", key="section-versus", expanded=bool(ask.versus)):
        _choice(state, candidate, ask)
        if session.picking() == "other":
            st.caption("Now click a spot on the map.")
        elif ask.versus == candidate.tile.tile_id:
            st.caption("That is this place itself. Pick another one.")
        elif ask.versus:
            _compared(gallery, state, candidate, ask.versus)


def picked_tile(gallery: Gallery, result: SearchResult, tile_id: str) -> Tile | None:
    """The tile to compare with where it is no candidate, which has a marker of its own."""
    if not tile_id or tile_id in {one.tile.tile_id for one in result.candidates}:
        return None
    try:
        return gallery.tile(gallery.row_of(tile_id))
    except SaywhereError:
        return None


def _choose() -> None:
    picked = st.session_state["versus"]
    session.pick("other" if picked == _PICK else "")
    session.change(versus="" if picked == _PICK else picked)


def _choice(state: SearchState, candidate: Candidate, ask: SearchParams) -> None:
    """Set again on every run, as the choice may come from a link or from the map."""
    assert state.result is not None
    others = {
        one.tile.tile_id: f"{one.rank} {one_line(title_of(one), 50)}"
        for one in state.result.candidates
        if one.rank != candidate.rank
    }
    titles = {_NONE: "nothing yet", **others}
    if ask.versus and ask.versus not in titles:
        titles[ask.versus] = "the spot picked on the map"
    titles[_PICK] = "a spot I click on the map …"
    st.session_state["versus"] = _PICK if session.picking() == "other" else ask.versus
    st.selectbox(
        "Compare with",
        list(titles),
        key="versus",
        on_change=_choose,
        format_func=titles.__getitem__,
    )


def _compared(gallery: Gallery, state: SearchState, candidate: Candidate, other: str) -> None:
    trace, result = state.trace, state.result
    assert trace is not None
    assert result is not None
    ranks = {one.tile.tile_id: one.rank for one in result.candidates}
    labels = (f"place {candidate.rank}", f"place {ranks[other]}" if other in ranks else "your spot")
    try:
        held = state.cached(
            ("versus", candidate.tile.tile_id, other),
            lambda: compare(trace, candidate.tile.tile_id, other, labels, resources.encoder()),
        )
    except SaywhereError as error:
        st.info(plain(str(error), 300))
        return
    st.html(both(gallery, held, labels, len(trace.ranking.order)))
    if other in ranks and (candidate.rank < ranks[other]) != (held.difference > 0):
        st.caption(
            "This compares how well the words fit. The list also counts how likely the "
            "surroundings are, so its order differs."
        )


def both(gallery: Gallery, held: Comparison, labels: tuple[str, str], tiles: int) -> str:
    """HTML of a comparison: pictures, summary, and a row for each phrase. `tiles`: ranked ones."""
    spots = ((held.a, held.rank_a, held.similarity_a), (held.b, held.rank_b, held.similarity_b))
    sides = []
    for label, (tile, rank, similarity) in zip(labels, spots, strict=True):
        order = f"tile {rank:,} of {tiles:,}" if rank else "outside the search area"
        picture = gallery.picture(tile.tile_id)
        sides.append(
            {
                "label": label,
                "picture": picture_uri(picture) if picture else "",
                "street": tile.street,
                "told": f"similarity {similarity:.3f}, {order}",
            }
        )
    return render("comparison_pictures", sides=sides, table=comparison_table(held, labels))
