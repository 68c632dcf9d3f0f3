"""The fields of a case as a plain row, as exported to files."""

from typing import Any

Row = dict[str, Any]
"""A case with its history as plain values."""

REPORT_FIELDS = ("report_id", "title", "source", "gallery", "model", "scope", "imported_at")
ANSWER_FIELDS = (
    "number",
    "query_id",
    "text",
    "tile_id",
    "lat",
    "lon",
    "rank",
    "top_tile",
    "top_lat",
    "top_lon",
    "distance_m",
    "confidence",
    "said",
)
QUEUE_FIELDS = ("case_id", "kind", "difficulty", "lot")
JSON_FIELDS = ("report_channels", "channels", "signs")
CASE_FIELDS = (*QUEUE_FIELDS, *REPORT_FIELDS, *ANSWER_FIELDS, *JSON_FIELDS, "settled")
"""The fields of a row besides `verdicts`, a list of dicts with ENTRY_FIELDS. `settled` is the
adjudicated or unanimous verdict. An entry's `seq` is its place in the whole history, from 0; files
of older versions of the app do not have it."""
ENTRY_FIELDS = (
    "verdict_id",
    "annotator",
    "verdict",
    "undoes",
    "final",
    "note",
    "took_ms",
    "at",
    "standing",
    "seq",
)
NUMBERS = ("difficulty", "lat", "lon", "top_lat", "top_lon", "distance_m", "confidence")
WHOLE = ("lot", "number", "rank", "took_ms", "seq")
