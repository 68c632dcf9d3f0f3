"""The panel of one candidate: what was found, what was not, and where to look further."""

import base64
from urllib.parse import quote

import streamlit as st

from core.gallery import Gallery
from core.maps import safe_html, title_of
from core.records import Candidate, Evidence, SearchResult
from pages.shared.phrases import coloured

_CHANNEL_NAMES = {"image": "picture", "facts": "facts", "names": "names"}

_NAMES_SHOWN = 4


def summary(candidate: Candidate) -> str:
    """How much of a description a candidate supports, in a few words."""
    total = len(candidate.evidence)
    found = sum(evidence.supported for evidence in candidate.evidence)
    street = candidate.tile.street
    phrases = f"{found} of {total} phrases" if total else ""
    return " · ".join(part for part in (phrases, street if street != title_of(candidate) else "")
                      if part)  # fmt: skip


def draw(gallery: Gallery, result: SearchResult, candidate: Candidate) -> None:
    """One candidate with its picture, scores and evidence."""
    tile, card = candidate.tile, gallery.card
    parts = [
        _head(candidate),
        f'<div class="sw-top">{_picture(gallery, candidate)}<div>{_scores(result, candidate)}'
        f"{_around(candidate)}</div></div>",
        f'<h4>Your words</h4><p class="sw-words" dir="auto">'
        f"{coloured(result.query, candidate.evidence, _read_to(result, candidate))}</p>",
        _evidence(candidate.evidence),
    ]
    st.html(f'<section class="sw-panel" aria-label="Candidate {candidate.rank}">'
            f"{''.join(parts)}</section>")  # fmt: skip
    st.code(f"{tile.lat:.6f}, {tile.lon:.6f}", language=None)
    st.html(_links(candidate, card.licence))


def _read_to(result: SearchResult, candidate: Candidate) -> int | None:
    """Where reading stopped; words that were read past the pictures' limit are shown as read."""
    cut = result.truncated
    return None if cut is None or any(one.end > cut for one in candidate.evidence) else cut


def _head(candidate: Candidate) -> str:
    return (
        f'<header><span class="sw-rank">{candidate.rank}</span><h3 dir="auto">'
        f"{safe_html(title_of(candidate))}</h3></header>"
    )


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


def _scores(result: SearchResult, candidate: Candidate) -> str:
    """A bar for each channel, its length relative to the best of this answer."""
    rows = []
    for channel, value in candidate.channels.items():
        best = max((one.channels.get(channel, 0.0) for one in result.candidates), default=0.0)
        share = max(0.0, min(1.0, value / best)) if best > 0 else 0.0
        rows.append(
            f"<tr><th scope=row>{_CHANNEL_NAMES[channel]}</th>"
            f'<td><span class="sw-bar"><span style="width:{share:.0%}"></span></span></td>'
            f"<td>{value:.2f}</td></tr>"
        )
    if candidate.confidence is not None:
        rows.append(f"<tr><th scope=row>sure</th><td></td><td>{candidate.confidence:.0%}</td></tr>")
    return (
        '<table class="sw-scores"><caption>Score of each channel; a full bar is the best of '
        f"this answer</caption>{''.join(rows)}</table>"
    )


def _evidence(evidence: tuple[Evidence, ...]) -> str:
    if not evidence:
        return ""
    found = "".join(_found(one) for one in evidence if one.supported)
    missing = "".join(
        f'<li class="sw-no"><q dir="auto">{safe_html(one.phrase)}</q></li>'
        for one in evidence
        if not one.supported
    )
    parts = []
    if found:
        parts.append(f"<h4>On the map here</h4><ul>{found}</ul>")
    if missing:
        parts.append(f"<h4>Not found on the map here</h4><ul>{missing}</ul>")
    return f'<div class="sw-evidence">{"".join(parts)}</div>'


def _found(one: Evidence) -> str:
    away = f"{one.distance_m:.0f} m" if one.distance_m is not None else ""
    where = " ".join(part for part in (away, one.direction or "") if part)
    kind, roughly = ("sw-yes sw-rough", "roughly ") if one.rough else ("sw-yes", "")
    channel = _CHANNEL_NAMES[one.channel] if one.channel else ""
    return (
        f'<li class="{kind}"><q dir="auto">{safe_html(one.phrase)}</q>'
        f'<span class="sw-fact" dir="auto">{roughly}{safe_html(one.fact)}</span>'
        f'<span class="sw-where">{safe_html(where)} <small>{channel} {one.similarity:.2f}'
        "</small></span></li>"
    )


def _links(candidate: Candidate, licence: str) -> str:
    lat, lon = f"{candidate.tile.lat:.6f}", f"{candidate.tile.lon:.6f}"
    place = f"mlat={quote(lat)}&amp;mlon={quote(lon)}#map=19/{lat}/{lon}"
    return (
        '<p class="sw-links"><a target="_blank" rel="noopener noreferrer" '
        f'href="https://www.openstreetmap.org/?{place}">See it on OpenStreetMap</a> '
        f"<small>needs a network</small><br><small>{safe_html(licence)}</small></p>"
    )
