"""Speed of making aerial pictures of tiles, compared with a plain loop that uses rasterio alone."""

import argparse
import math
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import U8
from core.cli.imagery_options import opened_imagery
from core.errors import QueryError
from core.gallery.aerial import AerialArchive, encoded
from core.gallery.aerial_pyramid import write_pyramid
from core.gallery.manifest import AerialStamp
from core.gallery.staging import Progress
from core.geo import METRES_PER_DEGREE, Bounds, Position, tile_bounds
from core.sources.imagery import Imagery
from core.sources.imagery.rasters import RasterLayer

_TILES = 900
"""Most tiles, on a square in the middle of the imagery."""
_SPACING_M, _FOOTPRINT_M, _SIZE_PX = 30.0, 100.0, 256
_QUALITY = 80
_RSS_PER_MB = 1e6 if sys.platform == "darwin" else 1e3
"""Units of the system's figure in a megabyte."""
_MOST_DIFFERENCE = 12.0
"""Mean difference of two pictures, of 255, above which they are not of one place."""


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Makes the pictures of the same tiles twice and compares time and disk.

    Ours writes a pyramid once and cuts each tile from it. The plain loop opens the files, warps
    each tile from them and keeps each picture, encoded alike. `ratio` is its time divided by ours.
    `rss_mb` is the most memory of the process after our part. Raises RuntimeError if the pictures
    differ, QueryError for imagery that is no raster file.
    """
    imagery = opened_imagery(args, args.imagery_bounds)
    if imagery is None or not all(isinstance(layer, RasterLayer) for layer in imagery.layers):
        raise QueryError("give raster files with --imagery, such as GeoTIFF")
    centers = _centers(imagery.bounds)
    with tempfile.TemporaryDirectory(prefix="saywhere-bench-") as folder:
        started = time.perf_counter()
        path = Path(folder) / "aerial.pmtiles"
        write_pyramid(path, imagery, _around(centers), progress)
        written = time.perf_counter()
        stamp = AerialStamp(path.name, "", "", "", "", imagery.metres_per_px, len(centers))
        archive = AerialArchive(path, stamp)
        ours = [archive.picture(center, _FOOTPRINT_M, _SIZE_PX).rgb for center in centers]
        ended = time.perf_counter()
        pyramid_bytes = path.stat().st_size
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_PER_MB
    begun = time.perf_counter()
    plain = [_plain_picture(imagery, center) for center in centers]
    plain_bytes = sum(len(encoded(rgb, np.ones(rgb.shape[:2], bool), _QUALITY)) for rgb in plain)
    plain_s = time.perf_counter() - begun
    difference = float(
        np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(ours, plain, strict=True)])
    )
    if difference > _MOST_DIFFERENCE:
        raise RuntimeError(f"our pictures differ from those of the plain loop by {difference:.1f}")
    box = _around(centers)
    km2 = _km2(box)
    ours_s = ended - started
    return {
        "bench": "build",
        "n": len(centers),
        "km2": round(km2, 3),
        "ours_tiles_per_s": round(len(centers) / ours_s, 1),
        "cut_tiles_per_s": round(len(centers) / (ended - written), 1),
        "plain_tiles_per_s": round(len(centers) / plain_s, 1),
        "ours_mb_per_km2": round(pyramid_bytes / 1e6 / km2, 2),
        "plain_mb_per_km2": round(plain_bytes / 1e6 / km2, 2),
        "rss_mb": round(rss_mb),
        "mean_difference": round(difference, 2),
        "ratio": round(plain_s / ours_s, 3),
    }


def _centers(bounds: Bounds) -> list[Position]:
    """A square grid in the middle of a box, as large as fits into it and into `_TILES`."""
    middle = bounds.center
    up = _SPACING_M / METRES_PER_DEGREE
    across = up / math.cos(math.radians(middle.lat))
    fits = (
        (bounds.north - bounds.south - _FOOTPRINT_M / METRES_PER_DEGREE) / up,
        (bounds.east - bounds.west) / across - _FOOTPRINT_M / _SPACING_M,
    )
    side = max(1, min(math.isqrt(_TILES), *map(int, fits)))
    steps = np.arange(side) - (side - 1) / 2
    return [
        Position(middle.lat + float(row) * up, middle.lon + float(column) * across)
        for row in steps
        for column in steps
    ]


def _around(centers: list[Position]) -> Bounds:
    low, high = tile_bounds(centers[0], _FOOTPRINT_M), tile_bounds(centers[-1], _FOOTPRINT_M)
    return Bounds(low.west, low.south, high.east, high.north)


def _km2(box: Bounds) -> float:
    up = (box.north - box.south) * METRES_PER_DEGREE / 1e3
    across = (box.east - box.west) * METRES_PER_DEGREE / 1e3
    return up * across * math.cos(math.radians(box.center.lat))


def _plain_picture(imagery: Imagery, center: Position) -> U8:
    """A tile by rasterio's own virtual warp of each file that it touches."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.transform import from_bounds
    from rasterio.vrt import WarpedVRT

    box = tile_bounds(center, _FOOTPRINT_M)
    edges = (box.west, box.south, box.east, box.north)
    rgb: U8 = np.zeros((_SIZE_PX, _SIZE_PX, 3), dtype=np.uint8)
    for layer in imagery.layers_at(box):
        if not isinstance(layer, RasterLayer):
            continue
        with (
            warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
            rasterio.open(layer.path) as file,
            WarpedVRT(
                file,
                src_crs=layer.place.crs,
                src_transform=layer.place.transform,
                crs="EPSG:4326",
                transform=from_bounds(*edges, _SIZE_PX, _SIZE_PX),
                width=_SIZE_PX,
                height=_SIZE_PX,
                resampling=Resampling.bilinear,
                add_alpha=True,
            ) as warped,
        ):
            bands = warped.read()
        covered = bands[-1] > 0
        colours = bands[list(np.array(layer.plan.colours) - 1)].transpose(1, 2, 0)
        rgb[covered] = np.broadcast_to(colours, rgb.shape)[covered]
    return rgb
