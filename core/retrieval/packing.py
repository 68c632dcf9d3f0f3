"""Writes a packed collection: galleries, one as each region, with all that a search prepares."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import I8
from core.errors import GalleryError
from core.gallery import list_galleries, open_gallery
from core.gallery.array_store import ArrayWriter, packed_strings
from core.gallery.manifest import check_name
from core.gallery.opened import Gallery
from core.gallery.packed import ARRAYS, NAMES, PackedCollection
from core.gallery.packed_manifest import (
    FORMAT,
    PackedManifest,
    RegionEntry,
    is_packed,
    write_packed_manifest,
)
from core.gallery.packed_server import check_server, put_on_server
from core.gallery.tables import pack_embeddings
from core.indexes.codes import norms_of
from core.indexes.vector import VectorIndex
from core.retrieval.channels import MatchIndex
from core.retrieval.overview import overview_arrays
from core.retrieval.place_titles import Titled
from core.retrieval.spots import Neighbourhood
from core.settings import Settings

Progress = Callable[[str, int, int], None]
MOST_TILES = 65_535
"""Most tiles of a region; its rows are kept in 16 bits."""


@dataclass(frozen=True, slots=True)
class RegionToPack:
    """A region: its own short name, and a gallery, which is read while the next one is waited
    for. `write_names` writes its lexical index to a file."""

    name: str
    gallery: Gallery
    write_names: Callable[[Path], Any]


def pack(
    folder: Path, title: str, regions: Iterable[RegionToPack], now: datetime | None = None
) -> Path:
    """Writes the collection of a folder's name, all or nothing; returns the folder.

    Raises GalleryError for a region that cannot be packed, or whose channels or picture models are
    not those of the others.
    """
    check_name(folder.name)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    writer = ArrayWriter(part / ARRAYS)
    (part / NAMES).mkdir()
    manifest: PackedManifest | None = None
    entries: list[RegionEntry] = []
    licences: dict[str, None] = {}
    try:
        for number, region in enumerate(regions):
            _check(region, manifest)
            writer.add(region_arrays(region.gallery))
            region.write_names(part / NAMES / f"{number}.sqlite")
            card = region.gallery.card
            licences[card.licence] = None
            entries.append(
                RegionEntry(
                    check_name(region.name),
                    card.title,
                    len(region.gallery),
                    card.place_count,
                    (card.bounds.west, card.bounds.south, card.bounds.east, card.bounds.north),
                )
            )
            manifest = manifest or _manifest_of(folder.name, title, region.gallery, now)
        if manifest is None:
            raise GalleryError("a collection needs at least one region")
        writer.close()
        licence = "; ".join(filter(None, licences))
        write_packed_manifest(part, replace(manifest, regions=tuple(entries), licence=licence))
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        writer.discard()
        shutil.rmtree(part, ignore_errors=True)
    return folder


def pack_galleries(
    name: str, title: str, galleries: Sequence[str], settings: Settings, progress: Progress
) -> Path:
    """Packs galleries, each as the region of its name, and puts their texts on the server of the
    settings, if there is one; returns the folder.

    Raises GalleryError where a gallery has the collection's name, or cannot be packed.
    """
    folder = settings.user_galleries / check_name(name)
    taken = {card.name for card in list_galleries(settings)}
    if name in galleries or (name in taken and not is_packed(folder)):
        raise GalleryError(f"{name} is a gallery; choose another name for the collection")

    if settings.vector_server:
        check_server(settings.vector_server)

    def regions() -> Iterator[RegionToPack]:
        for number, region in enumerate(dict.fromkeys(galleries)):
            progress("pack", number, len(galleries))
            gallery = open_gallery(region, settings)
            yield RegionToPack(region, gallery, partial(shutil.copy, gallery.names.path))

    folder.parent.mkdir(parents=True, exist_ok=True)
    pack(folder, title or name.replace("-", " ").capitalize(), regions())
    progress("pack", len(galleries), len(galleries))
    if settings.vector_server:
        collection = PackedCollection(folder)
        put_on_server(folder, collection.store, len(collection), settings.vector_server)
    return folder


def _check(region: RegionToPack, manifest: PackedManifest | None) -> None:
    gallery, card = region.gallery, region.gallery.card
    if len(gallery) > MOST_TILES:
        raise GalleryError(f"{card.name} has more than {MOST_TILES} tiles; divide it")
    if gallery.facts.views is not None or gallery.facts.things is None:
        raise GalleryError(
            f"{card.name} has facts seen from above, or was built by an earlier version; "
            "only galleries of map facts can be packed"
        )
    same = (card.channels, card.picture_models)
    if manifest is not None and same != (manifest.channels, manifest.picture_models):
        raise GalleryError(f"{card.name} has other channels or picture models than the others")


def _manifest_of(name: str, title: str, gallery: Gallery, now: datetime | None) -> PackedManifest:
    card = gallery.card
    return PackedManifest(
        format=FORMAT,
        name=name,
        title=title,
        created=(now or datetime.now(UTC)).isoformat(timespec="seconds"),
        licence=card.licence,
        model=card.model,
        footprint_m=card.footprint_m,
        spacing_m=card.spacing_m,
        channels=card.channels,
        picture_models=card.picture_models,
        regions=(),
    )


def region_arrays(gallery: Gallery) -> dict[str, Any]:
    """All arrays of a region."""
    match_index, facts, links = MatchIndex(gallery), gallery.facts, gallery.links
    street_names = list(dict.fromkeys(gallery.streets))
    kind_names = list(dict.fromkeys(facts.kind))
    row_of_street = {name: row for row, name in enumerate(street_names)}
    row_of_kind = {name: row for row, name in enumerate(kind_names)}
    things = facts.things if facts.things is not None else np.ones(len(facts.text))
    arrays = {
        "lat": np.asarray(gallery.lats, dtype=np.float64),
        "lon": np.asarray(gallery.lons, dtype=np.float64),
        "street": np.array([row_of_street[name] for name in gallery.streets], dtype=np.uint32),
        **packed_strings("tile_id", gallery.tile_ids),
        **packed_strings("street_name", street_names),
        **packed_strings("kind_name", kind_names),
        **packed_strings("fact_text", facts.text),
        "fact_kind": np.array([row_of_kind[kind] for kind in facts.kind], dtype=np.uint32),
        **packed_strings("fact_name", [name for names in facts.names for name in names]),
        "fact_name_end": np.cumsum([0, *map(len, facts.names)]).astype(np.uint32),
        "fact_spoken": np.asarray(facts.spoken, dtype=bool),
        "fact_things": np.asarray(things, dtype=np.int32),
        "link_tile": links.tile.astype(np.uint16),
        "link_distance": links.distance_m.astype(np.uint16),
        "link_bearing": links.bearing_deg.astype(np.uint16),
        "link_start": links.starts.astype(np.uint32),
        **match_index.arrays(),
        **match_index.mentions.places.arrays(),
        **Titled(match_index).arrays(len(gallery)),
        **Neighbourhood(gallery).arrays(),
        **overview_arrays(match_index),
    }
    indexes = {"fact": gallery.fact_index, "tile": gallery.tile_index}
    for name, index in indexes.items():
        arrays |= _codes(index, f"{name}_code", f"{name}_norm")
    for stamp in gallery.card.picture_models:
        index = gallery.picture_index(stamp.key)
        arrays |= _codes(index, f"picture_code.{stamp.key}", f"picture_norm.{stamp.key}")
    return arrays


def _codes(index: VectorIndex, code: str, norm: str) -> dict[str, Any]:
    """The embeddings of an index in 8 bits, and the norms of the codes."""
    codes: I8 = pack_embeddings(index.embeddings(np.arange(len(index))))
    return {code: codes, norm: norms_of(codes)}
