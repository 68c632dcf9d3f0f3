"""Builds a gallery from CVG-Text's pictures and their positions.

Such a gallery has no map facts. OCR can fill its lexical index; its pictures are embedded later.
A stopped build continues when it is run again.
"""

import hashlib
import io
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.facts.viewpoint_facts import Facts
from core.files import replacing, write_text
from core.gallery.manifest import (
    FORMAT,
    Manifest,
    Origin,
    check_name,
    file_entry,
    write_manifest,
)
from core.gallery.opened import SHARD_TILES
from core.gallery.staging import (
    Progress,
    bounds_of,
    build_id,
    building,
    list_files,
    remove_old_builds,
    reusable_models,
    save_matrix,
    stamp_of,
    tile_frame,
    write_facts,
)
from core.geo import Points, Position, haversine_km, joined_lons, nearest, tile_bounds
from core.models.pictures import open_picture
from core.models.specs import MINILM
from core.records import Tile
from core.sources.cvgtext import LICENCES, CvgRow, CvgText, stem_of

if TYPE_CHECKING:
    from core.sources.ocr import PictureReader

READ_KIND = "text in the picture"
_UNSAFE = re.compile(r"[^A-Za-z0-9.,_+-]+")
_OCR_PART = 20


@dataclass(frozen=True, slots=True)
class _PicturedTile:
    """A tile and its picture file."""

    tile: Tile
    picture: Path


def build_pictures(
    name: str,
    data: CvgText,
    reader: "PictureReader | None",
    home: Path,
    title: str,
    now: datetime,
    progress: Progress,
) -> Path:
    """Builds the gallery `name` of all pictures under `home`; returns its folder.

    With a `reader`, the text in each picture becomes names of its tile. Raises GalleryError, and
    SourceError for a file that is not a picture.
    """
    check_name(name)
    pictured = _tiles(data)
    files = _hashes(pictured, data.root)
    folder = home / name
    build = build_id(files, data.city, data.version, data.kind, reader is not None)
    to = folder / build
    with building(folder, to):
        _write_tiles(to, pictured, progress)
        lines = _read_all(to, pictured, reader, progress) if reader else [()] * len(pictured)
        facts = facts_of_lines(lines)
        write_facts(to, facts, [""] * len(facts.table))
        for matrix in ("facts", "tiles"):
            empty = np.zeros((0, MINILM.dimensions), dtype=np.int8)
            save_matrix(to / f"{MINILM.name}-{matrix}.npy", empty)
        lats = np.array([item.tile.lat for item in pictured])
        lons = np.array([item.tile.lon for item in pictured])
        bounds = bounds_of(lats, lons, data.footprint_m)
        manifest = Manifest(
            format=FORMAT,
            name=name,
            title=title or f"{data.city}, CVG-Text {data.kind}",
            created=now.isoformat(timespec="seconds"),
            build=build,
            origin=Origin(files, LICENCES[data.kind], ""),
            footprint_m=round(data.footprint_m, 2),
            spacing_m=spacing_m(Points.of(lats, lons)),
            view_m=0.0,
            on_grid=False,
            tiles=len(pictured),
            facts=len(facts.table),
            named=len(facts.table),
            bounds=(bounds.west, bounds.south, bounds.east, bounds.north),
            channels=("names",) if len(facts.table) else (),
            model=stamp_of(MINILM),
            files=list_files(folder, to),
            picture_models=reusable_models(folder, build),
        )
        write_manifest(folder, manifest)
        remove_old_builds(folder, build)
        shutil.rmtree(_parts_folder(to), ignore_errors=True)
    return folder


def _tiles(data: CvgText) -> list[_PicturedTile]:
    """One tile per picture name, in order; the id is the name without unsafe characters."""
    rows: dict[str, CvgRow] = {}
    for row in data.rows:
        tile_id = _UNSAFE.sub("-", stem_of(row.name))[:120]
        while rows.setdefault(tile_id, row).name != row.name:
            tile_id += "_"
    lons = joined_lons(np.array([row.lon for row in rows.values()])).tolist()
    return [
        _PicturedTile(
            Tile(
                tile_id,
                row.lat,
                lon,
                tile_bounds(Position(row.lat, lon), data.footprint_m),
                "",
            ),
            row.picture,
        )
        for (tile_id, row), lon in zip(rows.items(), lons, strict=True)
    ]


def _hashes(pictured: Sequence[_PicturedTile], root: Path) -> dict[str, str]:
    """Hash of the pictures and tile ids of each folder below the root."""
    entries: dict[str, list[str]] = defaultdict(list)
    for item in pictured:
        folder = item.picture.parent.relative_to(root).as_posix()
        entries[folder] += [item.tile.tile_id, file_entry(item.picture)["sha256"]]
    return {
        folder: hashlib.sha256("\n".join(lines).encode()).hexdigest()
        for folder, lines in entries.items()
    }


def _write_tiles(to: Path, pictured: Sequence[_PicturedTile], progress: Progress) -> None:
    """Writes GeoParquet shards of `SHARD_TILES` tiles; existing shards are kept."""
    for start in range(0, len(pictured), SHARD_TILES):
        path = to / f"tiles-{start // SHARD_TILES:03d}.parquet"
        part = pictured[start : start + SHARD_TILES]
        if not path.is_file():
            pictures = []
            for done, item in enumerate(part, start):
                progress("pictures", done, len(pictured))
                pictures.append(_webp(item.picture))
            shard = tile_frame([item.tile for item in part], [""] * len(part), pictures)
            with replacing(path) as temporary:
                shard.to_parquet(temporary, compression="zstd")
        progress("pictures", start + len(part), len(pictured))


def _webp(path: Path) -> bytes:
    buffer = io.BytesIO()
    open_picture(path).convert("RGB").save(buffer, "WEBP", quality=90, method=2)
    return buffer.getvalue()


def _parts_folder(to: Path) -> Path:
    return to / ".ocr-parts"


def _read_all(
    to: Path, pictured: Sequence[_PicturedTile], reader: "PictureReader", progress: Progress
) -> list[tuple[str, ...]]:
    """Lines of text in each picture; parts from a stopped run are reused."""
    _parts_folder(to).mkdir(exist_ok=True)
    lines: list[tuple[str, ...]] = []
    for start in range(0, len(pictured), _OCR_PART):
        path = _parts_folder(to) / f"{start:07d}.json"
        part = pictured[start : start + _OCR_PART]
        if not path.is_file():
            read = [reader.lines(open_picture(item.picture)) for item in part]
            write_text(path, json.dumps(read))
        lines += [tuple(of_picture) for of_picture in json.loads(path.read_text("utf-8"))]
        progress("read text", start + len(part), len(pictured))
    return lines


def facts_of_lines(lines_of: Sequence[Sequence[str]]) -> Facts:
    """Makes each distinct line a named fact at the centres of the tiles whose pictures show it."""
    tiles: dict[str, list[int]] = defaultdict(list)
    for tile, lines in enumerate(lines_of):
        for line in lines:
            tiles[line].append(tile)
    table = pd.DataFrame(
        {
            "text": pd.Series([f"{READ_KIND}: {line}" for line in tiles], dtype=str),
            "kind": pd.Series([READ_KIND] * len(tiles), dtype=str),
            "names": pd.Series([[line] for line in tiles], dtype=object),
            "synonyms": pd.Series([""] * len(tiles), dtype=str),
            "spoken": np.zeros(len(tiles), dtype=bool),
        }
    )
    pairs = sorted((tile, fact) for fact, there in enumerate(tiles.values()) for tile in there)
    at = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    here = np.zeros(len(at))
    links = pd.DataFrame(
        {"tile": at[:, 0], "fact": at[:, 1], "distance_m": here, "bearing_deg": here}
    )
    return Facts(table, links)


def spacing_m(points: Points) -> float:
    """Median distance from a picture to the nearest one."""
    pairs = nearest(points, points, 2)
    lats, lons = points.lats.tolist(), points.lons.tolist()
    distances_km = [
        haversine_km(lats[row], lons[row], lats[other], lons[other])
        for row, near in enumerate(pairs.tolist())
        for other in near
        if other != row
    ]
    return round(1000 * float(np.median(distances_km)), 1) if distances_km else 0.0
