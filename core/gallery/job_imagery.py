"""The pictures from above that a build takes: files that somebody gave, or an open source."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import GalleryError
from core.files import write_bytes

_ENDINGS: Final = (
    *("tif", "tiff", "jp2", "jpg", "jpeg", "png", "webp", "mbtiles", "pmtiles"),
    *("tfw", "jgw", "jpw", "pgw", "wld", "prj", "csv", "json"),
)
"""Files that can be given: pictures, archives of tiles, and what says where pictures lie."""
_ARCHIVES: Final = frozenset({".mbtiles", ".pmtiles"})
_FOLDER: Final = "imagery"
_BARE = re.compile(r"[^a-z0-9._-]+")
_MOST_FILES: Final = 20


@dataclass(frozen=True, slots=True)
class ImagerySize:
    """Pictures from above: where they come from, and the tiles that are still to be downloaded."""

    source: str
    licence: str
    credit: str
    date: str
    missing: int = 0
    download_mb: float = 0.0
    download_s: float = 0.0


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file of imagery that somebody gave."""

    name: str
    content: bytes


def checked_source(name: str) -> str:
    """The name of an open source whose tiles can be kept. Raises GalleryError for any other."""
    from core.sources.imagery.addresses import national_sources  # no start needs the imagery

    source = national_sources().get(name)
    if source is None:
        raise GalleryError(f"there is no source of imagery {name[:60]!r}")
    if not source.credit.may_be_stored:
        raise GalleryError(
            f"{source.title}: it may be looked at but not stored, so no place can be made of it"
        )
    if not source.address:
        raise GalleryError(
            f"{source.title}: {source.documentation}. Download its files and give them here"
        )
    return name


def keep_files(folder: Path, files: Sequence[GivenFile]) -> str:
    """Writes given files into the folder of a job, in place of those before; returns the path of
    the imagery within it. Raises GalleryError for files of other kinds, and for too many."""
    if len(files) > _MOST_FILES:
        raise GalleryError(f"more than {_MOST_FILES} files; join them to one, or use --imagery")
    for file in files:
        if Path(file.name).suffix.lower().lstrip(".") not in _ENDINGS:
            raise GalleryError(
                f"{file.name[:60]} is no imagery; give GeoTIFF, JPEG 2000, MBTiles, PMTiles, or a "
                f"picture with its world file"
            )
    home = folder / _FOLDER
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    paths = []
    for file in files:
        paths.append(home / _BARE.sub("_", file.name.lower())[-80:].lstrip("._-"))
        write_bytes(paths[-1], file.content, error=GalleryError)
    archives = [path for path in paths if path.suffix in _ARCHIVES]
    alone = paths if len(paths) == 1 else archives
    return f"{_FOLDER}/{alone[0].name}" if alone else _FOLDER


def options_of(folder: Path, imagery: str, credit: str) -> list[str]:
    """The options of `core build` for the imagery of a job, "" for none, and its credit."""
    if not imagery:
        return []
    is_file = imagery.partition("/")[0] == _FOLDER
    told = [f"--imagery-{field}={credit}" for field in ("licence", "credit") if credit]
    return ["--imagery", str(folder / imagery) if is_file else imagery, "--yes", *told]


def size_in(told: Any) -> ImagerySize | None:
    """The imagery in what `core build --estimate` printed, None without any."""
    try:
        return ImagerySize(**told) if isinstance(told, dict) else None
    except TypeError:
        return None
