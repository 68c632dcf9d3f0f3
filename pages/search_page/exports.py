"""The answer as files: CSV and GeoJSON."""

import csv
import io
import json
from typing import Any

from core.files import safe_cell
from core.gallery import GalleryCard
from core.maps import evidence_label, title_of
from core.records import Candidate, SearchResult, Standing
from pages.ui.plus_codes import plus_code

STANDINGS: tuple[Standing, ...] = ("supported", "contradicted", "missing", "unchecked")
"""In the order of the table's and the file's columns."""


def phrases_of(candidate: Candidate, standing: Standing) -> str:
    """The candidate's phrases of that standing, each with its evidence or contradiction."""
    ledger = candidate.explanation.ledger if candidate.explanation else ()
    return "; ".join(
        f"{phrase}: {told}" if told else phrase
        for phrase, told in (
            (
                one.evidence.phrase,
                one.against
                or (evidence_label(one.evidence) if one.evidence.channel else one.absent),
            )
            for one in ledger
            if one.standing == standing
        )
    )


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
            "plus_code",
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
                safe_cell(title_of(one)),
                safe_cell(one.tile.street),
                f"{one.tile.lat:.6f}",
                f"{one.tile.told_lon:.6f}",
                plus_code(one.tile.lat, one.tile.told_lon),
                safe_cell(one.tile.tile_id),
                f"{one.similarity:.4f}",
                "" if one.confidence is None else f"{one.confidence:.4f}",
                *(f"{one.channels[name]:.4f}" if name in one.channels else "" for name in channels),
                *(safe_cell(phrases_of(one, standing)) for standing in STANDINGS),
                safe_cell(card.licence),
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
                "properties": one.to_json()
                | {"plus_code": plus_code(one.tile.lat, one.tile.told_lon)},
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
