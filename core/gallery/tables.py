"""Parquet files of a gallery, read without pandas."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A Parquet file, or some of its columns. `pq.read_table` would import pandas."""
    with pq.ParquetFile(path) as file:
        return file.read(columns, use_threads=False)


def read_columns(shards: list[Path], columns: list[str]) -> pa.Table:
    """Some columns of all shards, one after the other."""
    return pa.concat_tables([read_table(shard, columns) for shard in shards])


def numbers(column: pa.ChunkedArray) -> Any:
    """A column of numbers as an array. Its own `to_numpy` would import pandas."""
    none = np.empty(0, dtype=column.type.to_pandas_dtype())
    return np.concatenate([none, *(np.from_dlpack(chunk) for chunk in column.chunks)])
