"""Training examples from aerial photographs and the map of the same ground, written into shards.

A picture is wider than a tile and uncompressed, so that each step of a training cuts another tile
out of it in little time.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from core.describe.simulate.above import ViewFromAbove
from core.errors import TrainingError
from core.facts.aerial import things_from_above
from core.files import write_text
from core.geo import Position
from core.sources.imagery import Imagery, open_imagery
from core.sources.world import read_world
from core.training.datasets import AerialDataset
from core.training.layout_labels import Layouts, frequent_kinds
from core.training.roof_labels import with_roof_colours
from core.training.shards import (
    AROUND_CELLS,
    AROUND_M,
    AROUND_PX,
    SHARD,
    Progress,
    sampled_views,
    shard_path,
    write_table,
)
from core.world import World

_COVERED = 0.98
"""Least share of a picture that the photographs cover."""


def aerial_kinds(places: Sequence[AerialDataset], at_least: int) -> tuple[str, ...]:
    """The layout classes: frequent kinds of the places, and their roofs by colour."""
    return frequent_kinds((seen_world(place) for place in places), at_least)


def seen_world(place: AerialDataset) -> World:
    """The map of a place with roofs by colour."""
    return _seen(place.sources, place.imagery)[0]


def described_world(place: AerialDataset) -> tuple[World, ViewFromAbove]:
    """The map of a place with roofs by colour, and what a person sees in the photographs."""
    return _described(place.sources, place.imagery)


def prepare_photographs(
    place: AerialDataset,
    folder: Path,
    kinds: Sequence[str],
    seed: int,
    progress: Progress | None = None,
) -> list[Path]:
    """Cuts the picture shards of a place if it has none; returns all paths, in order.

    The shards have the columns of `prepare_pictures`. Raises TrainingError where no photograph
    covers a viewpoint.
    """
    listing = folder / f"{place.name}.shards.txt"
    if not listing.is_file():
        count = _write_shards(place, folder, kinds, seed, progress)
        write_text(listing, str(count), error=TrainingError)
    count = int(listing.read_text("utf-8"))
    return [shard_path(folder, place.name, number) for number in range(count)]


@functools.lru_cache(1)
def _described(sources: tuple[Path, ...], imagery: tuple[Path, ...]) -> tuple[World, ViewFromAbove]:
    """As `described_world`; parts of one town share it."""
    world, opened = _seen(sources, imagery)
    things = things_from_above(read_world(sources), opened)
    return world, ViewFromAbove(things, world.metric_crs)


@functools.lru_cache(1)
def _seen(sources: tuple[Path, ...], imagery: tuple[Path, ...]) -> tuple[World, Imagery]:
    """The map with roofs by colour, and the photographs."""
    opened = open_imagery(imagery)
    return with_roof_colours(read_world(sources), opened), opened


def _write_shards(
    place: AerialDataset,
    folder: Path,
    kinds: Sequence[str],
    seed: int,
    progress: Progress | None,
) -> int:
    """The number of shards written."""
    world, imagery = _seen(place.sources, place.imagery)
    layouts = Layouts(world, kinds)
    views = sampled_views(world, place.spacing_m, np.random.default_rng(seed))
    if place.bbox:
        west, south, east, north = place.bbox
        views = [view for view in views if south <= view.lat <= north and west <= view.lon <= east]
    rows: list[dict[str, object]] = []
    written = done = 0
    for view in views:
        if done == place.limit:
            break
        if (row := _example(imagery, layouts, view)) is None:
            continue
        rows.append(row)
        done += 1
        if len(rows) == SHARD or done == place.limit:
            write_table(shard_path(folder, place.name, written), pa.Table.from_pylist(rows))
            written, rows = written + 1, []
            if progress is not None:
                progress(place.name, done, min(place.limit, len(views)))
    if rows:
        write_table(shard_path(folder, place.name, written), pa.Table.from_pylist(rows))
        written += 1
    if not written:
        raise TrainingError(
            f"the photographs of {place.name} cover none of {len(views)} viewpoints; check the "
            f"imagery, the sources and the bbox"
        )
    return written


def _example(imagery: Imagery, layouts: Layouts, view: Position) -> dict[str, object] | None:
    """One row of a shard; None where the photographs end."""
    picture = imagery.picture(view.lat, view.lon, AROUND_M, AROUND_PX)
    if picture.valid.mean() < _COVERED:
        return None
    content = io.BytesIO()
    Image.fromarray(picture.rgb).save(content, "PPM")
    return {
        "lat": view.lat,
        "lon": view.lon,
        "picture": content.getvalue(),
        "layout": np.packbits(layouts.grid(view, AROUND_M, AROUND_CELLS)).tobytes(),
    }
