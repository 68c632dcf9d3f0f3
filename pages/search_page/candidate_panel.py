"""The panel of one candidate: the reason first, then where it is, and how its phrases stand."""

import base64
from urllib.parse import quote

import streamlit as st

from core.explain.reasons import reason
from core.gallery import Gallery
from core.maps import safe_html, title_of
from core.records import Candidate, Entry, SearchResult
from pages.search_page import attribution_panel, comparison_panel, ledger_table, llm_panel, scores
from pages.search_page.confidence_banner import sureness
from pages.search_page.highlighted_words import coloured
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import SearchState

_NAMES_SHOWN = 4


def summary(candidate: Candidate) -> str:
    """How sure a candidate is and on which street it lies, in a few words."""
    street = candidate.tile.street
    parts = (sureness(candidate), street if street != title_of(candidate) else "")
    return " · ".join(part for part in parts if part)


def draw(gallery: Gallery, found: SearchState, candidate: Candidate, ask: SearchParams) -> None:
    """One candidate. What takes no time is drawn at once, the rest follows."""
    result, tile = found.result, candidate.tile
    assert result is not None
    st.html(_head(candidate))
    why = st.empty()
    if not found.has_ledgers:
        why.html('<p class="sw-reason sw-wait">Holding your words against the map …</p>')
    st.html(
        f'<section class="sw-panel" aria-label="Candidate {candidate.rank}">'
        f'<div class="sw-top">{_picture(gallery, candidate)}<div>{_around(candidate)}'
        "</div></div></section>"
    )
    ledgers = found.ledgers()
    ledger = ledgers.entries[candidate.rank - 1]
    why.html(reason_of(candidate, ledger))
    st.html(_words(result, ledger))
    if ledger:
        with st.expander("What each phrase did", key="section-ledger"):
            notes = "".join(f"<p>{safe_html(note)}</p>" for note in ledgers.notes)
            st.html(f"{ledger_table.table(ledger)}{notes}")
    attribution_panel.draw(gallery, found, candidate)
    scores.draw(result, candidate, ask)
    comparison_panel.draw(gallery, found, candidate, ask)
    llm_panel.draw(gallery, found, candidate)
    st.code(f"{tile.lat:.6f}, {tile.lon:.6f}", language=None)
    st.html(_links(candidate, gallery.card.licence))


def _head(candidate: Candidate) -> str:
    sure = sureness(candidate)
    return (
        f'<header class="sw-head"><span class="sw-rank">{candidate.rank}</span><div>'
        f'<h3 dir="auto">{safe_html(title_of(candidate))}</h3>'
        f"<p>{safe_html(sure)}</p></div></header>"
    )


def reason_of(candidate: Candidate, ledger: tuple[Entry, ...]) -> str:
    """The paragraph; pictures alone leave nothing to say of phrases."""
    if not candidate.evidence:
        return (
            '<p class="sw-reason">Only pictures were searched: see below what the model '
            "looked at.</p>"
        )
    return f'<p class="sw-reason" dir="auto">{safe_html(reason(ledger, candidate.confidence))}</p>'


def _words(result: SearchResult, ledger: tuple[Entry, ...]) -> str:
    told = coloured(result.query, ledger, _read_to(result, ledger))
    words = f'<p class="sw-words" dir="auto">{told}</p>'
    return f'<div class="sw-said"><h4>Your words</h4>{words}</div>'


def _read_to(result: SearchResult, ledger: tuple[Entry, ...]) -> int | None:
    """Where reading stopped; words that were read past the pictures' limit are shown as read."""
    cut = result.truncated
    return None if cut is None or any(one.evidence.end > cut for one in ledger) else cut


def _around(candidate: Candidate) -> str:
    around = [candidate.tile.street, *candidate.names[1:_NAMES_SHOWN]]
    names = dict.fromkeys(name for name in around if name and name != title_of(candidate))
    items = "".join(f'<li dir="auto">{safe_html(name)}</li>' for name in names)
    return f"<h4>Also here</h4><ul>{items}</ul>" if items else ""


def _picture(gallery: Gallery, candidate: Candidate) -> str:
    """The tile's picture, where there is one; a click makes it large."""
    card = gallery.card
    picture = gallery.picture(candidate.tile.tile_id)
    if not picture:
        return ""
    coded = base64.b64encode(picture).decode()
    return (
        f'<figure tabindex="0"><img src="data:image/webp;base64,{coded}" width="256" height="256" '
        f'alt="Map picture of the {card.footprint_m:.0f} metres around '
        f'{safe_html(title_of(candidate))}"><figcaption>{card.footprint_m:.0f} m across, north up. '
        f"{safe_html(card.licence)}</figcaption></figure>"
    )


def _links(candidate: Candidate, licence: str) -> str:
    lat, lon = f"{candidate.tile.lat:.6f}", f"{candidate.tile.lon:.6f}"
    place = f"mlat={quote(lat)}&amp;mlon={quote(lon)}#map=19/{lat}/{lon}"
    return (
        '<p class="sw-links"><a target="_blank" rel="noopener noreferrer" '
        f'href="https://www.openstreetmap.org/?{place}">See it on OpenStreetMap</a> '
        f"<small>needs a network</small><br><small>{safe_html(licence)}</small></p>"
    )
