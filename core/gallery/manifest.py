"""The manifest of a gallery: its settings, sources and models, and the hash of each file."""

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from core.errors import GalleryError
from core.files import write_json
from core.geo import Bounds
from core.records import CHANNEL_TRAITS, VIEWS, Channel

FORMAT = 1
UNFINISHED = ".unfinished"
"""File in the folder of a gallery whose build was stopped."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_Record = TypeVar("_Record")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")

TEXT_CHANNELS: tuple[Channel, ...] = ("facts", "names")
"""The channels that a manifest may list; the image channel follows from the picture models."""

_MOST_CHARS = 4_000
_MOST_HASHED = 200_000_000
_RANGES = {
    "footprint_m": (1.0, 20_000.0),
    "spacing_m": (0.0, 1_000_000.0),
    "view_m": (0.0, 20_000.0),
    "tiles": (1, 1e9),
    "facts": (0, 1e9),
    "named": (0, 1e9),
    "dimensions": (1, 1e6),
    "metres_per_px": (0.001, 10_000.0),
}
"""Least and greatest value of each number; a gallery beyond them cannot be drawn or searched."""

_WRONG = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What reading a strange manifest may raise."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Sources of a gallery: SHA-256 of each file by name, their licence and date."""

    files: dict[str, str]
    licence: str
    date: str


@dataclass(frozen=True, slots=True)
class ModelStamp:
    """The sentence encoder that embedded the texts of a gallery."""

    name: str
    title: str
    weights_sha256: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class PictureStamp:
    """A picture model that embedded the pictures of a gallery.

    `checkpoint` is the file or folder name of a user's own weights, else "". `view` is the
    picture that it embedded, "drawn" or "aerial".
    """

    name: str
    title: str
    weights_sha256: str
    dimensions: int
    checkpoint: str = ""
    view: str = "drawn"

    @property
    def key(self) -> str:
        """Name of the model in one gallery, which may hold several checkpoints of one model, and
        one model for two views."""
        name = f"{self.name}-{self.weights_sha256[:8]}" if self.checkpoint else self.name
        return name if self.view == "drawn" else f"{name}.{self.view}"

    @property
    def label(self) -> str:
        """Title for people; different for each model of a gallery."""
        title = f"{self.title}, {self.weights_sha256[:8]}" if self.checkpoint else self.title
        return title if self.view == "drawn" else f"{title}, {self.view}"


@dataclass(frozen=True, slots=True)
class AerialStamp:
    """The imagery of a gallery: the name of its archive, whom to credit, and its finest pixels.

    `tiles` counts the tiles that it shows.
    """

    archive: str
    licence: str
    credit: str
    date: str
    source: str
    metres_per_px: float
    tiles: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Content of `manifest.json`, apart from its `digest`, which vouches for all other entries.

    A new build takes effect when this file is replaced.

    `build` is the sub-folder with the data; `files` maps a path below the gallery's folder to its
    size in bytes and SHA-256. `bounds` are west, south, east, north. `channels` lists which of
    `facts` and `names` it has to search; `picture_models` are those that embedded its pictures.
    `aerial` has one entry if the gallery holds imagery. `drawn` says whether it has pictures that
    were drawn from the map or came with it.
    """

    format: int
    name: str
    title: str
    created: str
    build: str
    origin: Origin
    footprint_m: float
    spacing_m: float
    view_m: float
    on_grid: bool
    tiles: int
    facts: int
    named: int
    bounds: tuple[float, float, float, float]
    channels: tuple[str, ...]
    model: ModelStamp
    files: dict[str, dict[str, Any]]
    picture_models: tuple[PictureStamp, ...] = ()
    aerial: tuple[AerialStamp, ...] = ()
    drawn: bool = True

    @property
    def searched_by(self) -> tuple[Channel, ...]:
        """The channels whose part of a gallery is there."""
        parts = {*self.channels, *(("pictures",) if self.picture_models else ())}
        return tuple(name for name, of in CHANNEL_TRAITS.items() if of.reads in parts)


def check_name(name: str) -> str:
    """Returns the name if it is safe as a folder name, else raises GalleryError."""
    if not _NAME.fullmatch(name):
        close = "-".join(name.lower().split())
        hint = f"; did you mean {close!r}?" if _NAME.fullmatch(close) else ""
        raise GalleryError(
            f"{name[:80]!r} is not a gallery name; use lower-case letters, digits, - and _{hint}"
        )
    return name


def title_from(name: str) -> str:
    """The title of a gallery that was given none: its name in words."""
    return name.replace("-", " ").replace("_", " ").title()


def file_entry(path: Path) -> dict[str, Any]:
    """Size and hash of a file, as listed in the manifest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def is_unfinished(folder: Path) -> bool:
    """Whether a folder holds nothing but a build that was stopped."""
    return (folder / UNFINISHED).is_file() and not (folder / "manifest.json").is_file()


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Writes the manifest with its digest atomically; returns its path.

    Raises GalleryError for a manifest that could not be read back.
    """
    document = asdict(manifest)
    try:
        raw = json.loads(json.dumps(document))
        document["digest"] = _digest(raw)
        _parsed(raw)
    except _WRONG as error:
        raise GalleryError(
            f"{manifest.name[:80]} cannot be described: {_brief(error)}; change that"
        ) from error
    return write_json(folder / "manifest.json", document)


def read_manifest(folder: Path) -> Manifest:
    """Reads a gallery's manifest. Raises GalleryError if it is missing, damaged or foreign.

    A manifest without digest was written before there was one; its fields are checked as well.
    """
    path = folder / "manifest.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GalleryError(f"{folder.name} has no manifest.json; build it again") from error
    except (ValueError, OSError, RecursionError) as error:
        raise GalleryError(f"the manifest of {folder.name} is damaged; build it again") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        actual = raw.get("format") if isinstance(raw, dict) else None
        raise GalleryError(
            f"{folder.name} is a gallery of format {actual!r:.40}, this version reads {FORMAT}; "
            f"build it again"
        )
    try:
        written = raw.pop("digest", None)
        if written is not None and written != _digest(raw):
            raise GalleryError(
                f"the manifest of {folder.name} was changed after it was written; restore it or "
                f"build the gallery again"
            )
        manifest = _parsed(raw)
    except _WRONG as error:
        raise GalleryError(
            f"the manifest of {folder.name} has a missing or wrong entry ({_brief(error)}); "
            f"build it again"
        ) from error
    if not all(_FILE.fullmatch(name) for name in (*manifest.files, f"{manifest.build}/x")):
        raise GalleryError(
            f"the manifest of {folder.name} lists files outside its folder; build it again"
        )
    if missing := _required_files(manifest) - manifest.files.keys():
        raise GalleryError(
            f"the manifest of {folder.name} does not list {min(missing)[:120]}; build it again"
        )
    if manifest.name != folder.name:
        raise GalleryError(
            f"the folder {folder.name} holds the gallery {manifest.name[:80]!r}; rename it back"
        )
    return manifest


def _digest(raw: dict[str, Any]) -> str:
    """SHA-256 of a manifest's other entries as JSON with sorted keys and no blanks.

    Raises ValueError for NaN, infinity and halves of a surrogate pair.
    """
    text = json.dumps(
        raw, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _brief(error: Exception) -> str:
    """The message of an error about a strange manifest, short and printable."""
    return ascii(str(error))[1:-1][:120]


def _parsed(raw: dict[str, Any]) -> Manifest:
    """Converts a JSON object. Raises one of `_WRONG` if it is no manifest."""
    _digest(raw)
    bounds = tuple(float(edge) for edge in raw["bounds"])
    Bounds(*bounds)
    if not isinstance(raw["channels"], list | tuple):
        raise TypeError(f"channels is {raw['channels']!r:.40}")
    manifest = _to_record(
        Manifest,
        raw
        | {
            "origin": _to_record(Origin, raw["origin"]),
            "model": _to_record(ModelStamp, raw["model"]),
            "bounds": bounds,
            "channels": tuple(map(str, raw["channels"])),
            "picture_models": tuple(
                _to_record(PictureStamp, stamp) for stamp in raw.get("picture_models", ())
            ),
            "aerial": tuple(_to_record(AerialStamp, stamp) for stamp in raw.get("aerial", ())),
        },
    )
    if not set(manifest.channels) <= set(TEXT_CHANNELS):
        raise ValueError(f"channels is {manifest.channels!r:.80}")
    datetime.fromisoformat(manifest.created)
    if manifest.origin.date:
        date.fromisoformat(manifest.origin.date[:10])
    for name, digest in manifest.origin.files.items():
        if not isinstance(digest, str):
            raise TypeError(f"the source {name!r:.80} has no hash")
    for stamp in manifest.picture_models:
        if stamp.view not in VIEWS:
            raise ValueError(f"a view is {stamp.view!r:.40}")
        if stamp.checkpoint and Path(stamp.checkpoint).name != stamp.checkpoint:
            raise ValueError(f"a checkpoint is {stamp.checkpoint!r:.80}")
    for entry in manifest.files.values():
        if not _is_whole(entry["bytes"], 2**63) or not _SHA256.fullmatch(entry["sha256"]):
            raise ValueError(f"a file is {entry!r:.80}")
    return manifest


def _is_whole(value: Any, most: float) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _to_record(kind: type[_Record], raw: dict[str, Any]) -> _Record:
    """Converts `raw` to the dataclass `kind`. Raises TypeError for a field of another type."""
    record = kind(**raw)
    for name, hint in get_type_hints(kind).items():
        value, wanted = getattr(record, name), get_origin(hint) or hint
        kinds = (int, float) if wanted is float else wanted
        if not isinstance(value, kinds) or (isinstance(value, bool) and wanted is not bool):
            raise TypeError(f"{name} is {value!r:.40}")
        if isinstance(value, str) and len(value) > _MOST_CHARS:
            raise ValueError(f"{name} has {len(value)} characters, more than {_MOST_CHARS}")
        least, most = _RANGES.get(name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not least <= value <= most:
            raise ValueError(f"{name} is {value!r:.40}, not {least:g} to {most:g}")
    return record


def _required_files(manifest: Manifest) -> set[str]:
    """Files that are always read on opening, so that verification covers them."""
    model = manifest.model.name
    names = (
        "facts.parquet",
        "links.parquet",
        "names.sqlite",
        "tiles-000.parquet",
        f"{model}-facts.npy",
        f"{model}-tiles.npy",
    )
    pictures = [f"{stamp.key}-pictures.npy" for stamp in manifest.picture_models]
    archives = [stamp.archive for stamp in manifest.aerial]
    return {f"{manifest.build}/{name}" for name in (*names, *pictures, *archives)}


def file_problem(path: Path, wanted: dict[str, Any]) -> str:
    """Fault of a listed file: "missing", "not as it was built", or "" if there is none."""
    if not path.is_file():
        return "missing"
    same = path.stat().st_size == wanted["bytes"] and file_entry(path) == wanted
    return "" if same else "not as it was built"


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Raises GalleryError unless every listed file has the size and hash it was built with.

    Of imagery above `_MOST_HASHED` bytes only the size is compared, since hashing it would take
    longer than everything else; `file_problem` hashes it, too.
    """
    archives = {f"{manifest.build}/{stamp.archive}" for stamp in manifest.aerial}
    for name, wanted in manifest.files.items():
        path = folder / name
        if name in archives and wanted["bytes"] > _MOST_HASHED and path.is_file():
            problem = "" if path.stat().st_size == wanted["bytes"] else "not as it was built"
        else:
            problem = file_problem(path, wanted)
        if problem == "missing":
            raise GalleryError(f"{manifest.name} has lost its file {name}; build it again")
        if problem:
            raise GalleryError(f"{manifest.name} is damaged: {name} is {problem}; build it again")
