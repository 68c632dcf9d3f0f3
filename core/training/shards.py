"""Training examples from maps, picture folders and CVG-Text, written into shards.

A shard has pictures, layouts and descriptions. Existing shards are not made again.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.feather as feather
import shapely

from core.describe.simulate.above import ViewFromAbove, as_from_above
from core.describe.simulate.generator import Style, describe
from core.describe.simulate.visibility import VisibilityMap
from core.errors import SourceError, TrainingError
from core.files import open_replacing, write_text
from core.gallery.viewpoints import find_viewpoints
from core.geo import METRES_PER_DEGREE, Points, Position
from core.models.pictures import open_picture
from core.models.sentence import SentenceEncoder
from core.render import Renderer
from core.settings import MAX_TOKENS
from core.sources.cvgtext import read_cvgtext
from core.sources.world import read_world
from core.training.datasets import AerialDataset, CvgTextDataset, MapDataset, PictureDataset
from core.training.layout_labels import Layouts, frequent_kinds
from core.world import World

Progress = Callable[[str, int, int], None]

FOOTPRINT_M = 100.0
CELLS = 16
AROUND_M = 150.0
"""Width on the ground of an aerial picture, out of which tiles are cut."""
AROUND_PX = 300
AROUND_CELLS = 48
"""Pixels (half a metre each) and layout cells along a side of an aerial picture."""
SHARD = 512
PICTURE_COLUMNS = ["lat", "lon", "picture", "layout"]
"""Columns of every picture shard; those of collections also have `REGION`."""
REGION = "region"
_RICH_M = 60.0
_TEXT_BATCH = 32
_GAP_M = 150.0
"""Width of the strip between the training and the validation part of one city, which is unused."""


def beside(shard: Path, kind: str) -> Path:
    """The path of another kind of file for a picture shard."""
    return shard.with_name(f"{shard.name.removesuffix('.pictures.feather')}.{kind}")


def states_beside(shard: Path, max_tokens: int) -> Path:
    """The path of the hidden states for a picture shard, with texts cut at `max_tokens`."""
    return beside(shard, "states.npy" if max_tokens == MAX_TOKENS else f"states-{max_tokens}.npy")


def ends_beside(states: Path) -> Path:
    """The path of the end rows of each text among the hidden states."""
    return states.with_name(states.name.replace(".states", ".ends"))


def positions(shards: Sequence[Path]) -> Points:
    """The positions of the examples of some picture shards, without unknown ones."""
    tables = [feather.read_table(path, columns=["lat", "lon"]) for path in shards]
    lats, lons = (
        np.concatenate([table[name].to_numpy() for table in tables] or [np.empty(0)])
        for name in ("lat", "lon")
    )
    known = ~np.isnan(lats)
    return Points.of(lats[known], lons[known])


def prepare_kinds(towns: Sequence[MapDataset], folder: Path, at_least: int) -> tuple[str, ...]:
    """The classes of the layout labels, stored in `kinds.json`."""
    path = folder / "kinds.json"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        kinds = frequent_kinds((read_world(town.sources) for town in towns), at_least)
        write_text(path, json.dumps(kinds), error=TrainingError)
    return tuple(json.loads(path.read_text("utf-8")))


def prepare_pictures(
    town: MapDataset,
    folder: Path,
    kinds: Sequence[str],
    seed: int,
    progress: Progress | None = None,
) -> list[Path]:
    """Renders the missing picture shards of a town; returns all paths, in order.

    Each shard has the columns `lat`, `lon`, `picture` (WebP) and `layout` (packed bits of
    [C, CELLS, CELLS]).
    """
    world = functools.cache(lambda: read_world(town.sources))
    views = _views(town, folder / f"{town.name}.views.npy", world, seed)[: town.limit]
    starts = range(0, len(views), SHARD)
    paths = [shard_path(folder, town.name, start // SHARD) for start in starts]
    missing = [pair for pair in zip(starts, paths, strict=True) if not pair[1].is_file()]
    if missing:
        layouts = Layouts(world(), kinds)
        with Renderer(world()) as renderer:
            for start, path in missing:
                rows = [_example(renderer, layouts, view) for view in views[start : start + SHARD]]
                write_table(path, pa.Table.from_pylist(rows))
                if progress is not None:
                    progress(town.name, min(start + SHARD, len(views)), len(views))
    return paths


def shard_path(folder: Path, name: str, number: int) -> Path:
    """The path of a picture shard of a place."""
    return folder / f"{name}-{number:03}.pictures.feather"


def _views(town: MapDataset, path: Path, world: Callable[[], World], seed: int) -> list[Position]:
    """All viewpoints of a town in order of sampling, stored in a file to read the map only once."""
    if not path.is_file():
        try:
            views = sampled_views(world(), town.spacing_m, np.random.default_rng(seed))
        except SourceError as error:
            raise TrainingError(f"the town {town.name} cannot be used: {error}") from error
        _save_array(path, np.array([[view.lat, view.lon] for view in views]))
    return [Position(lat, lon) for lat, lon in np.load(path, allow_pickle=False).tolist()]


def sampled_views(world: World, spacing_m: float, rng: np.random.Generator) -> list[Position]:
    """Viewpoints in random order, earlier with higher probability where more things are near."""
    viewpoints = find_viewpoints(world, spacing_m, spacing_m)
    crs = world.metric_crs
    places = world.features[world.features.group == "place"].geometry.to_crs(crs)
    views = gpd.GeoSeries.from_xy(viewpoints.lons, viewpoints.lats, crs=4326).to_crs(crs)
    near, _ = shapely.STRtree(places.to_numpy()).query(
        views.to_numpy(), predicate="dwithin", distance=_RICH_M
    )
    richness = 1 + np.bincount(near, minlength=len(views))
    # The first k by log(weight) + Gumbel noise are a weighted sample without replacement.
    keys = np.log(richness) + rng.gumbel(size=len(views))
    rows = np.argsort(-keys, kind="stable")
    return [Position(float(viewpoints.lats[row]), float(viewpoints.lons[row])) for row in rows]


def _example(renderer: Renderer, layouts: Layouts, view: Position) -> dict[str, object]:
    return {
        "lat": view.lat,
        "lon": view.lon,
        "picture": renderer.tile_picture(view, FOOTPRINT_M),
        "layout": np.packbits(layouts.grid(view, FOOTPRINT_M, CELLS)).tobytes(),
    }


def prepare_descriptions(
    town: MapDataset | AerialDataset,
    pictures: Sequence[Path],
    texts: int,
    seed: int,
    progress: Progress | None = None,
    read: Callable[[], tuple[World, ViewFromAbove | None]] | None = None,
) -> list[Path]:
    """Writes `texts` descriptions of each example, in one file with column `texts` per shard.

    `read` reads the map, and what is seen from above, if it is not just that of the sources. What
    is written from above has no names, and nothing that only a person in the street sees.
    """
    paths = [beside(path, "texts.feather") for path in pictures]
    missing = [number for number, path in enumerate(paths) if not path.is_file()]
    if missing:
        world, above = read() if read else (read_world(town.sources), None)
        visibility = VisibilityMap(world)
        for number in missing:
            table = feather.read_table(pictures[number], columns=["lat", "lon"])
            lats, lons = table["lat"].to_numpy(), table["lon"].to_numpy()
            scenes = visibility.scenes(lats, lons)
            if above is not None:
                scenes = above.alone(scenes, lats, lons)
            rng = np.random.default_rng((seed, number))
            rows = [
                [describe(scene, rng, _style(rng, above is not None)) for _ in range(texts)]
                for scene in scenes
            ]
            write_table(paths[number], pa.table({"texts": rows}))
            if progress is not None:
                progress(f"{town.name} texts", number + 1, len(paths))
    return paths


def _style(rng: np.random.Generator, is_above: bool) -> Style:
    return as_from_above(Style.random(rng, False), rng) if is_above else Style.random(rng)


@dataclass(frozen=True, slots=True)
class _LabelledPicture:
    """A picture file with its descriptions and position; NaN if the position is unknown."""

    picture: Path
    texts: list[str]
    lat: float = float("nan")
    lon: float = float("nan")


def prepare_album(
    album: PictureDataset, folder: Path, progress: Progress | None = None
) -> list[Path]:
    """Writes the shards of a picture folder, which has neither positions nor layouts.

    Returns the picture shards. Raises TrainingError for an invalid line, SourceError for a file
    that is not a picture.
    """
    return _prepare_pictures(album.name, list(_album_rows(album)), folder, progress)


def _album_rows(album: PictureDataset) -> Iterator[_LabelledPicture]:
    try:
        lines = album.texts.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"the album {album.name} cannot be read: {error}") from error
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        raise TrainingError(f"{album.texts} is empty; give JSON lines with picture and texts")
    for number, line in filled:
        try:
            row = json.loads(line)
            picture, texts = album.pictures / row["picture"], row["texts"]
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise TypeError("texts is not a list of strings")
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f'{album.texts}, line {number}: write JSON such as {{"picture": "a.jpg", "texts": '
                f'["…"]}}'
            ) from error
        if not picture.is_file():
            raise TrainingError(f"{album.texts}, line {number}: there is no picture {picture}")
        if not any(text.strip() for text in texts):
            raise TrainingError(f"{album.texts}, line {number}: {picture.name} has no texts")
        yield _LabelledPicture(picture, [text for text in texts if text.strip()])


@dataclass(frozen=True, slots=True)
class PictureShards:
    """Picture shards for training (`learned`) and for validation (`held`)."""

    learned: tuple[Path, ...]
    held: tuple[Path, ...]


def prepare_city(
    city: CvgTextDataset, folder: Path, progress: Progress | None = None
) -> PictureShards:
    """Writes the shards of CVG-Text's training split, split by latitude.

    Raises TrainingError if the pictures are too close together to split.
    """
    data = read_cvgtext(city.root, city.city, city.version, city.kind, "train")
    lats = np.array([row.lat for row in data.rows])
    border = np.quantile(lats, 1 - city.held_share)
    learned = np.flatnonzero(lats < border - _GAP_M / METRES_PER_DEGREE)
    held = np.flatnonzero(lats >= border)
    if not (len(learned) and len(held)):
        raise TrainingError(
            f"the {len(lats)} pictures of {city.city} are too close together to use "
            f"{city.held_share} of them for validation; choose another held_share"
        )
    pictures = [
        _LabelledPicture(row.picture, [row.description], row.lat, row.lon) for row in data.rows
    ]
    return PictureShards(
        tuple(_prepare_pictures(city.name, [pictures[n] for n in learned], folder, progress)),
        tuple(_prepare_pictures(city.held_name, [pictures[n] for n in held], folder, progress)),
    )


def _prepare_pictures(
    name: str, rows: Sequence[_LabelledPicture], folder: Path, progress: Progress | None
) -> list[Path]:
    paths = []
    for start in range(0, len(rows), SHARD):
        part, path = rows[start : start + SHARD], shard_path(folder, name, start // SHARD)
        paths.append(path)
        if path.is_file():
            continue
        for row in part:
            open_picture(row.picture)
        texts = pa.table({"texts": [row.texts for row in part]})
        write_table(beside(path, "texts.feather"), texts)
        write_table(
            path,
            pa.table(
                {
                    "lat": [row.lat for row in part],
                    "lon": [row.lon for row in part],
                    "picture": [row.picture.read_bytes() for row in part],
                    "layout": [b""] * len(part),
                }
            ),
        )
        if progress is not None:
            progress(name, start + len(part), len(rows))
    return paths


def prepare_states(
    shards: Sequence[Path],
    load: Callable[[], SentenceEncoder],
    max_tokens: int,
    progress: Progress | None = None,
) -> list[Path]:
    """Runs the frozen sentence encoder over the descriptions of each picture shard, once.

    Writes the hidden states as float16 [tokens of all texts, 384], and the row after the last token
    of each text. The encoder is loaded only if a file is missing.
    """
    paths = [states_beside(shard, max_tokens) for shard in shards]
    if all(path.is_file() for path in paths):
        return paths
    encoder = load()
    for number, (shard, path) in enumerate(zip(shards, paths, strict=True)):
        if path.is_file():
            continue
        column = feather.read_table(beside(shard, "texts.feather"))["texts"].to_pylist()
        tokens = encoder.tokenize([text for row in column for text in row], max_tokens)
        lengths = np.array([len(text.ids) for text in tokens])
        ends = np.cumsum(lengths)
        states = np.empty((int(ends[-1]), encoder.spec.dimensions), dtype=np.float16)
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(order), _TEXT_BATCH):
            rows = order[start : start + _TEXT_BATCH]
            hidden, mask = encoder.states([tokens[row] for row in rows])
            for row, text_states, text_mask in zip(rows, hidden, mask, strict=True):
                states[ends[row] - lengths[row] : ends[row]] = text_states[text_mask]
        _save_array(ends_beside(path), ends)
        _save_array(path, states)
        if progress is not None:
            progress("encode descriptions", number + 1, len(paths))
    return paths


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a table atomically. Raises TrainingError."""
    with open_replacing(path, error=TrainingError) as file:
        feather.write_feather(table, file, compression="uncompressed")


def _save_array(path: Path, array: npt.NDArray[Any]) -> None:
    with open_replacing(path, error=TrainingError) as file:
        np.save(file, array)
