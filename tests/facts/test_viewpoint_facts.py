"""Facts around viewpoints, in cases worked out by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tiny_osm import Town, tiny_city

from core.facts.viewpoint_facts import VIEW_M, Facts, colour_word, facts_around, plural, tile_texts
from core.geo import compass
from core.sources.world import read_world
from core.world import World


@dataclass(frozen=True)
class Seen:
    """A fact with its distance and bearing from a viewpoint."""

    distance_m: float
    bearing_deg: float


See = Callable[..., dict[str, Seen]]


@pytest.fixture
def see(tmp_path: Path) -> See:
    """Facts around a point of a drawing: text → distance and bearing."""

    def look(town: Town, x: float = 0, y: float = 0) -> dict[str, Seen]:
        return seen_from(read_world([town.write(tmp_path / "town.osm")]), town, x, y)

    return look


def seen_from(world: World, town: Town, x: float, y: float) -> dict[str, Seen]:
    at = town.position(x, y)
    facts = facts_around(world, np.array([at.lat]), np.array([at.lon]))
    return seen_in(facts)


def seen_in(facts: Facts, tile: int = 0) -> dict[str, Seen]:
    links = facts.links[facts.links.tile == tile]
    texts = facts.table.text.to_numpy()[links.fact]
    rows = zip(texts, links.distance_m, links.bearing_deg, strict=True)
    return {text: Seen(distance, bearing) for text, distance, bearing in rows}


def the(facts: dict[str, Seen], *words: str) -> Seen:
    """The only fact whose text has all the words."""
    matches = [text for text in facts if all(word in text for word in words)]
    assert len(matches) == 1, f"{words} in {list(facts)}"
    return facts[matches[0]]


@pytest.mark.parametrize(
    ("x", "y", "metres", "word"),
    [
        (0, 30, 30, "north"),
        (40, 0, 40, "east"),
        (0, -50, 50, "south"),
        (-60, 0, 60, "west"),
        (30, 40, 50, "north-east"),
        (-50, -50, 70.7, "south-west"),
    ],
)
def test_a_statue_is_as_far_and_in_the_direction_as_drawn(
    x: float, y: float, metres: float, word: str, see: See
) -> None:
    town = Town()
    town.point(x, y, historic="memorial", memorial="statue", name="Alexander")
    statue = the(see(town), "statue", "Alexander")
    assert statue.distance_m == pytest.approx(metres, rel=0.01)
    assert compass(statue.bearing_deg) == word


def test_distance_to_a_building_is_to_its_nearest_wall(see: See) -> None:
    town = Town()
    town.box(25, -10, 40, 20, building="church", name="Saint Ann")
    found = the(see(town), "Saint Ann")
    assert found.distance_m == pytest.approx(25, rel=0.01)
    assert compass(found.bearing_deg) == "east"


def test_who_stands_inside_is_at_no_distance(see: See) -> None:
    town = Town()
    town.box(-50, -50, 100, 100, leisure="park", name="Rose Garden")
    assert the(see(town), "Rose Garden").distance_m == 0


def test_who_stands_in_a_courtyard_is_not_inside_the_building(see: See) -> None:
    town = Town()
    outer, inner = town.box(-50, -50, 100, 100), town.box(-20, -20, 40, 40)
    town.courtyard(outer, inner, building="yes", name="Round House")
    assert the(see(town), "Round House").distance_m == pytest.approx(20, rel=0.02)


def test_of_two_equal_things_the_nearer_counts(see: See) -> None:
    town = Town()
    for y in (50, 20, 90):
        town.point(0, y, amenity="fountain")
    assert see(town)["fountain"].distance_m == pytest.approx(20, rel=0.01)


def test_what_lies_beyond_the_view_is_not_told(see: See) -> None:
    town = Town()
    town.point(0, VIEW_M - 10, amenity="pub", name="Near Pub")
    town.point(0, VIEW_M + 10, amenity="pub", name="Far Pub")
    facts = see(town)
    assert the(facts, "Near Pub").distance_m == pytest.approx(VIEW_M - 10, rel=0.01)
    assert not [text for text in facts if "Far Pub" in text]


@pytest.mark.parametrize(
    ("count", "word"), [(2, "two"), (3, "three"), (6, "several"), (12, "many")]
)
def test_things_that_stand_together_are_counted(count: int, word: str, see: See) -> None:
    town = Town()
    for number in range(count):
        town.point(10 + 2 * number, 0, amenity="bench")
    assert f"{word} benches" in see(town)


def test_a_thing_alone_is_not_counted(see: See) -> None:
    town = Town()
    town.point(10, 0, amenity="bench")
    assert not [text for text in see(town) if "benches" in text]


def test_a_named_thing_is_counted_once(see: See) -> None:
    town = Town()
    town.point(10, 0, amenity="pub", name="Only Pub")
    assert not [text for text in see(town) if "pubs" in text]


def test_streets_that_cross_make_a_corner(see: See) -> None:
    town = Town()
    town.way([(-100, 30), (100, 30)], highway="residential", name="Lime Street")
    town.way([(40, -100), (40, 100)], highway="residential", name="Oak Avenue")
    town.way([(-100, -90), (100, -90)], highway="residential", name="Lime Street")
    corner = the(
        {text: fact for text, fact in see(town).items() if "corner" in text},
        "Lime Street",
        "Oak Avenue",
    )
    assert corner.distance_m == pytest.approx(50, rel=0.02)


def test_parallel_streets_make_no_corner(see: See) -> None:
    town = Town()
    for y, name in ((0, "Lime Street"), (20, "Oak Avenue")):
        town.way([(-100, y), (100, y)], highway="residential", name=name)
    assert not [text for text in see(town) if "corner" in text]


def test_what_stands_in_a_park_is_told_with_the_park(see: See) -> None:
    town = Town()
    town.box(-20, -20, 40, 40, leisure="park")
    town.point(0, 5, historic="memorial", memorial="statue")
    town.point(50, 0, amenity="fountain")
    facts = see(town)
    assert "statue in a park" in facts
    assert not [text for text in facts if "fountain" in text and "park" in text]


def test_an_english_name_is_told_beside_the_local_one(see: See) -> None:
    town = Town()
    town.point(0, 9, shop="bakery", name="Булочная", name__en="Dawn Bakery")
    assert the(see(town), "Булочная", "Dawn Bakery").distance_m == pytest.approx(9, rel=0.02)


def test_a_house_number_is_known_close_by_and_not_spoken(tmp_path: Path) -> None:
    town = Town()
    town.point(0, 10, addr__street="Lime Street", addr__housenumber="7")
    town.point(0, 190, addr__street="Lime Street", addr__housenumber="99")
    at = town.position(0, 0)
    world = read_world([town.write(tmp_path / "town.osm")])
    facts = facts_around(world, np.array([at.lat]), np.array([at.lon]))
    seen = seen_in(facts)
    assert list(seen) == ["address: Lime Street 7", "address: Lime Street 99"]
    assert not facts.table.spoken.any()


def test_an_address_that_no_viewpoint_sees_belongs_to_the_nearest(tmp_path: Path) -> None:
    town = Town()
    town.point(0, 190, addr__street="Lime Street", addr__housenumber="99")
    town.point(0, 20, amenity="bench", addr__street="Lime Street")
    views = [town.position(0, 0), town.position(0, 100)]
    world = read_world([town.write(tmp_path / "town.osm")])
    facts = facts_around(
        world, np.array([view.lat for view in views]), np.array([view.lon for view in views])
    )
    text = facts.table.text
    links = {
        (text[fact], tile) for fact, tile in zip(facts.links.fact, facts.links.tile, strict=True)
    }
    assert {one for one in links if "address" in one[0]} == {
        ("address: Lime Street 99", 1),
        ("address: Lime Street", 0),
    }


def test_a_colour_and_a_height_are_told(see: See) -> None:
    town = Town()
    town.box(
        10, 0, 20, 20, building="apartments", building__colour="#ffffff", building__levels="12"
    )
    text = next(text for text in see(town) if "apartment" in text)
    assert "white" in text
    assert "high-rise" in text or "tall" in text


@pytest.mark.parametrize(("side_m", "text"), [(100, "large pond"), (300, "large lake")])
def test_water_is_called_by_its_size(side_m: float, text: str, see: See) -> None:
    town = Town()
    town.box(10, 0, side_m, side_m, natural="water")
    assert text in see(town)


@pytest.mark.parametrize(
    ("value", "word"), [("#c8c8c8", "light grey"), ("FFFFFF", "white"), ("Dark_Red", "dark red")]
)
def test_colours_read_as_words(value: str, word: str) -> None:
    assert colour_word(value) == word


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("bench", "benches"),
        ("church", "churches"),
        ("library", "libraries"),
        ("pub", "pubs"),
        ("bus stop", "bus stops"),
        ("row of trees", "rows of trees"),
    ],
)
def test_plurals_are_regular(one: str, many: str) -> None:
    assert plural(one) == many


# --- The tiny city ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken_away", "word"),
    [
        ("statue", "Alexander"),
        ("cathedral", "Saint Mary's Cathedral"),
        ("benches", "benches"),
        ("fountain", "fountain"),
    ],
)
def test_a_fact_goes_with_its_feature(taken_away: str, word: str, see: See) -> None:
    there = see(tiny_city(), 65, 110)
    gone = see(tiny_city(frozenset({taken_away})), 65, 110)
    assert [text for text in there if word in text]
    assert not [text for text in gone if word in text]


def city_facts(city_osm: Path) -> tuple[Facts, World]:
    world, town = read_world([city_osm]), Town()
    spots = [town.position(x, y) for x, y in ((65, 110), (200, 120), (380, 180), (5000, 5000))]
    lats, lons = (np.array([getattr(spot, key) for spot in spots]) for key in ("lat", "lon"))
    return facts_around(world, lats, lons), world


def test_things_with_the_same_text_keep_their_own_names(tmp_path: Path) -> None:
    town = Town()
    for x in (0, 30, 60):
        town.point(x, 10, amenity="toilets")
    town.point(90, 10, amenity="toilets", operator="Stockman")
    town.point(0, 20, shop="kiosk", name="R", addr__street="Lime Street", addr__housenumber="7")
    town.point(60, 20, shop="kiosk", name="R", addr__street="Oak Street", addr__housenumber="9")
    town.point(0, 30, building="house", addr__street="Lime Street", addr__housenumber="8")
    at = town.position(40, 0)
    world = read_world([town.write(tmp_path / "town.osm")])
    table = facts_around(world, np.array([at.lat]), np.array([at.lon])).table
    toilets = table[table.text == "public toilets"]
    assert sorted(zip(map(tuple, toilets.names), toilets.things, strict=True)) == [
        ((), 3),
        (("Stockman",), 1),
    ]
    kiosks = table[table.text == "kiosk: R"]
    assert sorted(map(tuple, kiosks.names)) == [("R", "Lime Street 7"), ("R", "Oak Street 9")]
    houses = table[table.text == "house"]
    assert not any(map(len, houses.names))


def test_links_are_sorted_and_point_at_facts(city_osm: Path) -> None:
    facts, _ = city_facts(city_osm)
    keys = [(text, *names) for text, names in zip(facts.table.text, facts.table.names, strict=True)]
    assert len(keys) == len(set(keys))
    assert facts.links.tile.is_monotonic_increasing
    assert not facts.links.duplicated(["tile", "fact"]).any()
    assert facts.links.fact.between(0, len(facts.table) - 1).all()
    assert (facts.links.distance_m <= VIEW_M + 1).all()
    assert facts.links.bearing_deg.between(0, 360).all()


def test_two_readings_of_the_same_map_tell_the_same(city_osm: Path) -> None:
    (one, _), (other, _) = city_facts(city_osm), city_facts(city_osm)
    assert one.table.equals(other.table)
    assert one.links.equals(other.links)


def test_a_tiles_text_tells_the_nearest_first_and_nothing_twice(city_osm: Path) -> None:
    facts, _ = city_facts(city_osm)
    texts = tile_texts(facts, 4, 70)
    assert len(texts) == 4
    assert "Market Square" in texts[0]
    assert texts[3] == "", "nothing is known far from the map"
    parts = texts[0].split("; ")
    assert len(parts) == len(set(parts))
    distances = [seen_in(facts)[part].distance_m for part in parts]
    assert distances == sorted(distances)
    assert max(distances) <= 70
    assert not [part for part in parts if part.startswith("address: ")]


def test_hostile_names_are_kept_as_they_are(city_osm: Path) -> None:
    world, town = read_world([city_osm]), Town()
    assert any("${alert(1)}" in text for text in seen_from(world, town, 120, 352))


def test_a_map_of_one_nameless_thing_is_no_error(see: See) -> None:
    town = Town()
    town.point(0, 10, amenity="bench")
    assert see(town)["bench"].distance_m == pytest.approx(10, rel=0.02)


def test_a_map_of_things_without_words_is_no_error(see: See) -> None:
    town = Town()
    town.point(0, 10, surface="asphalt")
    assert see(town) == {}
