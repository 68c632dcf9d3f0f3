"""Build folders of galleries: their id, their files, and the removal of old ones."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from core.arrays import F32, F64, I8, I64
from core.errors import GalleryError
from core.facts.viewpoint_facts import Facts
from core.files import open_replacing, replacing
from core.gallery.manifest import (
    UNFINISHED,
    ModelStamp,
    PictureStamp,
    check_name,
    file_entry,
    is_unfinished,
    read_manifest,
)
from core.gallery.tables import unpack_embeddings
from core.geo import Bounds, Position, tile_bounds
from core.indexes import lexical
from core.indexes.coarse import COARSE_FROM, FILE, as_bytes, coarse_codes
from core.models.specs import SentenceSpec
from core.records import Tile

Progress = Callable[[str, int, int], None]
"""Called with the stage, the number of items done, and their total."""


def stamp_of(spec: SentenceSpec) -> ModelStamp:
    """The manifest entry of a sentence encoder."""
    return ModelStamp(spec.name, spec.title, spec.weights_sha256, spec.dimensions)


def build_id(*inputs: object) -> str:
    """Id of a build: a hash of its inputs, as JSON, and of the code that makes it."""
    core = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for room in ("web_tiles", "vocabulary", "sources", "facts", "render", "gallery"):
        for part in sorted((core / room).rglob("*.*")):
            if part.suffix in (".py", ".csv"):
                digest.update(part.read_bytes())
    digest.update((core / "indexes" / "lexical.py").read_bytes())
    digest.update(json.dumps(inputs, sort_keys=True).encode())
    return f"build-{digest.hexdigest()[:12]}"


def make_folder(data: Path) -> None:
    """Creates the folder of a build. Raises GalleryError if that fails."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GalleryError(
            f"cannot write to {data.parent.parent} ({error.strerror}); choose another with --out "
            f"or set SAYWHERE_DATA"
        ) from error


@contextmanager
def building(folder: Path, data: Path) -> Iterator[None]:
    """Makes the folder `data` of a build of the gallery `folder`, for a block that fills it.

    When the block fails, what it made is deleted, and an old gallery stays as it was. When it is
    stopped or killed, a mark keeps the folder off the list of galleries until it is run again.
    Raises GalleryError where the disk is full or cannot be written to.
    """
    old = _build_of(folder)
    try:
        with removed_if_failed(folder.parent, folder.name), disk_faults_told(folder.parent):
            make_folder(data)
            (folder / UNFINISHED).touch()
            yield
            (folder / UNFINISHED).unlink(missing_ok=True)
    except Exception:
        if data.name != old:
            shutil.rmtree(data, ignore_errors=True)
        with contextlib.suppress(OSError):
            (folder / UNFINISHED).unlink()
        raise


@contextmanager
def removed_if_failed(home: Path, name: str) -> Iterator[Path]:
    """The folder of the gallery `name`, for a block that makes it.

    When the block fails, the folder is deleted, unless it was there before and was not the rest of
    a stopped build. Raises GalleryError for a bad name.
    """
    folder = home / check_name(name)
    had_home, had_folder = home.is_dir(), folder.exists() and not is_unfinished(folder)
    try:
        yield folder
    except Exception:
        if not had_folder:
            shutil.rmtree(folder, ignore_errors=True)
        if not had_home:
            with contextlib.suppress(OSError):
                home.rmdir()
        raise


def _build_of(folder: Path) -> str:
    """The build that a gallery's manifest names; "" without one."""
    try:
        return read_manifest(folder).build
    except GalleryError:
        return ""


@contextmanager
def disk_faults_told(home: Path) -> Iterator[None]:
    """Converts the errors of a full or broken disk to a GalleryError of one line."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        full = isinstance(error, shutil.Error)  # a list of what could not be copied
        reason = "some files cannot be copied" if full else getattr(error, "strerror", "") or error
        raise GalleryError(
            f"{home} cannot be written to ({reason}); free space there, or choose another folder "
            f"with --out or SAYWHERE_DATA, and run it again"
        ) from error


def bounds_of(lats: F64, lons: F64, footprint_m: float) -> Bounds:
    """Bounds of tiles with these centres."""
    low = tile_bounds(Position(lats.min(), lons.min()), footprint_m)
    high = tile_bounds(Position(lats.max(), lons.max()), footprint_m)
    return Bounds(low.west, low.south, high.east, high.north)


def tile_frame(
    tiles: Sequence[Tile], texts: Sequence[str], pictures: Sequence[bytes]
) -> gpd.GeoDataFrame:
    """Rows of a shard: tiles, the texts of their facts, and their pictures as WebP."""
    return gpd.GeoDataFrame(
        {
            "tile_id": [tile.tile_id for tile in tiles],
            "lat": [tile.lat for tile in tiles],
            "lon": [tile.lon for tile in tiles],
            "street": [tile.street for tile in tiles],
            "text": list(texts),
            "picture": pd.Series(pictures, dtype=object),
        },
        geometry=[shapely.box(*_edges(tile.bounds)) for tile in tiles],
        crs=4326,
    )


def _edges(bounds: Bounds) -> tuple[float, ...]:
    return bounds.west, bounds.south, bounds.east, bounds.north


def write_facts(data: Path, facts: Facts, kinds: Sequence[str]) -> None:
    """Writes the facts, their links to tiles, and the lexical index of their names and `kinds`."""
    table = pa.Table.from_pandas(facts.table, preserve_index=False)
    with replacing(data / "facts.parquet") as part:
        pq.write_table(table, part, compression="zstd")
    links = pa.table(
        {
            "tile": facts.links.tile.to_numpy(),
            "fact": facts.links.fact.to_numpy(),
            "distance_m": facts.links.distance_m.round().astype(np.uint16).to_numpy(),
            "bearing_deg": facts.links.bearing_deg.round().mod(360).astype(np.uint16).to_numpy(),
        }
    )
    with replacing(data / "links.parquet") as part:
        pq.write_table(
            links,
            part,
            compression="zstd",
            column_encoding={"tile": "DELTA_BINARY_PACKED"},
            use_dictionary=["distance_m", "bearing_deg"],
        )
    with replacing(data / "names.sqlite") as part:
        lexical.build(part, list(facts.table["names"]), kinds)


def save_matrix(path: Path, matrix: I8) -> None:
    """Writes packed embeddings to a file."""
    with open_replacing(path) as file:
        np.save(file, matrix, allow_pickle=False)


def save_embeddings(path: Path, packed: I8, progress: Progress) -> None:
    """Writes all packed embeddings [N, D] of one kind and, if there are many, their coarse codes,
    from which a search takes what it then compares exactly."""
    save_matrix(path, packed)
    codes = path.with_suffix(FILE)
    if len(packed) <= COARSE_FROM:
        codes.unlink(missing_ok=True)
        return

    def unpacked(rows: I64) -> F32:
        progress(f"index {path.stem.rpartition('-')[2]}", int(rows[-1]) + 1, len(packed))
        return unpack_embeddings(packed[rows])

    made = coarse_codes(len(packed), packed.shape[1], unpacked)
    with open_replacing(codes) as file:
        file.write(as_bytes(made))


def list_files(folder: Path, data: Path) -> dict[str, dict[str, object]]:
    """Files of a build, as listed in its manifest."""
    return {
        path.relative_to(folder).as_posix(): file_entry(path)
        for path in sorted(data.iterdir())
        if path.is_file() and not path.name.startswith(".")
    }


def reusable_models(folder: Path, build: str) -> tuple[PictureStamp, ...]:
    """Picture models whose embeddings stay valid because the build has the same id."""
    try:
        known = read_manifest(folder)
    except GalleryError:
        return ()
    return known.picture_models if known.build == build else ()


def remove_old_builds(folder: Path, build: str) -> None:
    """Deletes earlier builds of a gallery and temporary files of stopped ones."""
    for path in folder.iterdir():
        if path.is_dir() and path.name.startswith("build-") and path.name != build:
            shutil.rmtree(path, ignore_errors=True)
    for path in (folder / build).glob(".*"):
        if path.is_file():
            path.unlink(missing_ok=True)
