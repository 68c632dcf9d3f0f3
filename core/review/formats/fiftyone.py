"""A dataset folder for FiftyOne: one sample for each case, with the picture of the answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.review.export_format import Format, Pictures
from core.review.rows import Row
from core.review.selection import key_of

_SAMPLES = "samples.json"


def _write(rows: Sequence[Row], path: Path, pictures: Pictures) -> None:
    (path / "data").mkdir(parents=True)
    samples = []
    for row in rows:
        name = f"data/{key_of(row['case_id'])}.webp"  # an id may hold "../"
        picture = pictures(row["gallery"], row["top_tile"])
        if picture:
            (path / name).write_bytes(picture)
        samples.append(_sample(row, name))
    (path / _SAMPLES).write_text(json.dumps({"samples": samples}), encoding="utf-8")
    (path / "metadata.json").write_text(
        json.dumps({"media_type": "image", "info": {"source": "saywhere cases"}}), encoding="utf-8"
    )


def _sample(row: Row, name: str) -> dict[str, Any]:
    classifications = [
        {"_cls": "Classification", "label": entry["verdict"], "tags": [entry["annotator"]]}
        for entry in row["verdicts"]
        if entry["standing"]
    ]
    return {
        "filepath": name,
        "tags": [row["kind"]],
        "_media_type": "image",
        "metadata": None,
        "case_id": row["case_id"],
        "text": row["text"],
        "gallery": row["gallery"],
        "tile_id": row["tile_id"],
        "top_tile": row["top_tile"],
        "distance_m": row["distance_m"],
        "location": {
            "_cls": "GeoLocation",
            "point": [row["lon"], row["lat"]],
            "line": [[row["lon"], row["lat"]], [row["top_lon"], row["top_lat"]]],
        },
        "verdict": row["settled"]
        and {"_cls": "Classification", "label": row["settled"], "tags": []},
        "verdicts": {"_cls": "Classifications", "classifications": classifications},
        "case": json.dumps(row, ensure_ascii=False),
    }


def _rows_in(document: Any) -> list[Row] | None:
    if isinstance(document, list) or not isinstance(document.get("samples"), list):
        return None
    return [json.loads(sample["case"]) for sample in document["samples"]]


FORMAT = Format(
    name="fiftyone",
    title="FiftyOne",
    use="a dataset folder with pictures, zipped",
    key="P",
    suffix="",
    media_type="application/zip",
    write=_write,
    rows_in=_rows_in,
    inside=_SAMPLES,
)
