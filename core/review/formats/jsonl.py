"""JSON lines: one line for each row."""

import json
from collections.abc import Sequence
from pathlib import Path

from core.review.export_format import Format, Pictures
from core.review.rows import Row


def _write(rows: Sequence[Row], path: Path, _: Pictures) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="")


def _read(path: Path) -> list[Row]:
    from core.evaluation.saved_runs import read_bytes

    text = read_bytes(path).decode("utf-8-sig")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


FORMAT = Format(
    name="jsonl",
    title="JSON lines",
    use="one line for each case with its history",
    key="J",
    suffix=".jsonl",
    media_type="application/jsonl",
    write=_write,
    read=_read,
)
