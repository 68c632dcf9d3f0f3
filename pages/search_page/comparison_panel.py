"""A against B: the chosen candidate and another place, side by side, phrase by phrase."""

import base64

import streamlit as st

from core.errors import SaywhereError
from core.explain.comparison import Comparison, Side, compare
from core.gallery import Gallery
from core.maps import safe_html, title_of
from core.records import Candidate, SearchResult, Tile
from pages.search_page import session
from pages.search_page.ledger_table import signed
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import SearchState
from pages.ui.markdown import one_line, plain

_NONE, _PICK = "", "\npick"
"""No tile's id has a line break."""


def draw(gallery: Gallery, found: SearchState, candidate: Candidate, ask: SearchParams) -> None:
    """A folded section with a choice of the other place."""
    with st.expander("Compare with another place", key="section-versus", expanded=bool(ask.versus)):
        _choice(found, candidate, ask)
        if st.session_state.get("picking"):
            st.caption("Now click a spot on the map.")
        elif ask.versus == candidate.tile.tile_id:
            st.caption("That is this very place. Pick another one.")
        elif ask.versus:
            _compared(gallery, found, candidate, ask.versus)


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
    st.session_state["picking"] = picked == _PICK
    session.change(versus="" if picked == _PICK else picked)


def _choice(found: SearchState, candidate: Candidate, ask: SearchParams) -> None:
    """Set anew on every run, as the choice may come from a link or from the map."""
    assert found.result is not None
    others = {
        one.tile.tile_id: f"{one.rank} {one_line(title_of(one), 50)}"
        for one in found.result.candidates
        if one.rank != candidate.rank
    }
    titles = {_NONE: "nothing yet", **others}
    if ask.versus and ask.versus not in titles:
        titles[ask.versus] = "the spot picked on the map"
    titles[_PICK] = "a spot I click on the map …"
    st.session_state["versus"] = _PICK if st.session_state.get("picking") else ask.versus
    st.selectbox(
        "Compare with",
        list(titles),
        key="versus",
        on_change=_choose,
        format_func=titles.__getitem__,
    )


def _compared(gallery: Gallery, found: SearchState, candidate: Candidate, other: str) -> None:
    finding, result = found.finding, found.result
    assert finding is not None
    assert result is not None
    ranks = {one.tile.tile_id: one.rank for one in result.candidates}
    labels = (f"Place {candidate.rank}", f"Place {ranks[other]}" if other in ranks else "Your spot")
    try:
        held = found.cached(
            ("versus", candidate.tile.tile_id, other),
            lambda: compare(finding, candidate.tile.tile_id, other, labels),
        )
    except SaywhereError as error:
        st.info(plain(str(error), 300))
        return
    st.html(both(gallery, held, labels, len(finding.ranking.order)))
    if other in ranks and (candidate.rank < ranks[other]) != (held.difference > 0):
        st.caption(
            "This compares how well the words fit. The list also counts how likely the "
            "surroundings make a place, and so has another order."
        )


def both(gallery: Gallery, held: Comparison, labels: tuple[str, str], tiles: int) -> str:
    """HTML of a comparison: pictures, summary, and a row for each phrase."""
    spots = ((held.a, held.rank_a, held.similarity_a), (held.b, held.rank_b, held.similarity_b))
    pictures = "".join(
        _figure(
            gallery.picture(tile.tile_id),
            label,
            tile.street,
            f"similarity {similarity:.3f}" + _order(rank, tiles),
        )
        for label, (tile, rank, similarity) in zip(labels, spots, strict=True)
    )
    return f'<div class="sw-versus"><div class="sw-pair">{pictures}</div>{told(held, labels)}</div>'


def told(held: Comparison, labels: tuple[str, str]) -> str:
    """HTML of a comparison without pictures: its summary, and a row for each phrase."""
    rows = [(one.phrase, one.difference, one.favours, one.sentence) for one in held.phrases]
    rows += [(one.about, one.difference, one.favours, "") for one in held.whole]
    most = max((abs(row[1]) for row in rows), default=0.0)
    lines = "".join(
        _row(row, labels, most, quoted=at < len(held.phrases)) for at, row in enumerate(rows)
    )
    left, right = labels
    return (
        f'<p dir="auto">{safe_html(held.summary)}</p><table class="sw-against-table"><caption>'
        f"Bars to the left speak for {left}, to the right for {right}</caption>{lines}</table>"
    )


def _order(rank: int | None, tiles: int) -> str:
    return f", tile {rank:,} of {tiles:,}" if rank else ", outside the area searched"


def _figure(picture: bytes | None, label: str, street: str, told: str) -> str:
    coded = base64.b64encode(picture).decode() if picture else ""
    shown = f'<img src="data:image/webp;base64,{coded}" alt="Map picture of {label}">' * bool(coded)
    name = f"<br>{safe_html(street)}" if street else ""
    return f"<figure>{shown}<figcaption><b>{label}</b>{name}<br>{told}</figcaption></figure>"


def _row(
    row: tuple[str, float, Side, str], labels: tuple[str, str], most: float, quoted: bool
) -> str:
    said, difference, side, sentence = row
    text = safe_html(said)
    head = f'<q dir="auto">{text}</q>' if quoted else text
    favours = {"a": f"for {labels[0]}", "b": f"for {labels[1]}", "neither": "for neither"}[side]
    share = abs(difference) / most / 2 if most > 0 else 0.0
    told = f'<small dir="auto">{safe_html(sentence)}</small>' if sentence else ""
    # the first place stands at the left, so what speaks for it points there
    way = "sw-minus" if difference > 0 else "sw-plus"
    return (
        f'<tr><th scope="row">{head}{told}</th><td><span class="sw-signed {way}" '
        f'aria-hidden="true"><span style="width:{share:.0%}"></span></span>{favours} '
        f"<small>{signed(difference).lstrip('+').lstrip(chr(0x2212))}</small></td></tr>"
    )
