"""Examples of a new gallery: whole sentences about what stands there, each found by a search."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.describe.examples import brief, write_examples
from core.describe.simulate.visible_scene import SECTORS, VisibleObject, VisibleScene, Way
from core.geo import Position
from core.sources.world import read_world

if TYPE_CHECKING:
    from core.gallery import Gallery

LANE = Way(
    "residential street", "", "Long Lane", "street", 0, 0, False, False, False, False, False, False
)
MUSEUM = VisibleObject("museum", (), "Old Mill", "place", 9.0, 90.0, 5.0, 20.0, 0.9)
BANK = VisibleObject("bank", (), "", "place", 60.0, 10.0, 5.0, 20.0, 0.5)


def scene(*things: VisibleObject, name: str = "Long Lane") -> VisibleScene:
    return VisibleScene(replace(LANE, name=name), None, (), (), things, (float("inf"),) * SECTORS)


def test_the_street_or_else_the_name_of_a_thing_is_told() -> None:
    assert brief(scene(MUSEUM, BANK)) == (
        "I'm on Long Lane, next to a museum. There is a bank a little further on."
    )
    assert brief(scene(MUSEUM, name="")) == (
        "I'm on a residential street next to a museum called Old Mill."
    )


def test_what_could_be_anywhere_is_no_example() -> None:
    assert brief(scene()) == ""
    assert brief(scene(BANK, name="")) == ""
    assert brief(scene(replace(MUSEUM, count=3), name="")) == ""


def test_examples_are_whole_sentences_of_different_places_that_were_found(
    tiny_gallery: "Gallery", city_osm: Path
) -> None:
    asked: list[tuple[str, Position]] = []

    def finds(text: str, at: Position) -> bool:
        asked.append((text, at))
        return len(asked) != 1  # the first one is not found

    written = write_examples(tiny_gallery, read_world([city_osm]), 3, finds)
    assert [(one.text, one.at) for one in written] == asked[1:]
    assert 0 < len(written) <= 3
    assert len({one.text for one in written}) == len(written)
    for one in written:
        assert re.fullmatch(r"I'm [^.]+\.(?: There is [^.]+\.)?", one.text)
        assert len(one.text) < 140
