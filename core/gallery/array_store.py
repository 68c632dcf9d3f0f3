"""Arrays of many regions on disk, one file a kind, memory-mapped.

A file holds the arrays of one name of all regions, one behind the other; `index.json` says where
each begins. Opening maps the files and reads nothing of them, so it takes the same time for a
thousand tiles as for a million, and processes share what they read.
"""

import json
import mmap
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, overload

import numpy as np
import numpy.typing as npt

from core.arrays import Bools
from core.errors import GalleryError
from core.files import write_json

Array = npt.NDArray[Any]
INDEX = "index.json"
_TYPES = ("|u1", "|i1", "|b1", "<u2", "<u4", "<i4", "<i8", "<f4", "<f8")


@dataclass(slots=True)
class _Column:
    dtype: str
    width: int
    file: BinaryIO
    starts: list[int] = field(default_factory=lambda: [0])


class ArrayWriter:
    """Writes the arrays of one region after another. Every region has the same names."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._columns: dict[str, _Column] = {}

    def add(self, arrays: Mapping[str, Array]) -> None:
        """Appends the arrays [n] or [n, D] of a region. Raises ValueError for other names, types
        or widths than those of the first region."""
        if self._columns and self._columns.keys() != arrays.keys():
            raise ValueError(f"arrays {sorted(self._columns.keys() ^ arrays.keys())} do not agree")
        for name, array in arrays.items():
            dtype, width = array.dtype.str, 1 if array.ndim == 1 else array.shape[1]
            column = self._columns.get(name)
            if column is None:
                file = (self._folder / f"{name}.raw").open("wb")
                column = self._columns[name] = _Column(dtype, width, file)
            if (dtype, width) != (column.dtype, column.width) or dtype not in _TYPES:
                raise ValueError(f"{name} is of {dtype} × {width}, not {column.dtype}")
            column.file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
            column.starts.append(column.starts[-1] + len(array))

    def close(self) -> Path:
        """Writes the index; returns its path."""
        document = {}
        for name, column in self._columns.items():
            column.file.close()
            document[name] = {
                "dtype": column.dtype,
                "width": column.width,
                "starts": column.starts,
            }
        return write_json(self._folder / INDEX, document)

    def discard(self) -> None:
        """Closes the files and removes the folder."""
        for column in self._columns.values():
            column.file.close()
        shutil.rmtree(self._folder, ignore_errors=True)


MOST_READ = 48
"""Regions whose parts of the files stay in the memory of a process. In a collection of 225 regions
of 4,600 tiles they are some 500 MB."""


class ArrayStore:
    """The arrays of all regions. Raises GalleryError for a folder that holds none."""

    def __init__(self, folder: Path) -> None:
        self._read: set[int] = set()
        try:
            document = json.loads((folder / INDEX).read_text("utf-8"))
            self._arrays, self._starts = {}, {}
            for name, entry in document.items():
                starts = np.array(entry["starts"], dtype=np.int64)
                self._arrays[name] = _mapped(folder / f"{name}.raw", entry, int(starts[-1]))
                self._starts[name] = starts
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise GalleryError(
                f"{folder} holds no collection ({error!s:.100}); build it again"
            ) from error

    def region(self, number: int) -> "RegionArrays":
        """The arrays of one region."""
        return RegionArrays(self, number)

    def note_read(self, number: int) -> None:
        """Notes that a search reads a region. After many others the files are given back, so that
        the process does not hold them all; the system keeps what it has room for."""
        if number in self._read:
            return
        if len(self._read) >= MOST_READ:
            self._read.clear()
            self.give_back()
        self._read.add(number)

    def give_back(self) -> None:
        """Gives the memory of all files back to the system. What is read again is mapped again."""
        if not hasattr(mmap, "MADV_DONTNEED"):  # Windows
            return
        for array in self._arrays.values():
            if (mapped := _map_of(array)) is not None:
                mapped.madvise(mmap.MADV_DONTNEED)

    def part(self, name: str, number: int) -> Array:
        """The array of a name of one region."""
        begin, end = self._starts[name][number : number + 2].tolist()
        part: Array = self._arrays[name][begin:end]
        return part

    def has(self, name: str) -> bool:
        """Whether there are arrays of a name; those of an earlier version may lack some."""
        return name in self._arrays

    def whole(self, name: str) -> Array:
        """The array of a name of all regions."""
        return self._arrays[name]

    def starts(self, name: str) -> Array:
        """Where the arrays of each region begin, and where the last one ends: [R + 1]."""
        return self._starts[name]


def _mapped(path: Path, entry: dict[str, Any], rows: int) -> Array:
    dtype, width = str(entry["dtype"]), int(entry["width"])
    if dtype not in _TYPES or width < 1:
        raise ValueError(f"{path.name} is of {dtype} × {width}")
    size = rows * width * np.dtype(dtype).itemsize
    if path.stat().st_size != size:
        raise ValueError(f"{path.name} is not as it was built")
    shape = (rows,) if width == 1 else (rows, width)
    if not size:
        return np.empty(shape, dtype)
    return np.asarray(np.memmap(path, dtype=dtype, mode="r", shape=shape))


def _map_of(array: Array) -> mmap.mmap | None:
    """The mapped file under an array, None for none."""
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


class RegionArrays:
    """The arrays of one region by name."""

    def __init__(self, store: ArrayStore, number: int) -> None:
        self._store, self._number = store, number

    def __getitem__(self, name: str) -> Array:
        return self._store.part(name, self._number)

    def __contains__(self, name: str) -> bool:
        return self._store.has(name)

    def note_read(self) -> None:
        """Notes that a search reads this region."""
        self._store.note_read(self._number)

    def strings(self, name: str) -> "PackedStrings":
        """The texts that were packed as `name`."""
        return PackedStrings(self[f"{name}.bytes"], self[f"{name}.ends"])


def packed_strings(name: str, texts: Sequence[str]) -> dict[str, Array]:
    """The arrays from which `RegionArrays.strings` makes the texts again."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)])
    data = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    return {f"{name}.bytes": data, f"{name}.ends": ends.astype(np.uint32)}


class PackedStrings(Sequence[str]):
    """Texts that are decoded when they are read."""

    def __init__(self, data: Array, ends: Array) -> None:
        self._data, self._ends = data, ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            begin, end, step = row.indices(len(self))
            if step != 1:
                return [self[one] for one in range(begin, end, step)]
            ends = self._ends[begin : max(begin, end) + 1].tolist()
            data = self._data[ends[0] : ends[-1]].tobytes()
            return [data[one - ends[0] : two - ends[0]].decode() for one, two in pairwise(ends)]
        if row < 0:
            row += len(self)
            if row < 0:
                raise IndexError(row)
        item = self._ends.item
        text: str = self._data[item(row) : item(row + 1)].tobytes().decode()
        return text

    def __iter__(self) -> Iterator[str]:
        data, ends = self._data.tobytes(), self._ends.tolist()
        return (data[begin:end].decode() for begin, end in pairwise(ends))


class CodedStrings(Sequence[str]):
    """Texts given by their row among a few distinct ones."""

    def __init__(self, rows: Array, values: Sequence[str]) -> None:
        self._rows, self._values = rows, values

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self._values[one] for one in self._rows[row].tolist()]
        value: str = self._values[self._rows.item(row)]
        return value

    def __iter__(self) -> Iterator[str]:
        values = list(self._values)
        return (values[row] for row in self._rows.tolist())


class PackedLists(Sequence[list[str]]):
    """Lists of texts that are decoded when they are read."""

    def __init__(self, texts: PackedStrings, ends: Array) -> None:
        self._texts, self._ends = texts, ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, row: int) -> list[str]: ...
    @overload
    def __getitem__(self, row: slice) -> list[list[str]]: ...
    def __getitem__(self, row: int | slice) -> list[str] | list[list[str]]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        if row < 0:
            row += len(self)
            if row < 0:
                raise IndexError(row)
        begin, end = self._ends.item(row), self._ends.item(row + 1)
        return self._texts[begin:end] if end > begin else []

    def __iter__(self) -> Iterator[list[str]]:
        texts, ends = list(self._texts), self._ends.tolist()
        return (texts[begin:end] for begin, end in pairwise(ends))


class Widened:
    """Numbers that are stored in 16 bits and read as float32."""

    def __init__(self, stored: Array) -> None:
        self._stored = stored

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, rows: Any) -> Any:
        return self._stored[rows].astype(np.float32)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._stored.astype(dtype or np.float32)

    def __le__(self, most: float) -> Bools:
        return np.asarray(self._stored <= most)

    def astype(self, dtype: Any) -> Array:
        """All numbers as another type."""
        return self._stored.astype(np.float32).astype(dtype)


class OwnerOfRow:
    """The owner of each row, where the rows of an owner follow each other from `starts` on."""

    def __init__(self, starts: Array) -> None:
        self._starts = starts

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        elif isinstance(rows, np.ndarray) and rows.dtype == bool:
            rows = np.flatnonzero(rows)
        return np.searchsorted(self._starts, rows, side="right") - 1

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype=dtype)
