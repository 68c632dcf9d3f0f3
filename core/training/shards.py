"""Training examples out of maps, albums and CVG-Text: pictures, what lies in them, descriptions.

Knows what is written into which shard; leaves reading them to `examples`. What is there already
is not made again.
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

from core.describe.simulate.generator import Style, describe
from core.describe.simulate.visibility import VisibilityMap
from core.errors import SourceError, TrainingError
from core.files import open_replacing, write_text
from core.gallery.viewpoints import find_viewpoints
from core.geo import METRES_PER_DEGREE, Points, Position
from core.models.pictures import open_picture
from core.models.sentence import SentenceEncoder
from core.records import World
from core.render import Renderer
from core.settings import MAX_TOKENS
from core.sources.cvgtext import read_cvgtext
from core.sources.world import read_world
from core.training.datasets import CvgTextDataset, MapDataset, PictureDataset
from core.training.layout_labels import Layouts, frequent_kinds

Progress = Callable[[str, int, int], None]

FOOTPRINT_M = 100.0
CELLS = 16
_SHARD = 512
_RICH_M = 60.0
_TEXT_BATCH = 32
_BETWEEN_M = 150.0
"""Ground left out between what is trained on and what is held apart of one city."""


def beside(shard: Path, kind: str) -> Path:
    """The file of another kind that belongs to a picture shard."""
    return shard.with_name(f"{shard.name.removesuffix('.pictures.feather')}.{kind}")


def states_beside(shard: Path, max_tokens: int) -> Path:
    """The hidden states of a picture shard's descriptions, each cut at so many tokens."""
    return beside(shard, "states.npy" if max_tokens == MAX_TOKENS else f"states-{max_tokens}.npy")


def ends_beside(states: Path) -> Path:
    """Where each text ends among the hidden states."""
    return states.with_name(states.name.replace(".states", ".ends"))


def positions(shards: Sequence[Path]) -> Points:
    """Where the examples of some picture shards are, without those whose place is unknown."""
    tables = [feather.read_table(path, columns=["lat", "lon"]) for path in shards]
    lats, lons = (
        np.concatenate([table[name].to_numpy() for table in tables] or [np.empty(0)])
        for name in ("lat", "lon")
    )
    known = ~np.isnan(lats)
    return Points.of(lats[known], lons[known])


def prepare_kinds(towns: Sequence[MapDataset], folder: Path, at_least: int) -> tuple[str, ...]:
    """The classes that pictures are labelled with, kept in `kinds.json`."""
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
    """Renders the shards of a town that are not there yet; returns all, in order.

    Each has the columns `lat`, `lon`, `picture` (WebP) and `layout` (packed bits of
    [C, CELLS, CELLS]).
    """
    world = functools.cache(lambda: read_world(town.sources))
    views = _views(town, folder / f"{town.name}.views.npy", world, seed)[: town.limit]
    starts = range(0, len(views), _SHARD)
    paths = [_shard_path(folder, town.name, start // _SHARD) for start in starts]
    missing = [pair for pair in zip(starts, paths, strict=True) if not pair[1].is_file()]
    if missing:
        layouts = Layouts(world(), kinds)
        with Renderer(world()) as renderer:
            for start, path in missing:
                rows = [_example(renderer, layouts, view) for view in views[start : start + _SHARD]]
                _write_table(path, pa.Table.from_pylist(rows))
                if progress is not None:
                    progress(town.name, min(start + _SHARD, len(views)), len(views))
    return paths


def _shard_path(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}-{number:03}.pictures.feather"


def _views(town: MapDataset, path: Path, world: Callable[[], World], seed: int) -> list[Position]:
    """All viewpoints of a town, the likelier chosen first; kept, so that maps are read once."""
    if not path.is_file():
        try:
            found = _ordered(world(), town, np.random.default_rng(seed))
        except SourceError as error:
            raise TrainingError(f"the town {town.name} cannot be used: {error}") from error
        _save_array(path, np.array([[view.lat, view.lon] for view in found]))
    return [Position(lat, lon) for lat, lon in np.load(path, allow_pickle=False).tolist()]


def _ordered(world: World, town: MapDataset, rng: np.random.Generator) -> list[Position]:
    """Viewpoints in random order, likelier first where more things stand close by."""
    found = find_viewpoints(world, town.spacing_m, town.spacing_m)
    crs = world.features.estimate_utm_crs()
    places = world.features[world.features.group == "place"].geometry.to_crs(crs)
    views = gpd.GeoSeries.from_xy(found.lons, found.lats, crs=4326).to_crs(crs)
    seen, _ = shapely.STRtree(places.to_numpy()).query(
        views.to_numpy(), predicate="dwithin", distance=_RICH_M
    )
    richness = 1 + np.bincount(seen, minlength=len(views))
    # The first k by log(weight) + Gumbel noise are a weighted sample without replacement.
    keys = np.log(richness) + rng.gumbel(size=len(views))
    rows = np.argsort(-keys, kind="stable")
    return [Position(float(found.lats[row]), float(found.lons[row])) for row in rows]


def _example(renderer: Renderer, layouts: Layouts, view: Position) -> dict[str, object]:
    return {
        "lat": view.lat,
        "lon": view.lon,
        "picture": renderer.tile_picture(view, FOOTPRINT_M),
        "layout": np.packbits(layouts.grid(view, FOOTPRINT_M, CELLS)).tobytes(),
    }


def prepare_descriptions(
    town: MapDataset,
    pictures: Sequence[Path],
    texts: int,
    seed: int,
    progress: Progress | None = None,
) -> list[Path]:
    """Writes `texts` descriptions of each example: column `texts`, one file beside each shard."""
    paths = [beside(path, "texts.feather") for path in pictures]
    missing = [number for number, path in enumerate(paths) if not path.is_file()]
    if missing:
        observer = VisibilityMap(read_world(town.sources))
        for number in missing:
            table = feather.read_table(pictures[number], columns=["lat", "lon"])
            scenes = observer.scenes(table["lat"].to_numpy(), table["lon"].to_numpy())
            rng = np.random.default_rng((seed, number))
            rows = [
                [describe(scene, rng, Style.random(rng)) for _ in range(texts)] for scene in scenes
            ]
            _write_table(paths[number], pa.table({"texts": rows}))
            if progress is not None:
                progress(f"{town.name} texts", number + 1, len(paths))
    return paths


@dataclass(frozen=True, slots=True)
class _LabelledPicture:
    """A picture's file, its descriptions, and where it is; NaN where that is unknown."""

    picture: Path
    texts: list[str]
    lat: float = float("nan")
    lon: float = float("nan")


def prepare_album(
    album: PictureDataset, folder: Path, progress: Progress | None = None
) -> list[Path]:
    """Writes an album's shards, pictures and descriptions; it has neither places nor layouts.

    Returns the picture shards. Raises TrainingError or SourceError for a line or a picture that
    is none.
    """
    return _prepare_found(album.name, list(_album_rows(album)), folder, progress)


def _album_rows(album: PictureDataset) -> Iterator[_LabelledPicture]:
    try:
        lines = album.texts.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"the album {album.name} cannot be read: {error}") from error
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        raise TrainingError(f"{album.texts} is empty; wanted JSON lines with picture and texts")
    for number, line in filled:
        try:
            row = json.loads(line)
            picture, texts = album.pictures / row["picture"], row["texts"]
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise TypeError("texts are no list of strings")
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f'{album.texts}, line {number}: wanted JSON as {{"picture": "a.jpg", "texts": '
                f'["…"]}}'
            ) from error
        if not picture.is_file():
            raise TrainingError(f"{album.texts}, line {number}: there is no picture {picture}")
        if not any(text.strip() for text in texts):
            raise TrainingError(f"{album.texts}, line {number}: {picture.name} has no texts")
        yield _LabelledPicture(picture, [text for text in texts if text.strip()])


@dataclass(frozen=True, slots=True)
class PictureShards:
    """Picture shards that are trained on, and those held apart."""

    learned: tuple[Path, ...]
    held: tuple[Path, ...]


def prepare_city(
    city: CvgTextDataset, folder: Path, progress: Progress | None = None
) -> PictureShards:
    """Writes the shards of CVG-Text's training split, those held apart by themselves."""
    read = read_cvgtext(city.root, city.city, city.version, city.kind, "train")
    lats = np.array([row.lat for row in read.rows])
    border = np.quantile(lats, 1 - city.held_share)
    learned = np.flatnonzero(lats < border - _BETWEEN_M / METRES_PER_DEGREE)
    held = np.flatnonzero(lats >= border)
    if not (len(learned) and len(held)):
        raise TrainingError(
            f"{len(lats)} pictures of {city.city} lie too close together to hold {city.held_share} "
            f"of them apart by place"
        )

    every = [
        _LabelledPicture(row.picture, [row.description], row.lat, row.lon) for row in read.rows
    ]
    return PictureShards(
        tuple(_prepare_found(city.name, [every[n] for n in learned], folder, progress)),
        tuple(_prepare_found(city.held_name, [every[n] for n in held], folder, progress)),
    )


def _prepare_found(
    name: str, rows: Sequence[_LabelledPicture], folder: Path, progress: Progress | None
) -> list[Path]:
    paths = []
    for start in range(0, len(rows), _SHARD):
        part, path = rows[start : start + _SHARD], _shard_path(folder, name, start // _SHARD)
        paths.append(path)
        if path.is_file():
            continue
        for row in part:
            open_picture(row.picture)
        texts = pa.table({"texts": [row.texts for row in part]})
        _write_table(beside(path, "texts.feather"), texts)
        _write_table(
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
    """Runs the frozen sentence encoder over the descriptions beside each picture shard, once.

    Writes its hidden states as float16 [tokens of all, 384], and beside them the row after each
    text's last. The encoder is loaded only where something is missing.
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
        lengths = np.array([len(one.ids) for one in tokens])
        ends = np.cumsum(lengths)
        states = np.empty((int(ends[-1]), encoder.spec.dimensions), dtype=np.float16)
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(order), _TEXT_BATCH):
            rows = order[start : start + _TEXT_BATCH]
            hidden, mask = encoder.states([tokens[row] for row in rows])
            for row, one, seen in zip(rows, hidden, mask, strict=True):
                states[ends[row] - lengths[row] : ends[row]] = one[seen].numpy()
        _save_array(ends_beside(path), ends)
        _save_array(path, states)
        if progress is not None:
            progress("read descriptions", number + 1, len(paths))
    return paths


def _write_table(path: Path, table: pa.Table) -> None:
    with open_replacing(path, error=TrainingError) as file:
        feather.write_feather(table, file, compression="uncompressed")


def _save_array(path: Path, array: npt.NDArray[Any]) -> None:
    with open_replacing(path, error=TrainingError) as file:
        np.save(file, array)
