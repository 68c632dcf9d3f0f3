"""Places of a gallery by their names."""

import pytest

from core.gallery import Gallery
from core.gallery.place_lookup import spots_named
from core.geo import haversine_m


def test_streets_and_things_are_found_by_a_part_of_their_name(tiny_gallery: Gallery) -> None:
    street = next(one for one in tiny_gallery.streets if one)
    (first, *_) = spots_named(tiny_gallery, street.upper())
    assert (first.name, first.kind) == (street, "street")
    assert first.at in {
        tile_at(tiny_gallery, row)
        for row, name in enumerate(tiny_gallery.streets)
        if name == street
    }
    assert street in [one.name for one in spots_named(tiny_gallery, street[:5])]


def tile_at(gallery: Gallery, row: int) -> object:
    from core.geo import Position

    return Position(float(gallery.lats[row]), float(gallery.lons[row]))


def test_a_thing_lies_where_its_tiles_see_it(tiny_gallery: Gallery) -> None:
    facts, links = tiny_gallery.facts, tiny_gallery.links
    fact = next(
        row
        for row, names in enumerate(facts.names)
        if names
        and facts.kind[row] not in ("", "street corner")
        and names[0] not in tiny_gallery.streets
        and links.starts[row] < links.starts[row + 1]
    )
    found = spots_named(tiny_gallery, facts.names[fact][0])
    spot = next(one for one in found if one.name == facts.names[fact][0])
    part = slice(links.starts[fact], links.starts[fact + 1])
    rows, away = links.tile[part], links.distance_m[part]
    told = haversine_m(spot.at.lat, spot.at.lon, tiny_gallery.lats[rows], tiny_gallery.lons[rows])
    assert abs(told[away.argmin()] - away.min()) < 1


@pytest.mark.parametrize("words", ["", "  ", "zzzz", "!", "\x00"])
def test_what_no_place_is_called_finds_none(tiny_gallery: Gallery, words: str) -> None:
    assert spots_named(tiny_gallery, words) == []


def test_no_name_comes_twice_and_no_more_than_asked_for(tiny_gallery: Gallery) -> None:
    names = [one.name for one in spots_named(tiny_gallery, "a", 4)]
    assert len(names) == 4
    assert len(set(names)) == 4
