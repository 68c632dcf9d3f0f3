"""Towns of the world by name."""

import numpy as np
import pytest

from core.geo import Position, haversine_m
from core.sources.gazetteer import ground_at, towns_named
from core.sources.imagery.addresses import sources_of


@pytest.mark.parametrize("words", ["Tartu", "tartu, Estonia", "ТАРТУ", " Dorpat , eston"])
def test_a_town_is_found_by_any_of_its_names(words: str) -> None:
    found = towns_named(words)
    assert (found[0].name, found[0].country) == ("Tartu", "Estonia")
    assert found[0].people > 50_000
    away = haversine_m(58.38, 26.72, np.array([found[0].at.lat]), np.array([found[0].at.lon]))
    assert away[0] < 2000


def test_the_largest_town_of_a_name_comes_first_and_a_country_chooses() -> None:
    first, *others = towns_named("Halle")
    assert first.country == "Germany"
    assert {one.country for one in others} >= {"Belgium"}
    assert {one.country for one in towns_named("Halle, Belgium")} == {"Belgium"}


@pytest.mark.parametrize("words", ["Planken, Liechtenstein", "planken , liecht", "PLANKEN, Liecht"])
def test_a_village_is_found(words: str) -> None:
    (found,) = towns_named(words)
    assert (found.name, found.country) == ("Planken", "Liechtenstein")
    assert 300 < found.people < 1000


def test_a_village_with_letters_beyond_ascii_is_found() -> None:
    for words in ("Großkarlbach", "großkarlbach", "GROßKARLBACH, germany"):
        assert [one.name for one in towns_named(words)] == ["Großkarlbach"], words


def test_a_town_comes_before_a_village_of_its_name() -> None:
    people = [one.people for one in towns_named("Altdorf")]
    assert people == sorted(people, reverse=True)
    assert people[0] >= 5000 > people[-1]


@pytest.mark.parametrize("words", ["", " ", ",", "\t", "\n", "zzzzq", "\x00", "a\tb"])
def test_what_no_town_is_called_finds_none(words: str) -> None:
    assert towns_named(words) == []


def test_a_square_lies_around_a_town() -> None:
    town = towns_named("Tartu")[0]
    box = town.around(2000)
    assert box.center.lat == pytest.approx(town.at.lat)
    assert isinstance(town.at, Position)


@pytest.mark.parametrize(
    ("lat", "lon", "ground", "sources"),
    [
        (47.14, 9.52, "LI", ["swisstopo"]),
        (50.94, 6.96, "DE-07", ["nrw"]),
        (52.52, 13.40, "DE-16", []),
        (48.09, -1.50, "FR", ["ign-fr"]),
        (60.17, 24.94, "FI", []),
        (59.33, 18.06, "SE", ["lantmateriet"]),
    ],
)
def test_a_ground_has_the_open_imagery_of_its_country_or_part(
    lat: float, lon: float, ground: str, sources: list[str]
) -> None:
    found = ground_at(Position(lat, lon))
    assert found.startswith(ground)
    assert [one.name for one in sources_of(found)] == sources
