"""Builds a gallery from map data, stage by stage.

Each stage writes its files atomically, so that a stopped build continues when it is run again.
The last stage, the manifest, makes the build take effect.
"""

import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from core.arrays import F64, I8
from core.errors import GalleryError
from core.facts.aerial import things_from_above
from core.facts.viewpoint_facts import VIEW_M, Facts, facts_around, tile_texts
from core.files import replacing
from core.gallery.imagery_stage import imagery_hashes, write_imagery
from core.gallery.manifest import (
    FORMAT,
    Manifest,
    Origin,
    check_name,
    file_entry,
    read_manifest,
    title_from,
    write_manifest,
)
from core.gallery.opened import SHARD_TILES
from core.gallery.sayings import write_sayings
from core.gallery.staging import (
    Progress,
    bounds_of,
    build_id,
    building,
    disk_faults_told,
    list_files,
    remove_old_builds,
    reusable_models,
    save_embeddings,
    save_matrix,
    stamp_of,
    tile_frame,
    write_facts,
)
from core.gallery.tables import pack_embeddings
from core.gallery.viewpoints import Viewpoints, find_viewpoints
from core.geo import Bounds, Position, tile_bounds, wrapped
from core.records import Tile
from core.render import Renderer
from core.render.shore import estimated_sea
from core.world import World

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder
    from core.sources.imagery import Imagery

_EMBED_PART = 512
_BASE_MAP_TILES = 2_500
_DEEPEST_ZOOM = 18
_TEXT_CHARS = 1_500


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Choices of the user for a gallery."""

    title: str = ""
    spacing_m: float = 30.0
    footprint_m: float = 100.0
    pictures: bool = True


def build_gallery(
    name: str,
    sources: Sequence[Path],
    world: World,
    encoder: "SentenceEncoder",
    home: Path,
    options: BuildOptions,
    bbox: Bounds | None,
    now: datetime,
    progress: Progress,
    imagery: "Imagery | None" = None,
) -> Path:
    """Builds and embeds the gallery `name` under `home`; returns its folder.

    `world` was read from the files `sources`; tiles are limited to `bbox`. With `imagery` each
    tile has an aerial picture, too, and facts that are seen from above. An old gallery of that name
    stays usable until the last step. Raises GalleryError, SourceError.
    """
    check_name(name)
    if not (5 <= options.spacing_m <= 1000 and 10 <= options.footprint_m <= 2000):
        raise GalleryError(
            f"a spacing of {options.spacing_m} m or a footprint of {options.footprint_m} m is out "
            f"of range; wanted 5–1000 and 10–2000"
        )
    files = {path.name: file_entry(path)["sha256"] for path in sources}
    folder = home / name
    if imagery is not None:
        files |= imagery_hashes(imagery)
    build = build_id(files, asdict(options), asdict(bbox) if bbox else None)
    data = folder / build
    views = _within(find_viewpoints(world, options.spacing_m, options.footprint_m / 2), bbox)
    progress("facts", 0, 1)
    above = None if imagery is None else things_from_above(world, imagery)
    facts = facts_around(world, views.lats, views.lons, above=above)
    if facts.table.empty:
        raise GalleryError("the map holds nothing that a person could name; choose another file")
    texts = tile_texts(facts, len(views.lats), options.footprint_m * 0.7)
    progress("facts", 1, 1)
    with building(folder, data):
        aerial = (
            ()
            if imagery is None
            else (
                write_imagery(data, imagery, views.lats, views.lons, options.footprint_m, progress),
            )
        )
        write_facts(data, facts, _kind_words(facts))
        with _renderer(world, views, options) as renderer:
            _write_tiles(data, views, texts, options, renderer, progress)
            if renderer is not None:
                _write_base_map(data, views, options, renderer, progress)
        embed_texts(data, encoder, facts.table, texts, progress)
        bounds = bounds_of(views.lats, views.lons, options.footprint_m)
        manifest = Manifest(
            format=FORMAT,
            name=name,
            title=options.title or title_from(name),
            created=now.isoformat(timespec="seconds"),
            build=build,
            origin=Origin(files, world.licence, world.date),
            footprint_m=options.footprint_m,
            spacing_m=options.spacing_m,
            view_m=VIEW_M,
            on_grid=views.on_grid,
            tiles=len(views.lats),
            facts=len(facts.table),
            named=int((facts.table.names.map(len) > 0).sum()),
            bounds=(bounds.west, bounds.south, bounds.east, bounds.north),
            channels=("facts", "names"),
            model=stamp_of(encoder.spec),
            files=list_files(folder, data),
            picture_models=reusable_models(folder, build),
            aerial=aerial,
            drawn=options.pictures,
        )
        write_manifest(folder, manifest)
        remove_old_builds(folder, build)
    return folder


def embed_gallery(folder: Path, encoder: "SentenceEncoder", progress: Progress) -> Path:
    """Recomputes the text embeddings of a gallery; can be stopped and run again."""
    manifest = read_manifest(folder)
    data = folder / manifest.build
    table = pq.read_table(data / "facts.parquet").to_pandas()
    shards = sorted(data.glob("tiles-*.parquet"))
    texts = [text for shard in shards for text in pq.read_table(shard)["text"].to_pylist()]
    if "facts" not in manifest.channels:  # a gallery of pictures has no texts
        texts = []
    with disk_faults_told(folder.parent):
        embed_texts(data, encoder, table, texts, progress)
        model, files = stamp_of(encoder.spec), list_files(folder, data)
        write_manifest(folder, replace(manifest, model=model, files=files))
    return folder


def _within(views: Viewpoints, bbox: Bounds | None) -> Viewpoints:
    if bbox is None:
        return views
    inside = bbox.contains(views.lats, views.lons)
    if not inside.any():
        raise GalleryError("no viewpoint lies inside --bbox; make it larger")
    streets = [street for street, is_in in zip(views.streets, inside, strict=True) if is_in]
    return Viewpoints(views.lats[inside], views.lons[inside], streets, views.on_grid)


def _kind_words(facts: Facts) -> list[str]:
    """Kind and synonyms of each fact, for the lexical index."""
    return [
        f"{text.split(': ')[0]} {synonyms}"
        for text, synonyms in zip(facts.table.text, facts.table.synonyms, strict=True)
    ]


def _write_tiles(
    data: Path,
    views: Viewpoints,
    texts: list[str],
    options: BuildOptions,
    renderer: Renderer | None,
    progress: Progress,
) -> None:
    """Writes GeoParquet shards of `SHARD_TILES` tiles; existing shards are kept."""
    total = len(views.lats)
    for start in range(0, total, SHARD_TILES):
        path = data / f"tiles-{start // SHARD_TILES:03d}.parquet"
        rows = range(start, min(start + SHARD_TILES, total))
        if not path.is_file():
            shard = _tile_shard(rows, views, texts, options, renderer, progress, total)
            with replacing(path) as part:
                shard.to_parquet(part, compression="zstd")
        progress("pictures", rows.stop, total)


def _tile_shard(
    rows: range,
    views: Viewpoints,
    texts: list[str],
    options: BuildOptions,
    renderer: Renderer | None,
    progress: Progress,
    total: int,
) -> gpd.GeoDataFrame:
    centers = [Position(float(views.lats[row]), float(views.lons[row])) for row in rows]
    pictures = []
    for row, center in zip(rows, centers, strict=True):
        pictures.append(renderer.tile_picture(center, options.footprint_m) if renderer else b"")
        progress("pictures", row, total)
    tiles = [
        Tile(
            f"{center.lat:.6f},{wrapped(center.lon):.6f}",
            center.lat,
            center.lon,
            tile_bounds(center, options.footprint_m),
            views.streets[row],
        )
        for row, center in zip(rows, centers, strict=True)
    ]
    return tile_frame(tiles, [texts[row] for row in rows], pictures)


def base_map_zooms(bounds: Bounds) -> range:
    """Zooms from one that shows the bounds in a few tiles to the deepest one within
    `_BASE_MAP_TILES`."""
    width = (bounds.east - bounds.west) / 360
    height = (bounds.north - bounds.south) / 360 / math.cos(math.radians(bounds.center.lat))

    def tiles_at(zoom: int) -> float:
        return float((width * 2**zoom + 1) * (height * 2**zoom + 1))

    deepest = max(zoom for zoom in range(_DEEPEST_ZOOM + 1) if tiles_at(zoom) <= _BASE_MAP_TILES)
    widest = max(zoom for zoom in range(deepest + 1) if tiles_at(zoom) <= 6)
    return range(max(0, widest - 1), deepest + 1)


def base_map_bounds(lats: F64, lons: F64, footprint_m: float) -> Bounds:
    """The ground of the base map of tiles with these centres."""
    return bounds_of(lats, lons, footprint_m * 5)


@contextmanager
def _renderer(world: World, views: Viewpoints, options: BuildOptions) -> Iterator[Renderer | None]:
    """Draws the pictures and the base map; None for a gallery without pictures."""
    if not options.pictures:
        yield None
        return
    ground = base_map_bounds(views.lats, views.lons, options.footprint_m)
    with Renderer(world, estimated_sea(world, views.lats, views.lons, ground)) as renderer:
        yield renderer


def _write_base_map(
    data: Path, views: Viewpoints, options: BuildOptions, renderer: Renderer, progress: Progress
) -> None:
    path = data / "base_map.pmtiles"
    if not path.is_file():
        bounds = base_map_bounds(views.lats, views.lons, options.footprint_m)
        renderer.base_map(
            bounds,
            base_map_zooms(bounds),
            path,
            lambda done, total: progress("base map", done, total),
        )


def embed_texts(
    data: Path,
    encoder: "SentenceEncoder",
    table: pd.DataFrame,
    texts: list[str],
    progress: Progress,
) -> None:
    """Writes packed embeddings of the spoken facts and of whole tiles, in parts that are reused
    after a stop, and the words for the kinds where facts are seen from above."""
    spoken = [str(text) for text in table["text"][table["spoken"]]]
    inputs = {"facts": spoken, "tiles": [text[:_TEXT_CHARS] for text in texts]}
    for name, lines in inputs.items():
        packed = _embed(data, encoder, name, lines, progress)
        save_embeddings(data / f"{encoder.spec.name}-{name}.npy", packed, progress)
    if "view" in table and any(table["view"]):
        write_sayings(data, table["kind"], encoder)
    shutil.rmtree(_parts_folder(data, encoder), ignore_errors=True)


def _parts_folder(data: Path, encoder: "SentenceEncoder") -> Path:
    return data / f".{encoder.spec.name}-parts"


def _embed(
    data: Path, encoder: "SentenceEncoder", name: str, texts: list[str], progress: Progress
) -> I8:
    folder = _parts_folder(data, encoder)
    folder.mkdir(exist_ok=True)
    parts = []
    for start in range(0, len(texts), _EMBED_PART):
        path = folder / f"{name}-{start:07d}.npy"
        batch = texts[start : start + _EMBED_PART]
        if not path.is_file():
            save_matrix(path, pack_embeddings(encoder.encode(batch)))
        parts.append(np.load(path, allow_pickle=False))
        progress(f"embed {name}", start + len(batch), len(texts))
    if not parts:
        return np.zeros((0, encoder.spec.dimensions), dtype=np.int8)
    return np.concatenate(parts)
