"""What the map knows about each viewpoint, as short texts with distance and direction.

Knows features and words; leaves embedding and searching the texts to `gallery` and above.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, I32, I64, Objects
from core.records import World
from core.vocabulary.attributes import (
    COUNT_WORDS,
    ROOF_OF_TAG,
    SURFACE_OF_TAG,
    nearest_colour,
)
from core.vocabulary.grammar import plural
from core.vocabulary.kinds import has_trait, kinds_with

VIEW_M = 200.0
"""How far the facts with a name reach, metres; others reach less. Ours, as are
the other reaches."""

_PLAIN_VIEW_M = 140.0
_ADDRESS_VIEW_M = 40.0
_COUNT_VIEW_M = 60.0
_ADJOIN_M = 12.0

_SETTINGS, _PLAIN_KINDS = kinds_with("setting"), kinds_with("plain")
_HEX = re.compile(r"^#?([0-9a-f]{6})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """F distinct facts and L links from the N viewpoints to them, sorted by viewpoint.

    `table` has F rows: `text` (as a person would say it), `kind`, `synonyms` (other words for
    the kind), `names` (list), `spoken` (False for addresses, which are looked up by their words
    only). `links` has L rows: `tile`
    and `fact` (row numbers), `distance_m` and `bearing_deg` from the viewpoint to the nearest
    point of the nearest such thing.
    """

    table: pd.DataFrame
    links: pd.DataFrame


def colour_word(value: str) -> str:
    """A colour tag as a word: "#c8c8c8" → "light grey"; unknown names are kept as they are."""
    if not (match := _HEX.match(value.strip())):
        return value.replace("_", " ").lower().strip()[:20]
    digits = match.group(1)
    return nearest_colour((int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)))


def _number(value: str) -> float:
    match = re.match(r"\s*(\d+(?:\.\d+)?)", value)
    return float(match.group(1)) if match else 0.0


def _building_words(tags: Mapping[str, str]) -> list[str]:
    words = []
    levels, height = _number(tags.get("building:levels", "")), _number(tags.get("height", ""))
    if levels >= 9 or height >= 30:
        words.append("tall high-rise")
    elif levels:
        words.append("single-storey" if levels == 1 else f"{levels:.0f}-storey")
    if colour := tags.get("building:colour") or tags.get("colour"):
        words.append(colour_word(colour))
    material = tags.get("building:material", "")
    if material and material not in ("plaster", "cement_block"):
        words.append(material.replace("_", " ").split(";")[0])
    if roof := ROOF_OF_TAG.get(tags.get("roof:shape", "")):
        words.append(roof)
    return words


def surface_word(tags: Mapping[str, str]) -> str:
    """What a way is paved with, "" for asphalt and where nothing is tagged."""
    return SURFACE_OF_TAG.get(tags.get("surface", "").split(";")[0], "")


def _way_words(tags: Mapping[str, str]) -> list[str]:
    words = []
    if surface := surface_word(tags):
        words.append(surface)
    if _number(tags.get("lanes", "")) >= 4:
        words.append("multi-lane")
    if tags.get("bridge", "no") != "no":
        words.append("bridge with")
    if tags.get("tunnel", "no") not in ("no", "building_passage"):
        words.append("tunnel with")
    return words


def _tree_words(tags: Mapping[str, str]) -> list[str]:
    return (
        [leaf]
        if (
            leaf := {"palm": "palm", "needleleaved": "conifer"}.get(
                tags.get("leaf_type", ""),
                "palm" if "palm" in tags.get("species", "").lower() else "",
            )
        )
        else []
    )


_WORDS: Mapping[str, Callable[[Mapping[str, str]], list[str]]] = {
    "building": _building_words,
    "street": _way_words,
    "path": _way_words,
    "place": _tree_words,
}


def _size_word(group: str, area_m2: float) -> list[str]:
    if group in ("street", "path", "green", "water", "area") and area_m2 > 0:
        return ["large"] if area_m2 > 8_000 else ["small"] if area_m2 < 600 else []
    return ["large"] if group == "building" and area_m2 > 4_000 else []


def adjectives(group: str, tags: Mapping[str, str], area_m2: float) -> list[str]:
    """Size, storeys, colour, surface and the like of one feature, as far as they are known."""
    words = _size_word(group, area_m2)
    return words + _WORDS[group](tags) if group in _WORDS else words


def _is_worth_saying(kind: str, name: str, words: list[str]) -> bool:
    return bool(name) or (bool(kind) and (kind not in _PLAIN_KINDS or bool(words)))


def fact_text(kind: str, name: str, english: str, words: list[str]) -> str:
    """One feature in plain words: adjectives, kind, its name and the English name if it differs."""
    shown = dict.fromkeys(text for text in (name, english) if text)
    said = " ".join([*words, kind]).strip()
    return ": ".join(part for part in (said, ", ".join(shown)) if part)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of one thing: the text of its fact, its kind and its naming texts."""

    text: str
    kind: str
    names: list[str]
    synonyms: str = ""
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class _Things:
    """T things in metres, and what is said of each."""

    shapes: Objects
    said: list[_Said]


def _things(features: gpd.GeoDataFrame, shapes: Objects) -> _Things:
    """The features worth saying, and house addresses as facts that are not spoken."""
    areas = shapely.area(shapes)
    found: list[tuple[int, _Said]] = []
    columns = ("kind", "synonyms", "name", "names", "address", "group", "tags")
    for row, (kind, synonyms, name, names, address, group, tags) in enumerate(
        zip(*(features[column] for column in columns), strict=True)
    ):
        words = adjectives(group, tags, areas[row])
        if _is_worth_saying(kind, name, words) and group != "address":
            text = fact_text(kind, name, tags.get("name:en", ""), words)
            naming = [*names, address] if address else names
            found.append((row, _Said(text, kind, naming, synonyms)))
        if address and group in ("address", "building") and tags.get("addr:housenumber"):
            found.append((row, _Said(f"address: {address}", "address", [address], spoken=False)))
    return _Things(shapes[[row for row, _ in found]], [said for _, said in found])


def _unsigned(things: _Things) -> _Things:
    """The named things once more, as said by somebody who has not seen the sign."""
    rows = [row for row, said in enumerate(things.said) if said.spoken and ": " in said.text]
    signed = [things.said[row] for row in rows]
    return _Things(
        things.shapes[rows],
        [_Said(one.text.split(": ")[0], one.kind, [], one.synonyms) for one in signed],
    )


def _corners(features: gpd.GeoDataFrame, shapes: Objects) -> _Things:
    """Where differently named streets meet: "corner of A and B"."""
    streets = ((features.group == "street") & (features.name != "")).to_numpy()
    lines, names = shapes[streets], features.name.to_numpy()[streets]
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    crossing = names[left] < names[right]
    points = shapely.point_on_surface(
        shapely.intersection(lines[left[crossing]], lines[right[crossing]])
    )
    pairs = zip(names[left[crossing]], names[right[crossing]], strict=True)
    said = [
        _Said(f"corner of {one} and {other}", "street corner", [one, other]) for one, other in pairs
    ]
    return _Things(np.asarray(points, dtype=object), said)


def _adjoining(things: _Things) -> _Things:
    """What stands in or beside a park or square: "statue in a park", "church beside a square"."""
    kinds = [said.kind if said.spoken else "" for said in things.said]
    settings = np.array([row for row, kind in enumerate(kinds) if kind in _SETTINGS], dtype=int)
    others = np.array(
        [
            row
            for row, kind in enumerate(kinds)
            if kind and kind not in _SETTINGS | _PLAIN_KINDS and not has_trait(kind, "passed")
        ],
        dtype=int,
    )
    if not len(settings) or not len(others):
        return _Things(things.shapes[:0], [])
    which, where = shapely.STRtree(things.shapes[settings]).query(
        things.shapes[others], predicate="dwithin", distance=_ADJOIN_M
    )
    inside = shapely.contains(things.shapes[settings[where]], things.shapes[others[which]])
    said = [
        _Said(f"{kinds[one]} {'in' if is_in else 'beside'} a {kinds[two]}", kinds[one], [])
        for one, two, is_in in zip(others[which], settings[where], inside, strict=True)
    ]
    return _Things(things.shapes[others[which]], said)


def _joined(*parts: _Things) -> _Things:
    return _Things(
        np.concatenate([part.shapes for part in parts]),
        [said for part in parts for said in part.said],
    )


def facts_around(
    world: World,
    lats: F64,
    lons: F64,
    view_m: float = VIEW_M,
) -> Facts:
    """The facts within `view_m` of each of N viewpoints (degrees)."""
    crs = world.features.estimate_utm_crs()
    metric = world.features.geometry.to_crs(crs)
    shapes = np.asarray(metric.array, dtype=object)
    views = np.asarray(
        gpd.GeoSeries(gpd.points_from_xy(lons, lats), crs=4326).to_crs(crs).array, dtype=object
    )
    plain = _things(world.features, shapes)
    corners = _corners(world.features, shapes)
    things = _joined(plain, _unsigned(plain), corners, _adjoining(plain))
    ids: dict[str, int] = {}
    fact_of = np.array(
        [ids.setdefault(said.text, len(ids)) for said in things.said], dtype=np.int32
    )
    links = _nearest_links(views, things, fact_of, view_m)
    counts = _count_links(views, plain, ids)
    return Facts(_table(things, ids), _sorted_links(pd.concat([links, counts])))


def _measured(views: Objects, shapes: Objects, tile: I64) -> pd.DataFrame:
    """Distance and bearing of each of L pairs of viewpoint and thing."""
    origin = views[tile]
    ends = shapely.get_coordinates(shapely.shortest_line(origin, shapes)).reshape(-1, 2, 2)
    step = ends[:, 1] - ends[:, 0]
    return pd.DataFrame(
        {
            "tile": tile.astype(np.int32),
            "distance_m": np.hypot(step[:, 0], step[:, 1]).astype(np.float32),
            "bearing_deg": (np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360).astype(
                np.float32
            ),
        }
    )


def _nearest_links(views: Objects, things: _Things, fact_of: I32, view_m: float) -> pd.DataFrame:
    tile, thing = shapely.STRtree(things.shapes).query(views, predicate="dwithin", distance=view_m)
    links = _measured(views, things.shapes[thing], tile)
    links["fact"] = fact_of[thing]
    spoken = np.array([said.spoken for said in things.said], dtype=bool)
    named = np.array([bool(said.names) for said in things.said], dtype=bool)
    by_name = np.where(named, view_m, min(view_m, _PLAIN_VIEW_M))
    reach = np.where(spoken, by_name, _ADDRESS_VIEW_M)
    links = links[links.distance_m <= reach[thing]]
    links = links.sort_values(["tile", "fact", "distance_m"], kind="stable")
    nearest: pd.DataFrame = links.drop_duplicates(["tile", "fact"])
    return nearest


def _count_links(views: Objects, things: _Things, ids: dict[str, int]) -> pd.DataFrame:
    """ "several benches": kinds that stand more than once close by. Adds its texts to `ids`."""
    tile, thing = shapely.STRtree(things.shapes).query(
        views, predicate="dwithin", distance=_COUNT_VIEW_M
    )
    links = _measured(views, things.shapes[thing], tile)
    kinds = np.array([said.kind if said.spoken else "" for said in things.said], dtype=object)
    links["kind"] = kinds[thing]
    counted_kinds = {kind for kind in set(kinds) if kind and not has_trait(kind, "way")}
    links = links[links.kind.isin(counted_kinds)]
    grouped = links.sort_values("distance_m", kind="stable").groupby(["tile", "kind"], sort=True)
    nearest = grouped.first().reset_index()
    nearest["count"] = grouped.size().to_numpy()
    nearest = nearest[nearest["count"] >= COUNT_WORDS[0][0]]
    texts = [
        f"{next(word for least, word in reversed(COUNT_WORDS) if count >= least)} {plural(kind)}"
        for count, kind in zip(nearest["count"], nearest.kind, strict=True)
    ]
    nearest["fact"] = np.array([ids.setdefault(text, len(ids)) for text in texts], dtype=np.int32)
    counted: pd.DataFrame = nearest.drop(columns=["kind", "count"])
    return counted


def _table(things: _Things, ids: dict[str, int]) -> pd.DataFrame:
    """One row for each distinct text; those of counts have neither kind nor names."""
    rows = [_Said(text, "", []) for text in ids]
    for said in things.said:
        names = list(dict.fromkeys([*rows[ids[said.text]].names, *said.names]))[:60]
        rows[ids[said.text]] = replace(said, names=names)
    columns = [field.name for field in fields(_Said)]
    return pd.DataFrame([asdict(row) for row in rows], columns=columns)


def _sorted_links(links: pd.DataFrame) -> pd.DataFrame:
    order: pd.DataFrame = links.sort_values(["tile", "distance_m", "fact"], kind="stable")
    return order.reset_index(drop=True)


def tile_texts(facts: Facts, tiles: int, within_m: float, most: int = 40) -> list[str]:
    """For each of N tiles one text: its nearest facts, a named thing not repeated without name."""
    near = facts.links[facts.links.distance_m <= within_m]
    text = facts.table.text.to_numpy()
    spoken = facts.table.spoken.to_numpy()
    gathered: dict[int, dict[str, None]] = defaultdict(dict)
    for tile, fact in zip(near.tile.to_numpy(), near.fact.to_numpy(), strict=True):
        if spoken[fact]:
            gathered[tile].setdefault(text[fact])
    return ["; ".join(_without_doubles(gathered[tile])[:most]) for tile in range(tiles)]


def _without_doubles(texts: Mapping[str, None]) -> list[str]:
    signed = {text.partition(": ")[0] for text in texts if ": " in text}
    return [text for text in texts if text not in signed]
