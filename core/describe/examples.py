"""Example descriptions of a new gallery: one or two whole sentences that find their place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.describe.simulate.nouns import is_sayable
from core.describe.simulate.sampling import is_landmark
from core.describe.simulate.visibility import VisibilityMap
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene, Way
from core.gallery.opened import Gallery
from core.geo import Position, haversine_m
from core.vocabulary.grammar import sign, with_article
from core.vocabulary.kinds import calls, kind_named
from core.world import World

Finds = Callable[[str, Position], bool]
"""Whether a search for a text leads to a position."""

_TRIED_FOR_EACH: Final = 24
"""Viewpoints that are tried at the most for each example."""
_BATCH: Final = 12
_APART_M: Final = 120.0
_NEXT_TO_M, _NEAR_M, _FARTHEST_M = 18.0, 45.0, 90.0


@dataclass(frozen=True, slots=True)
class ExampleText:
    """A description and the place that it is about."""

    text: str
    at: Position


def write_examples(
    gallery: Gallery, world: World, n: int, finds: Finds, seed: int = 0
) -> list[ExampleText]:
    """Up to `n` descriptions of random tiles that are not close together, each with another kind of
    thing first; each `finds` its place. Fewer where the map has less to tell."""
    order = np.random.default_rng(seed).permutation(len(gallery))[: n * _TRIED_FOR_EACH]
    visible = VisibilityMap(world)
    written: list[ExampleText] = []
    sorts: set[str] = set()
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        lats, lons = gallery.lats[rows], gallery.lons[rows]
        for row, scene in zip(rows.tolist(), visible.scenes(lats, lons), strict=True):
            at = Position(float(gallery.lats[row]), float(gallery.lons[row]))
            if any(_metres(at, other.at) < _APART_M for other in written):
                continue
            text, first = brief(scene), "".join(map(_sort, worth_naming(scene)[:1]))
            if text and first not in sorts and finds(text, at):
                written.append(ExampleText(text, at))
                sorts.add(first)
            if len(written) == n:
                return written
    return written


def _metres(one: Position, other: Position) -> float:
    return float(haversine_m(one.lat, one.lon, np.array(other.lat), np.array(other.lon)))


def brief(scene: VisibleScene) -> str:
    """The way and the one or two things that a person would name first: "I'm on Lettstrasse, next
    to a museum. There is a bank close by."; "" where there is no such thing."""
    things = worth_naming(scene)
    if not things:
        return ""
    street = sign(scene.way.name) if scene.way else ""
    name = "" if street else sign(things[0].name)
    first = _noun(things[0]) + (f" called {name}" if name else "")
    place = f"{_nearness(things[0])} {first}"
    sentence = f"I'm {_way(scene.way, street)}{place}." if scene.way else f"I'm standing {place}."
    if len(things) == 1:
        return sentence if street or name else ""
    where = "close by" if things[1].distance_m < _NEAR_M else "a little further on"
    return f"{sentence} There is {_noun(things[1])} {where}."


def worth_naming(scene: VisibleScene) -> list[VisibleObject]:
    """Up to two landmarks of different kinds, unusual and near ones first."""
    found = sorted(
        (one for one in scene.things if is_landmark(one) and is_sayable(one) and _plain(one)),
        key=lambda one: one.distance_m / _NEAR_M - one.rarity - bool(sign(one.name)),
    )
    near = [one for one in found if one.distance_m <= _FARTHEST_M]
    others = (one for one in near[1:] if _sort(one) != _sort(near[0]))
    return [*near[:1], *list(others)[:1]]


def _plain(thing: VisibleObject) -> str:
    """The plainest word for one such thing, "" where there is none in the singular."""
    word = calls(thing.kind)[0]
    return "" if word.startswith("~") or thing.count > 1 else word.replace("*", "")


def _noun(thing: VisibleObject) -> str:
    return with_article(_plain(thing))


def _sort(thing: VisibleObject) -> str:
    """A school and its building are one sort."""
    return kind_named(thing.kind).sort or thing.kind.removesuffix(" building")


def _way(way: Way, street: str) -> str:
    """The way with its preposition: "on Lettstrasse, ", "on a footpath "."""
    if street:
        return f"on {street}, "
    kinds = [one for one in calls(way.kind or "street") if not one.startswith("~")]
    return f"on {with_article(kinds[0].replace('*', '') if kinds else 'street')} "


def _nearness(thing: VisibleObject) -> str:
    if thing.distance_m < _NEXT_TO_M:
        return "next to"
    return "near" if thing.distance_m < _NEAR_M else "not far from"
