"""Inspecting a gallery: facts of a tile, finding tiles, the covered area, the provenance."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely
from conftest import settings_for

from core.errors import GalleryError
from core.gallery import Gallery
from core.gallery.inspection import Hit, coverage, look_up, nearest_row, provenance, tile_facts
from core.geo import Position, haversine_m


def test_a_tile_holds_what_is_linked_to_it_nearest_first(tiny_gallery: Gallery) -> None:
    links = tiny_gallery.links
    assert len(tiny_gallery) > 60
    for row in range(len(tiny_gallery)):
        facts = tile_facts(tiny_gallery, row)
        assert len(facts) == int((links.tile == row).sum())
        distances_m = [fact.distance_m for fact in facts]
        assert distances_m == sorted(distances_m)
        assert all((fact.direction == "here") == (fact.distance_m < 5) for fact in facts)


def test_the_description_is_made_of_what_is_spoken_of(tiny_gallery: Gallery) -> None:
    row = len(tiny_gallery) // 2
    text = tiny_gallery.text(tiny_gallery.tile_ids[row])
    spoken = {fact.text for fact in tile_facts(tiny_gallery, row) if fact.spoken}
    assert text
    assert set(text.split("; ")) <= spoken


def test_a_tile_is_found_by_id_position_street_and_thing(tiny_gallery: Gallery) -> None:
    tile = tiny_gallery.tile(3)
    assert look_up(tiny_gallery, f" {tile.tile_id} ") == [Hit(3)]
    assert look_up(tiny_gallery, f"{tile.lat:.6f}, {tile.lon:.6f}", 1) == [Hit(3)]
    street = next(street for street in tiny_gallery.streets if street)
    rows = [hit.row for hit in look_up(tiny_gallery, street.upper(), 1000)]
    on_street = [row for row, name in enumerate(tiny_gallery.streets) if name == street]
    assert set(rows[: len(on_street)]) == set(on_street), "those of the street come first"
    name = next(names[0] for names in tiny_gallery.facts.names if names)
    assert look_up(tiny_gallery, name)


def test_a_tile_found_by_a_thing_names_the_nearest_such_thing(tiny_gallery: Gallery) -> None:
    hits = look_up(tiny_gallery, "fountain", 1000)
    assert hits
    for hit in hits:
        fountains = [fact for fact in tile_facts(tiny_gallery, hit.row) if "fountain" in fact.text]
        nearest = min(fountains, key=lambda fact: fact.distance_m)
        assert (hit.fact, hit.distance_m) == (nearest.text, pytest.approx(nearest.distance_m))
    metres = [hit.distance_m or 0.0 for hit in hits]
    assert metres == sorted(metres)


@pytest.mark.parametrize(
    "words", ["", "  ", "no such thing zq", "91,0", "nan,1", "1,2,3,4", "`${x}`"]
)
def test_words_that_no_tile_holds_find_none(tiny_gallery: Gallery, words: str) -> None:
    assert look_up(tiny_gallery, words) == []


def test_a_click_chooses_the_nearest_tile(tiny_gallery: Gallery) -> None:
    rng = np.random.default_rng(0)
    box = tiny_gallery.card.bounds
    for _ in range(20):
        spot = Position(rng.uniform(box.south, box.north), rng.uniform(box.west, box.east))
        away = [
            float(haversine_m(spot.lat, spot.lon, lat, lon))
            for lat, lon in zip(tiny_gallery.lats, tiny_gallery.lons, strict=True)
        ]
        assert nearest_row(tiny_gallery, spot) == away.index(min(away))


def test_the_coverage_holds_every_tile_and_nothing_far_from_all(tiny_gallery: Gallery) -> None:
    parts = [shapely.Polygon(rings[0], rings[1:]) for rings in coverage(tiny_gallery)]
    area = shapely.union_all(parts)
    assert area.is_valid
    assert len(tiny_gallery.lats) > 60
    for lat, lon in zip(tiny_gallery.lats, tiny_gallery.lons, strict=True):
        assert area.contains(shapely.Point(lon, lat))
    boxes = [tiny_gallery.tile(row).bounds for row in range(len(tiny_gallery))]
    expected = shapely.union_all([shapely.box(b.west, b.south, b.east, b.north) for b in boxes])
    assert area.symmetric_difference(expected).area < 0.01 * expected.area


def test_the_provenance_names_each_file_that_is_not_as_it_was_built(
    tiny_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_home / "galleries", tmp_path / "galleries")
    settings = settings_for(tmp_path / "galleries")
    report = provenance("tinycity", settings)
    assert set(report.problems.values()) == {""}
    assert report.to_json()["files"] == report.manifest.files
    data = tmp_path / "galleries" / "tinycity" / report.manifest.build
    (data / "links.parquet").write_bytes(b"x")
    (data / "facts.parquet").unlink()
    wrong = {
        Path(name).name: problem
        for name, problem in provenance("tinycity", settings).problems.items()
        if problem
    }
    assert wrong == {"links.parquet": "not as it was built", "facts.parquet": "missing"}
    with pytest.raises(GalleryError):
        provenance("no-such", settings)
