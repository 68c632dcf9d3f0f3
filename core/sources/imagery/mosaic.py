"""Imagery of several sources as one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SourceError
from core.geo import Bounds, Position
from core.sources.imagery.addresses import is_address, parse_address
from core.sources.imagery.bounds_files import read_bounds
from core.sources.imagery.bounds_order import check_order
from core.sources.imagery.credits import UNKNOWN_LICENCE, ImageryCredit, joined
from core.sources.imagery.download import TileServer
from core.sources.imagery.layer import AerialPicture, Layer, Square
from core.sources.imagery.pyramid import PyramidLayer
from core.sources.imagery.rasters import (
    ENDINGS,
    GeoReference,
    RasterFiles,
    RasterLayer,
    share_stretches,
)
from core.sources.imagery.tile_archives import MbTiles, PmTiles, XyzFolder, is_xyz_folder

_TABLES = frozenset({".json", ".csv"})


class Imagery:
    """Layers of imagery as one picture of the ground; the first ones lie on top."""

    def __init__(
        self,
        layers: Sequence[Layer],
        credit: ImageryCredit,
        notes: Sequence[str] = (),
        files: Mapping[str, Sequence[Path]] | None = None,
        servers: Sequence[TileServer] = (),
    ) -> None:
        self.layers = tuple(layers)
        self.credit = credit
        self.notes = tuple(notes)
        """What was left out, in words."""
        self.files = dict(files or {})
        """The files of each source, by its name."""
        self.servers = tuple(servers)
        edges = [
            (at.bounds.west, at.bounds.south, at.bounds.east, at.bounds.north) for at in layers
        ]
        self._edges = np.array(edges, dtype=np.float64)
        west, south = self._edges[:, :2].min(axis=0)
        east, north = self._edges[:, 2:].max(axis=0)
        self.bounds = Bounds(float(west), float(south), float(east), float(north))
        """The box around all layers."""
        self.metres_per_px = float(np.median([layer.metres_per_px for layer in layers]))
        """The ground width of a pixel, the median of the layers."""

    def picture(self, lat: float, lon: float, side_m: float, size_px: int) -> AerialPicture:
        """The square of `side_m` ground metres around a position, north up.

        It covers `core.geo.tile_bounds` exactly. Raises SourceError for damaged files.
        """
        return self.square(Square.around(Position(lat, lon), side_m, size_px))

    def square(self, square: Square) -> AerialPicture:
        """The picture of a square. Raises SourceError for damaged files."""
        rgb, valid = None, None
        for layer in self.layers_at(square.bounds):
            part = layer.picture(square)
            if rgb is None or valid is None:
                rgb, valid = part.rgb, part.valid
            else:
                is_new = part.valid & ~valid
                rgb[is_new] = part.rgb[is_new]
                valid |= is_new
            if valid.all():
                break
        if rgb is None or valid is None:
            return AerialPicture.empty(square.size_px)
        return AerialPicture(rgb, valid)

    def layers_at(self, bounds: Bounds) -> list[Layer]:
        """The layers that touch a box."""
        west, south, east, north = self._edges.T
        touches = (
            (west < bounds.east)
            & (east > bounds.west)
            & (south < bounds.north)
            & (north > bounds.south)
        )
        return [self.layers[row] for row in np.flatnonzero(touches)]


@dataclass(frozen=True, slots=True)
class ImageryPlace:
    """Facts about files that do not state them: `bounds` of a single picture, and the projection
    `crs` of files that lack it, as "EPSG:32633"."""

    bounds: Bounds | None = None
    crs: str = ""


@dataclass(frozen=True, slots=True)
class Online:
    """What is needed to read tiles from servers: the `area`, the folder of the `cache`, and the
    finest `zoom`, None for the source's own."""

    area: Bounds | None = None
    cache: Path | None = None
    zoom: int | None = None


def open_imagery(
    sources: Sequence[str | Path],
    *,
    place: ImageryPlace | None = None,
    credit: ImageryCredit | None = None,
    online: Online | None = None,
) -> Imagery:
    """Opens raster files, folders of them, bounds files, XYZ folders, MBTiles, PMTiles and
    addresses of tiles as one.

    Nothing is downloaded before a picture is asked for, or `Imagery.servers` are. A bounds file
    among the sources, or beside a folder of pictures, gives the bounds of pictures by name.
    `credit` replaces what the files state. Raises SourceError.
    """
    place = place or ImageryPlace()
    reading = _Reading(place, online.area if online else None)
    for source in sources:
        if is_address(str(source)):
            reading.add_address(str(source), online or Online())
        else:
            reading.add(Path(source))
    layers = reading.layers()
    stated = joined(reading.credits)
    return Imagery(layers, credit or stated, reading.notes, reading.files, reading.servers)


class _Reading:
    """The sources that were read so far."""

    def __init__(self, place: ImageryPlace, area: Bounds | None) -> None:
        self.credits: list[ImageryCredit] = []
        self.notes: list[str] = []
        self.files: dict[str, list[Path]] = {}
        self.servers: list[TileServer] = []
        self._place, self._area = place, area
        self._pictures: list[Path] = []
        self._bounds: dict[str, Bounds] = {}
        self._bounds_files: list[Path] = []
        self._pyramids: list[Layer] = []

    def add(self, source: Path) -> None:
        """Adds a file or folder. Raises SourceError."""
        ending = source.suffix.lower()
        if source.is_dir() and is_xyz_folder(source):
            self.files[source.name] = sorted(
                path for path in source.glob("*/*/*") if path.is_file()
            )
            tiles = XyzFolder(source)
            if tiles.left_out:
                self.notes.append(
                    f"{source.name}: {tiles.left_out} pictures are no tiles zoom/column/row and "
                    f"are left out"
                )
            self._add_pyramid(tiles)
        elif source.is_dir():
            self._add_folder(source)
        elif not source.is_file():
            raise SourceError(f"there is no imagery {source}; check the path")
        elif ending == ".mbtiles":
            self.files[source.name] = [source]
            self._add_pyramid(MbTiles(source))
        elif ending == ".pmtiles":
            self.files[source.name] = [source]
            self._add_pyramid(PmTiles(source))
        elif ending in _TABLES:
            self._add_bounds(source)
        else:
            self.files[source.name] = [source]
            self._pictures.append(source)

    def add_address(self, source: str, online: Online) -> None:
        """Adds the tiles behind an address. Raises SourceError."""
        if online.area is None:
            raise SourceError(f"{source[:80]} needs an area; give it with --bbox or map files")
        server = TileServer(parse_address(source, online.zoom), online.area, online.cache)
        self.servers.append(server)
        self._add_pyramid(server)

    def _add_pyramid(self, store: XyzFolder | MbTiles | PmTiles | TileServer) -> None:
        self._pyramids.append(PyramidLayer(store))
        self.credits.append(store.credit)

    def _add_folder(self, folder: Path) -> None:
        pictures = sorted(
            path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file()
        )
        beside, name = folder.resolve().parent, folder.resolve().name
        tables = [
            path
            for path in (
                folder / "bounds.json",
                folder / "bounds.csv",
                beside / f"{name}-bounds.json",
                beside / f"{name}-bounds.csv",
            )
            if path.is_file()
        ]
        for table in tables:
            self._add_bounds(table)
        if not pictures:
            raise SourceError(
                f"{folder} holds no pictures; give a folder of GeoTIFF, JPEG, PNG or WebP files, "
                f"or of tiles zoom/column/row.png"
            )
        self.files[name] = pictures
        self._pictures += pictures

    def _add_bounds(self, path: Path) -> None:
        if path not in self._bounds_files:
            self._bounds_files.append(path)
            self.files[path.name] = [path]
            self._bounds |= read_bounds(path)

    def layers(self) -> list[Layer]:
        """All layers. Raises SourceError for pictures without a position, and for none at all."""
        files = RasterFiles()
        rasters = [RasterLayer(path, files, self._place_of(path, files)) for path in self._pictures]
        if self._bounds_files:
            self._check_bounds()
        share_stretches(rasters, files)
        if rasters:
            self.credits.append(_credit_of(rasters))
        layers = [*rasters, *self._pyramids]
        if not layers:
            raise SourceError("no imagery was given; name files, folders or addresses")
        return layers

    def _place_of(self, path: Path, files: RasterFiles) -> GeoReference | None:
        from rasterio.crs import CRS
        from rasterio.errors import CRSError
        from rasterio.transform import from_bounds

        bounds = self._bounds.get(path.name) or self._bounds.get(path.stem)
        if bounds is None and self._place.bounds is not None:
            if len(self._pictures) > 1:
                raise SourceError(
                    "bounds for one picture were given with several pictures; write a bounds file"
                )
            bounds = self._place.bounds
        if bounds is not None:
            with files.dataset(path) as dataset:
                size = (dataset.width, dataset.height)
                check_order(path.name, bounds, *size, self._area)
                edges = (bounds.west, bounds.south, bounds.east, bounds.north)
                return GeoReference(CRS.from_epsg(4326), from_bounds(*edges, *size))
        if not self._place.crs:
            return None
        with files.dataset(path) as dataset:
            if dataset.transform.is_identity:
                return None
            try:
                return GeoReference(CRS.from_user_input(self._place.crs), dataset.transform)
            except CRSError as error:
                raise SourceError(
                    f"{self._place.crs[:60]!r} is not a projection; give one such as EPSG:32633"
                ) from error

    def _check_bounds(self) -> None:
        """Tells bounds that belong to no picture. Raises SourceError if none does."""
        names = {name for path in self._pictures for name in (path.name, path.stem)}
        unused = [name for name in self._bounds if name not in names]
        if len(unused) == len(self._bounds):
            raise SourceError(
                f"{self._bounds_files[0]} gives bounds of {unused[0][:60]!r} and others, but none "
                f"of these pictures is there; name their folder too"
            )
        if unused:
            self.notes.append(
                f"{len(unused)} bounds are of pictures that are not there, for example "
                f"{unused[0][:60]!r}"
            )


def _credit_of(rasters: Sequence[RasterLayer]) -> ImageryCredit:
    """The credit in the tags of raster files."""

    def tag(key: str) -> str:
        values: dict[str, Any] = dict.fromkeys(
            layer.tags[key] for layer in rasters if layer.tags.get(key)
        )
        return "; ".join(values)[:500]

    paths = [layer.path for layer in rasters]
    source = paths[0].name if len(paths) == 1 else f"{paths[0].parent.name}, {len(paths)} files"
    date = tag("TIFFTAG_DATETIME")[:10].replace(":", "-")
    return ImageryCredit(UNKNOWN_LICENCE, tag("TIFFTAG_COPYRIGHT"), date, source)
