"""Galleries on disk: listing and finding them by their manifests."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import GalleryError
from core.gallery.manifest import (
    AerialStamp,
    Manifest,
    PictureStamp,
    check_name,
    is_unfinished,
    read_manifest,
)
from core.gallery.packed_manifest import (
    BETWEEN,
    PackedManifest,
    is_packed,
    read_packed_manifest,
)
from core.geo import Bounds
from core.models import DEFAULT_AERIAL_MODEL, DEFAULT_PICTURE_MODEL
from core.records import VIEWS, Channel, View
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class GalleryCard:
    """A gallery in a list. `problem` says why it cannot be searched, else "".

    The first of the `picture_models` is searched by default. A collection has `regions`, else 0.
    """

    name: str
    title: str
    tiles: int
    place_count: int
    bounds: Bounds
    licence: str
    date: str
    created: str
    footprint_m: float
    spacing_m: float
    channels: tuple[Channel, ...]
    model: str
    sources: tuple[str, ...]
    picture_models: tuple[PictureStamp, ...] = ()
    problem: str = ""
    views: tuple[View, ...] = ("drawn",)
    aerial: AerialStamp | None = None
    regions: int = 0
    on_grid: bool = False


def card_of(manifest: Manifest) -> GalleryCard:
    """The card of a gallery whose manifest can be read."""
    defaults = (DEFAULT_PICTURE_MODEL, f"{DEFAULT_AERIAL_MODEL}.aerial")
    models = sorted(
        manifest.picture_models,
        key=lambda stamp: (stamp.key not in defaults, VIEWS.index(stamp.view)),
    )
    return GalleryCard(
        name=manifest.name,
        title=manifest.title,
        tiles=manifest.tiles,
        place_count=manifest.named,
        bounds=Bounds(*manifest.bounds),
        licence=manifest.origin.licence,
        date=manifest.origin.date,
        created=manifest.created,
        footprint_m=manifest.footprint_m,
        spacing_m=manifest.spacing_m,
        channels=manifest.searched_by,
        model=manifest.model.title,
        sources=tuple(manifest.origin.files),
        picture_models=tuple(models),
        views=tuple(
            view
            for view, is_there in zip(VIEWS, (manifest.drawn, manifest.aerial), strict=True)
            if is_there
        )
        or ("drawn",),
        aerial=manifest.aerial[0] if manifest.aerial else None,
        on_grid=manifest.on_grid,
    )


def collection_card(manifest: PackedManifest) -> GalleryCard:
    """The card of a whole collection."""
    edges = np.array([region.bounds for region in manifest.regions])
    (west, south), (east, north) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    return GalleryCard(
        name=manifest.name,
        title=manifest.title,
        tiles=sum(region.tiles for region in manifest.regions),
        place_count=sum(region.place_count for region in manifest.regions),
        bounds=Bounds(float(west), float(south), float(east), float(north)),
        licence=manifest.licence,
        date="",
        created=manifest.created,
        footprint_m=manifest.footprint_m,
        spacing_m=manifest.spacing_m,
        channels=manifest.channels,
        model=manifest.model,
        sources=(),
        picture_models=manifest.picture_models,
        regions=len(manifest.regions),
    )


def region_card(manifest: PackedManifest, number: int) -> GalleryCard:
    """The card of one region of a collection."""
    region = manifest.regions[number]
    return replace(
        collection_card(manifest),
        name=f"{manifest.name}{BETWEEN}{region.name}",
        title=region.title,
        tiles=region.tiles,
        place_count=region.place_count,
        bounds=Bounds(*region.bounds),
        regions=0,
    )


def cards_of_regions(card: GalleryCard, settings: Settings) -> tuple[GalleryCard, ...]:
    """The regions of a collection; of a gallery, itself. Raises GalleryError for a damaged one."""
    if not card.regions:
        return (card,)
    manifest = read_packed_manifest(find_gallery(card.name, settings))
    return tuple(region_card(manifest, number) for number in range(len(manifest.regions)))


def _broken_card(name: str, problem: str) -> GalleryCard:
    return GalleryCard(
        name, name, 0, 0, Bounds(-180, -90, 180, 90), "", "", "", 0, 0, (), "", (), (), problem
    )


def find_gallery(name: str, settings: Settings, home: Path | None = None) -> Path:
    """Folder of a gallery: in `home`, else the user's own, else one that came with the app.

    Raises GalleryError if there is none.
    """
    check_name(name)
    for parent in (home, settings.user_galleries, settings.bundled_galleries):
        if parent is not None and (parent / name).is_dir():
            return parent / name
    known = ", ".join(card.name for card in list_galleries(settings)) or "none yet"
    raise GalleryError(f"there is no gallery {name!r}; there are: {known}")


def list_galleries(settings: Settings) -> tuple[GalleryCard, ...]:
    """All galleries by name; a user's own replaces a bundled one of the same name.

    Only manifests are read; files are verified on opening.
    """
    cards: dict[str, GalleryCard] = {}
    for home in (settings.bundled_galleries, settings.user_galleries):
        try:
            folders = _folders(home)
        except OSError as error:
            problem = f"the folder {home} cannot be read ({error.strerror}); change its permissions"
            cards[home.name] = _broken_card(home.name, problem)
            continue
        for folder in folders:
            try:
                check_name(folder.name)
                card = (
                    collection_card(read_packed_manifest(folder))
                    if is_packed(folder)
                    else card_of(read_manifest(folder))
                )
            except (GalleryError, OSError) as error:
                # a name of bytes that are no text would stop the page that shows it
                name = folder.name.encode("utf-8", "replace").decode()
                card = _broken_card(name, str(error))
            cards[card.name] = card
    return tuple(cards[name] for name in sorted(cards))


def _folders(home: Path) -> list[Path]:
    """Folders that may hold a gallery; none where `home` is no folder. Raises OSError."""
    if not home.is_dir():
        return []
    return sorted(
        path
        for path in home.iterdir()
        if not path.name.startswith(".") and path.is_dir() and not is_unfinished(path)
    )
