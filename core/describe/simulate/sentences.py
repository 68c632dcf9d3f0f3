"""The sentences of one description; `generator` decides their order.

Every sentence mentions only what is visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.describe.simulate import noise, sampling
from core.describe.simulate.nouns import Noun, is_sayable, noun
from core.describe.simulate.relative_position import are_opposite, distance_between
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
    """State of one text: what has been decided, and the things still to be mentioned."""

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
        """Draws heading, side of the street, voice and the things to be mentioned."""
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

    def next_spare(self) -> VisibleObject | None:
        """Takes the next spare thing, None if there is none."""
        return self.spare.pop(0) if self.spare else None

    def take(self, thing: VisibleObject) -> None:
        """Marks a thing as mentioned."""
        self.chosen = [other for other in self.chosen if other is not thing]
        self.spare = [other for other in self.spare if other is not thing]

    def take_all(self, things: Sequence[VisibleObject]) -> list[VisibleObject]:
        """Returns the things not mentioned yet, and marks them as mentioned."""
        left = [thing for thing in things if any(thing is other for other in self.chosen)]
        for thing in left:
            self.take(thing)
        return left

    def remark(self) -> str:
        """Takes the next remark; "" if there is none."""
        return self.remarks.pop() if self.remarks else ""

    def address_reader(self) -> None:
        """Switches to "you", as in directions to a reader."""
        self.voice = _VOICES["you"]

    def chance(self, share: float) -> bool:
        """Draws True with a probability of `share`."""
        return bool(self.rng.random() < share)

    # --- Words ----------------------------------------------------------------------------------

    def say(self, template: str, **slots: str) -> str:
        """Varies and fills a template; {me}, {my}, {am} and {see} come from the voice."""
        varied = vary(template, self.rng)
        for slot in ("see", "me", "my", "am"):
            if f"{{{slot}}}" in varied:
                varied = varied.replace(f"{{{slot}}}", vary(self.voice[slot], self.rng))
        return varied.format(**slots).strip()

    def noun(self, thing: VisibleObject) -> Noun:
        """A noun phrase for a thing, with its name as long as `names_left` allows."""
        name = sign(thing.name) if self.style.names else ""
        if name and (not is_sayable(thing) or (self.names_left > 0 and self.chance(0.75))):
            self.names_left -= 1
            return noun(thing, self.rng, name)
        if self.style.care == "sloppy" and thing.count > 3 and self.chance(0.3):
            thing = replace(thing, count=thing.count + int(self.rng.choice((-1, 1))))
        if thing.group == "street" and self.scene.way and self.scene.way.surface in thing.words:
            thing = replace(thing, words=())
        return noun(thing, self.rng)

    def side(self, thing: VisibleObject) -> str:
        """Direction of a thing in the style's orientation; "" if the style gives none."""
        if self.style.orientation == "compass":
            return self.say(directions.COMPASS.replace("{0}", compass(thing.bearing_deg)))
        if self.style.orientation == "none":
            across = self._is_across(thing)
            return (
                ""
                if across is None
                else self.say(directions.ACROSS if across else directions.THIS_SIDE)
            )
        return self.say(directions.SIDES[self._side_of(thing)])

    def _side_of(self, thing: VisibleObject) -> int:
        turn = directions.quarter_of if self.style.care == "sloppy" else directions.side_of
        return turn(thing.bearing_deg, self.heading)

    def _is_across(self, thing: VisibleObject) -> bool | None:
        """Whether a thing is on the other side of the street; None if that cannot be said."""
        way = self.scene.way
        if not way or way.group != "street" or way.bearing_deg is None or thing.distance_m > 35:
            return None
        aside = thing.distance_m * np.sin(np.radians(thing.bearing_deg - way.bearing_deg))
        return None if abs(aside) < 6 else bool(aside * self.pavement < 0)

    def is_behind(self, thing: VisibleObject) -> bool:
        """Whether a thing lies behind somebody who looks along the heading."""
        return directions.side_of(thing.bearing_deg, self.heading) in (3, 4, 5)

    def far(self, thing: VisibleObject) -> str:
        """Distance of a thing, vaguely or in metres."""
        if thing.distance_m > 12 and self.chance(0.22):
            return directions.in_metres(thing.distance_m, self.rng, self.style.care == "careful")
        return self.say(directions.vaguely(thing.distance_m))

    def place(self, thing: VisibleObject) -> str:
        """Direction, distance or both."""
        side = self.side(thing)
        if not side:
            return self.far(thing)
        draw = self.rng.random()
        return (
            side
            if draw < 0.65
            else f"{self.far(thing)}, {side}"
            if draw < 0.75
            else (f"{side}, {self.far(thing)}")
        )

    def neighbour(self, thing: VisibleObject) -> str:
        """Phrase for a thing beside or opposite, or for the corner, after a blank; else ""."""
        if thing.group in ("street", "path", "rail") or thing.count > 1:
            return ""
        to_corners_m = [distance_between(thing, junction) for junction in self._corners()]
        if min(to_corners_m, default=_AT_CORNER_M) < _AT_CORNER_M and self.chance(0.4):
            return " on the corner"
        for other in (*self.chosen, *self.spare):
            if (
                other is thing
                or other.count > 1
                or other.kind == thing.kind
                or not is_sayable(other)
            ):
                continue
            is_beside = distance_between(thing, other) < _BESIDE_M
            if is_beside or are_opposite(thing, other, self.scene.way):
                self.take(other)
                joint = self.say(_BESIDE if is_beside else _OPPOSITE)
                return f" {joint} {self.noun(other).text}"
        return ""

    def _corners(self) -> tuple[VisibleObject, ...]:
        corner = self.scene.corner
        return (corner, *self.scene.junctions) if corner else self.scene.junctions

    def list_phrase(self, things: Sequence[VisibleObject]) -> tuple[str, Noun]:
        """Lists things on one side: "a bank and, behind it, a church"; also the first noun."""
        nouns = [self.noun(thing) for thing in things]
        texts = [noun.text for noun in nouns]
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

    # --- The place ------------------------------------------------------------------------------

    def way_words(self, way: Way) -> str:
        """A noun phrase for the way: surface, kind, name, trams, trees."""
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
        phrases = []
        if way.has_tram and self.chance(0.8):
            phrases.append(
                vary(
                    "[with tram tracks|with rails in the road|where trams run|with tram "
                    "lines|along which trams go]",
                    self.rng,
                )
            )
        if (way.trees_left or way.trees_right) and self.chance(0.7):
            phrases.append(self._tree_words(way))
        if way.has_cycle_lane and self.chance(0.4):
            phrases.append(vary("with a [bike|cycle] lane", self.rng))
        return phrases[:2]

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

    def place_phrase(self) -> str:
        """The place without a verb: "on a cobbled street", "in a park"."""
        scene = self.scene
        inside = [
            thing
            for thing in scene.inside
            if thing.size_m > 12 and is_sayable(thing) and sampling.mention_weight(thing.kind) > 0.2
        ]
        if inside and self.chance(0.55):
            thing = inside[0]
            preposition = (
                "on"
                if any(word in thing.kind for word in ("square", "pitch", "car park"))
                else "at"
                if thing.group == "area"
                else "in"
            )
            place = f"{preposition} {self.noun(thing).text}"
            return (
                f"{place}, on {self.way_words(scene.way)}"
                if (scene.way and self.chance(0.5))
                else place
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
            first, second = (own, name) if self.chance(0.5) else (name, own)
            return vary("[at|on] the [corner|junction|intersection] of ", self.rng) + (
                f"{first} and {second}"
            )
        bare = with_article(pick(self.rng, calls(corner.kind)).replace("*", ""))
        here = f"{vary('[at|right at|near|close to|by]', self.rng)} {bare}"
        return f"{here} on {self.way_words(way)}" if way and self.chance(0.7) else here

    # --- Sentences ------------------------------------------------------------------------------

    def opening(self) -> str:
        """The place as a sentence."""
        standing = self.place_phrase()
        if self.voice is _VOICES["none"]:
            return f"{standing}."
        return f"{self.say('[{am}|{am} standing|{am} standing|{am} somewhere]')} {standing}."

    def facing(self) -> str:
        """A sentence on the heading or the direction of the street; "" if the style gives none."""
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
            name = "street" if way.group == "street" else "path"
            return vary(f"The {name} [runs|goes] [roughly |]", self.rng) + (
                f"{ends[0]}{pick(self.rng, (' to ', '–', '-'))}{ends[1]}."
            )
        return ""

    def about(self, things: Sequence[VisibleObject]) -> str:
        """One sentence on things that lie together."""
        first = things[0]
        place = self.place(first) if len(things) == 1 else self.side(first) or self.far(first)
        phrase, lead = self.list_phrase(things)
        if len(things) == 1 and self.chance(0.3):
            phrase += self.neighbour(first)
        slots = {
            "told": phrase,
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
        """Groups things by side, nearest first, at most four in a group."""
        by_side: dict[object, list[VisibleObject]] = {}
        for thing in sorted(things, key=lambda thing: thing.distance_m):
            by_side.setdefault(self._side_key(thing), []).append(thing)
        parts = [
            group[start : start + 4]
            for group in by_side.values()
            for start in range(0, len(group), 4)
        ]
        order = self.rng.permutation(len(parts))
        return [parts[row] for row in order] if self.chance(0.5) else parts

    def _side_key(self, thing: VisibleObject) -> object:
        if self.style.orientation == "compass":
            return compass(thing.bearing_deg)
        if self.style.orientation == "none":
            return self._is_across(thing), directions.vague_step(thing.distance_m)
        return self._side_of(thing)
