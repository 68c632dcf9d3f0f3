"""The table of what each part of the search adds, over several sets of descriptions."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F64
from core.cli.bench.inputs import Progress
from core.errors import QueryError
from core.evaluation import PlainBaselines, inside_gallery, read_all, read_queries
from core.evaluation.steps import CUTS, hits_of, summary
from core.gallery import open_gallery
from core.models import load_model
from core.retrieval import load_picture_encoder
from core.settings import Settings


def run(
    settings: Settings, sets: Sequence[tuple[str, Path]], by: str, progress: Progress
) -> dict[str, Any]:
    """Rows of parts, columns of files: percent within 100 m among the first 1, 5 and 10.

    Sets of one file share a column; `by` splits it by a field of the file's lines.
    """
    if not sets:
        raise QueryError("bench steps needs --set GALLERY=FILE.jsonl with known places")
    encoder = load_model(threads=settings.search_threads)
    hits: dict[str, dict[str, list[F64]]] = defaultdict(lambda: defaultdict(list))
    for name, path in sets:
        gallery, fields = open_gallery(name, settings), _fields(path, by)
        queries = inside_gallery(read_queries(path, name), gallery, path.name)
        has_image = "image" in gallery.card.channels
        picture_encoder = load_picture_encoder(gallery, settings, encoder) if has_image else None
        plain = PlainBaselines(gallery)
        for number, query in enumerate(queries, 1):
            (encoded,) = read_all([query], encoder, lambda *_: None, picture_encoder, gallery)
            column = " ".join((path.stem, fields.get(query.query_id, ""))).strip()
            for row, found in hits_of(gallery, query, encoded, plain):
                hits[row][column].append(found)
            progress(f"{name}, {path.stem}", number, len(queries))
    rows = {
        row: {column: summary(np.stack(found)) for column, found in columns.items()}
        for row, columns in hits.items()
    }
    return {"bench": "steps", "rows": rows, "table": _table(rows)}


def _fields(path: Path, by: str) -> dict[str, str]:
    """The field `by` of each line by its id; none where `by` is empty."""
    if not by:
        return {}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return {str(row.get("id", number)): str(row.get(by, "")) for number, row in enumerate(rows, 1)}


def _table(rows: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """The lines of a table in Markdown; the last row with the intervals of the first candidate."""
    columns = list(next(iter(rows.values()), {}))
    head = [f"{column} ({next(iter(rows.values()))[column]['n']})" for column in columns]
    lines = [f"| | {' | '.join(head)} |", f"|{'---|' * (len(columns) + 1)}"]
    for row, cells in rows.items():
        shares = [
            " / ".join(f"{cells[column][f'first {cut}']:.1f}" for cut in CUTS) for column in columns
        ]
        lines.append(f"| {row} | {' | '.join(shares)} |")
    last = list(rows.values())[-1] if rows else {}
    intervals = [
        " / ".join(
            "–".join(f"{end:.0f}" for end in last[column][f"first {cut} ci"]) for cut in CUTS
        )
        for column in columns
    ]
    lines.append(f"| 95 % of the last row | {' | '.join(intervals)} |")
    return lines
