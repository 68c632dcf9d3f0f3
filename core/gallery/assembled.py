"""A gallery assembled from its parts, wherever they come from: the region of a collection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.arrays import F64, I64
from core.errors import GalleryError
from core.gallery.array_file import ArrayFile
from core.gallery.array_store import RegionArrays
from core.gallery.cards import GalleryCard
from core.gallery.opened import FactTable, Gallery, Links
from core.indexes.lexical import NameIndex
from core.indexes.vector import VectorIndex
from core.records import View


@dataclass(frozen=True, slots=True)
class GalleryParts:
    """What an opened gallery holds, for N tiles and F facts.

    `names` opens the lexical index. `prepared` are arrays that the search would otherwise make
    itself, None for none.
    """

    card: GalleryCard
    tile_ids: Sequence[str]
    lats: F64
    lons: F64
    streets: Sequence[str]
    facts: FactTable
    links: Links
    names: Callable[[], NameIndex]
    fact_index: VectorIndex
    tile_index: VectorIndex
    picture_indexes: Mapping[str, VectorIndex]
    prepared: RegionArrays | None = None


class AssembledGallery(Gallery):
    """A gallery without files of its own: it has no pictures to show and no base map."""

    def __init__(self, parts: GalleryParts) -> None:
        self.card = parts.card
        self.tile_ids = parts.tile_ids
        self.lats, self.lons = parts.lats, parts.lons
        self.streets = parts.streets
        self.facts = parts.facts
        self.links = parts.links
        self._open_names = parts.names
        self.fact_index, self.tile_index = parts.fact_index, parts.tile_index
        self._picture_indexes = dict(parts.picture_indexes)
        self.aerial = None
        self.prepared = parts.prepared

    @cached_property
    def spoken(self) -> I64:  # type: ignore[override]
        """The fact of each row of `fact_index`."""
        spoken: I64 = np.flatnonzero(self.facts.spoken).astype(np.int64)
        return spoken

    @cached_property
    def names(self) -> NameIndex:  # type: ignore[override]
        """The lexical index, opened when it is first asked for."""
        return self._open_names()

    @property
    def base_map(self) -> Path | None:
        """None: no map was rendered."""
        return None

    def array_file(self, name: str, version: int) -> ArrayFile | None:  # noqa: ARG002
        """None: what was prepared for it is with its parts."""
        return None

    def row_of(self, tile_id: str) -> int:
        """Row of a tile. Raises GalleryError for an id that is not in the gallery."""
        row = self._rows.get(tile_id)
        if row is None:
            raise GalleryError(f"{self.card.name} has no tile {tile_id[:60]!r}")
        return row

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {tile_id: row for row, tile_id in enumerate(self.tile_ids)}

    def picture(self, tile_id: str, view: View | None = None) -> bytes:  # noqa: ARG002
        """b"": there are no pictures, only their embeddings."""
        self.row_of(tile_id)
        return b""

    def text(self, tile_id: str) -> str:
        """ "": the text of a whole tile is not kept, only its embedding."""
        self.row_of(tile_id)
        return ""
