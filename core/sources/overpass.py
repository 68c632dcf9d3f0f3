"""Downloads the map of a box from an Overpass server: politely, once, and of a limited size.

Overpass API: https://wiki.openstreetmap.org/wiki/Overpass_API. Its public servers ask for one
request at a time and a name of the program.
"""

import hashlib
import json
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from core.errors import SourceError
from core.geo import Bounds, local_metres
from core.sources.fetching import PATIENCE_S, fetch
from core.sources.overpass_json import is_overpass

MOST_KM2 = 30.0
"""Largest box. A town takes about 2 MB for each square kilometre."""
_SERVER_S = 180
_MOST_BYTES = 400_000_000


def download(box: Bounds, server: str, folder: Path, patience_s: float = PATIENCE_S) -> Path:
    """The map of a box as a file in a folder; one that is there is not asked for again.

    `server` is the address of an Overpass interpreter. Raises SourceError for a box that is too
    large, and for a server that gives no map.
    """
    if (size := area_km2(box)) > MOST_KM2:
        raise SourceError(
            f"the box has {size:,.0f} km², a server gives at most {MOST_KM2:.0f}; choose a smaller "
            "one, or download an extract"
        )
    edges = f"{box.south:.6f},{box.west:.6f},{box.north:.6f},{box.east:.6f}"
    query = (
        f"[out:json][timeout:{_SERVER_S}][bbox:{edges}];"
        "(node;way;relation;);out body;(._;>;);out skel qt;"
    )
    path = folder / f"overpass-{hashlib.sha256(query.encode()).hexdigest()[:12]}.json"
    if not path.is_file():
        form = urlencode({"data": query}).encode()
        _check(path, fetch(server, path, _MOST_BYTES, form, patience_s))
    return path


def area_km2(box: Bounds) -> float:
    """The area of a box."""
    corner = np.array([box.east - box.west]), np.array([box.north - box.south])
    east_m, north_m = local_metres(corner[1], corner[0], box.center.lat)
    return abs(float(east_m[0]) * float(north_m[0])) / 1e6


def _check(path: Path, host: str) -> None:
    """Removes a file that is no map. Raises SourceError for it."""
    try:
        fine = is_overpass(json.loads(path.read_bytes()))
    except ValueError:
        fine = False
    if not fine:
        path.unlink()
        raise SourceError(f"{host} sent something that is no map; try again in some minutes")
