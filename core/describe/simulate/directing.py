"""Directions to a meeting point: a grammar of relations between things, without left and right.

"Meet me at the bank. It is across the street from a bar and about two blocks north of the park. If
you see a church, you have gone too far." The relations are allocentric, as in RVS (Rendezvous),
whose authors found texts from such a grammar the best training data. The words are our own. Like
all texts of this room, they mention only what is visible.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.describe.simulate import noise
from core.describe.simulate.relative_position import are_opposite, offset
from core.describe.simulate.sampling import is_landmark
from core.describe.simulate.sentences import DescriptionWriter
from core.describe.simulate.style import Style
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene
from core.geo import compass
from core.vocabulary.grammar import sign
from core.vocabulary.templates import number_word, vary

_TARGET_M = 40.0
_BESIDE_M, _BLOCK_M, _FEW_BLOCKS = 14.0, 85.0, 4
_SAME_STREET_M = 20.0
_BETWEEN_M, _BETWEEN_DEG = 70.0, 145.0
_MOST_RELATIONS = 4


@dataclass(slots=True)
class _Place:
    """What a text directs to: `target` is None for a spot without a landmark of its own.

    `others` are the things that it may be related to, likelier ones first.
    """

    writer: DescriptionWriter
    target: VisibleObject | None
    others: list[VisibleObject]

    @property
    def subject(self) -> str:
        return vary("[It is|It's|The place is|I'm|You will find it]", self.writer.rng)

    def noun(self, thing: VisibleObject) -> str:
        noun = self.writer.noun(thing)
        return noun.text if noun.definite == noun.text or self.writer.chance(0.6) else noun.definite

    def offset(self, thing: VisibleObject) -> tuple[float, float]:
        """Metres east and north of the meeting point."""
        east, north = offset(thing)
        own = offset(self.target) if self.target else (0.0, 0.0)
        return east - own[0], north - own[1]

    def away_m(self, thing: VisibleObject) -> float:
        return float(np.hypot(*self.offset(thing)))

    def bearing_deg(self, thing: VisibleObject) -> float:
        east, north = self.offset(thing)
        return float(np.degrees(np.arctan2(east, north))) % 360

    def take(self, fits: Callable[[VisibleObject], bool]) -> VisibleObject | None:
        """Takes the first of the other things that fits, None if none does."""
        thing = next((one for one in self.others if fits(one)), None)
        if thing is not None:
            self.others = [one for one in self.others if one is not thing]
        return thing


def direct(scene: VisibleScene, rng: np.random.Generator, style: Style) -> str:
    """Writes directions to a scene's viewpoint; equal `rng` states give equal texts."""
    writer = DescriptionWriter.begin(scene, rng, style)
    things = [*writer.chosen, *writer.spare]
    near = [one for one in things if is_landmark(one) and one.distance_m < _TARGET_M]
    target = min(near, key=lambda one: one.distance_m) if near and rng.random() < 0.8 else None
    others = [
        one
        for one in things
        if one is not target and one.count <= 2 and (is_landmark(one) or sign(one.name))
    ]
    place = _Place(writer, target, others)
    sentences = [_start(place)]
    relations = [_RELATIONS[row] for row in rng.permutation(len(_RELATIONS)).tolist()]
    count = int(rng.integers(1, _MOST_RELATIONS + 1))
    for relation in relations:
        if len(sentences) > count:
            break
        if sentence := relation(place):
            sentences.append(f"{sentence}.")
    text = " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)
    return noise.scrawl(text, rng) if style.care == "sloppy" else text


def _start(place: _Place) -> str:
    """The meeting point itself, on its street or corner."""
    writer = place.writer
    if place.target is None:
        opening = vary("[Meet me|I'm|I am standing|Come to me|I am waiting] ", writer.rng)
        return f"{opening}{writer.place_phrase()}."
    opening = vary(
        "[Meet me at|I am at|Let's meet at|Head to|Come to|I'm waiting at|Meet at|Go to] ",
        writer.rng,
    )
    way = writer.scene.way
    street = sign(way.name) if way and writer.style.names else ""
    tail = f" {vary('[on|on|in]', writer.rng)} {street}" if street and writer.chance(0.6) else ""
    return f"{opening}{place.noun(place.target)}{tail}."


def _beside(place: _Place) -> str:
    thing = place.take(lambda one: place.away_m(one) < _BESIDE_M)
    joint = "[next to|right by|beside|a few doors from|next door to|very close to]"
    return "" if thing is None else f"{place.subject} {_vary(place, joint)} {place.noun(thing)}"


def _across(place: _Place) -> str:
    target, way = place.target, place.writer.scene.way
    if target is None:
        return ""
    thing = place.take(lambda one: are_opposite(target, one, way))
    if thing is None:
        return ""
    noun = place.noun(thing)
    joint = "[across from|across the street from|opposite|on the other side of the street from]"
    if place.writer.chance(0.3):
        return f"{_vary(place, '[There is|You will see]')} {noun} across the street"
    return f"{place.subject} {_vary(place, joint)} {noun}"


def _same_block(place: _Place) -> str:
    way = place.writer.scene.way
    if way is None or way.group != "street" or way.bearing_deg is None:
        return ""
    axis = way.bearing_deg

    def is_on_block(thing: VisibleObject) -> bool:
        aside = abs(offset(thing, axis)[0])
        return aside < _SAME_STREET_M and _BESIDE_M < place.away_m(thing) < _BLOCK_M

    thing = place.take(is_on_block)
    joint = "[on the same block as|in the same block as|on the block with]"
    return "" if thing is None else f"{place.subject} {_vary(place, joint)} {place.noun(thing)}"


def _blocks_away(place: _Place) -> str:
    thing = place.take(lambda one: place.away_m(one) > _BLOCK_M)
    if thing is None:
        return ""
    blocks = min(max(round(place.away_m(thing) / _BLOCK_M), 1), _FEW_BLOCKS)
    count = "a block" if blocks == 1 else f"{number_word(blocks, place.writer.rng)} blocks"
    about = _vary(place, "[about |just |roughly |]")
    from_there = compass(place.bearing_deg(thing) + 180)
    return f"{place.subject} {about}{count} {from_there} of {place.noun(thing)}"


def _between(place: _Place) -> str:
    near = [one for one in place.others if 2 < place.away_m(one) < _BETWEEN_M]
    for first in near:
        for second in near:
            apart = abs((place.bearing_deg(first) - place.bearing_deg(second) + 180) % 360 - 180)
            if first is not second and apart > _BETWEEN_DEG:
                place.take(lambda one, thing=first: one is thing)  # type: ignore[misc]
                place.take(lambda one, thing=second: one is thing)  # type: ignore[misc]
                nouns = f"{place.noun(first)} and {place.noun(second)}"
                return f"{place.subject} between {nouns}"
    return ""


def _direction(place: _Place) -> str:
    """The compass direction of one or two things from the meeting point, or the other way round."""
    thing = place.take(lambda one: place.away_m(one) > 5)
    if thing is None:
        return ""
    noun, bearing = place.noun(thing), place.bearing_deg(thing)
    if place.writer.chance(0.4):
        return f"{place.subject} {compass(bearing + 180)} of {noun}"
    here = _vary(place, "[it|me|the meeting point|here]")
    return f"{noun} is {_vary(place, '[to the |]')}{compass(bearing)} of {here}"


def _past(place: _Place) -> str:
    """The last stretch of the way: from a thing on to the meeting point."""
    thing = place.take(lambda one: 25 < place.away_m(one) < 2 * _BLOCK_M)
    if thing is None:
        return ""
    way = place.writer.scene.way
    street = sign(way.name) if way and place.writer.style.names else ""
    along = f" on {street}" if street and place.writer.chance(0.5) else ""
    towards = compass(place.bearing_deg(thing) + 180)
    start = _vary(place, "[Head|Go|Walk|Continue]")
    passing = _vary(place, "[past|until you pass|and you will pass]")
    return f"{start} {towards}{along} {passing} {place.noun(thing)}"


def _too_far(place: _Place) -> str:
    thing = place.take(lambda one: 30 < place.away_m(one) < 2 * _BLOCK_M)
    if thing is None:
        return ""
    reach = _vary(place, "[reach|see|get to|pass|hit]")
    gone = _vary(place, "[you have gone too far|you've gone too far|that is too far]")
    return f"If you {reach} {place.noun(thing)}, {gone}"


def _vary(place: _Place, template: str) -> str:
    return vary(template, place.writer.rng)


_RELATIONS: Sequence[Callable[[_Place], str]] = (
    _beside,
    _across,
    _same_block,
    _blocks_away,
    _between,
    _direction,
    _direction,
    _past,
    _too_far,
)
"""The relations, each as a sentence; "" where the scene has none."""
