"""The layer of regions on a map of the world: where they lie, and how likely each is."""

from collections.abc import Sequence
from dataclasses import dataclass

import folium

from core.geo import Bounds
from core.maps.base_map import Call

_MAX_LABEL_CHARS = 80


@dataclass(frozen=True, slots=True)
class RegionMark:
    """A region of the overview. `share` is its probability 0..1, None before a search; `told` says
    it in words. A click reports `name`."""

    name: str
    title: str
    bounds: Bounds
    share: float | None = None
    told: str = ""


def regions_layer(marks: Sequence[RegionMark]) -> folium.FeatureGroup:
    """The layer of all regions: dots whose size and shade tell the probability, with names as far
    as there is room.

    The likeliest come first, also by the Tab key. The camera moves when other regions are shown.
    """
    group = folium.FeatureGroup(name="regions", control=False)
    ordered = sorted(marks, key=lambda mark: -(mark.share or 0.0))
    Call(
        "regions",
        {
            "regions": [
                {
                    "name": mark.name,
                    "title": mark.title[:_MAX_LABEL_CHARS],
                    "at": [round(mark.bounds.center.lat, 4), round(mark.bounds.center.lon, 4)],
                    "share": None if mark.share is None else round(mark.share, 4),
                    "told": mark.told[:_MAX_LABEL_CHARS],
                }
                for mark in ordered
            ]
        },
    ).add_to(group)
    return group
