"""Downloads an extract of OpenStreetMap, such as Geofabrik's or BBBike's: once, and of a limited
size. Only servers on a list are asked, so that a visitor cannot send this machine elsewhere."""

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import SourceError
from core.sources.fetching import PATIENCE_S, fetch

MOST_BYTES = 600_000_000
_ENDINGS = (".osm.pbf", ".osm.gz", ".osm.bz2", ".osm", ".pbf", ".geojson", ".json", ".gpkg")
_NAME = re.compile(r"[^a-z0-9.]+")


def checked_address(address: str, servers: tuple[str, ...]) -> str:
    """An address of a map file on one of the `servers`. Raises SourceError for others."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        server = parts.hostname or ""
    except ValueError:
        raise SourceError(f"{address[:200]!r} is no address") from None
    if parts.scheme not in ("http", "https") or not server or not address.isascii():
        raise SourceError(f"{address[:200]!r} is no address of a server; use http or https")
    if server not in servers:
        raise SourceError(
            f"{server[:100]} is no server for extracts here; these are {', '.join(servers)}, and "
            "SAYWHERE_EXTRACTS can name others"
        )
    if not parts.path.lower().endswith(_ENDINGS):
        raise SourceError("the address is not that of a map file, such as …/town.osm.pbf")
    return address


def download_extract(
    address: str, servers: tuple[str, ...], folder: Path, patience_s: float = PATIENCE_S
) -> Path:
    """The map file of an address, in a folder; one that is there is not asked for again.

    Raises SourceError for an address that is not allowed, and for a server that does not give it.
    """
    address = checked_address(address, servers)
    name = _NAME.sub("-", urlsplit(address).path.rsplit("/", 1)[-1].lower())[-60:].lstrip("-.")
    path = folder / f"extract-{hashlib.sha256(address.encode()).hexdigest()[:12]}-{name}"
    if not path.is_file():
        fetch(address, path, MOST_BYTES, patience_s=patience_s)
    return path
