"""Rules of visibility: which map features can be seen, and from how far."""

import re
from collections import Counter
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from core.arrays import Bools, Objects
from core.describe.simulate.occlusion import SIGHT_M
from core.describe.simulate.visible_scene import VisibleObject
from core.facts.viewpoint_facts import adjectives
from core.vocabulary.kinds import kind_named, kinds_with

REACHES_M = (45.0, 70.0, SIGHT_M)
"""Distances up to which small things, most things and landmarks are mentioned."""

_HIDDEN = re.compile(r"^(?:yes|building_passage|culvert|covered|flooded|avalanche_protector)$")


def are_visible(features: gpd.GeoDataFrame) -> Bools:
    """Mask of the features above ground that have a word; ways always do."""
    return np.array(
        [
            (
                group in ("street", "path")
                or (kind_named(kind).seen != "never" and group != "address" and kind != "")
            )
            and not _is_hidden(tags)
            for group, kind, tags in zip(features.group, features.kind, features.tags, strict=True)
        ],
        dtype=bool,
    )


def _is_hidden(tags: Mapping[str, str]) -> bool:
    """Whether a feature is underground, in a tunnel or indoors."""
    return bool(
        (_HIDDEN.match(tags.get("tunnel", "")) and "building" not in tags)
        or tags.get("location") in ("underground", "underwater")
        or tags.get("parking") == "underground"
        or (tags.get("layer", "0").startswith("-") and "waterway" not in tags)
        or tags.get("level", "0").startswith("-")
        or tags.get("indoor", "no") not in ("no", "")
    )


def are_walls(features: gpd.GeoDataFrame, shapes: Objects) -> Bools:
    """Mask of the buildings that stand on the ground and block the view."""
    open_kinds = features.kind.isin(kinds_with("open")).to_numpy()
    raised = np.array(
        ["building:part" in tags and "building" not in tags for tags in features.tags], dtype=bool
    )
    polygons = shapely.get_dimensions(shapes) == 2
    walls: Bools = (features.group == "building").to_numpy() & polygons
    walls &= ~open_kinds & ~raised
    return walls


def objects_of(features: gpd.GeoDataFrame, shapes: Objects) -> list[VisibleObject]:
    """Every feature as an object, with distance, bearing and extent still 0."""
    areas = shapely.area(shapes)
    counts = Counter(features.kind)
    most = np.log(max(counts.values(), default=1) + 1)
    columns = ("kind", "name", "group", "tags")
    return [
        VisibleObject(
            kind=kind,
            words=tuple(adjectives(group, tags, area)),
            name="" if group == "rail" else name,  # a railway has no sign with its name
            group=group,
            distance_m=0.0,
            bearing_deg=0.0,
            extent_deg=0.0,
            size_m=float(np.sqrt(area)),
            rarity=float(1 - np.log(counts[kind]) / most),
        )
        for area, (kind, name, group, tags) in zip(
            areas, zip(*(features[column] for column in columns), strict=True), strict=True
        )
    ]


def reach_of(thing: VisibleObject) -> float:
    """Distance up to which a thing is mentioned, one of `REACHES_M`."""
    seen_from = kind_named(thing.kind).seen
    if seen_from == "near":
        return REACHES_M[0]
    is_large = seen_from == "far" or "tall high-rise" in thing.words or thing.size_m > 60
    return REACHES_M[2 if is_large else 1]
