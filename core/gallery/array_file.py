"""Arrays that a search would make anew at each start, in a file beside a gallery's manifest.

The manifest does not list the file: its arrays follow from the gallery and can be made again. A
file that is missing or damaged, of other facts or of another version, is no fault of the gallery.
"""

import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from core.files import open_replacing
from core.gallery.array_store import Array, PackedStrings, RegionArrays
from core.gallery.manifest import Manifest

_KEY = "key"
_UNREADABLE = (
    OSError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    BadZipFile,
    struct.error,
    zlib.error,
)
"""What reading a file that is no archive of arrays, or a damaged one, may raise."""


class StoredArrays(dict[str, Array]):
    """The arrays of one gallery by name."""

    def strings(self, name: str) -> PackedStrings:
        """The texts that were packed as `name`."""
        return PackedStrings(self[f"{name}.bytes"], self[f"{name}.ends"])


PreparedArrays = RegionArrays | StoredArrays


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """A file of arrays that were made of what `source` names."""

    path: Path
    source: str

    def read(self) -> StoredArrays | None:
        """The arrays; None where the file is missing or damaged, or of another source."""
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = StoredArrays({name: file[name] for name in file.files})
            stored = str(arrays.pop(_KEY))
        except _UNREADABLE:
            return None
        return arrays if stored == self._key(arrays) else None

    def write(self, arrays: Mapping[str, Array]) -> Path:
        """Writes the arrays atomically; returns the path. Raises OSError."""
        content = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        with open_replacing(self.path) as file:
            np.savez(file, **content, **{_KEY: np.array(self._key(content))})  # type: ignore[arg-type]
        return self.path

    def _key(self, arrays: Mapping[str, Array]) -> str:
        """A hash of the source and of the arrays' names, types and content."""
        digest = hashlib.sha256(self.source.encode())
        for name, array in sorted(arrays.items()):
            digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def source_of(manifest: Manifest) -> str:
    """The files with a gallery's facts and streets, by their hashes."""
    files = {name.rpartition("/")[2]: entry["sha256"] for name, entry in manifest.files.items()}
    return "\n".join(
        f"{name} {files[name]}"
        for name in sorted(files)
        if name == "facts.parquet" or name.startswith("tiles-")
    )
