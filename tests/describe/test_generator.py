"""Descriptions: true to the scene, seeded, without names if the style has none."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_osm import Town, tiny_city

from core.describe.simulate.generator import Style, describe
from core.describe.simulate.style import LENGTHS, ORIENTATIONS, WORDS, Length, Orientation
from core.describe.simulate.visibility import VisibilityMap
from core.describe.simulate.visible_scene import SECTORS, VisibleObject, VisibleScene, Way
from core.sources.world import read_world
from core.vocabulary.directions import quarter_of, side_of
from core.vocabulary.kinds import calls


def thing(
    kind: str, bearing_deg: float, distance_m: float = 20.0, **values: object
) -> VisibleObject:
    one = VisibleObject(kind, (), "", "place", distance_m, bearing_deg, 5.0, 0.0, 0.8)
    return replace(one, **values)  # type: ignore[arg-type]


def way(**values: object) -> Way:
    plain = Way(
        "residential street",
        "",
        "Long Lane",
        "street",
        0.0,
        0,
        False,
        False,
        False,
        False,
        False,
        False,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def scene(*things: VisibleObject, **values: object) -> VisibleScene:
    one = VisibleScene(way(), None, (), (), things, (float("inf"),) * SECTORS)
    return replace(one, **values)  # type: ignore[arg-type]


def style(
    length: Length = "medium",
    orientation: Orientation = "heading",
    *,
    names: bool = False,
    is_sloppy: bool = False,
) -> Style:
    return Style(names, length, "sloppy" if is_sloppy else "careful", orientation)


def texts(of: VisibleScene, how: Style, count: int = 60) -> list[str]:
    return [describe(of, np.random.default_rng(seed), how) for seed in range(count)]


def rich() -> VisibleScene:
    """A scene with more things than any text can mention."""
    kinds = (
        "bakery",
        "bank",
        "church",
        "cafe",
        "fountain",
        "bench",
        "pharmacy",
        "hotel",
        "museum",
        "park",
        "bus stop",
        "tree",
        "statue",
        "car park",
        "supermarket",
        "hairdresser",
        "playground",
        "petrol station",
        "post box",
        "library",
        "traffic lights",
        "hedge",
        "kiosk",
        "cinema",
        "bookshop",
        "school",
        "tower",
        "pub",
        "flower shop",
        "dentist",
    )
    things = [
        thing(kind, 37.0 * number % 360, 5.0 + 2 * number, name=f"Zyx{number}", count=1)
        for number, kind in enumerate(kinds)
    ]
    return scene(*things, walls_m=(12.0,) * SECTORS)


# --- Directions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bearing", "heading", "side"),
    [
        (0, 0, 0),
        (90, 0, 2),
        (180, 0, 4),
        (270, 0, 6),
        (45, 0, 1),
        (350, 0, 0),
        (10, 350, 0),
        (90, 180, 6),
        (270, 180, 2),
        (0, 90, 6),
        (0, 270, 2),
        (22, 0, 0),
        (23, 0, 1),
        (337, 0, 7),
        (338, 0, 0),
    ],
)
def test_sides_are_worked_out_from_bearing_and_heading(
    bearing: float, heading: float, side: int
) -> None:
    assert side_of(bearing, heading) == side


def test_a_careless_describer_tells_four_sides_only() -> None:
    assert [quarter_of(bearing, 0) for bearing in (44, 46, 134, 136, 224, 226, 316)] == [
        0,
        2,
        2,
        4,
        4,
        6,
        0,
    ]


SIDES = {
    "right": re.compile(r"(?:on|to) (?:my|your|the) right"),
    "left": re.compile(r"(?:on|to) (?:my|your|the) left"),
    "ahead": re.compile(r"\bahead\b|in front of (?:me|you)\b|directly in front", re.IGNORECASE),
    "behind": re.compile(r"behind (?:me|you)\b|at (?:my|your) back", re.IGNORECASE),
}


def test_left_right_ahead_and_behind_fit_the_heading_that_is_told() -> None:
    """A church to the east is on the right, looking north, and on the left, looking south."""
    expected = {"north": "right", "south": "left", "east": "ahead", "west": "behind"}
    counts = dict.fromkeys(expected, 0)
    descriptions = texts(scene(thing("church", 90)), style("short"), 400)
    assert len(descriptions) == 400
    for text in descriptions:
        looks = set(re.findall(r"\b(north|east|south|west)\b", text))
        if len(looks) == 1:
            (look,) = looks
            sides = {side for side, pattern in SIDES.items() if pattern.search(text)}
            assert sides <= {expected[look]}, text
            counts[look] += len(sides)
    assert min(counts["north"], counts["south"]) > 50
    assert min(counts["east"], counts["west"]) > 3


@pytest.mark.parametrize(
    ("bearing", "word"), [(0, "north"), (45, "north-east"), (180, "south"), (270, "west")]
)
def test_compass_directions_are_those_of_the_map(bearing: float, word: str) -> None:
    matches = [
        directions
        for text in texts(scene(thing("church", bearing), way=None), style("short", "compass"))
        if (
            directions := re.findall(
                r"\b(?:north|south)(?:-(?:east|west))?\b|\b(?:east|west)\b", text.lower()
            )
        )
    ]
    assert len(matches) > 20
    assert {direction for directions in matches for direction in directions} == {word}


def test_without_orientation_no_direction_is_told() -> None:
    compass = re.compile(r"\b(?:north|south|east|west|left|ahead|behind me|to the right)\b", re.I)
    assert not [text for text in texts(rich(), style("long", "none")) if compass.search(text)]


# --- Truth --------------------------------------------------------------------------------------


def said(kind: str) -> re.Pattern[str]:
    phrases = "|".join(re.escape(one.strip("~").replace("*", "")) for one in calls(kind))
    return re.compile(rf"\b(?:{phrases})", re.IGNORECASE)


def test_what_is_taken_off_the_map_is_not_told_any_more(tmp_path: Path) -> None:
    def told(name: str, **facts: bool) -> list[str]:
        town = Town()
        town.way(
            [(0, 0), (0, 100), (0, 200)],
            highway="residential",
            **({"surface": "sett"} if facts["cobbles"] else {}),
        )
        if facts["tram"]:
            town.way([(2, 0), (2, 200)], railway="tram")
        if facts["fountain"]:
            town.point(15, 100, amenity="fountain")
        colour = {"building:colour": "yellow"} if facts["yellow"] else {}
        town.box(-30, 90, 20, 20, building="apartments", **colour)
        at = town.position(0, 100)
        observer = VisibilityMap(read_world([town.write(tmp_path / f"{name}.osm")]))
        return texts(observer.scene(at.lat, at.lon), style("medium", "none"), 80)

    whole = {"cobbles": True, "tram": True, "fountain": True, "yellow": True}
    claims = {
        "cobbles": re.compile("cobble|stone-paved"),
        "tram": re.compile(r"tram|\brails\b"),
        "fountain": said("fountain"),
        "yellow": re.compile("yellow"),
    }
    before = told("whole", **whole)
    for fact, claim in claims.items():
        assert sum(bool(claim.search(text)) for text in before) > 10, fact
        after = told(f"without {fact}", **(whole | {fact: False}))
        assert not [text for text in after if claim.search(text)], fact


def test_a_thing_behind_a_building_is_told_only_when_the_building_is_gone(tmp_path: Path) -> None:
    def told(*, built: bool) -> list[str]:
        town = Town()
        town.way([(0, 0), (0, 200)], highway="residential")
        town.point(40, 100, amenity="fountain")
        if built:
            town.box(10, 80, 15, 40, building="yes")
        at = town.position(0, 100)
        observer = VisibilityMap(read_world([town.write(tmp_path / f"{built}.osm")]))
        return texts(observer.scene(at.lat, at.lon), style("medium"))

    fountain = said("fountain")
    assert not [text for text in told(built=True) if fountain.search(text)]
    assert sum(bool(fountain.search(text)) for text in told(built=False)) > 40


def test_a_row_of_trees_is_told_on_its_side_of_the_way() -> None:
    """Trees on the right, looking north, are to the east."""
    trees = scene(way=way(trees_right=True))
    compass = [text for text in texts(trees, style("short", "compass")) if "trees" in text]
    assert len(compass) > 10
    assert all("on the east side" in text for text in compass)
    headed = texts(trees, style("short", "heading"))
    assert any("trees on" in text for text in headed)
    for text in headed:
        if "trees on" in text or "trees to" in text:
            side = "right" if "north" in text else "left" if "south" in text else "one side|along"
            assert re.search(side, text), text


# --- Names --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> list[VisibleScene]:
    """Scenes of the tiny city, whose names are not part of any common word."""
    town = tiny_city()
    path = town.write(tmp_path_factory.mktemp("words") / "city.osm")
    observer = VisibilityMap(read_world([path]))
    places = [town.position(x, y) for x in (0, 65, 130, 200, 260) for y in (5, 60, 118, 241, 352)]
    return [observer.scene(at.lat, at.lon) for at in places]


SIGNS = re.compile(
    r"lime street|harbour lane|mill road|castle street|oak avenue|king's road|kings road|"
    r"tower street|пушкин|pushkin|market square|alexander|harbour\b|saint|mary|nicholas|white dome|"
    r"rose garden|swan|ångström|yliopiston|medix|булочная|заря|dawn|foodmart|tick|dollar|alert|"
    r"angle|img|quote|single' hotel",
    re.IGNORECASE,
)


def test_no_name_leaks_where_none_is_wanted(city: list[VisibleScene]) -> None:
    rng = np.random.default_rng(7)
    for seed in range(800):
        how = Style.random(rng, names=False)
        text = describe(city[seed % len(city)], np.random.default_rng(seed), how)
        assert not SIGNS.search(text), text


def test_names_are_told_where_they_are_wanted(city: list[VisibleScene]) -> None:
    rng = np.random.default_rng(7)
    has_name = [
        bool(
            SIGNS.search(
                describe(
                    city[seed % len(city)],
                    np.random.default_rng(seed),
                    replace(Style.random(rng, names=True), care="careful"),
                )
            )
        )
        for seed in range(300)
    ]
    assert sum(has_name) > 200


def test_few_names_are_told_of_many() -> None:
    found = texts(rich(), style("long", names=True))
    assert found
    for text in found:
        assert 1 <= len(set(re.findall(r"Zyx\d+|Long Lane", text))) <= 5, text


def test_a_kind_that_is_a_name_is_told_by_nobody_who_has_not_read_the_sign() -> None:
    odd = scene(thing("GLORP", 90, name="Glorp"), thing("glorp shop", 90, name="Glorp"))
    assert not [text for text in texts(odd, style()) if "glorp" in text.lower()]
    assert [text for text in texts(odd, style(names=True)) if "Glorp" in text]


# --- Form ---------------------------------------------------------------------------------------


def test_equal_seeds_give_equal_texts_and_others_others(city: list[VisibleScene]) -> None:
    assert len(city) > 10
    for number, view in enumerate(city[:10]):
        how = Style.random(np.random.default_rng(number))
        again = [describe(view, np.random.default_rng(4), how) for _ in range(2)]
        assert again[0] == again[1]
    assert len(set(texts(rich(), style("short"), 100))) > 90


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_lengths_are_within_their_bounds(length: Length, orientation: Orientation) -> None:
    least, most = WORDS[length]
    counts = [len(text.split()) for text in texts(rich(), style(length, orientation))]
    outside = [count for count in counts if not least * 0.9 <= count <= most * 1.2]
    assert len(outside) <= 2, sorted(counts)


def test_a_poor_sight_makes_a_short_text_and_no_invention() -> None:
    nothing = scene(way=None)
    poor = texts(nothing, style("long"))
    assert poor
    for text in poor:
        assert 0 < len(text.split()) < 60
    bare = " ".join(texts(scene(), style("medium", "none"), 200))
    assert not re.search(r"church|bakery|\btrees?\b|tram|park\b|buildings|bench", bare)


def test_the_careful_write_sentences_and_the_sloppy_do_not() -> None:
    careful = texts(rich(), style("medium"), 100)
    sloppy = texts(rich(), style("medium", is_sloppy=True), 100)
    assert all(text[0].isupper() and text[-1] in ".?!" for text in careful)
    assert sum(text == text.lower() for text in sloppy) > 40
    assert sum(text[-1] not in ".?!" for text in sloppy) > 30
    assert not set(careful) & set(sloppy)


def test_no_sign_of_the_templates_is_left_in_a_text(city: list[VisibleScene]) -> None:
    rng = np.random.default_rng(1)
    for seed in range(600):
        one = (*city, rich())[seed % (len(city) + 1)]
        text = describe(one, np.random.default_rng(seed), Style.random(rng, names=False))
        assert not re.search(r"[\[\]{}|~*]|  | [.,;:]|\.\.|\ba a\b|\ban? an?\b", text), text


def test_half_of_the_random_styles_tell_compass_directions() -> None:
    rng = np.random.default_rng(0)
    styles = [Style.random(rng) for _ in range(2000)]
    share = np.mean([drawn.orientation in ("heading", "compass") for drawn in styles])
    assert share == pytest.approx(0.5, abs=0.05)
    assert {drawn.length for drawn in styles} == set(LENGTHS)
    assert {drawn.names for drawn in styles} == {True, False}
    assert all(Style.random(rng, names=wanted).names is wanted for wanted in (True, False))
