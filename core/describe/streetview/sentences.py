"""A description from signs and segments alone, by rules: road, signs, buildings, the rest."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from core.describe.streetview.scene import (
    SIDES,
    Direction,
    PhotoDescription,
    Scene,
    SeenThing,
    Segments,
    Side,
    Sign,
)
from core.describe.streetview.signs import MOVING
from core.vocabulary import grammar

_PLACES: Final[dict[Direction, str]] = {
    "left": "on the left",
    "right": "on the right",
    "ahead": "ahead",
    "behind": "behind me",
}
_MOST_SIGNS = 6
_MOST_THINGS = 8
_LEAST_WALL, _LEAST_ROAD, _MUCH_GREEN = 0.12, 0.12, 0.3
_CLEAR_COLOUR = 0.3
"""Share from which on a colour is named; below, only the first of a side."""
_NO_COLOUR: Final = frozenset({"dark"})
_DULL: Final = "grey"
"""Stone, render and bad light are all grey: named only where there is nothing else to tell."""
_HISTORIC: Final = "historic building"
_OLD: Final = frozenset({"castle", "palace", "monastery"})
"""Things that many maps hold as a historic building, of no kind."""
_COUNTED: Final = {1: "", 2: "two", 3: "three"}


def described_by_rules(scenes: Sequence[Scene]) -> str:
    """The description of a photograph: one scene, or the four of a panorama. "" for nothing."""
    paths = (_road, _signs, _things, _walls, _plants)
    return _told(paths, scenes) or _told((_grey_walls,), scenes)


def _told(paths: Sequence[Callable[[Scene], Iterator[str]]], scenes: Sequence[Scene]) -> str:
    return " ".join(sentence for path in paths for scene in scenes for sentence in path(scene))


def text_without_signs(text: str, dropped: Iterable[str]) -> str:
    """A text without the sentences that quote one of the dropped signs."""
    quoted = [f"“{sign}”" for sign in dropped]
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return " ".join(one for one in sentences if not any(sign in one for sign in quoted))


def searched_text(description: PhotoDescription) -> str:
    """A photograph's description without what signposts name, unless it has nothing else."""
    return text_without_signs(description.text, description.pointing_away) or description.text


def _place(scene: Scene, side: Side) -> str:
    """Words for the place of something on a side of a scene."""
    return _PLACES[scene.where(side)]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _road(scene: Scene) -> Iterator[str]:
    segments = scene.segments
    if segments.road_ahead and segments.shares["road"] >= _LEAST_ROAD:
        yield _sentence(f"a street leads away {_PLACES[scene.where('ahead')]}")


def _signs(scene: Scene) -> Iterator[str]:
    for sign in scene.signs[:_MOST_SIGNS]:
        yield _sentence(f"{_place(scene, sign.side)} {sign_words(sign)}")


def sign_words(sign: Sign) -> str:
    """A sign as a part of a sentence: the thing that it names, and its words."""
    if sign.points_away:
        return f"a signpost names “{sign.text}”"
    if not sign.meaning:
        number = sign.text.isdigit()
        return f"is the number “{sign.text}”" if number else f"I read “{sign.text}”"
    if grammar.plural(sign.meaning) == sign.meaning:
        return f"are {sign.meaning}, “{sign.text}”"
    return f"is {grammar.with_article(sign.meaning)}, “{sign.text}”"


def _things(scene: Scene) -> Iterator[str]:
    """Things that an open-world model found and that stay where they are."""
    still = [thing for thing in scene.segments.things if thing.noun not in MOVING]
    for side in SIDES:
        here = [thing for thing in still if thing.side == side][:_MOST_THINGS]
        if here:
            yield _sentence(f"{_place(scene, side)} I see {_listed(here)}")


def _listed(things: Sequence[SeenThing]) -> str:
    counts: dict[str, int] = {}
    for thing in things:
        noun = f"{thing.noun}, a {_HISTORIC}" if thing.noun in _OLD else thing.noun
        counts[noun] = counts.get(noun, 0) + 1
    parts = [
        grammar.with_article(noun)
        if count == 1
        else f"{_COUNTED.get(count, 'several')} {grammar.plural(noun)}"
        for noun, count in counts.items()
    ]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _colours_of(segments: Segments, side: Side) -> str:
    """The colours of one side's walls, "" where none can be named."""
    here = [one for one in segments.colours if one.side == side and one.colour not in _NO_COLOUR]
    named = [one.colour for row, one in enumerate(here) if row == 0 or one.share >= _CLEAR_COLOUR]
    return " and ".join(colour for colour in named if colour != _DULL)


def _set(colours: str) -> frozenset[str]:
    return frozenset(colours.split(" and "))


def _walls(scene: Scene) -> Iterator[str]:
    segments = scene.segments
    if segments.shares["facade"] < _LEAST_WALL:
        return
    by_side = {side: colours for side in SIDES if (colours := _colours_of(segments, side))}
    if not by_side:
        return
    if scene.direction is not None:
        yield _sentence(f"the walls {_PLACES[scene.direction]} are {next(iter(by_side.values()))}")
        return
    sides: dict[frozenset[str], list[Side]] = {}
    for side, colours in by_side.items():
        sides.setdefault(_set(colours), []).append(side)
    for where in sides.values():
        colours, places = by_side[where[0]], [_PLACES[side] for side in where]
        if len(where) == len(SIDES):
            yield _sentence(f"a {colours} building stands ahead")
        elif len(where) == 1:
            yield _sentence(f"the building {places[0]} is {colours}")
        else:
            yield _sentence(f"the buildings {' and '.join(places)} are {colours}")


def _grey_walls(scene: Scene) -> Iterator[str]:
    """Walls without another colour."""
    if scene.segments.shares["facade"] >= _LEAST_WALL and any(
        one.colour == _DULL for one in scene.segments.colours
    ):
        yield _sentence(f"a grey building stands {_PLACES[scene.where('ahead')]}")


def _plants(scene: Scene) -> Iterator[str]:
    segments = scene.segments
    if segments.shares["vegetation"] >= _MUCH_GREEN:
        yield _sentence(f"there are many trees and bushes {_PLACES[scene.where('ahead')]}")
    elif segments.green_sides:
        places = dict.fromkeys(_place(scene, side) for side in segments.green_sides)
        yield _sentence(f"there are green plants {' and '.join(places)}")
