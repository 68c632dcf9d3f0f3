"""What of a sight is told: drawn at random, the near, large and unusual likelier. No sentences."""

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
    """The things to be told, and those for which there is room only in a text of nothing else."""

    chosen: list[VisibleObject]
    spare: list[VisibleObject]


def likeliness(kind: str) -> float:
    """How likely a kind is told beside others."""
    return kind_named(kind).mention


def draw(scene: VisibleScene, rng: np.random.Generator, style: Style, heading_deg: float) -> Draw:
    """Draws what is told; who looks along a heading tells less of what is behind."""
    things = _signed(scene) if style.names else _unsigned(scene)
    things = [one for one in things if likeliness(one.kind) > 0 and not _is_own_tram(scene, one)]
    if not things:
        return Draw([], [])
    is_behind = _is_behind(style, heading_deg)
    weights = [_weight(one, style) * (0.4 if is_behind(one) else 1.0) for one in things]
    turns = rng.random(len(things)) ** (1 / np.maximum(weights, 1e-9))
    order = _not_too_alike([things[row] for row in np.argsort(-turns, kind="stable")])
    most = _MOST[style.length]
    count = int(rng.integers(max(1, most // 2), most + 1))
    if style.names and not any(sign(one.name) for one in order[:count]):
        order.sort(key=lambda one: not sign(one.name))
    return Draw(order[:count], order[count : count + _SPARE])


def is_landmark(one: VisibleObject) -> bool:
    """Whether somebody could be asked to come there."""
    return (
        one.count <= 2
        and one.group not in ("street", "path", "rail", "barrier")
        and (likeliness(one.kind) >= 0.6 and (not _is_house(one) or bool(one.words)))
    )


def _is_house(one: VisibleObject) -> bool:
    return kind_named(one.kind).sort == "house"


def _is_own_tram(scene: VisibleScene, one: VisibleObject) -> bool:
    return bool(scene.way and scene.way.has_tram) and (
        one.kind == "tram tracks" and one.distance_m < 12
    )


def _is_behind(style: Style, heading_deg: float) -> Callable[[VisibleObject], bool]:
    if style.orientation not in ("heading", "relative"):
        return lambda one: False  # noqa: ARG005
    return lambda one: side_of(one.bearing_deg, heading_deg) in (3, 4, 5)


def _signed(scene: VisibleScene) -> list[VisibleObject]:
    return [one for one in scene.things if sign(one.name) or is_sayable(one)]


def _unsigned(scene: VisibleScene) -> list[VisibleObject]:
    """The things without their names, those of one kind and side of the way as one."""
    axis = (scene.way.bearing_deg if scene.way else None) or 0.0
    found: dict[object, VisibleObject] = {}
    for one in scene.things:
        if not is_sayable(one):
            continue
        looks = one.words if _is_house(one) else ()
        key = (one.kind, looks, quarter_of(one.bearing_deg, axis))
        known = found.get(key)
        if known is None:
            found[key] = replace(one, name="")
        elif one.group not in ("street", "path", "rail", "barrier"):
            shared = known.words if known.words == one.words else ()
            found[key] = replace(known, count=known.count + one.count, words=shared)
    return list(found.values())


def _not_too_alike(things: Sequence[VisibleObject], most: int = 2) -> list[VisibleObject]:
    """At most two things of a sort, and one of what hardly anybody mentions."""
    told: dict[str, int] = {}
    kept = []
    for one in things:
        sort = _sort(one.kind)
        told[sort] = told.get(sort, 0) + 1
        if told[sort] <= (1 if likeliness(one.kind) < 0.3 else most):
            kept.append(one)
    return kept


def _sort(kind: str) -> str:
    """What kinds are told as one sort: a school is its building, any street a street."""
    return kind_named(kind).sort or kind.removesuffix(" building")


def _weight(one: VisibleObject, style: Style) -> float:
    nearness = float(np.exp(-one.distance_m / (45 if one.size_m < 40 else 70)))
    size = 1 + min(one.extent_deg, 120) / 45 + min(one.size_m, 120) / 60
    named = 1.6 if one.name and style.names else 1.0
    described = 1.5 if _is_house(one) and one.words else 1.0
    return likeliness(one.kind) * (0.25 + one.rarity) * nearness * size * named * described
