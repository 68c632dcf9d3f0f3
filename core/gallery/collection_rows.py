"""A gallery → rows of a collection, with its facts, so that it can be built from them again."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import GalleryError
from core.gallery.manifest import Manifest, read_manifest
from core.gallery.opened import Gallery
from core.gallery.tables import read_table
from core.geo import wrapped
from core.records import View
from core.sources.collection import CarriedFact, CollectionInfo, CollectionRow, Split

PLACES = {
    "helsinki": ("Finland", "Europe"),
    "monaco": ("Monaco", "Europe"),
    "montevideo": ("Uruguay", "South America"),
    "neubrandenburg": ("Germany", "Europe"),
}
"""Country and continent of the galleries that come with the app."""


def gallery_info(galleries: Sequence[Gallery], name: str, view: View, title: str) -> CollectionInfo:
    """The head of a collection of galleries; the footprint is their mean.

    Raises GalleryError for a gallery without such pictures.
    """
    for gallery in galleries:
        if view not in gallery.views or not gallery.picture(gallery.tile_ids[0], view):
            raise GalleryError(
                f"{gallery.card.name} has no {view} pictures, so no collection can be made of it"
            )
    cards = [gallery.card for gallery in galleries]
    licences = dict.fromkeys(card.licence for card in cards if card.licence)
    return CollectionInfo(
        name=name,
        title=title or ", ".join(card.title for card in cards),
        view=view,
        footprint_m=sum(card.footprint_m for card in cards) / len(cards),
        licence="; ".join(licences),
        source=f"galleries {', '.join(card.name for card in cards)}",
    )


def gallery_rows(
    gallery: Gallery,
    folder: Path,
    view: View,
    split: Split,
    place: tuple[str, str],
    texts: Mapping[str, Sequence[str]],
) -> Iterator[CollectionRow]:
    """The tiles of a gallery in its `folder`, as rows of one region with its name.

    `place` is country and continent. `texts` are descriptions by tile.
    """
    name = gallery.card.name
    facts = _Carried(folder, read_manifest(folder), name)
    for row, tile_id in enumerate(gallery.tile_ids):
        yield CollectionRow(
            row_id=f"{name}:{tile_id}",
            region=name,
            country=place[0],
            continent=place[1],
            split=split,
            lat=float(gallery.lats[row]),
            lon=wrapped(float(gallery.lons[row])),
            picture=gallery.picture(tile_id, view),
            descriptions=tuple(texts.get(tile_id, ())),
            street=gallery.streets[row],
            text=gallery.text(tile_id),
            facts=facts.of(row),
        )


class _Carried:
    """The facts of a gallery, tile by tile."""

    def __init__(self, folder: Path, manifest: Manifest, name: str) -> None:
        data = folder / manifest.build
        self._name = name
        self._facts: list[dict[str, Any]] = read_table(data / "facts.parquet").to_pylist()
        self._links: dict[int, list[dict[str, int]]] = defaultdict(list)
        for link in read_table(data / "links.parquet").to_pylist():
            self._links[link["tile"]].append(link)

    def of(self, tile: int) -> tuple[CarriedFact, ...]:
        """The facts of a tile in the order of its links."""
        return tuple(self._carried(link) for link in self._links[tile])

    def _carried(self, link: Mapping[str, int]) -> CarriedFact:
        fact = self._facts[link["fact"]]
        return CarriedFact(
            key=f"{self._name}:{link['fact']:08d}",
            text=fact["text"],
            kind=fact["kind"],
            names=tuple(fact["names"]),
            synonyms=fact["synonyms"],
            spoken=fact["spoken"],
            view=fact.get("view") or "",
            things=fact.get("things", 1),
            distance_m=link["distance_m"],
            bearing_deg=link["bearing_deg"],
        )
