"""The panel of one candidate: the reason first, then where it is, and how its phrases stand."""

import streamlit as st

from core.explain.reasons import reason
from core.gallery import Gallery
from core.maps import title_of
from core.records import Candidate, LedgerEntry, SearchResult
from core.vocabulary.chances import percent
from pages.search_page import (
    attribution_panel,
    comparison_panel,
    ledger_table,
    llm_panel,
    near_here,
    scores,
)
from pages.search_page.confidence_banner import chance
from pages.search_page.query_params import ANYWHERE, SearchParams
from pages.search_page.session_result import SearchState
from pages.search_page.wishes import alike
from pages.ui import copied_text
from pages.ui.aerial import aerial_uri, credit_of
from pages.ui.highlighted_text import by_standing
from pages.ui.plus_codes import plus_code
from pages.ui.templates import picture_uri, render

_NAMES_SHOWN = 4


def summary(candidate: Candidate) -> str:
    """The candidate's chance and street, in a few words for a narrow list."""
    street, sure = candidate.tile.street, candidate.confidence
    parts = (
        "" if sure is None else f"{percent(sure)} within 100 m",
        street if street != title_of(candidate) else "",
    )
    return " · ".join(part for part in parts if part)


def draw(gallery: Gallery, state: SearchState, candidate: Candidate, ask: SearchParams) -> None:
    """One candidate. What is folded is made when it is opened."""
    result, tile = state.result, candidate.tile
    assert result is not None
    st.html(
        render(
            "candidate_head",
            rank=candidate.rank,
            title=title_of(candidate),
            chance=chance(candidate),
        )
    )
    ledger = state.standings(candidate)
    st.html(reason_of(candidate, ledger))
    st.html(_place(gallery, candidate))
    if ask.city != ANYWHERE:  # wishes are about the places of one city
        alike.draw(candidate, ask.steering)
    words = by_standing(result.query, ledger, _read_to(result, ledger))
    st.html(render("candidate_words", words=words))
    if ledger:
        ledger_table.draw(state, candidate, "Effect of each phrase", "section-ledger")
    attribution_panel.draw(gallery, state, candidate)
    scores.draw(result, candidate, ask)
    comparison_panel.draw(gallery, state, candidate, ask)
    llm_panel.draw(gallery, state, candidate)
    near_here.draw(candidate)
    lat, lon = f"{tile.lat:.6f}", f"{tile.told_lon:.6f}"
    copied_text.draw(f"{lat}, {lon}  {plus_code(tile.lat, tile.told_lon)}", "copy-position")
    st.html(render("candidate_links", lat=lat, lon=lon, licence=gallery.card.licence))


def reason_of(candidate: Candidate, ledger: tuple[LedgerEntry, ...]) -> str:
    """HTML of the paragraph; pictures alone have no phrases to tell about."""
    return render(
        "candidate_reason",
        pictures_only=not candidate.evidence,
        reason=reason(ledger, candidate.confidence),
    )


def _read_to(result: SearchResult, ledger: tuple[LedgerEntry, ...]) -> int | None:
    """Where reading stopped; words that were read past the pictures' limit are shown as read."""
    cut = result.truncated
    return None if cut is None or any(one.evidence.end > cut for one in ledger) else cut


def _place(gallery: Gallery, candidate: Candidate) -> str:
    """HTML of the tile's picture, where there is one, and of what else is there."""
    title, card = title_of(candidate), gallery.card
    around = [candidate.tile.street, *candidate.names[:_NAMES_SHOWN]]
    picture = gallery.picture(candidate.tile.tile_id)
    return render(
        "candidate_place",
        rank=candidate.rank,
        title=title,
        names=list(dict.fromkeys(name for name in around if name and name != title)),
        picture=picture_uri(picture) if picture else "",
        aerial=aerial_uri(gallery, candidate.tile.tile_id),
        credit=credit_of(card),
        views=card.views,
        across_m=card.footprint_m,
        licence=card.licence,
    )
