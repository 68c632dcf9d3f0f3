"""The sources that `core collection convert` reads."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core import settings as machine
from core.cli.progress import note
from core.errors import QueryError
from core.sources.collection import (
    CollectionInfo,
    CollectionRow,
    is_collection,
    open_collection,
)
from core.sources.collection.changes import Changes, DescriptionFile
from core.sources.collection.opened import rows_of_file

if TYPE_CHECKING:
    from core.gallery import Gallery
    from core.records import View
    from core.sources.cvgtext import Version

_FOOTPRINT_M = 100.0


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows to write and the head of their collection; `total` is 0 if unknown.

    `named_regions` are those that options name.
    """

    info: CollectionInfo
    rows: Iterable[CollectionRow]
    total: int = 0
    named_regions: frozenset[str] = frozenset()


def opened_source(args: argparse.Namespace) -> RowSource:
    """The source of the options, with all changes that they ask for.

    Raises QueryError, and SourceError or GalleryError for a source that cannot be read.
    """
    changes = Changes(
        {name: split for split, names in args.splits for name in names},
        dict(args.places),
        DescriptionFile(args.descriptions) if args.descriptions else None,
    )
    if is_collection(args.out):
        raise QueryError(f"{args.out} has a collection already; choose another folder")
    if args.queries and not args.gallery:
        raise QueryError("--queries adds descriptions to tiles of --gallery")
    if args.footprint_m is not None and not 1 <= args.footprint_m <= 20_000:
        raise QueryError(f"--footprint-m {args.footprint_m} is out of range; give 1 to 20000")
    given = next(name for name in _SOURCES if getattr(args, name) is not None)
    source = _SOURCES[given](args)
    return replace(
        source,
        info=_stated(args, source.info),
        rows=changes.applied(source.rows),
        named_regions=frozenset({*changes.splits, *changes.places}),
    )


def _stated(args: argparse.Namespace, info: CollectionInfo) -> CollectionInfo:
    """The head with what the options state."""
    stated = {
        "title": args.title,
        "licence": args.licence,
        "credit": args.credit,
        "footprint_m": args.footprint_m,
        "continents": {name: split for split, names in args.intercontinental for name in names},
    }
    if args.source or args.collection:
        stated["view"] = args.view
    return replace(info, **{name: value for name, value in stated.items() if value})


def _of_file(args: argparse.Namespace) -> RowSource:
    name = args.out.name
    info = CollectionInfo(
        name=name,
        title=name,
        view=args.view or "aerial",
        footprint_m=_FOOTPRINT_M,
        source=args.source.name,
    )
    return RowSource(info, (found.row for found in rows_of_file(args.source)))


def _of_collection(args: argparse.Namespace) -> RowSource:
    collection = open_collection(args.collection)
    known = collection.manifest
    info = CollectionInfo(
        name=args.out.name,
        title=known.title,
        view=known.view,
        footprint_m=known.footprint_m,
        split_by=known.split_by,
        continents=known.continents,
        licence=known.licence,
        credit=known.credit,
        source=known.source,
        unverified=known.unverified,
    )
    return RowSource(info, (found.row for found in collection.rows()), known.rows)


def _of_core(args: argparse.Namespace) -> RowSource:
    from core.sources.collection.core_layout import core_info, core_rows

    return RowSource(core_info(args.core, args.out.name), core_rows(args.core))


def _of_cvgtext(args: argparse.Namespace) -> RowSource:
    from core.sources.collection.from_cvgtext import info_of, read_source, rows_of

    if not (args.city and args.kind):
        raise QueryError("--cvgtext needs --city, such as NewYork, and --kind sat or osm")
    version: Version = "photos" if args.photos else "mixed" if args.mixed else "panorama"
    source = read_source(args.cvgtext, args.city, version, args.kind)
    for fault in source.faults:
        note(fault)
    return RowSource(info_of(source, args.out.name, args.title), rows_of(source), source.rows)


def _of_galleries(args: argparse.Namespace) -> RowSource:
    from core.gallery import find_gallery, open_gallery
    from core.gallery.collection_rows import PLACES, gallery_info, gallery_rows

    settings = machine.load()
    view: View = args.view or "drawn"
    names = list(dict.fromkeys(args.gallery))
    galleries = [open_gallery(name, settings) for name in names]
    texts = {gallery.card.name: _texts(args, gallery) for gallery in galleries}

    def rows() -> Iterator[CollectionRow]:
        for gallery in galleries:
            name = gallery.card.name
            folder, place = find_gallery(name, settings), PLACES.get(name, ("", ""))
            yield from gallery_rows(gallery, folder, view, "train", place, texts[name])

    info = gallery_info(galleries, args.out.name, view, args.title)
    return RowSource(info, rows(), sum(map(len, galleries)))


def _texts(args: argparse.Namespace, gallery: "Gallery") -> dict[str, list[str]]:
    """Descriptions by tile, from --queries: of the tile that a line names, else the nearest."""
    if not args.queries:
        return {}
    from core.evaluation.queries import inside_gallery, read_queries
    from core.geo import haversine_m

    texts: dict[str, list[str]] = {}
    queries = read_queries(args.queries, gallery.card.name, may_be_none=len(args.gallery) > 1)
    for query in inside_gallery(queries, gallery, args.queries.name):
        at = query.position
        row = haversine_m(at.lat, at.lon, gallery.lats, gallery.lons).argmin()
        texts.setdefault(query.tile_id or gallery.tile_ids[int(row)], []).append(query.text)
    return texts


_SOURCES: Final[dict[str, Callable[[argparse.Namespace], RowSource]]] = {
    "source": _of_file,
    "gallery": _of_galleries,
    "collection": _of_collection,
    "core": _of_core,
    "cvgtext": _of_cvgtext,
}
"""The reader of each option that names a source."""
