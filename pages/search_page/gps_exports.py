"""The answer for maps and devices: KML (OGC 12-007r2) and GPX 1.1."""

import unicodedata
from xml.etree import ElementTree as Xml

from core.gallery import GalleryCard
from core.maps import title_of
from core.records import Candidate, SearchResult
from core.vocabulary.chances import percent
from pages.ui.plus_codes import plus_code

_KML, _GPX = "http://www.opengis.net/kml/2.2", "http://www.topografix.com/GPX/1/1"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def to_kml(result: SearchResult, card: GalleryCard) -> str:
    """A placemark for each place, and its tile as an outline."""
    root = Xml.Element("kml", xmlns=_KML)
    document = Xml.SubElement(root, "Document")
    _add(document, "name", f"Saywhere: {result.query[:80]}")
    _add(document, "description", f"{result.query}\n{card.licence}")
    for one in result.candidates:
        mark = Xml.SubElement(document, "Placemark")
        _add(mark, "name", _name(one))
        _add(mark, "description", _told(one))
        both = Xml.SubElement(mark, "MultiGeometry")
        point = Xml.SubElement(both, "Point")
        _add(point, "coordinates", f"{one.tile.told_lon:.6f},{one.tile.lat:.6f}")
        line = Xml.SubElement(both, "LineString")
        _add(line, "coordinates", _outline(one))
    return _XML + Xml.tostring(root, encoding="unicode")


def to_gpx(result: SearchResult, card: GalleryCard) -> str:
    """A waypoint for each place, in their order."""
    root = Xml.Element("gpx", xmlns=_GPX, version="1.1", creator="Saywhere")
    about = Xml.SubElement(root, "metadata")
    _add(about, "name", f"Saywhere: {result.query[:80]}")
    _add(about, "desc", card.licence)
    for one in result.candidates:
        lat, lon = f"{one.tile.lat:.6f}", f"{one.tile.told_lon:.6f}"
        point = Xml.SubElement(root, "wpt", lat=lat, lon=lon)
        _add(point, "name", _name(one))
        _add(point, "desc", _told(one))
    return _XML + Xml.tostring(root, encoding="unicode")


def _add(parent: Xml.Element, tag: str, text: str) -> None:
    """An element with a text; signs that XML 1.0 cannot hold are left out."""
    Xml.SubElement(parent, tag).text = "".join(
        sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs")
    ).translate({0xFFFE: None, 0xFFFF: None})


def _name(one: Candidate) -> str:
    return f"{one.rank}. {title_of(one)}"


def _told(one: Candidate) -> str:
    code = plus_code(one.tile.lat, one.tile.told_lon)
    chance = "" if one.confidence is None else f"{percent(one.confidence)} chance within 100 m. "
    reason = one.explanation.reason if one.explanation else ""
    return f"{chance}{reason} Plus Code {code}".strip()


def _outline(one: Candidate) -> str:
    """The corners of the tile, around once."""
    box, turn = one.tile.bounds, one.tile.told_lon - one.tile.lon
    corners = (
        (box.west, box.south),
        (box.east, box.south),
        (box.east, box.north),
        (box.west, box.north),
        (box.west, box.south),
    )
    return " ".join(f"{lon + turn:.6f},{lat:.6f}" for lon, lat in corners)
