"""A gallery's manifest: what it is, where it came from, and the hash of each of its files."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from core.errors import GalleryError
from core.files import write_json
from core.geo import Bounds

FORMAT = 1
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_Made = TypeVar("_Made")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a gallery's content came from: files by name and hash, their date and licence."""

    files: dict[str, str]
    licence: str
    date: str


@dataclass(frozen=True, slots=True)
class ModelStamp:
    """The encoder whose embeddings a gallery holds."""

    name: str
    title: str
    weights_sha256: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class PictureStamp:
    """A model whose embeddings of its pictures a gallery holds.

    `checkpoint` is the name of the file or folder of weights that a user brought, else "".
    """

    name: str
    title: str
    weights_sha256: str
    dimensions: int
    checkpoint: str = ""

    @property
    def key(self) -> str:
        """Its name within one gallery, which may hold several checkpoints of one model."""
        return f"{self.name}-{self.weights_sha256[:8]}" if self.checkpoint else self.name

    @property
    def label(self) -> str:
        """What people read, other than that of any other model of the gallery."""
        return f"{self.title}, {self.weights_sha256[:8]}" if self.checkpoint else self.title


@dataclass(frozen=True, slots=True)
class Manifest:
    """The one file that makes a folder a gallery; replacing it is what makes a build take effect.

    `build` is the sub-folder with the data; `files` maps a path below the gallery's folder to its
    size in bytes and SHA-256. `bounds` are west, south, east, north. `channels` are those of
    texts; each of the `picture_models` gives the pictures one more.
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


def check_name(name: str) -> str:
    """The name if it can only mean a folder inside the galleries' folder, else GalleryError."""
    if not _NAME.fullmatch(name):
        raise GalleryError(
            f"{name[:80]!r} is no gallery name; wanted lower-case letters, digits, - and _"
        )
    return name


def file_entry(path: Path) -> dict[str, Any]:
    """Size and hash of a file as the manifest lists them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Puts the manifest in place in one step."""
    return write_json(folder / "manifest.json", asdict(manifest))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a gallery folder; GalleryError where it is missing, damaged or foreign."""
    path = folder / "manifest.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GalleryError(f"{folder.name} has no manifest.json; build it again") from error
    except (json.JSONDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise GalleryError(f"the manifest of {folder.name} is damaged; build it again") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        found = raw.get("format") if isinstance(raw, dict) else None
        raise GalleryError(
            f"{folder.name} is a gallery of format {found!r}, this version reads {FORMAT}; "
            f"build it again"
        )
    try:
        manifest = _parsed(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise GalleryError(
            f"the manifest of {folder.name} lacks or garbles an entry ({error}); build it again"
        ) from error
    if not all(_FILE.fullmatch(name) for name in (*manifest.files, f"{manifest.build}/x")):
        raise GalleryError(f"the manifest of {folder.name} lists files outside its folder")
    if missing := _needed(manifest) - manifest.files.keys():
        raise GalleryError(
            f"the manifest of {folder.name} does not list {min(missing)[:120]}; build it again"
        )
    if manifest.name != folder.name:
        raise GalleryError(
            f"the folder {folder.name} holds the gallery {manifest.name[:80]!r}; rename it back"
        )
    return manifest


def _parsed(raw: dict[str, Any]) -> Manifest:
    """The manifest in a JSON object; KeyError, TypeError or ValueError where it holds none."""
    bounds = tuple(float(edge) for edge in raw["bounds"])
    Bounds(*bounds)
    manifest = _made(
        Manifest,
        raw
        | {
            "origin": _made(Origin, raw["origin"]),
            "model": _made(ModelStamp, raw["model"]),
            "bounds": bounds,
            "channels": tuple(map(str, raw["channels"])),
            "picture_models": tuple(
                _made(PictureStamp, stamp) for stamp in raw.get("picture_models", ())
            ),
        },
    )
    for stamp in manifest.picture_models:
        if stamp.checkpoint and Path(stamp.checkpoint).name != stamp.checkpoint:
            raise ValueError(f"a checkpoint is {stamp.checkpoint!r:.80}")
    for entry in manifest.files.values():
        if not isinstance(entry["bytes"], int) or not isinstance(entry["sha256"], str):
            raise TypeError(f"a file is {entry!r:.80}")
    return manifest


def _made(kind: type[_Made], raw: dict[str, Any]) -> _Made:
    """`raw` as the dataclass `kind`; TypeError where a field is of another type."""
    made = kind(**raw)
    for name, hint in get_type_hints(kind).items():
        value, wanted = getattr(made, name), get_origin(hint) or hint
        if not isinstance(value, (int, float) if wanted is float else wanted):
            raise TypeError(f"{name} is {value!r:.40}")
    return made


def _needed(manifest: Manifest) -> set[str]:
    """What opening reads without looking whether it is there, so that all of it is verified."""
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
    return {f"{manifest.build}/{name}" for name in (*names, *pictures)}


def file_problem(path: Path, wanted: dict[str, Any]) -> str:
    """What is wrong with a listed file: "missing", "not as it was built", or "" for nothing."""
    if not path.is_file():
        return "missing"
    same = path.stat().st_size == wanted["bytes"] and file_entry(path) == wanted
    return "" if same else "not as it was built"


def verify_files(folder: Path, manifest: Manifest) -> None:
    """GalleryError unless every listed file is there with the size and hash it was built with."""
    for name, wanted in manifest.files.items():
        problem = file_problem(folder / name, wanted)
        if problem == "missing":
            raise GalleryError(f"{manifest.name} lacks its file {name}; build it again")
        if problem:
            raise GalleryError(f"{manifest.name} is damaged: {name} is {problem}; build it again")
