"""Raster files with a position: GeoTIFF, COG, and pictures with a world file or known bounds."""

import contextlib
import math
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.arrays import F64, U8
from core.errors import SourceError
from core.geo import Bounds, local_metres
from core.settings import forget_empty_projections
from core.sources.imagery.bands import BandPlan, ToneRange, plan_of, read_colours, stretch_of
from core.sources.imagery.layer import AerialPicture, Square
from core.sources.imagery.windows import SourceGrid, SourceWindow, grid_points, upright

DRIVERS: Final = ("GTiff", "JPEG", "PNG", "WEBP", "JP2OpenJPEG", "BMP", "GIF", "HFA")
"""GDAL's readers that are used: those of single files, which fetch nothing from elsewhere."""

ENDINGS: Final = frozenset(
    {".tif", ".tiff", ".jpg", ".jpeg", ".png", ".webp", ".jp2", ".bmp", ".gif", ".img"}
)
"""File endings of raster files in folders."""

_OPEN_FILES: Final = 64
_CACHE_MB: Final = 128
_DECODED_BYTES: Final = 256_000_000
_WHOLE_PX: Final = 20_000_000
"""Files of up to this many pixels whose rows can only be read from the top are decoded whole."""
_TOP_DOWN: Final = frozenset({"JPEG", "PNG", "WEBP", "GIF"})
"""GDAL's readers whose rows can only be read from the top."""
_MOST_TOP_DOWN_PX: Final = 400_000_000
"""Pixels of such a file from which reading it piece by piece takes hours."""
_FINER: Final = 1.25
"""Files are averaged to pixels this many times as fine as those of the picture."""
_GRID = 9
"""Points along each edge of a box that are projected to find its place in another projection."""


class RasterFiles:
    """Open and decoded raster files; the ones used longest ago are closed and forgotten. One thread
    reads at a time."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, Any] = OrderedDict()
        self._decoded: OrderedDict[Path, U8] = OrderedDict()
        self._decoded_bytes = 0
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def dataset(self, path: Path) -> Iterator[Any]:
        """An open dataset, for a block. Raises SourceError for a file that is none or damaged."""
        forget_empty_projections()
        import rasterio
        from rasterio.errors import RasterioError

        with self._lock, rasterio.Env(GDAL_CACHEMAX=_CACHE_MB, GDAL_PAM_ENABLED=False):
            try:
                if path not in self._open:
                    self._open[path] = _opened(path)
                    if len(self._open) > _OPEN_FILES:
                        self._open.popitem(last=False)[1].close()
                self._open.move_to_end(path)
                yield self._open[path]
            except RasterioError as error:
                raise SourceError(
                    f"{path} is cut short or damaged ({_brief(error)}); get the file again"
                ) from error

    def decoded(self, path: Path, decode: Callable[[], U8]) -> U8:
        """The whole picture of a file, kept in memory."""
        with self._lock:
            if path not in self._decoded:
                self._decoded[path] = decode()
                self._decoded_bytes += self._decoded[path].nbytes
                while self._decoded_bytes > _DECODED_BYTES and len(self._decoded) > 1:
                    self._decoded_bytes -= self._decoded.popitem(last=False)[1].nbytes
            self._decoded.move_to_end(path)
            return self._decoded[path]

    def close(self) -> None:
        """Closes all files."""
        with self._lock:
            self._decoded.clear()
            self._decoded_bytes = 0
            while self._open:
                self._open.popitem()[1].close()


def _opened(path: Path) -> Any:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    if not path.is_file():
        raise SourceError(f"there is no file {path}; check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said in our own words
            dataset = rasterio.open(path)
    except RasterioIOError as error:
        raise _no_picture(path, _brief(error)) from error
    if dataset.driver not in DRIVERS:
        dataset.close()
        raise _no_picture(path, f"it is {dataset.driver}")
    return dataset


def _no_picture(path: Path, reason: str) -> SourceError:
    return SourceError(
        f"{path} is not a picture that can be read ({reason}); give GeoTIFF, JPEG, PNG, WebP or "
        f"JPEG 2000"
    )


def _brief(error: Exception) -> str:
    return " ".join(str(error.__cause__ or error).split())[:120]


@dataclass(frozen=True, slots=True)
class GeoReference:
    """The place of a raster: its projection, and the affine transform from pixels to it."""

    crs: Any
    transform: Any


class RasterLayer:
    """One raster file at its place."""

    def __init__(self, path: Path, files: RasterFiles, place: GeoReference | None = None) -> None:
        from pyproj import Transformer
        from pyproj.exceptions import ProjError

        self.path = path
        self._files = files
        with files.dataset(path) as dataset:
            _check_readable_in_parts(path, dataset)
            self.place = place or _own_place(path, dataset)
            self._size = (dataset.width, dataset.height)
            self.plan: BandPlan = plan_of(dataset)
            self.dtype: str = dataset.dtypes[0]
            self.tags: dict[str, str] = dict(dataset.tags())
            self._is_decoded_whole = (
                math.prod(self._size) <= _WHOLE_PX and dataset.block_shapes[0][1] >= dataset.width
            )
            if dataset.driver == "GTiff":
                _check_whole(dataset)
        self.stretch: ToneRange | None = None
        crs = self.place.crs.to_wkt()
        try:
            self._from_degrees = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
            self._to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        except ProjError as error:
            raise SourceError(
                f"{path} has a projection that does not say where on earth it lies "
                f"({_crs_name(self.place.crs)}); give the right one with --imagery-crs"
            ) from error
        self.bounds = self._bounds()
        self.metres_per_px = self._metres_per_px()

    def _bounds(self) -> Bounds:
        edge_x, edge_y = _box_edge(0, 0, *self._size)
        x, y = _apply(self.place.transform, edge_x, edge_y)
        lons, lats = self._to_degrees.transform(x, y)
        try:
            if not (np.isfinite(lons).all() and np.isfinite(lats).all()):
                raise ValueError("its corners are nowhere on earth")
            if not _is_back(x, y, *self._from_degrees.transform(lons, lats)):
                raise ValueError("positions there do not lead back to it")
            return Bounds(
                float(lons.min()), float(lats.min()), float(lons.max()), float(lats.max())
            )
        except ValueError as error:
            raise SourceError(
                f"{self.path} does not lie where its projection {_crs_name(self.place.crs)} can "
                f"be ({error}); its projection is wrong, give the right one with --imagery-crs"
            ) from error

    def _metres_per_px(self) -> float:
        width, height = self._size
        at_x = np.array([width / 2 - 0.5, width / 2 + 0.5, width / 2 - 0.5])
        at_y = np.array([height / 2 - 0.5, height / 2 - 0.5, height / 2 + 0.5])
        lons, lats = self._to_degrees.transform(*_apply(self.place.transform, at_x, at_y))
        x, y = local_metres(lats, lons, float(lats[0]))
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        return math.sqrt(abs(float(area)))

    def picture(self, square: Square) -> AerialPicture:
        """The part that lies in a square. Raises SourceError for a damaged file."""
        grid = self._grid(square.bounds)
        reduction = max(1.0, square.metres_per_px / self.metres_per_px)
        window = None if grid is None else grid.window(self._size, 2 * reduction)
        if grid is None or window is None:
            return AerialPicture.empty(square.size_px)
        step = max(1.0, reduction / _FINER)
        return upright(self._read(window, window.shape(step)), window, grid, square.size_px)

    def _grid(self, bounds: Bounds) -> SourceGrid | None:
        """The file's pixels under a grid of points of a box; None where they are nowhere."""
        lons, lats = grid_points(bounds)
        x, y = self._from_degrees.transform(lons, lats)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return None
        return SourceGrid(*_apply(~self.place.transform, np.asarray(x), np.asarray(y)))

    def _read(self, window: SourceWindow, shape: tuple[int, int]) -> U8:
        """The colours [H, W, 3] or [H, W, 4] of a window, reduced to `shape`."""
        from rasterio.windows import Window

        def read(part: SourceWindow, shape: tuple[int, int]) -> U8:
            edges = Window(part.left, part.top, part.width, part.height)
            with self._files.dataset(self.path) as dataset:
                return read_colours(dataset, self.plan, self.stretch, edges, shape)

        if not self._is_decoded_whole:
            return read(window, shape)
        everything = SourceWindow(0, 0, *self._size)
        decoded = self._files.decoded(self.path, lambda: read(everything, self._size[::-1]))
        return window.part_of(decoded, shape)


def _apply(transform: Any, x: F64, y: F64) -> tuple[F64, F64]:
    """An affine transform of points."""
    return (
        transform.a * x + transform.b * y + transform.c,
        transform.d * x + transform.e * y + transform.f,
    )


def _is_back(x: F64, y: F64, back_x: F64, back_y: F64) -> bool:
    """Whether the points of an edge came back to where they were, within the edge's length."""
    length = np.hypot(np.ptp(x), np.ptp(y))
    return bool((np.hypot(back_x - x, back_y - y) < length).all())


def _box_edge(left: float, low: float, right: float, high: float) -> tuple[F64, F64]:
    """Points along the edges of a box, since edges bend in another projection."""
    across, up = np.linspace(left, right, _GRID), np.linspace(low, high, _GRID)
    same = np.ones(_GRID)
    return (
        np.concatenate([across, across, same * left, same * right]),
        np.concatenate([same * low, same * high, up, up]),
    )


def _crs_name(crs: Any) -> str:
    return crs.to_string()[:40] if crs.to_epsg() else "of the file"


def _own_place(path: Path, dataset: Any) -> GeoReference:
    """The place that the file states, also by a world file and a projection file beside it."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    crs, transform = dataset.crs, dataset.transform
    if transform.is_identity:
        raise SourceError(
            f"{path} states no position; give a GeoTIFF, a world file beside it, or its bounds "
            f"with --imagery-bounds or a bounds file"
        )
    beside = path.with_suffix(".prj")
    if not crs and beside.is_file():
        try:
            crs = CRS.from_wkt(beside.read_text("utf-8", "replace"))
        except CRSError as error:
            raise SourceError(f"{beside} is not a projection; correct or remove it") from error
    if not crs:
        x, y = _apply(transform, *_box_edge(0, 0, dataset.width, dataset.height))
        if max(abs(x).max() - 180, abs(y).max() - 90) > 0.5:
            raise SourceError(
                f"{path} has a position but states no projection; give it with --imagery-crs, for "
                f"example EPSG:32633"
            )
        crs = CRS.from_epsg(4326)
    return GeoReference(crs, transform)


def _check_readable_in_parts(path: Path, dataset: Any) -> None:
    """Raises SourceError for a huge picture that cannot be read piece by piece: it can only be read
    from the top, or its strips are larger than the cache, so that every tile would decode one."""
    pixels = dataset.width * dataset.height
    rows, columns = dataset.block_shapes[0]
    block_bytes = rows * columns * dataset.count * np.dtype(dataset.dtypes[0]).itemsize
    if dataset.driver in _TOP_DOWN:
        how = "that can only be read from the top" if pixels > _MOST_TOP_DOWN_PX else ""
    else:
        is_large = block_bytes > _CACHE_MB << 20 and pixels > _WHOLE_PX
        how = f"in blocks of {columns:,} × {rows:,}, too large to read one for a tile"
        how = how if is_large else ""
    if how:
        raise SourceError(
            f"{path} has {dataset.width:,} × {dataset.height:,} pixels {how}; make a tiled file of "
            f"it, for example with gdal_translate -of COG"
        )


def _check_whole(dataset: Any) -> None:
    """Reads the last pixel, which a file that is cut short lacks."""
    from rasterio.windows import Window

    dataset.read(1, window=Window(dataset.width - 1, dataset.height - 1, 1, 1))


def share_stretches(layers: Sequence[RasterLayer], files: RasterFiles) -> None:
    """Gives all layers of one kind the same stretch."""
    kinds: dict[tuple[Any, ...], list[RasterLayer]] = {}
    for layer in layers:
        kinds.setdefault((*layer.plan.kind, layer.dtype), []).append(layer)
    for (_, has_palette, dtype), alike in kinds.items():
        if has_palette or dtype == "uint8":
            continue
        with contextlib.ExitStack() as stack:
            datasets = [
                stack.enter_context(files.dataset(layer.path))
                for layer in alike[:: -(-len(alike) // _OPEN_FILES)]
            ]
            stretch = stretch_of(datasets)
        for layer in alike:
            layer.stretch = stretch
