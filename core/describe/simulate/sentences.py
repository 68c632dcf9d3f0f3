"""One text in the making: what is told, and single sentences. Leaves their order to `wording`.

Every sentence holds only what the sight holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.describe.simulate import noise, sampling
from core.describe.simulate.nouns import Noun, is_sayable, noun
from core.describe.simulate.style import Style
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene, Way
from core.geo import compass
from core.vocabulary import directions
from core.vocabulary.attributes import SAID_SURFACES
from core.vocabulary.grammar import sign, with_article
from core.vocabulary.kinds import calls
from core.vocabulary.templates import number_word, pick, vary

_BESIDE = "[next to|beside|close to|right by|near]"
_OPPOSITE = "[opposite|across the street from]"
_BESIDE_M = 12.0
_AT_CORNER_M = 14.0
_VOICES: Mapping[str, Mapping[str, str]] = {
    "I": {
        "me": "me",
        "my": "my",
        "am": "I'm",
        "see": "[I can see|I see|I've got|I notice|there {be}|there {be}|there {be}]",
    },
    "you": {
        "me": "you",
        "my": "your",
        "am": "you're",
        "see": "[you can see|you see|you've got|you'll see|there {be}|there {be}|there {be}]",
    },
    "none": {"me": "me", "my": "my", "am": "", "see": "there {be}"},
}


@dataclass(slots=True)
class DescriptionWriter:
    """What has been decided for one text, and what is still to be told."""

    scene: VisibleScene
    rng: np.random.Generator
    style: Style
    heading: float
    pavement: int
    voice: Mapping[str, str]
    names_left: int
    chosen: list[VisibleObject]
    spare: list[VisibleObject]
    remarks: list[str]

    @classmethod
    def begin(
        cls, scene: VisibleScene, rng: np.random.Generator, style: Style
    ) -> "DescriptionWriter":
        """Decides heading, side of the street, voice and what is told."""
        axis = scene.way.bearing_deg if scene.way else None
        turn = (0.0, 180.0, 90.0, 270.0)[int(rng.choice(4, p=(0.43, 0.43, 0.07, 0.07)))]
        heading = (axis + turn) % 360 if axis is not None else float(rng.integers(360))
        drawn = sampling.draw(scene, rng, style, heading)
        return cls(
            scene,
            rng,
            style,
            heading,
            pavement=1 if rng.random() < 0.5 else -1,
            voice=_VOICES[str(rng.choice(("I", "you", "none"), p=(0.5, 0.2, 0.3)))],
            names_left=int(rng.integers(1, 3 if style.length == "short" else 5))
            if style.names
            else 0,
            chosen=drawn.chosen,
            spare=drawn.spare,
            remarks=noise.remarks(rng, 3),
        )

    def more(self) -> VisibleObject | None:
        """The next thing that was to be left out."""
        return self.spare.pop(0) if self.spare else None

    def take(self, one: VisibleObject) -> None:
        """Marks a thing as told."""
        self.chosen = [other for other in self.chosen if other is not one]
        self.spare = [other for other in self.spare if other is not one]

    def takes(self, things: Sequence[VisibleObject]) -> list[VisibleObject]:
        """Those of the things that are not told yet, marked as told."""
        left = [one for one in things if any(one is other for other in self.chosen)]
        for one in left:
            self.take(one)
        return left

    def remark(self) -> str:
        """Something that no map holds, each once."""
        return self.remarks.pop() if self.remarks else ""

    def guide(self) -> None:
        """Speaks to who is to come here."""
        self.voice = _VOICES["you"]

    def chance(self, share: float) -> bool:
        """Whether something that happens so often happens now."""
        return bool(self.rng.random() < share)

    # --- Words ----------------------------------------------------------------------------------

    def say(self, template: str, **slots: str) -> str:
        """A template varied and filled; {me}, {my}, {am} and {see} are the voice's."""
        varied = vary(template, self.rng)
        for slot in ("see", "me", "my", "am"):
            if f"{{{slot}}}" in varied:
                varied = varied.replace(f"{{{slot}}}", vary(self.voice[slot], self.rng))
        return varied.format(**slots).strip()

    def noun(self, one: VisibleObject) -> Noun:
        """A thing in words, its name told while there are names left to tell."""
        name = sign(one.name) if self.style.names else ""
        if name and (not is_sayable(one) or (self.names_left > 0 and self.chance(0.75))):
            self.names_left -= 1
            return noun(one, self.rng, name)
        if self.style.care == "sloppy" and one.count > 3 and self.chance(0.3):
            one = replace(one, count=one.count + int(self.rng.choice((-1, 1))))
        if one.group == "street" and self.scene.way and self.scene.way.surface in one.words:
            one = replace(one, words=())
        return noun(one, self.rng)

    def side(self, one: VisibleObject) -> str:
        """Where a thing lies, in the text's way to tell directions; "" where it tells none."""
        if self.style.orientation == "compass":
            return self.say(directions.COMPASS.replace("{0}", compass(one.bearing_deg)))
        if self.style.orientation == "none":
            across = self._is_across(one)
            return (
                ""
                if across is None
                else self.say(directions.ACROSS if across else directions.THIS_SIDE)
            )
        return self.say(directions.SIDES[self._side_of(one)])

    def _side_of(self, one: VisibleObject) -> int:
        turn = directions.quarter_of if self.style.care == "sloppy" else directions.side_of
        return turn(one.bearing_deg, self.heading)

    def _is_across(self, one: VisibleObject) -> bool | None:
        """Whether a thing stands on the other side of the street; None where that says nothing."""
        way = self.scene.way
        if not way or way.group != "street" or way.bearing_deg is None or one.distance_m > 35:
            return None
        aside = one.distance_m * np.sin(np.radians(one.bearing_deg - way.bearing_deg))
        return None if abs(aside) < 6 else bool(aside * self.pavement < 0)

    def is_behind(self, one: VisibleObject) -> bool:
        """Whether a thing lies behind who looks along the heading."""
        return directions.side_of(one.bearing_deg, self.heading) in (3, 4, 5)

    def far(self, one: VisibleObject) -> str:
        """How far off a thing is, vaguely or in metres."""
        if one.distance_m > 12 and self.chance(0.22):
            return directions.in_metres(one.distance_m, self.rng, self.style.care == "careful")
        return self.say(directions.vaguely(one.distance_m))

    def place(self, one: VisibleObject) -> str:
        """Direction, distance or both."""
        side = self.side(one)
        if not side:
            return self.far(one)
        draw = self.rng.random()
        return (
            side
            if draw < 0.65
            else f"{self.far(one)}, {side}"
            if draw < 0.75
            else (f"{side}, {self.far(one)}")
        )

    def neighbour(self, one: VisibleObject) -> str:
        """What a thing stands beside, opposite or at the corner of, with a leading blank, or ""."""
        if one.group in ("street", "path", "rail") or one.count > 1:
            return ""
        if any(_apart(one, junction) < _AT_CORNER_M for junction in self._corners()) and (
            self.chance(0.4)
        ):
            return " on the corner"
        for other in (*self.chosen, *self.spare):
            if other is one or other.count > 1 or other.kind == one.kind or not is_sayable(other):
                continue
            is_beside = _apart(one, other) < _BESIDE_M
            if is_beside or self._are_opposite(one, other):
                self.take(other)
                joint = self.say(_BESIDE if is_beside else _OPPOSITE)
                return f" {joint} {self.noun(other).text}"
        return ""

    def _corners(self) -> tuple[VisibleObject, ...]:
        corner = self.scene.corner
        return (corner, *self.scene.junctions) if corner else self.scene.junctions

    def _are_opposite(self, one: VisibleObject, other: VisibleObject) -> bool:
        """Whether two things face each other across the street stood on."""
        way = self.scene.way
        if not way or way.bearing_deg is None or way.group != "street":
            return False
        (aside, along), (other_aside, other_along) = (
            _offset(thing, way.bearing_deg) for thing in (one, other)
        )
        return (
            aside * other_aside < 0
            and min(abs(aside), abs(other_aside)) > 5
            and (max(abs(aside), abs(other_aside)) < 30 and abs(along - other_along) < 10)
        )

    def listed(self, things: Sequence[VisibleObject]) -> tuple[str, Noun]:
        """Things on one side as "a bank, a tree and, behind it, a church", and the first noun."""
        nouns = [self.noun(one) for one in things]
        texts = [one.text for one in nouns]
        if len(texts) == 1:
            return texts[0], nouns[0]
        last, before = things[-1], things[-2]
        behind = (
            last.distance_m - before.distance_m > 12
            and abs((last.bearing_deg - before.bearing_deg + 180) % 360 - 180) < 12
        )
        if behind and self.chance(0.6):
            it = "them" if nouns[-2].is_plural else "it"
            joint = vary(f"[ with |, and behind {it} |, behind {it} ]", self.rng)
            tail = f" behind {it}" if joint == " with " else ""
            return f"{', '.join(texts[:-1])}{joint}{texts[-1]}{tail}", nouns[0]
        joint = pick(self.rng, (" and ", " and ", " and ", ", then ", " and also ", " plus "))
        return ", ".join(texts[:-1]) + joint + texts[-1], nouns[0]

    # --- Where one stands -----------------------------------------------------------------------

    def way_words(self, way: Way) -> str:
        """The way in words: surface, kind, name, trams, trees."""
        rng = self.rng
        before = (
            [pick(rng, SAID_SURFACES[way.surface].split("|"))]
            if (way.surface and self.chance(0.75))
            else []
        )
        if way.is_one_way and self.chance(0.3):
            before.append("one-way")
        if way.lanes >= 3 and self.chance(0.6):
            before.append(f"{number_word(way.lanes, rng)}-lane")
        kinds = calls(way.kind or ("path" if way.group == "path" else "street"))
        phrase = pick(rng, [kind for kind in kinds if not kind.startswith("~")] or ["way"])
        bare = with_article(" ".join([*before, phrase.replace("*", "")]))
        joined = f" {vary('[ and | and |, ]', rng).join(self._beside_way(way))}".rstrip()
        name = sign(way.name)
        if not name or self.names_left <= 0 or self.chance(0.25):
            return bare + joined
        self.names_left -= 1
        comma = f",{joined}" if joined else ""
        return vary(
            "[{name}|{bare} called {name}{joined}|{name}, {bare}{joined}|{name}{comma}]", rng
        ).format(name=name, bare=bare, joined=joined, comma=comma)

    def _beside_way(self, way: Way) -> list[str]:
        said = []
        if way.has_tram and self.chance(0.8):
            said.append(
                vary(
                    "[with tram tracks|with rails in the road|where trams run|with tram "
                    "lines|along which trams go]",
                    self.rng,
                )
            )
        if (way.trees_left or way.trees_right) and self.chance(0.7):
            said.append(self._tree_words(way))
        if way.has_cycle_lane and self.chance(0.4):
            said.append(vary("with a [bike|cycle] lane", self.rng))
        return said[:2]

    def _tree_words(self, way: Way) -> str:
        if way.trees_left and way.trees_right:
            return vary(
                "[lined with trees|with trees on both sides|with rows of trees|between trees]",
                self.rng,
            )
        if way.bearing_deg is not None:
            where = way.bearing_deg + (90 if way.trees_right else -90)
            if self.style.orientation == "compass":
                return f"with trees on the {compass(where)} side"
            side = directions.side_of(where, self.heading)
            if self.style.orientation != "none" and side in (2, 6):
                return f"with trees {self.say(directions.SIDES[side])}"
        return vary("[with trees on one side|with trees along one side]", self.rng)

    def standing(self) -> str:
        """Where one stands, without a verb: "on a cobbled street", "in a park"."""
        scene = self.scene
        inside = [
            one
            for one in scene.inside
            if one.size_m > 12 and is_sayable(one) and sampling.likeliness(one.kind) > 0.2
        ]
        if inside and self.chance(0.55):
            one = inside[0]
            preposition = (
                "on"
                if any(word in one.kind for word in ("square", "pitch", "car park"))
                else "at"
                if one.group == "area"
                else "in"
            )
            said = f"{preposition} {self.noun(one).text}"
            return (
                f"{said}, on {self.way_words(scene.way)}"
                if (scene.way and self.chance(0.5))
                else said
            )
        if scene.corner and self.chance(0.6):
            return self._at_corner(scene.corner)
        if not scene.way:
            return vary("[outdoors|in the open]", self.rng)
        words = self.way_words(scene.way)
        if scene.way.is_bridge and self.chance(0.8):
            return f"on a bridge, {words}"
        return f"{'in' if scene.way.group == 'street' and self.chance(0.15) else 'on'} {words}"

    def _at_corner(self, corner: VisibleObject) -> str:
        way, name = self.scene.way, sign(corner.name)
        own = sign(way.name) if way else ""
        if name and own and self.names_left > 0 and self.chance(0.7):
            self.names_left -= 2
            one, other = (own, name) if self.chance(0.5) else (name, own)
            return vary("[at|on] the [corner|junction|intersection] of ", self.rng) + (
                f"{one} and {other}"
            )
        bare = with_article(pick(self.rng, calls(corner.kind)).replace("*", ""))
        here = f"{vary('[at|right at|near|close to|by]', self.rng)} {bare}"
        return f"{here} on {self.way_words(way)}" if way and self.chance(0.7) else here

    # --- Sentences ------------------------------------------------------------------------------

    def opening(self) -> str:
        """Where one stands, as a sentence."""
        standing = self.standing()
        if self.voice is _VOICES["none"]:
            return f"{standing}."
        return f"{self.say('[{am}|{am} standing|{am} standing|{am} somewhere]')} {standing}."

    def facing(self) -> str:
        """The heading, or the run of the street, where the text tells compass directions."""
        way = self.scene.way
        axis = way.bearing_deg if way else None
        if self.style.orientation == "heading":
            along = axis is not None and directions.side_of(axis, self.heading) in (0, 4)
            tail = (
                vary("[ along the street| down the street|]", self.rng)
                if (along and way and way.group == "street")
                else ""
            )
            start = self.say("[{am} facing|{am} looking|facing|looking]") or "facing"
            return f"{start} {compass(self.heading)}{tail}."
        if self.style.orientation == "compass" and way and axis is not None and self.chance(0.5):
            ends = (compass(axis), compass(axis + 180))
            thing = "street" if way.group == "street" else "path"
            return vary(f"The {thing} [runs|goes] [roughly |]", self.rng) + (
                f"{ends[0]}{pick(self.rng, (' to ', '–', '-'))}{ends[1]}."
            )
        return ""

    def about(self, things: Sequence[VisibleObject]) -> str:
        """One sentence on things that lie together."""
        first = things[0]
        place = self.place(first) if len(things) == 1 else self.side(first) or self.far(first)
        told, lead = self.listed(things)
        if len(things) == 1 and self.chance(0.3):
            told += self.neighbour(first)
        slots = {
            "told": told,
            "place": place,
            "be": "are" if lead.is_plural else "is",
            "all": "are" if lead.is_plural or len(things) > 1 else "is",
        }
        return self.say(
            "[{place} {see} {told}|{place} there {be} {told}|{place} {be} {told}|"
            "{told} {all} {place}|There {be} {told} {place}|There {be} {told} {place}|"
            "{place}, {told}|{place}: {told}|{told} {place}|{see} {told} {place}].",
            **slots,
        )

    def groups(self, things: Sequence[VisibleObject]) -> list[list[VisibleObject]]:
        """Things by the side they lie on, each side nearest first, at most four together."""
        found: dict[object, list[VisibleObject]] = {}
        for one in sorted(things, key=lambda one: one.distance_m):
            found.setdefault(self._key(one), []).append(one)
        parts = [
            group[start : start + 4]
            for group in found.values()
            for start in range(0, len(group), 4)
        ]
        order = self.rng.permutation(len(parts))
        return [parts[row] for row in order] if self.chance(0.5) else parts

    def _key(self, one: VisibleObject) -> object:
        if self.style.orientation == "compass":
            return compass(one.bearing_deg)
        if self.style.orientation == "none":
            return self._is_across(one), directions.vague_step(one.distance_m)
        return self._side_of(one)


def _offset(one: VisibleObject, heading_deg: float = 0.0) -> tuple[float, float]:
    """Metres to the right of the viewpoint and ahead of it, for who looks along a heading."""
    turn = np.radians(one.bearing_deg - heading_deg)
    return one.distance_m * float(np.sin(turn)), one.distance_m * float(np.cos(turn))


def _apart(one: VisibleObject, other: VisibleObject) -> float:
    """Metres between the nearest points of two things."""
    return float(np.hypot(*np.subtract(_offset(one), _offset(other))))
