"""The stages of a build that concern imagery: its pyramid, and which tiles it shows."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.arrays import F64, Bools
from core.errors import GalleryError
from core.gallery.aerial import ARCHIVE, LEAST_COVER, AerialArchive
from core.gallery.aerial_pyramid import write_pyramid
from core.gallery.manifest import AerialStamp, file_entry
from core.gallery.staging import Progress, bounds_of
from core.geo import Bounds, Position
from core.sources.imagery import Imagery

_MARGIN = 2.5
"""Imagery is kept this many tile widths around the tiles, for pictures that show more."""
_COVER_PX = 16


def imagery_hashes(imagery: Imagery) -> dict[str, str]:
    """Hash of each source of the imagery by its name: of all its files, or of an address."""
    texts = {
        name: [line for path in paths for line in (path.name, str(file_entry(path)["sha256"]))]
        for name, paths in imagery.files.items()
    } | {
        server.name: [server.address.template, *map(str, server.zooms)]
        for server in imagery.servers
    }
    return {
        name: hashlib.sha256("\n".join(lines).encode()).hexdigest() for name, lines in texts.items()
    }


def kept_bounds(lats: F64, lons: F64, footprint_m: float) -> Bounds:
    """The ground around tiles whose imagery a gallery keeps."""
    return bounds_of(lats, lons, footprint_m * 2 * _MARGIN)


def bounds_kept_around(area: Bounds, footprint_m: float) -> Bounds:
    """The ground whose imagery a gallery keeps when its tiles lie all over an area."""
    lats, lons = np.array([area.south, area.north]), np.array([area.west, area.east])
    return kept_bounds(lats, lons, footprint_m)


def write_imagery(
    data: Path, imagery: Imagery, lats: F64, lons: F64, footprint_m: float, progress: Progress
) -> AerialStamp:
    """Writes the imagery around tiles as a pyramid, unless it is there; returns its stamp."""
    path = data / ARCHIVE
    if not path.is_file():
        write_pyramid(path, imagery, kept_bounds(lats, lons, footprint_m), progress)
    credit = imagery.credit
    stamp = AerialStamp(
        archive=ARCHIVE,
        licence=credit.licence,
        credit=credit.credit,
        date=credit.date,
        source=credit.source,
        metres_per_px=round(imagery.metres_per_px, 3),
        tiles=0,
    )
    covered = covered_tiles(AerialArchive(path, stamp), lats, lons, footprint_m, progress)
    if not covered.any():
        raise GalleryError(
            "the imagery shows less than half of every tile; give imagery of the same place"
        )
    return replace(stamp, tiles=int(covered.sum()))


def covered_tiles(
    archive: AerialArchive, lats: F64, lons: F64, footprint_m: float, progress: Progress
) -> Bools:
    """The tiles [N] of which the imagery shows at least half."""
    covered = np.zeros(len(lats), dtype=bool)
    for row, (lat, lon) in enumerate(zip(lats.tolist(), lons.tolist(), strict=True)):
        picture = archive.picture(Position(lat, lon), footprint_m, _COVER_PX)
        covered[row] = picture.valid.mean() >= LEAST_COVER
        if row % 100 == 0 or row + 1 == len(lats):
            progress("cover", row + 1, len(lats))
    return covered
