"""The answer to take away: a table for everyone, CSV, GeoJSON, and the link that restores it."""

import csv
import io
import json
from typing import Any

import streamlit as st

from core.gallery import GalleryCard
from core.maps import evidence_label, safe_html, title_of
from core.records import Candidate, SearchResult, Standing
from pages.search_page import confidence_banner, session
from pages.search_page.query_params import SearchParams

_STANDINGS: tuple[Standing, ...] = ("supported", "contradicted", "missing", "unchecked")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(text: str) -> str:
    """Text for a spreadsheet, in which it cannot act as a formula."""
    risky = text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)
    return f"'{text}" if risky else text


def _told(candidate: Candidate, standing: Standing) -> str:
    """The phrases that stand so, with what the map has for or against them."""
    ledger = candidate.explanation.ledger if candidate.explanation else ()
    return "; ".join(
        f"{phrase}: {told}" if told else phrase
        for phrase, told in (
            (
                one.evidence.phrase,
                one.against or (evidence_label(one.evidence) if one.evidence.channel else ""),
            )
            for one in ledger
            if one.standing == standing
        )
    )


def _percent(candidate: Candidate) -> str:
    return "" if candidate.confidence is None else confidence_banner.percent(candidate.confidence)


def _scores(candidate: Candidate) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in candidate.channels.items())


def to_csv(result: SearchResult, card: GalleryCard) -> str:
    """One line for each candidate, with the source's licence in the last column."""
    channels = sorted({name for one in result.candidates for name in one.channels})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "rank",
            "name",
            "street",
            "lat",
            "lon",
            "tile_id",
            "similarity",
            "confidence",
            *channels,
            "found",
            "against",
            "not_found",
            "unchecked",
            "attribution",
        ]
    )
    for one in result.candidates:
        writer.writerow(
            [
                one.rank,
                cell(title_of(one)),
                cell(one.tile.street),
                f"{one.tile.lat:.6f}",
                f"{one.tile.lon:.6f}",
                cell(one.tile.tile_id),
                f"{one.similarity:.4f}",
                "" if one.confidence is None else f"{one.confidence:.4f}",
                *(f"{one.channels[name]:.4f}" if name in one.channels else "" for name in channels),
                *(cell(_told(one, standing)) for standing in _STANDINGS),
                cell(card.licence),
            ]
        )
    return out.getvalue()


def to_geojson(result: SearchResult, card: GalleryCard) -> str:
    """The tiles as polygons (RFC 7946), each candidate as the command line prints it."""
    features: list[dict[str, Any]] = []
    for one in result.candidates:
        box = one.tile.bounds
        ring = [
            [box.west, box.south],
            [box.east, box.south],
            [box.east, box.north],
            [box.west, box.north],
            [box.west, box.south],
        ]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": one.to_json(),
            }
        )
    return json.dumps(
        {
            "type": "FeatureCollection",
            "query": result.query,
            "gallery": result.gallery,
            "picture_model": result.picture_model,
            "attribution": card.licence,
            "features": features,
        },
        ensure_ascii=False,
    )


def table(result: SearchResult) -> str:
    """The whole answer as an HTML table: the equal of the map for people who cannot see it."""
    rows = "".join(
        f'<tr><td>{one.rank}</td><th scope="row" dir="auto">{safe_html(title_of(one))}</th>'
        f"<td>{one.tile.lat:.5f}, {one.tile.lon:.5f}</td>"
        f"<td>{_percent(one)}</td>"
        + "".join(
            f'<td dir="auto">{safe_html(_told(one, standing))}</td>' for standing in _STANDINGS
        )
        + f"<td>{_scores(one)}</td></tr>"
        for one in result.candidates
    )
    heads = (
        "Rank",
        "Place",
        "Position",
        "Within 100 m",
        "Found on the map",
        "Against it",
        "Not found",
        "No map can tell",
        "Scores",
    )
    return (
        '<div class="sw-table" tabindex="0" role="region" aria-label="Places found">'
        "<table><caption>Places found, best match first</caption><thead><tr>"
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def draw(card: GalleryCard, ask: SearchParams, result: SearchResult, took_ms: float) -> None:
    """The answer as a table, its files, its link and how long it took."""
    with st.expander("All places as a table"):
        st.html(table(result))
    with st.container(horizontal=True, key="take-away"):
        name = f"saywhere-{card.name}"
        st.download_button(
            "CSV",
            to_csv(result, card),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "GeoJSON",
            to_geojson(result, card),
            f"{name}.geojson",
            "application/geo+json",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover("Link to this answer", icon=":material/link:"):
            if ask.fits_link:
                st.code(session.link(ask), language=None, wrap_lines=True)
            else:
                st.write("This description is too long for a link.")
    steps = " · ".join(f"{safe_html(step)} {ms:.0f}" for step, ms in result.timings_ms.items())
    st.html(f'<p class="sw-times">Answered in {took_ms:.0f} ms <small>({steps})</small></p>')
