"""Addresses of tiles: XYZ, WMTS and ArcGIS templates, and the table of open national sources.

The table's rows were checked against documentation; none was reached when it was written.
"""

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.errors import SourceError
from core.sources.imagery.credits import UNKNOWN_LICENCE, ImageryCredit
from core.web_tiles.mercator import TileRange

_TABLE: Final = Path(__file__).with_name("sources.csv")
_WMTS_WORDS: Final = {"tilematrix": "z", "tilecol": "x", "tilerow": "y"}
_LAST_ZOOM: Final = 18
_BULK_FORBIDDEN: Final = ("tile.openstreetmap.org",)
_LOOK_ONLY: Final = (
    "arcgisonline.com",
    "google.com",
    "googleapis.com",
    "virtualearth.net",
    "mapbox.com",
    "apple-mapkit.com",
)
"""Hosts whose terms forbid storing tiles."""


@dataclass(frozen=True, slots=True)
class NationalSource:
    """A row of the table: an open source by name; without an `address` it offers files only. Its
    `grounds` are codes of countries, or of their parts ("DE-07"), as GeoNames has them."""

    name: str
    title: str
    grounds: tuple[str, ...]
    address: str
    zooms: range
    credit: ImageryCredit
    documentation: str


@dataclass(frozen=True, slots=True)
class TileAddress:
    """The address of a pyramid of tiles, with {z}, {x}, {y} and the like, and its credit."""

    template: str
    zooms: range
    credit: ImageryCredit

    def of(self, zoom: int, x: int, y: int) -> str:
        """The address of one tile."""
        left, bottom, right, top = TileRange(zoom, x, y, x + 1, y + 1).box_m
        values = {
            "z": str(zoom),
            "x": str(x),
            "y": str(y),
            "-y": str(2**zoom - 1 - y),
            "q": _quadkey(zoom, x, y),
            "bbox": f"{left:.4f},{bottom:.4f},{right:.4f},{top:.4f}",
        }
        return re.sub(r"\{([^}]*)\}", lambda part: values[part.group(1)], self.template)


def _quadkey(zoom: int, x: int, y: int) -> str:
    return "".join(
        str((x >> level & 1) + 2 * (y >> level & 1)) for level in range(zoom - 1, -1, -1)
    )


@functools.cache
def national_sources() -> dict[str, NationalSource]:
    """The table of sources by name."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["name"]: NationalSource(
            name=row["name"],
            title=row["title"],
            grounds=tuple(row["grounds"].split()),
            address=row["address"],
            zooms=range(int(row["first_zoom"] or 0), int(row["last_zoom"] or -1) + 1),
            credit=ImageryCredit(
                row["licence"],
                row["credit"],
                source=row["name"],
                may_be_stored=row["may_be_stored"] == "yes",
            ),
            documentation=row["documentation"],
        )
        for row in rows
    }


def sources_of(ground: str) -> list[NationalSource]:
    """The sources whose imagery may be stored and shows a `ground`: a country with its part, such
    as "DE-07"."""
    country = ground.partition("-")[0]
    return [
        one
        for one in national_sources().values()
        if one.credit.may_be_stored and {ground, country} & set(one.grounds)
    ]


def is_address(source: str) -> bool:
    """Whether a source is an address or the name of a national one."""
    return bool(re.match(r"https?://", source)) or source in national_sources()


def parse_address(source: str, zoom: int | None = None) -> TileAddress:
    """The tiles behind an address, or behind a national source's name, down to `zoom`.

    Raises SourceError for an address without the places of zoom, column and row, and for a server
    that forbids bulk download.
    """
    if source in national_sources():
        national = national_sources()[source]
        if not national.address:
            raise SourceError(
                f"{national.title}: {national.documentation}; download its files and name them"
            )
        last = min(zoom or national.zooms.stop - 1, national.zooms.stop - 1)
        return TileAddress(_clean(national.address), range(last, last + 1), national.credit)
    host = urlsplit(source).hostname or ""
    if any(_is_of(host, known) for known in _BULK_FORBIDDEN):
        raise SourceError(f"{host} forbids the download of many tiles; choose another source")
    template = _clean(source)
    names = set(re.findall(r"\{([^}]*)\}", template))
    whole = {"z", "x"} <= names and names & {"y", "-y"}
    if not (whole or "bbox" in names or "q" in names) or names - {"z", "x", "y", "-y", "q", "bbox"}:
        raise SourceError(
            f"{source[:100]} is no address of tiles; it needs {{z}}, {{x}} and {{y}}, or {{bbox}}"
        )
    last = _LAST_ZOOM if zoom is None else zoom
    stored = not any(_is_of(host, known) for known in _LOOK_ONLY)
    credit = ImageryCredit(UNKNOWN_LICENCE, source=host, may_be_stored=stored)
    return TileAddress(template, range(last, last + 1), credit)


def _is_of(host: str, known: str) -> bool:
    return host == known or host.endswith(f".{known}")


def _clean(address: str) -> str:
    """An address with our names of the places; an ArcGIS map server gets those it lacks."""
    if re.search(r"/(?:Map|Image)Server/?$", address):
        address = f"{address.rstrip('/')}/tile/{{z}}/{{y}}/{{x}}"
    address = re.sub(
        r"\{(TileMatrix|TileCol|TileRow)\}",
        lambda word: f"{{{_WMTS_WORDS[word.group(1).lower()]}}}",
        address,
        flags=re.IGNORECASE,
    )
    return address.replace("{bbox-epsg-3857}", "{bbox}").replace("{quadkey}", "{q}")
