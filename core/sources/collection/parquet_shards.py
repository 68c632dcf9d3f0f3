"""Rows of a collection in Parquet files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError
from core.files import replacing
from core.sources.collection.schema import COLUMNS, REQUIRED, CollectionRow, RawRow, values_of

ENDING: Final = ".parquet"
_GROUP = 64
"""Rows that are in memory together: with pictures, a few megabytes."""

_TEXTS = pa.list_(pa.string())
_FACT = pa.struct(
    [
        ("key", pa.string()),
        ("text", pa.string()),
        ("kind", pa.string()),
        ("names", _TEXTS),
        ("synonyms", pa.string()),
        ("spoken", pa.bool_()),
        ("view", pa.string()),
        ("things", pa.int32()),
        ("distance_m", pa.int32()),
        ("bearing_deg", pa.int32()),
    ]
)
SCHEMA: Final = pa.schema(
    [
        ("id", pa.string()),
        ("region", pa.string()),
        ("country", pa.string()),
        ("continent", pa.string()),
        ("split", pa.string()),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("picture", pa.binary()),
        ("descriptions", _TEXTS),
        ("names", _TEXTS),
        ("street", pa.string()),
        ("text", pa.string()),
        ("facts", pa.list_(_FACT)),
    ]
)
"""The columns of a shard. `country`, `continent` and all from `descriptions` on may be missing."""


def read_rows(path: Path, pictures: bool = True) -> Iterator[RawRow]:
    """The rows of a shard in order, a few at a time. Raises SourceError for a damaged file."""
    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            if missing := sorted(REQUIRED - names):
                raise SourceError(f"{path.name} has no column {', '.join(missing)}")
            wanted = [name for name in COLUMNS if name in names and (pictures or name != "picture")]
            number = 0
            for batch in file.iter_batches(_GROUP, columns=wanted, use_threads=False):
                for values in batch.to_pylist():
                    number += 1
                    yield RawRow(number, values)
    except FileNotFoundError as error:
        raise SourceError(f"there is no shard {path}; copy it again") from error
    except (OSError, pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        raise SourceError(f"{path.name} is damaged ({error!s:.120}); copy it again") from error


def write_rows(path: Path, rows: Sequence[CollectionRow]) -> Path:
    """Writes a shard atomically; returns its path. Raises SourceError."""
    values = [values_of(row) | {"picture": row.picture} for row in rows]
    table = pa.Table.from_pylist(values, SCHEMA)
    compression = dict.fromkeys(_leaves(), "zstd") | {"picture": "NONE"}
    with replacing(path, error=SourceError) as part:
        pq.write_table(table, part, row_group_size=_GROUP * 2, compression=compression)
    return path


def _leaves() -> list[str]:
    """Paths of the columns as Parquet counts them: lists and structures by their parts."""
    nested = [f"facts.list.element.{field.name}" for field in _FACT if field.name != "names"]
    lists = [f"{name}.list.element" for name in ("descriptions", "names")]
    plain = [field.name for field in SCHEMA if not pa.types.is_nested(field.type)]
    return [*plain, *lists, *nested, "facts.list.element.names.list.element"]
