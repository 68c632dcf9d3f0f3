"""The manifest of a packed collection: its regions, and what they have in common."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import GalleryError
from core.files import write_json
from core.gallery.manifest import PictureStamp, check_name
from core.geo import Bounds
from core.records import Channel

FORMAT = 1
MANIFEST = "packed.json"
BETWEEN = "--"
"""Stands between the name of a collection and that of a region."""


@dataclass(frozen=True, slots=True)
class RegionEntry:
    """A region of a collection: its bounds are west, south, east, north."""

    name: str
    title: str
    tiles: int
    place_count: int
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PackedManifest:
    """Content of `packed.json`; `channels` and `picture_models` are those of every region."""

    format: int
    name: str
    title: str
    created: str
    licence: str
    model: str
    footprint_m: float
    spacing_m: float
    channels: tuple[Channel, ...]
    picture_models: tuple[PictureStamp, ...]
    regions: tuple[RegionEntry, ...]


def write_packed_manifest(folder: Path, manifest: PackedManifest) -> Path:
    """Writes the manifest atomically; returns its path."""
    return write_json(folder / MANIFEST, asdict(manifest))


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a packed collection."""
    return (folder / MANIFEST).is_file()


def read_packed_manifest(folder: Path) -> PackedManifest:
    """Reads the manifest. Raises GalleryError if it is damaged or foreign."""
    try:
        raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        if raw["format"] != FORMAT:
            raise ValueError(f"format {raw['format']!r:.40}")
        regions = [
            RegionEntry(
                check_name(str(entry["name"])),
                str(entry["title"]),
                int(entry["tiles"]),
                int(entry["place_count"]),
                (*map(float, entry["bounds"]),),  # type: ignore[arg-type]
            )
            for entry in raw["regions"]
        ]
        for region in regions:
            Bounds(*region.bounds)
        manifest = PackedManifest(
            **raw
            | {
                "regions": tuple(regions),
                "channels": tuple(raw["channels"]),
                "picture_models": tuple(PictureStamp(**one) for one in raw["picture_models"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GalleryError(
            f"the collection {folder.name} is damaged ({error!s:.100}); build it again"
        ) from error
    if manifest.name != folder.name or not regions:
        raise GalleryError(
            f"the folder {folder.name} holds the collection {manifest.name[:80]!r}; rename it back"
        )
    return manifest
