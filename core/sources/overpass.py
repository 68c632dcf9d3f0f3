"""Downloads the map of a box from an Overpass server: politely, once, and of a limited size.

Overpass API: https://wiki.openstreetmap.org/wiki/Overpass_API. Its public servers ask for one
request at a time and a name of the program.
"""

import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from core import __version__
from core.errors import SourceError
from core.files import open_replacing
from core.geo import Bounds, local_metres
from core.sources.overpass_json import is_overpass

MOST_KM2 = 30.0
"""Largest box. A town takes about 2 MB for each square kilometre."""
_SERVER_S = 180
_PATIENCE_S = 240.0
_MOST_BYTES = 400_000_000
_PART_BYTES = 1 << 20
_AGAIN = {
    429: "is busy with other requests of this address",
    502: "does not answer",
    503: "does not answer",
    504: "has too much to do",
}


def download(box: Bounds, server: str, folder: Path, patience_s: float = _PATIENCE_S) -> Path:
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
        _fetch(query, server, path, patience_s)
    return path


def area_km2(box: Bounds) -> float:
    """The area of a box."""
    corner = np.array([box.east - box.west]), np.array([box.north - box.south])
    east_m, north_m = local_metres(corner[1], corner[0], box.center.lat)
    return abs(float(east_m[0]) * float(north_m[0])) / 1e6


def _fetch(query: str, server: str, path: Path, patience_s: float) -> None:
    if not server.startswith(("http://", "https://")):
        raise SourceError(f"{server[:200]!r} is no address of a server; use http or https")
    request = urllib.request.Request(
        server,
        urlencode({"data": query}).encode(),
        {"User-Agent": f"Saywhere/{__version__} (gallery build)", "Accept": "application/json"},
    )
    try:
        with (
            urllib.request.urlopen(request, timeout=patience_s) as answer,
            open_replacing(path, error=SourceError) as file,
        ):
            size = 0
            while part := answer.read(_PART_BYTES):
                size += len(part)
                if size > _MOST_BYTES:
                    raise SourceError("the map of this box is too large; choose a smaller box")
                file.write(part)
    except urllib.error.HTTPError as error:
        reason = _AGAIN.get(error.code, f"answers with status {error.code}")
        raise SourceError(f"{request.host} {reason}; try again in some minutes") from error
    except OSError as error:
        raise SourceError(
            f"{request.host} cannot be reached ({getattr(error, 'reason', error)}); check the "
            "network, or give a file with --from"
        ) from error
    _check(path, request.host)


def _check(path: Path, host: str) -> None:
    """Removes a file that is no map. Raises SourceError for it."""
    try:
        fine = is_overpass(json.loads(path.read_bytes()))
    except ValueError:
        fine = False
    if not fine:
        path.unlink()
        raise SourceError(f"{host} sent something that is no map; try again in some minutes")
