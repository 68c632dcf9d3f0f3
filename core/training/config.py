"""The configuration of a training run: TOML → frozen dataclasses."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from core.errors import TrainingError
from core.models.specs import CompactSpec, PlanetSpec
from core.training.datasets import (
    AerialDataset,
    CollectionDataset,
    CvgTextDataset,
    MapDataset,
    PictureDataset,
    check_name,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the schedule.

    `train` lists prefixes of the modules to train; all others are frozen. `batch` counts the
    examples of all processes, in groups of `group` neighbours. Tiles closer than `apart_m` metres
    are not negatives. `chunks` splits a batch to save memory and does not change its gradient.
    `negative_groups` is an ablation: that many parts of the batch do not share negatives, as with a
    faulty gather over as many processes. `turned` is the share of pictures that are mirrored or
    rotated by quarter turns, with their layouts. `jitter`, 0 to 1, is the strength of the random
    changes of aerial pictures: scale, place, sharpness and colours. `views` above 0 caches that
    many of these random views of each picture, as features of a frozen trunk. `left_out` is the
    share of each description that is left out at random, a few words at a time, so that no text is
    read twice. `physical` is the weight λ of PLANET's losses. With `balanced`, every region of a
    collection and every other place is drawn equally often, however many examples it has.
    """

    name: str
    steps: int
    batch: int
    train: tuple[str, ...]
    lr: float
    contrastive: float = 1.0
    layout: float = 0.0
    physical: float = 0.0
    group: int = 1
    apart_m: float = 15.0
    chunks: int = 1
    negative_groups: int = 1
    turned: float = 0.0
    jitter: float = 0.0
    views: int = 0
    left_out: float = 0.0
    balanced: bool = False
    warmup: int = 100
    weight_decay: float = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"
    validate_every: int = 500
    checkpoint_every: int = 200

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.train:
            raise ValueError("train is empty; give prefixes of modules of the network")
        counts = (
            "steps",
            "batch",
            "group",
            "chunks",
            "negative_groups",
            "validate_every",
            "checkpoint_every",
        )
        for name in counts:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give 1 or more")
        for name in (
            "contrastive",
            "layout",
            "physical",
            "apart_m",
            "warmup",
            "weight_decay",
            "views",
        ):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; give 0 or more")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr is {self.lr}; give more than 0")
        for name in ("turned", "jitter", "left_out"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give 0 to 1")
        if not (self.contrastive or self.layout):
            raise ValueError("contrastive and layout are both 0; give one of them a weight")
        if self.physical and (self.chunks > 1 or not self.contrastive):
            raise ValueError("physical needs the contrastive loss, and chunks = 1")
        if self.physical and "planet" not in self.train:
            raise ValueError('physical trains the heads of PLANET; add "planet" to train')
        if max(self.group, self.chunks) > self.batch or self.batch % self.negative_groups:
            raise ValueError(
                f"group ({self.group}) and chunks ({self.chunks}) must be at most the batch "
                f"({self.batch}), and negative_groups ({self.negative_groups}) must divide it"
            )


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """The configuration of one training run; a copy is in its run folder.

    Places marked `held` are for validation: they are never trained on, and the best step is chosen
    on them. `model` has the sizes of the compact model, or is "crosstext2loc" to continue training
    the model in `checkpoint`. `start` are weights of the compact model to continue from; they must
    have the sizes of `model`, and keep their kinds. `planet` has the sizes of PLANET's physical
    branch, for stages with
    `physical` above 0.
    """

    seed: int
    stages: tuple[Stage, ...]
    model: CompactSpec | Literal["crosstext2loc"] = field(default_factory=CompactSpec)
    checkpoint: Path | None = None
    start: Path | None = None
    planet: PlanetSpec = field(default_factory=PlanetSpec)
    towns: tuple[MapDataset, ...] = ()
    photographs: tuple[AerialDataset, ...] = ()
    albums: tuple[PictureDataset, ...] = ()
    cities: tuple[CvgTextDataset, ...] = ()
    collections: tuple[CollectionDataset, ...] = ()
    texts_per_tile: int = 2
    kinds_at_least: int = 40

    def __post_init__(self) -> None:
        if self.seed < 0 or min(self.texts_per_tile, self.kinds_at_least) < 1:
            raise ValueError(
                "seed must be 0 or more, texts_per_tile and kinds_at_least must be 1 or more"
            )
        if (self.checkpoint is None) != isinstance(self.model, CompactSpec):
            raise ValueError(
                'checkpoint and model = "crosstext2loc" go together; give both or none'
            )
        if self.start and self.checkpoint:
            raise ValueError("start is for the compact model; leave it out beside checkpoint")
        if self.start and any(stage.layout for stage in self.stages):
            raise ValueError("weights to start from have kinds of their own; write layout = 0")
        others = (self.towns, self.albums, self.cities, self.collections, self.checkpoint)
        if self.photographs and any(others):
            raise ValueError(
                "photographs train the compact model by themselves; leave out towns, albums, "
                "cities, collections and checkpoint"
            )
        if not self.stages:
            raise ValueError("it has no [[stages]]; give at least one")
        _check_unique("stages", [stage.name for stage in self.stages])
        _check_unique("places", [*self.learned, *self.held])
        if not (self.learned and self.held):
            raise ValueError("it needs places to train on and places marked held = true")

    @property
    def is_physical(self) -> bool:
        """Whether a stage has PLANET's losses."""
        return any(stage.physical for stage in self.stages)

    @property
    def learned(self) -> tuple[str, ...]:
        """Names of the training places."""
        split: tuple[CvgTextDataset | CollectionDataset, ...] = (*self.cities, *self.collections)
        return self._places(False) + tuple(place.name for place in split)

    @property
    def held(self) -> tuple[str, ...]:
        """Names of the validation places."""
        split: tuple[CvgTextDataset | CollectionDataset, ...] = (*self.cities, *self.collections)
        return self._places(True) + tuple(place.held_name for place in split)

    def _places(self, held: bool) -> tuple[str, ...]:
        places: tuple[MapDataset | AerialDataset | PictureDataset, ...] = (
            *self.towns,
            *self.photographs,
            *self.albums,
        )
        return tuple(place.name for place in places if place.held is held)


def _check_unique(what: str, names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"several {what} are called {', '.join(twice)}; give each its own name")


def read_config(path: Path) -> TrainingConfig:
    """The configuration in a TOML file; its paths are relative to the file.

    Raises TrainingError for invalid TOML, unknown or missing names, wrong types and invalid values.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise TrainingError(f"there is no configuration {path}; check the path") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} cannot be read as TOML: {error}") from error
    parts = {
        name: _dataclasses_of(kind, table.pop(name), path, name)
        for name, kind in (
            ("stages", Stage),
            ("towns", MapDataset),
            ("photographs", AerialDataset),
            ("albums", PictureDataset),
            ("cities", CvgTextDataset),
            ("collections", CollectionDataset),
        )
        if name in table
    }
    sizes = table.pop("model") if isinstance(table.get("model"), dict) else None
    model: dict[str, Any] = {}
    if sizes is not None:
        model["model"] = _dataclass_of(CompactSpec, sizes, path, "model")
    if "planet" in table:
        model["planet"] = _dataclass_of(PlanetSpec, table.pop("planet"), path, "planet")
    config: TrainingConfig = _dataclass_of(
        TrainingConfig, table, path, "the configuration", **parts, **model
    )
    return config


def _dataclasses_of(kind: type[Any], rows: Any, path: Path, where: str) -> tuple[Any, ...]:
    if not isinstance(rows, list):
        raise TrainingError(f"{path}: {where} is not a list of tables; write [[{where}]]")
    return tuple(_dataclass_of(kind, row, path, f"{where}[{n}]") for n, row in enumerate(rows))


def _dataclass_of(kind: type[Any], row: Any, path: Path, where: str, **ready: Any) -> Any:
    """A dataclass from a TOML table, with type checks; `ready` are fields that are made already."""
    if not isinstance(row, dict):
        raise TrainingError(f"{path}: {where} is not a table; write name = value lines")
    known = {declared.name: declared for declared in fields(kind)}
    if unknown := sorted(set(row) - set(known)):
        raise TrainingError(
            f"{path}: {where} has unknown {', '.join(unknown)}; choose from {', '.join(known)}"
        )
    missing = [
        name
        for name, declared in known.items()
        if name not in row.keys() | ready.keys()
        and declared.default is MISSING
        and declared.default_factory is MISSING
    ]
    if missing:
        raise TrainingError(f"{path}: {where} lacks {', '.join(missing)}")
    types = get_type_hints(kind)
    values = {
        name: _value(types[name], value, path, f"{where}.{name}") for name, value in row.items()
    }
    try:
        return kind(**values, **ready)
    except ValueError as error:
        raise TrainingError(f"{path}: {where}: {error}") from error


def _value(expected: Any, value: Any, path: Path, where: str) -> Any:
    """A TOML value converted to the type of a field; paths are relative to the file."""
    options = get_args(expected) if get_origin(expected) in (Union, UnionType) else (expected,)
    for option in options:
        if get_origin(option) is tuple and isinstance(value, list):
            return tuple(_value(get_args(option)[0], item, path, where) for item in value)
        if get_origin(option) is Literal and value in get_args(option):
            return value
        if option is Path and isinstance(value, str):
            return path.parent / value
        if option is float and type(value) is int:
            return float(value)
        if type(value) is option:
            return value
    names = " or ".join(_type_name(option) for option in options if option is not NoneType)
    raise TrainingError(f"{path}: {where} is {value!r:.80}; give {names}")


def _type_name(option: Any) -> str:
    if get_origin(option) is Literal:
        return " or ".join(f'"{choice}"' for choice in get_args(option))
    return _TYPE_NAMES.get(get_origin(option) or option, "a table")


_TYPE_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    tuple: "a list",
}
