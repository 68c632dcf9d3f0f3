"""Makes facts from map features: short texts with distance and direction from each viewpoint."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, I32, I64, Objects
from core.facts.things import Fact, FactKey, Things, joined
from core.vocabulary.attributes import (
    COUNT_WORDS,
    ROOF_OF_TAG,
    SURFACE_OF_TAG,
    nearest_colour,
)
from core.vocabulary.grammar import plural
from core.vocabulary.kinds import has_trait, kinds_with
from core.world import World

VIEW_M = 200.0
"""Distance up to which a viewpoint gets facts with a name; others reach less far. This and the
other distances are our choice, not measured."""

_PLAIN_VIEW_M = 140.0
_ABOVE_VIEW_M = 160.0
_ADDRESS_VIEW_M = 40.0
_COUNT_VIEW_M = 60.0
_ADJOIN_M = 12.0

_SETTINGS, _PLAIN_KINDS = kinds_with("setting"), kinds_with("plain")
_HEX = re.compile(r"^#?([0-9a-f]{6})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """F distinct facts and L links from the N viewpoints to them, sorted by viewpoint.

    `table` has F rows: `text` (as a person would say it), `kind`, `synonyms` (other words for
    the kind), `names` (list), `spoken` (whether the text gets an embedding: addresses are found
    by their words only), `view` (how it was
    seen: `core.facts.things.View`), `things` (number of things
    behind the fact). Things with the same text
    share a fact only if they have the same names too. `links` has L rows:
    `tile` and `fact` (row numbers), `distance_m` and `bearing_deg` from the viewpoint to the
    nearest point of the nearest such thing.
    """

    table: pd.DataFrame
    links: pd.DataFrame


def colour_word(value: str) -> str:
    """Word for a colour tag: "#c8c8c8" → "light grey"; unknown names stay as they are."""
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
    """Word for the surface of a way; "" for asphalt and without a tag."""
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
    by_species = "palm" if "palm" in tags.get("species", "").lower() else ""
    by_leaf = {"palm": "palm", "needleleaved": "conifer"}
    word = by_leaf.get(tags.get("leaf_type", ""), by_species)
    return [word] if word else []


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
    """Size, storeys, colour, surface and the like of a feature, as far as they are tagged."""
    words = _size_word(group, area_m2)
    return words + _WORDS[group](tags) if group in _WORDS else words


def _is_worth_a_fact(kind: str, name: str, words: list[str]) -> bool:
    return bool(name) or (bool(kind) and (kind not in _PLAIN_KINDS or bool(words)))


def fact_text(kind: str, name: str, english: str, words: list[str]) -> str:
    """Text of a feature: adjectives, kind, its name and the English name if it differs."""
    labels = dict.fromkeys(text for text in (name, english) if text)
    noun = " ".join([*words, kind]).strip()
    return ": ".join(part for part in (noun, ", ".join(labels)) if part)


_POND, _LAKE, _LAKE_M2 = "pond", "lake", 50_000.0
"""Maps have one tag for all standing water; from five hectares on people call it a lake."""


def _things(features: gpd.GeoDataFrame, shapes: Objects) -> Things:
    """The features worth a fact, and every address as a fact that is not spoken.

    An address without a house number tells where its street is. A thing without any name leaves
    its address to that fact: thousands of houses are one "house".
    """
    areas = shapely.area(shapes)
    facts: list[tuple[int, Fact]] = []
    columns = ("kind", "synonyms", "name", "names", "address", "group", "tags")
    for row, (kind, synonyms, name, names, address, group, tags) in enumerate(
        zip(*(features[column] for column in columns), strict=True)
    ):
        words = adjectives(group, tags, areas[row])
        if kind == _POND and areas[row] > _LAKE_M2:
            kind = _LAKE
        if _is_worth_a_fact(kind, name, words) and group != "address":
            text = fact_text(kind, name, tags.get("name:en", ""), words)
            naming = list(dict.fromkeys([*names, address] if address and names else names))
            facts.append((row, Fact(text, kind, naming, synonyms)))
        if address and group != "street":
            facts.append((row, Fact(f"address: {address}", "address", [address], spoken=False)))
    return Things(shapes[[row for row, _ in facts]], [fact for _, fact in facts])


def _without_names(things: Things) -> Things:
    """Repeats the named things without their names, for people who have not seen the sign."""
    rows = [row for row, fact in enumerate(things.facts) if fact.spoken and ": " in fact.text]
    named = [things.facts[row] for row in rows]
    return Things(
        things.shapes[rows],
        [Fact(fact.text.split(": ")[0], fact.kind, [], fact.synonyms) for fact in named],
    )


def _corners(features: gpd.GeoDataFrame, shapes: Objects) -> Things:
    """Crossings of differently named streets: "corner of A and B"."""
    streets = ((features.group == "street") & (features.name != "")).to_numpy()
    lines, names = shapes[streets], features.name.to_numpy()[streets]
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    crossing = names[left] < names[right]
    points = shapely.point_on_surface(
        shapely.intersection(lines[left[crossing]], lines[right[crossing]])
    )
    pairs = zip(names[left[crossing]], names[right[crossing]], strict=True)
    facts = [Fact(f"corner of {a} and {b}", "street corner", [a, b]) for a, b in pairs]
    return Things(np.asarray(points, dtype=object), facts)


def _adjoining(things: Things) -> Things:
    """Things in or beside a park or square: "statue in a park", "church beside a square"."""
    kinds = [fact.kind if fact.spoken else "" for fact in things.facts]
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
        return Things(things.shapes[:0], [])
    other, setting = shapely.STRtree(things.shapes[settings]).query(
        things.shapes[others], predicate="dwithin", distance=_ADJOIN_M
    )
    inside = shapely.contains(things.shapes[settings[setting]], things.shapes[others[other]])
    facts = [
        Fact(f"{kinds[row]} {'in' if is_in else 'beside'} a {kinds[near]}", kinds[row], [])
        for row, near, is_in in zip(others[other], settings[setting], inside, strict=True)
    ]
    return Things(things.shapes[others[other]], facts)


def facts_around(
    world: World,
    lats: F64,
    lons: F64,
    view_m: float = VIEW_M,
    above: Things | None = None,
) -> Facts:
    """Collects the facts within `view_m` of each of N viewpoints (degrees).

    `above` are further things, as they look from above.
    """
    crs = world.metric_crs
    metric = world.features.geometry.to_crs(crs)
    shapes = np.asarray(metric.array, dtype=object)
    views = np.asarray(
        gpd.GeoSeries(gpd.points_from_xy(lons, lats), crs=4326).to_crs(crs).array, dtype=object
    )
    plain = _things(world.features, shapes)
    corners = _corners(world.features, shapes)
    things = joined(plain, _without_names(plain), corners, _adjoining(plain))
    if above is not None:
        things = joined(things, above)
    ids: dict[FactKey, int] = {}
    fact_of = np.array(
        [ids.setdefault(fact.key, len(ids)) for fact in things.facts], dtype=np.int32
    )
    links = _nearest_links(views, things, fact_of, view_m)
    counts = _count_links(views, plain, ids)
    return Facts(_table(things, ids), _sorted_links(pd.concat([links, counts])))


def _measure(views: Objects, shapes: Objects, tile: I64) -> pd.DataFrame:
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


def _nearest_links(views: Objects, things: Things, fact_of: I32, view_m: float) -> pd.DataFrame:
    tile, thing = shapely.STRtree(things.shapes).query(views, predicate="dwithin", distance=view_m)
    links = _measure(views, things.shapes[thing], tile)
    links["fact"] = fact_of[thing]
    spoken = np.array([fact.spoken for fact in things.facts], dtype=bool)
    named = np.array([bool(fact.names) for fact in things.facts], dtype=bool)
    by_name = np.where(named, view_m, min(view_m, _PLAIN_VIEW_M))
    above = np.array([fact.view != "" for fact in things.facts], dtype=bool)
    by_name = np.where(above, min(view_m, _ABOVE_VIEW_M), by_name)
    reach = np.where(spoken, by_name, _ADDRESS_VIEW_M)
    links = links[links.distance_m <= reach[thing]]
    links = pd.concat([links, _links_of_unseen(views, things, fact_of, links.fact.to_numpy())])
    links = links.sort_values(["tile", "fact", "distance_m"], kind="stable")
    nearest: pd.DataFrame = links.drop_duplicates(["tile", "fact"])
    return nearest


def _links_of_unseen(views: Objects, things: Things, fact_of: I32, linked: I32) -> pd.DataFrame:
    """Links from the nearest viewpoint to each address that no viewpoint sees."""
    spoken = np.array([fact.spoken for fact in things.facts], dtype=bool)
    unseen = np.flatnonzero(~spoken & ~np.isin(fact_of, linked))
    tile = shapely.STRtree(views).nearest(things.shapes[unseen]).astype(np.int64)
    links = _measure(views, things.shapes[unseen], tile)
    links["fact"] = fact_of[unseen]
    return links


def _count_links(views: Objects, things: Things, ids: dict[FactKey, int]) -> pd.DataFrame:
    """Links to facts about several things of a kind nearby, such as "several benches".

    Adds the texts of these facts to `ids`.
    """
    tile, thing = shapely.STRtree(things.shapes).query(
        views, predicate="dwithin", distance=_COUNT_VIEW_M
    )
    links = _measure(views, things.shapes[thing], tile)
    kinds = np.array([fact.kind if fact.spoken else "" for fact in things.facts], dtype=object)
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
    nearest["fact"] = np.array(
        [ids.setdefault((text,), len(ids)) for text in texts], dtype=np.int32
    )
    counted: pd.DataFrame = nearest.drop(columns=["kind", "count"])
    return counted


def _table(things: Things, ids: dict[FactKey, int]) -> pd.DataFrame:
    """One row for each distinct key; facts about several things have neither kind nor names."""
    rows = [Fact(text, "", list(names)) for text, *names in ids]
    for fact in things.facts:
        rows[ids[fact.key]] = fact
    table = pd.DataFrame(
        [asdict(row) for row in rows], columns=[field.name for field in fields(Fact)]
    )
    behind = Counter(ids[fact.key] for fact in things.facts)
    table["things"] = np.array([behind[row] for row in range(len(rows))], dtype=np.int32)
    return table


def _sorted_links(links: pd.DataFrame) -> pd.DataFrame:
    order: pd.DataFrame = links.sort_values(["tile", "distance_m", "fact"], kind="stable")
    return order.reset_index(drop=True)


def tile_texts(facts: Facts, tiles: int, within_m: float, most: int = 40) -> list[str]:
    """One text for each of N tiles: its nearest facts; a named thing is not repeated unnamed.

    What is seen from above is left out: it would fill the text with houses.
    """
    near = facts.links[facts.links.distance_m <= within_m]
    text = facts.table.text.to_numpy()
    spoken = (facts.table.spoken & (facts.table["view"] == "")).to_numpy()
    texts_of: dict[int, dict[str, None]] = defaultdict(dict)
    for tile, fact in zip(near.tile.to_numpy(), near.fact.to_numpy(), strict=True):
        if spoken[fact]:
            texts_of[tile].setdefault(text[fact])
    return ["; ".join(_drop_unnamed_repeats(texts_of[tile])[:most]) for tile in range(tiles)]


def _drop_unnamed_repeats(texts: Mapping[str, None]) -> list[str]:
    named = {text.partition(": ")[0] for text in texts if ": " in text}
    return [text for text in texts if text not in named]
