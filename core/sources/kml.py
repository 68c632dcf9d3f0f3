"""Placemarks of KML whose coordinates GDAL would read as another place: they are left out."""

import re
from pathlib import Path

from core.sources.left_out import Losses

_PLACEMARK = re.compile(rb"<((?:\w+:)?Placemark)\b.*?</\1\s*>", re.DOTALL)
_SHAPE = re.compile(rb"<((?:\w+:)?(Point|LineString|LinearRing))\b[^>]*>(.*?)</\1\s*>", re.DOTALL)
_NO_SHAPE = re.compile(rb"<(?:\w+:)?(?:Point|LineString|LinearRing)\s*/>")
_COORDINATES = re.compile(rb"<((?:\w+:)?coordinates)\b[^>]*>(.*?)</\1\s*>", re.DOTALL)
_NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_POSITION = re.compile(rb"%s,%s(?:,(?:%s)?)?" % (_NUMBER, _NUMBER, _NUMBER))
_LEAST = {b"Point": 1, b"LineString": 2, b"LinearRing": 3}


def without_odd_placemarks(path: Path, losses: Losses) -> bytes | None:
    """The file without placemarks that have no position, or a decimal comma in a point; None if all
    are fine. GDAL reads the first as 0°, 0° and of the second only the whole numbers."""
    text = path.read_bytes()
    odd = [match.span() for match in _PLACEMARK.finditer(text) if _is_odd(match.group())]
    if not odd:
        return None
    losses.add("feature", "its coordinates are not longitude,latitude with points", len(odd))
    starts, ends = [0, *(end for _, end in odd)], [*(start for start, _ in odd), len(text)]
    return b"".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def _is_odd(placemark: bytes) -> bool:
    if _NO_SHAPE.search(placemark):
        return True
    for shape in _SHAPE.finditer(placemark):
        written = _COORDINATES.search(shape.group(3))
        positions = written.group(2).split() if written else []
        kind = shape.group(2)
        if len(positions) < _LEAST[kind] or (kind == b"Point" and len(positions) > 1):
            return True
        if not all(_POSITION.fullmatch(position) for position in positions):
            return True
    return False
