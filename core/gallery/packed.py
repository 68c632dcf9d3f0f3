"""A packed collection: many regions in one folder, memory-mapped, each searched as a gallery.

A folder holds `packed.json` (`core.gallery.packed_manifest`), the arrays of all regions
(`core.gallery.array_store`) and one lexical index a region. Opening reads the two small files of
JSON. A region is made when it is asked for, from pieces of the mapped arrays: nothing is copied.
`core.retrieval.packing` writes such a folder.
"""

import threading
from functools import lru_cache, partial
from pathlib import Path

from core.errors import GalleryError
from core.gallery.array_store import (
    ArrayStore,
    CodedStrings,
    OwnerOfRow,
    PackedLists,
    RegionArrays,
    Widened,
)
from core.gallery.assembled import AssembledGallery, GalleryParts
from core.gallery.cards import find_gallery, region_card
from core.gallery.opened import FactTable, Gallery, Links, open_gallery
from core.gallery.packed_manifest import BETWEEN, MANIFEST, is_packed, read_packed_manifest
from core.gallery.packed_server import server_index
from core.indexes.codes import CodesIndex
from core.indexes.lexical import NameIndex
from core.indexes.milvus_region import MilvusRegion
from core.indexes.vector import VectorIndex
from core.settings import Settings, VectorServer

ARRAYS, NAMES = "arrays", "names"


class PackedCollection:
    """An opened collection. Several threads and processes may search it.

    With a `server`, the texts of tiles are compared there if they were put there. Raises
    GalleryError for a damaged folder, and for a server that does not have them.
    """

    def __init__(self, folder: Path, server: VectorServer | None = None) -> None:
        self.folder, self.manifest = folder, read_packed_manifest(folder)
        self.store = ArrayStore(folder / ARRAYS)
        self._there = server_index(folder, server)
        self._regions: dict[int, Gallery] = {}
        self._lock = threading.Lock()
        if len(self.store.starts("lat")) != len(self) + 1:
            raise GalleryError(f"the files in {folder} are of different builds; build it again")

    def __len__(self) -> int:
        return len(self.manifest.regions)

    def region(self, number: int) -> Gallery:
        """A region as a gallery, made once."""
        with self._lock:
            if number not in self._regions:
                self._regions[number] = self._region(number)
            return self._regions[number]

    def region_named(self, name: str) -> Gallery:
        """A region by its own name. Raises GalleryError if there is none."""
        for number, region in enumerate(self.manifest.regions):
            if region.name == name:
                return self.region(number)
        raise GalleryError(f"{self.manifest.name} has no region {name[:80]!r}")

    def _texts(self, arrays: RegionArrays, number: int) -> VectorIndex:
        if self._there is not None:
            return MilvusRegion(self._there, number)
        return CodesIndex(arrays["tile_code"], arrays["tile_norm"])

    def _region(self, number: int) -> Gallery:
        arrays = self.store.region(number)
        card = region_card(self.manifest, number)
        return AssembledGallery(
            GalleryParts(
                card=card,
                tile_ids=arrays.strings("tile_id"),
                lats=arrays["lat"],
                lons=arrays["lon"],
                streets=CodedStrings(arrays["street"], arrays.strings("street_name")),
                facts=_facts(arrays),
                links=_links(arrays),
                names=partial(NameIndex, self.folder / NAMES / f"{number}.sqlite"),
                fact_index=CodesIndex(arrays["fact_code"], arrays["fact_norm"]),
                tile_index=self._texts(arrays, number),
                picture_indexes={
                    stamp.key: CodesIndex(
                        arrays[f"picture_code.{stamp.key}"], arrays[f"picture_norm.{stamp.key}"]
                    )
                    for stamp in card.picture_models
                },
                prepared=arrays,
            )
        )


def _facts(arrays: RegionArrays) -> FactTable:
    return FactTable(
        text=arrays.strings("fact_text"),
        kind=CodedStrings(arrays["fact_kind"], list(arrays.strings("kind_name"))),
        names=PackedLists(arrays.strings("fact_name"), arrays["fact_name_end"]),
        spoken=arrays["fact_spoken"],
        things=arrays["fact_things"],
    )


def _links(arrays: RegionArrays) -> Links:
    starts = arrays["link_start"].astype("int64")
    return Links(
        tile=arrays["link_tile"],
        fact=OwnerOfRow(starts),  # type: ignore[arg-type]
        distance_m=Widened(arrays["link_distance"]),  # type: ignore[arg-type]
        bearing_deg=Widened(arrays["link_bearing"]),  # type: ignore[arg-type]
        starts=starts,
    )


@lru_cache(maxsize=4)
def _opened(
    folder: Path,
    changed_ns: int,  # noqa: ARG001
    server: VectorServer | None,
) -> PackedCollection:
    """The collection of a folder, opened again where its manifest was written anew."""
    return PackedCollection(folder, server)


def open_collection(name: str, settings: Settings) -> PackedCollection:
    """The collection of a name, opened once in a process. Raises GalleryError for another name."""
    folder = find_gallery(name, settings)
    if not is_packed(folder):
        raise GalleryError(f"{name} is one gallery and no collection")
    return _opened(folder, (folder / MANIFEST).stat().st_mtime_ns, settings.vector_server)


def open_all(name: str, settings: Settings) -> tuple[Gallery, ...]:
    """The gallery of a name, or all regions of a collection. Raises GalleryError."""
    if not is_packed(find_gallery(name, settings)):
        return (open_gallery(name, settings),)
    collection = open_collection(name, settings)
    return tuple(collection.region(number) for number in range(len(collection)))


def open_one(name: str, settings: Settings) -> Gallery:
    """The gallery of a name, or the region `COLLECTION--REGION`. Raises GalleryError.

    A collection as such is no gallery: the error says so.
    """
    whole, between, region = name.partition(BETWEEN)
    if between:
        return open_collection(whole, settings).region_named(region)
    if is_packed(find_gallery(name, settings)):
        first = open_collection(name, settings).manifest.regions[0].name
        raise GalleryError(
            f"{name} is a collection of regions; this needs one, such as {name}{BETWEEN}{first}"
        )
    return open_gallery(name, settings)
