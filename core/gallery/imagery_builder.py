"""Builds a gallery from imagery alone: tiles on a grid, without map facts.

A stopped build continues when it is run again.
"""

import math
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import numpy as np

from core.arrays import F64
from core.errors import GalleryError
from core.files import replacing
from core.gallery.aerial import ARCHIVE, AerialArchive
from core.gallery.build import BuildOptions
from core.gallery.imagery_stage import covered_tiles, imagery_hashes, write_imagery
from core.gallery.manifest import (
    FORMAT,
    Manifest,
    Origin,
    check_name,
    title_from,
    write_manifest,
)
from core.gallery.opened import SHARD_TILES
from core.gallery.picture_builder import facts_of_lines
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
from core.geo import METRES_PER_DEGREE, Bounds, Position, tile_bounds, wrapped
from core.models.specs import MINILM
from core.records import Tile
from core.sources.imagery import Imagery
from core.web_tiles.mercator import MAX_LAT

_MOST_TILES = 1_000_000


def build_imagery(
    name: str,
    imagery: Imagery,
    home: Path,
    options: BuildOptions,
    bbox: Bounds | None,
    now: datetime,
    progress: Progress,
) -> Path:
    """Builds the gallery `name` of the ground that the imagery shows; returns its folder.

    Tiles are on a grid of the spacing in `options`, within `bbox`. Raises GalleryError and
    SourceError.
    """
    check_name(name)
    files = imagery_hashes(imagery)
    folder = home / name
    build = build_id(files, asdict(options), asdict(bbox) if bbox else None, "imagery alone")
    data = folder / build
    lats, lons = grid(bbox or imagery.bounds, options.spacing_m)
    with building(folder, data):
        stamp = write_imagery(data, imagery, lats, lons, options.footprint_m, progress)
        covered = covered_tiles(
            AerialArchive(data / ARCHIVE, stamp), lats, lons, options.footprint_m, progress
        )
        lats, lons = lats[covered], lons[covered]
        _write_tiles(data, lats, lons, options.footprint_m)
        facts = facts_of_lines([()] * len(lats))
        write_facts(data, facts, [])
        for matrix in ("facts", "tiles"):
            empty = np.zeros((0, MINILM.dimensions), dtype=np.int8)
            save_matrix(data / f"{MINILM.name}-{matrix}.npy", empty)
        bounds = bounds_of(lats, lons, options.footprint_m)
        manifest = Manifest(
            format=FORMAT,
            name=name,
            title=options.title or title_from(name),
            created=now.isoformat(timespec="seconds"),
            build=build,
            origin=Origin(files, imagery.credit.licence, ""),
            footprint_m=options.footprint_m,
            spacing_m=options.spacing_m,
            view_m=0.0,
            on_grid=True,
            tiles=len(lats),
            facts=0,
            named=0,
            bounds=(bounds.west, bounds.south, bounds.east, bounds.north),
            channels=(),
            model=stamp_of(MINILM),
            files=list_files(folder, data),
            picture_models=reusable_models(folder, build),
            aerial=(stamp,),
            drawn=False,
        )
        write_manifest(folder, manifest)
        remove_old_builds(folder, build)
    return folder


def grid(bounds: Bounds, spacing_m: float) -> tuple[F64, F64]:
    """Latitudes and longitudes of a grid over a box, row by row from the south. Raises
    GalleryError for more tiles than a gallery can have, and for a box at a pole."""
    if max(abs(bounds.south), abs(bounds.north)) > MAX_LAT:
        raise GalleryError(
            f"the imagery lies between the latitudes {bounds.south:.1f} and {bounds.north:.1f}; "
            f"galleries of imagery end at {MAX_LAT:.0f}, so take another part with --bbox"
        )
    up = spacing_m / METRES_PER_DEGREE
    across = up / math.cos(math.radians(bounds.center.lat))
    rows = max(1, math.floor((bounds.north - bounds.south) / up))
    columns = max(1, math.floor((bounds.east - bounds.west) / across))
    if rows * columns > _MOST_TILES:
        raise GalleryError(
            f"a grid of {spacing_m:g} m has {rows * columns:,} tiles here, more than "
            f"{_MOST_TILES:,}; choose a part with --bbox or a larger --spacing-m"
        )
    middle = bounds.center
    lats = middle.lat + (np.arange(rows) - (rows - 1) / 2) * up
    lons = middle.lon + (np.arange(columns) - (columns - 1) / 2) * across
    grid_lats, grid_lons = np.meshgrid(lats, lons, indexing="ij")
    return grid_lats.ravel(), grid_lons.ravel()


def _write_tiles(data: Path, lats: F64, lons: F64, footprint_m: float) -> None:
    centers = [Position(float(lat), float(lon)) for lat, lon in zip(lats, lons, strict=True)]
    tiles = [
        Tile(
            f"{center.lat:.6f},{wrapped(center.lon):.6f}",
            center.lat,
            center.lon,
            tile_bounds(center, footprint_m),
            "",
        )
        for center in centers
    ]
    for start in range(0, len(tiles), SHARD_TILES):
        part = tiles[start : start + SHARD_TILES]
        frame = tile_frame(part, [""] * len(part), [b""] * len(part))
        with replacing(data / f"tiles-{start // SHARD_TILES:03d}.parquet") as temporary:
            frame.to_parquet(temporary, compression="zstd")
