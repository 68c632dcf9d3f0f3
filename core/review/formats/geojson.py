"""GeoJSON: one feature for each case, a line from the truth to the answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.review.export_format import Format, Pictures
from core.review.rows import Row


def _write(rows: Sequence[Row], path: Path, _: Pictures) -> None:
    document = {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8", newline="")


def _feature(row: Row) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row["case_id"],
        "properties": row,
        "geometry": {
            "type": "LineString",
            "coordinates": [[row["lon"], row["lat"]], [row["top_lon"], row["top_lat"]]],
        },
    }


def _rows_in(document: Any) -> list[Row] | None:
    if isinstance(document, list) or document.get("type") != "FeatureCollection":
        return None
    return [feature["properties"] for feature in document["features"]]


FORMAT = Format(
    name="geojson",
    title="GeoJSON",
    use="a line on the map from truth to answer",
    key="K",
    suffix=".geojson",
    media_type="application/geo+json",
    write=_write,
    rows_in=_rows_in,
)
