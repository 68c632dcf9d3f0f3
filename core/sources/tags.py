"""How OpenStreetMap's tags read in plain English: kinds, groups and names. Knows no geometry.

The words themselves are in the table of kinds, `core.vocabulary.kinds`.
"""

import re
from collections.abc import Mapping

from core.vocabulary.kinds import KINDS, TAGGED, KindRow

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
"""Keys that make a kind, the one that says most first, with the words for a value that has no row
in the table of kinds: "" for none."""

_QUALIFIERS: Mapping[tuple[str, str], str] = {
    ("amenity", "restaurant"): "cuisine",
    ("amenity", "fast_food"): "cuisine",
    ("amenity", "vending_machine"): "vending",
    ("leisure", "pitch"): "sport",
    ("leisure", "sports_centre"): "sport",
    ("man_made", "tower"): "tower:type",
}
"""Tags whose kind has the value of another key before it: "thai restaurant"."""

_REFINED_BY: Mapping[tuple[str, str], str] = {
    ("amenity", "parking"): "parking",
    ("historic", "memorial"): "memorial",
    ("tourism", "artwork"): "artwork_type",
    ("tourism", "information"): "information",
}
"""Tags whose kind is that of another key, where the table of kinds has its value."""

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


def _known(key: str, value: str) -> KindRow | None:
    """The row of a tag in the table of kinds."""
    return TAGGED.get(key, {}).get(value)


def _worship(tags: Tags) -> str:
    building, faith = tags.get("building", ""), _known("religion", tags.get("religion", ""))
    base = building if building in _HOLY else faith.noun if faith else "place of worship"
    return f"{_value(tags, 'denomination')} {base}".strip()


def _refined(key: str, value: str, tags: Tags) -> str | None:
    """Words for the kinds that need a second tag, or None where one is enough."""
    if (key, value) == ("amenity", "place_of_worship"):
        return _worship(tags)
    if (key, value) == ("natural", "water"):
        return _value(tags, "water") or None
    if (key, value) == ("building", "kiosk"):
        return "kiosk"  # it sells anything, not news only
    if other := _QUALIFIERS.get((key, value)):
        return f"{_value(tags, other)} {TAGGED[key][value].noun}".strip()
    other = _REFINED_BY.get((key, value))
    row = _known(other, tags.get(other, "")) if other else None
    return row.words if row else None


def kind_of(tags: Tags) -> str:
    """What a person would call a feature with these tags; "" where nothing is worth a word.

    Other words for the same stand behind " / ".
    """
    for key, pattern in _KEYS.items():
        value = tags.get(key, "")
        if not value or value in _PASSIVE or (key, value) == ("office", "company"):
            continue
        value = value.split(";")[0].strip().replace(" ", "_")
        if key == "highway" and value == "pedestrian" and tags.get("area") == "yes":
            return KINDS["pedestrian square"].words
        row = _known(key, value)
        said = _refined(key, value, tags) or (row.words if row else None)
        if said is None and pattern:
            said = (
                "" if value == "yes" and key != "building" else pattern.format(_first_value(value))
            )
            said = said or key.replace("_", " ")
        if said and any(letter.isalpha() for letter in said):
            return said
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
"""Key, values parted by blanks ("" for any) and group; the first row that fits wins."""


def group_of(tags: Tags, dimension: int) -> str:
    """The drawing and describing group of a feature; `dimension` is 0, 1 or 2 (point, line, area).

    Points are places (or mere addresses): their tags speak of something at a spot.
    """
    if dimension == 0:
        return "place" if kind_of(tags) or tags.get("name") else "address"
    for key, values, group in _GROUP_KEYS:
        value = tags.get(key)
        if value and value not in _PASSIVE and (not values or value in values.split()):
            return group
    return "area" if dimension == 2 else "place" if kind_of(tags) else "area"


def address_of(tags: Tags) -> str:
    """Street and house number as written on the wall, "" without a street."""
    street = tags.get("addr:street") or tags.get("addr:place") or tags.get("cityracks.street", "")
    return f"{street} {tags.get('addr:housenumber', '')}".strip() if street else ""


def main_name(tags: Tags) -> str:
    """What stands on the sign: the name, else the brand, else a capitalised label, else ""."""
    for key in ("name", "brand", "kind"):
        text = " ".join(tags.get(key, "").split())
        if text and (key != "kind" or text[:1].isupper()):
            return text[:_MAX_NAME_CHARS]
    return ""


def names_of(tags: Tags) -> list[str]:
    """Every naming text of a feature, the main one first, each once, at most 40."""
    main = main_name(tags)
    found: dict[str, None] = {main: None} if main else {}
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
                found.setdefault(text)
    if ref := tags.get("ref"):
        found.setdefault(ref[:_MAX_NAME_CHARS])
    return list(found)[:_MAX_NAMES]
