"""Draws the things that a text mentions: near, large and unusual ones are more likely."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.describe.simulate.nouns import is_sayable
from core.describe.simulate.style import Length, Style
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene
from core.vocabulary.directions import quarter_of, side_of
from core.vocabulary.grammar import sign
from core.vocabulary.kinds import kind_named

_MOST: Mapping[Length, int] = {"short": 3, "medium": 6, "long": 13}
_SPARE = 24


@dataclass(frozen=True, slots=True)
class Draw:
    """The things to mention, and spare ones for a text that is still too short."""

    chosen: list[VisibleObject]
    spare: list[VisibleObject]


def mention_weight(kind: str) -> float:
    """Relative probability that a kind is mentioned."""
    return kind_named(kind).mention


def draw(scene: VisibleScene, rng: np.random.Generator, style: Style, heading_deg: float) -> Draw:
    """Draws the things to mention; things behind the heading are less likely."""
    things = _named_things(scene) if style.names else _unnamed_things(scene)
    things = [
        thing
        for thing in things
        if mention_weight(thing.kind) > 0 and not _is_own_tram(scene, thing)
    ]
    if not things:
        return Draw([], [])
    is_behind = _is_behind(style, heading_deg)
    weights = [_weight(thing, style) * (0.4 if is_behind(thing) else 1.0) for thing in things]
    keys = rng.random(len(things)) ** (1 / np.maximum(weights, 1e-9))
    order = _drop_repeated_sorts([things[row] for row in np.argsort(-keys, kind="stable")])
    most = _MOST[style.length]
    count = int(rng.integers(max(1, most // 2), most + 1))
    if style.names and not any(sign(thing.name) for thing in order[:count]):
        order.sort(key=lambda thing: not sign(thing.name))
    return Draw(order[:count], order[count : count + _SPARE])


def is_landmark(thing: VisibleObject) -> bool:
    """Whether a thing can be a meeting point."""
    return (
        thing.count <= 2
        and thing.group not in ("street", "path", "rail", "barrier")
        and (mention_weight(thing.kind) >= 0.6 and (not _is_house(thing) or bool(thing.words)))
    )


def _is_house(thing: VisibleObject) -> bool:
    return kind_named(thing.kind).sort == "house"


def _is_own_tram(scene: VisibleScene, thing: VisibleObject) -> bool:
    return bool(scene.way and scene.way.has_tram) and (
        thing.kind == "tram tracks" and thing.distance_m < 12
    )


def _is_behind(style: Style, heading_deg: float) -> Callable[[VisibleObject], bool]:
    if style.orientation not in ("heading", "relative"):
        return lambda thing: False  # noqa: ARG005
    return lambda thing: side_of(thing.bearing_deg, heading_deg) in (3, 4, 5)


def _named_things(scene: VisibleScene) -> list[VisibleObject]:
    return [thing for thing in scene.things if sign(thing.name) or is_sayable(thing)]


def _unnamed_things(scene: VisibleScene) -> list[VisibleObject]:
    """The things without their names, those of one kind and quarter merged."""
    axis = (scene.way.bearing_deg if scene.way else None) or 0.0
    merged: dict[object, VisibleObject] = {}
    for thing in scene.things:
        if not is_sayable(thing):
            continue
        looks = thing.words if _is_house(thing) else ()
        key = (thing.kind, looks, quarter_of(thing.bearing_deg, axis))
        known = merged.get(key)
        if known is None:
            merged[key] = replace(thing, name="")
        elif thing.group not in ("street", "path", "rail", "barrier"):
            shared = known.words if known.words == thing.words else ()
            merged[key] = replace(known, count=known.count + thing.count, words=shared)
    return list(merged.values())


def _drop_repeated_sorts(things: Sequence[VisibleObject], most: int = 2) -> list[VisibleObject]:
    """Keeps at most `most` things of a sort, and one of a sort that is rarely mentioned."""
    counts: dict[str, int] = {}
    varied = []
    for thing in things:
        sort = _sort(thing.kind)
        counts[sort] = counts.get(sort, 0) + 1
        if counts[sort] <= (1 if mention_weight(thing.kind) < 0.3 else most):
            varied.append(thing)
    return varied


def _sort(kind: str) -> str:
    """Sort of a kind: a school is its building, any street a street."""
    return kind_named(kind).sort or kind.removesuffix(" building")


def _weight(thing: VisibleObject, style: Style) -> float:
    nearness = float(np.exp(-thing.distance_m / (45 if thing.size_m < 40 else 70)))
    size = 1 + min(thing.extent_deg, 120) / 45 + min(thing.size_m, 120) / 60
    named = 1.6 if thing.name and style.names else 1.0
    described = 1.5 if _is_house(thing) and thing.words else 1.0
    return mention_weight(thing.kind) * (0.25 + thing.rarity) * nearness * size * named * described
