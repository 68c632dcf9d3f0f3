"""Kinds, groups, names and addresses of map features, from OpenStreetMap's tags.

The nouns are in the table of kinds, `core.vocabulary.kinds`.
"""

import re
from collections.abc import Mapping

from core.vocabulary.kinds import KINDS, TAGGED, KindRow, has_trait

Tags = Mapping[str, str]

_KEYS: Mapping[str, str] = {
    "amenity": "{}",
    "shop": "{} shop",
    "tourism": "{}",
    "leisure": "{}",
    "historic": "historic {}",
    "railway": "",
    "aerialway": "{} cable car",
    "aeroway": "{}",
    "craft": "{} workshop",
    "office": "{} office",
    "healthcare": "{}",
    "club": "{} club",
    "man_made": "",
    "emergency": "{}",
    "military": "military {}",
    "attraction": "{}",
    "highway": "",
    "waterway": "",
    "natural": "",
    "place": "",
    "landuse": "",
    "building": "",
    "power": "",
    "barrier": "",
    "advertising": "advertising {}",
    "public_transport": "",
    "route": "",
    "tunnel": "",
}
"""Keys that give a kind, the most telling first. Each has a pattern for values without a row in the
table of kinds; "" if such values give no kind."""

_QUALIFIERS: Mapping[tuple[str, str], str] = {
    ("amenity", "restaurant"): "cuisine",
    ("amenity", "fast_food"): "cuisine",
    ("amenity", "vending_machine"): "vending",
    ("leisure", "pitch"): "sport",
    ("leisure", "sports_centre"): "sport",
    ("man_made", "tower"): "tower:type",
}
"""Tags whose kind starts with the value of another key: "thai restaurant"."""

_REFINED_BY: Mapping[tuple[str, str], str] = {
    ("amenity", "parking"): "parking",
    ("historic", "memorial"): "memorial",
    ("tourism", "artwork"): "artwork_type",
    ("tourism", "information"): "information",
}
"""Tags whose kind comes from another key, if the table of kinds has its value."""

_SIGHT = ("tourism", "attraction")
"""A tag that says only that people come to see a thing, and not what it is."""
_VAGUE_BESIDE_A_SIGHT = frozenset(
    {"highway", "railway", "landuse", "power", "public_transport", "route", "tunnel", "attraction"}
)
"""Keys that say less of a sight than that it is one."""

_PASSIVE = frozenset({"no", "none", "disused", "abandoned", "demolished", "razed", "proposed"})
_HOLY = frozenset({"cathedral", "chapel", "synagogue", "mosque", "temple", "monastery"})

_NAME_KEYS = (
    "name",
    "name:en",
    "int_name",
    "official_name",
    "short_name",
    "alt_name",
    "loc_name",
    "old_name",
    "reg_name",
    "nat_name",
    "brand",
    "operator",
    "addr:housename",
    "inscription",
    "artist_name",
    "subject",
)
_ATTRIBUTE_LABELS = ("kind", "label", "category", "class", "fclass")
_SEPARATOR = re.compile(r"\s*;\s*")
_MAX_NAME_CHARS = 160
_MAX_NAMES = 40


def _first_value(text: str) -> str:
    return text.split(";")[0].strip().replace("_", " ")


def _value(tags: Tags, key: str) -> str:
    return _first_value(tags.get(key, ""))


def _row_of(key: str, value: str) -> KindRow | None:
    """The row of a tag in the table of kinds."""
    return TAGGED.get(key, {}).get(value)


def _worship(tags: Tags) -> str:
    building, faith = tags.get("building", ""), _row_of("religion", tags.get("religion", ""))
    base = building if building in _HOLY else faith.noun if faith else "place of worship"
    return f"{_value(tags, 'denomination')} {base}".strip()


def _refined(key: str, value: str, tags: Tags) -> str | None:
    """Words for a kind that needs a second tag; None if one tag is enough."""
    if (key, value) == ("amenity", "place_of_worship"):
        return _worship(tags)
    if (key, value) == ("natural", "water"):
        return _value(tags, "water") or None
    if (key, value) == ("building", "kiosk"):
        return "kiosk"  # such a kiosk sells anything, not only newspapers
    if other := _QUALIFIERS.get((key, value)):
        return f"{_value(tags, other)} {TAGGED[key][value].noun}".strip()
    other = _REFINED_BY.get((key, value))
    row = _row_of(other, tags.get(other, "")) if other else None
    return row.words if row else None


def _kind_of_sight(tags: Tags) -> str:
    """What a sight is besides, if its other tags tell: a city gate, a castle, a waterfall. A mere
    building, a way and "historic" tell less than that it is a sight: "" then."""
    others = {
        key: value
        for key, value in tags.items()
        if key not in {_SIGHT[0], *_VAGUE_BESIDE_A_SIGHT} and (key, value) != ("historic", "yes")
    }
    building = _row_of("building", others.get("building", ""))
    if building is None or building.seen != "far":
        others.pop("building", None)
    kind = kind_of(others) if others.keys() & _KEYS.keys() else ""
    return "" if has_trait(kind.partition(" / ")[0], "way") else kind


def kind_of(tags: Tags) -> str:
    """Kind of a feature, as a person would call it; "" if it is not worth a word.

    Synonyms follow after " / ".
    """
    if tags.get(_SIGHT[0]) == _SIGHT[1] and (kind := _kind_of_sight(tags)):
        return kind
    for key, pattern in _KEYS.items():
        value = tags.get(key, "")
        if not value or value in _PASSIVE or (key, value) == ("office", "company"):
            continue
        value = value.split(";")[0].strip().replace(" ", "_")
        if key == "highway" and value == "pedestrian" and tags.get("area") == "yes":
            return KINDS["pedestrian square"].words
        row = _row_of(key, value)
        words = _refined(key, value, tags) or (row.words if row else None)
        if words is None and pattern:
            is_bare = value == "yes" and key != "building"
            words = "" if is_bare else pattern.format(_first_value(value))
            words = words or key.replace("_", " ")
        if words and any(letter.isalpha() for letter in words):
            return words
    for key in _ATTRIBUTE_LABELS:
        value = _value(tags, key)
        if any(letter.isalpha() for letter in value):
            return value
    return ""


_GROUP_KEYS: tuple[tuple[str, str, str], ...] = (
    ("highway", "footway path cycleway steps bridleway track corridor", "path"),
    ("highway", "", "street"),
    ("railway", "", "rail"),
    ("building", "", "building"),
    ("building:part", "", "building"),
    ("waterway", "", "water"),
    ("natural", "water bay coastline strait", "water"),
    ("landuse", "basin reservoir", "water"),
    (
        "leisure",
        "park garden common pitch playground golf_course nature_reserve dog_park",
        "green",
    ),
    (
        "landuse",
        "grass forest meadow village_green orchard vineyard allotments cemetery recreation_ground "
        "flowerbed",
        "green",
    ),
    ("natural", "wood scrub grassland heath tree_row wetland", "green"),
    ("barrier", "", "barrier"),
)
"""Key, values separated by blanks ("" for any) and group; the first row that fits wins."""


def group_of(tags: Tags, dimension: int) -> str:
    """Group of a feature for drawing and describing; `dimension` is 0, 1 or 2 (point, line, area).

    Points are places or mere addresses, whatever their tags.
    """
    if dimension == 0:
        return "place" if kind_of(tags) or tags.get("name") else "address"
    for key, values, group in _GROUP_KEYS:
        value = tags.get(key)
        if value and value not in _PASSIVE and (not values or value in values.split()):
            return group
    return "area" if dimension == 2 else "place" if kind_of(tags) else "area"


def address_of(tags: Tags) -> str:
    """Street and house number; "" without a street."""
    street = tags.get("addr:street") or tags.get("addr:place") or tags.get("cityracks.street", "")
    return f"{street} {tags.get('addr:housenumber', '')}".strip() if street else ""


def main_name(tags: Tags) -> str:
    """The name, else the brand, else a capitalised label, else ""."""
    for key in ("name", "brand", "kind"):
        text = " ".join(tags.get(key, "").split())
        if text and (key != "kind" or text[:1].isupper()):
            return text[:_MAX_NAME_CHARS]
    return ""


def names_of(tags: Tags) -> list[str]:
    """All names of a feature, the main one first, each once, at most 40."""
    main = main_name(tags)
    names: dict[str, None] = {main: None} if main else {}
    keys = [
        *_NAME_KEYS,
        *sorted(
            key
            for key in tags
            if key.startswith(("name:", "alt_name:", "old_name:", "brand:", "official_name:"))
            and not key.endswith((":wikidata", ":wikipedia", ":etymology"))
        ),
    ]
    for key in keys:
        for part in _SEPARATOR.split(tags.get(key, "")):
            if text := " ".join(part.split())[:_MAX_NAME_CHARS]:
                names.setdefault(text)
    if ref := " ".join(tags.get("ref", "").split())[:_MAX_NAME_CHARS]:
        names.setdefault(ref)
    return list(names)[:_MAX_NAMES]
