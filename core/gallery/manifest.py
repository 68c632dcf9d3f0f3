"""A gallery's manifest: what it is, where it came from, and the hash of each of its files."""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import GalleryError

FORMAT = 1
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
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
class Manifest:
    """The one file that makes a folder a gallery; replacing it is what makes a build take effect.

    `build` is the sub-folder with the data; `files` maps a path below the gallery's folder to its
    size in bytes and SHA-256. `bounds` are west, south, east, north.
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
    target = folder / "manifest.json"
    temporary = folder / f".manifest.{os.getpid()}.json"
    temporary.write_text(
        json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    temporary.replace(target)
    return target


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a gallery folder; GalleryError where it is missing, damaged or foreign."""
    path = folder / "manifest.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GalleryError(f"{folder.name} has no manifest.json; build it again") from error
    except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        raise GalleryError(f"the manifest of {folder.name} is damaged; build it again") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        found = raw.get("format") if isinstance(raw, dict) else None
        raise GalleryError(
            f"{folder.name} is a gallery of format {found!r}, this version reads {FORMAT}; "
            f"build it again"
        )
    try:
        manifest = Manifest(
            **{
                **raw,
                "origin": Origin(**raw["origin"]),
                "model": ModelStamp(**raw["model"]),
                "bounds": tuple(float(edge) for edge in raw["bounds"]),
                "channels": tuple(raw["channels"]),
            }
        )
        listed = all(
            _FILE.fullmatch(name) and isinstance(entry["bytes"], int) and entry["sha256"]
            for name, entry in manifest.files.items()
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GalleryError(
            f"the manifest of {folder.name} lacks or garbles an entry ({error}); build it again"
        ) from error
    if not listed or not _FILE.fullmatch(f"{manifest.build}/x"):
        raise GalleryError(f"the manifest of {folder.name} lists files outside its folder")
    if manifest.name != folder.name:
        raise GalleryError(
            f"the folder {folder.name} holds the gallery {manifest.name[:80]!r}; rename it back"
        )
    return manifest


def verify_files(folder: Path, manifest: Manifest) -> None:
    """GalleryError unless every listed file is there with the size and hash it was built with."""
    for name, wanted in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise GalleryError(f"{manifest.name} lacks its file {name}; build it again")
        if path.stat().st_size != wanted["bytes"] or file_entry(path) != wanted:
            raise GalleryError(
                f"{manifest.name} is damaged: {name} is not as it was built; build it again"
            )
