"""Galleries across the antimeridian, and the poles, where there are none."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from conftest import settings_for
from tiny_osm import Town

from core.cli.options import bounds as bbox_option
from core.errors import SourceError
from core.gallery import Gallery, open_gallery
from core.geo import Bounds, Position, haversine_m, near_lons, tile_bounds, wrapped
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.render import Renderer
from core.retrieval import search
from core.sources.world import read_world
from core.web_tiles.archive import read_tile
from core.web_tiles.mercator import tiles_in

Build = Callable[..., Path]


class DateLineTown(Town):
    """A town whose longitudes jump from 180 to -180, as OpenStreetMap writes them."""

    def position(self, x: float, y: float) -> Position:
        at = super().position(x, y)
        return Position(at.lat, wrapped(at.lon))


def date_line_town(lon: float = 179.9984) -> Town:
    town = DateLineTown(lat=-16.8, lon=lon)
    town.way([(0, 0), (250, 0)], highway="footway", name="Date Line Walk")
    town.box(60, 20, 100, 60, building="church", name="Saint Ann")
    town.point(30, 10, amenity="bench")
    town.point(200, 10, amenity="fountain", name="Dawn Fountain")
    return town


@pytest.fixture(scope="module")
def gallery(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    home = tmp_path_factory.mktemp("dateline")
    build("dateline", date_line_town().write(home / "town.osm"), home / "galleries")
    return open_gallery("dateline", settings_for(home / "galleries"))


def test_a_town_across_the_antimeridian_is_one_piece(gallery: Gallery) -> None:
    assert len(gallery) > 5
    assert np.ptp(gallery.lons) * 111_000 * math.cos(math.radians(16.8)) < 300
    assert gallery.lons.min() < 180 < gallery.lons.max()
    bounds = gallery.card.bounds
    assert bounds.west < 180 < bounds.east
    assert bounds.contains(gallery.lats, gallery.lons).all()
    assert bounds.contains(np.array([-16.8]), np.array([-179.9998])).all()
    for row in range(len(gallery)):
        assert gallery.row_of(gallery.tile(row).tile_id) == row
        assert abs(float(gallery.tile(row).tile_id.split(",")[1])) <= 180


def test_its_facts_are_as_far_as_on_any_other_ground(
    gallery: Gallery, build: Build, tmp_path: Path
) -> None:
    plain = Town(lat=-16.8, lon=177.0 + 0.5)
    drawn = date_line_town()
    plain.nodes, plain.ways = _moved(drawn), drawn.ways
    build("plain", plain.write(tmp_path / "plain.osm"), tmp_path / "galleries")
    other = open_gallery("plain", settings_for(tmp_path / "galleries"))
    assert gallery.facts.text == other.facts.text
    assert len(gallery.links.distance_m) == len(other.links.distance_m) > 10
    assert np.abs(gallery.links.distance_m - other.links.distance_m).max() <= 1


def _moved(drawn: Town) -> list[str]:
    """The same nodes two degrees to the west, within the same UTM zone."""

    def west(match: re.Match[str]) -> str:
        return f'lon="{float(match.group(1)) % 360 - 2:.7f}"'

    return [re.sub('lon="([^"]+)"', west, node) for node in drawn.nodes]


def test_it_can_be_searched_on_both_sides(gallery: Gallery, encoder: SentenceEncoder) -> None:
    for text, side in (("beside the Dawn Fountain", -1), ("a bench", 1)):
        best = search(gallery, encoder, Query(text)).candidates[0]
        lon = best.to_json()["lon"]
        assert abs(lon) <= 180
        assert lon * side > 0
    spot = Position(-16.8, -179.9999)
    near = search(gallery, encoder, Query("a church", near=spot, within_m=60)).candidates
    assert near
    found = haversine_m(
        spot.lat,
        spot.lon,
        np.array([one.tile.lat for one in near]),
        np.array([one.tile.lon for one in near]),
    )
    assert (found <= 60).all()


def test_a_town_that_lies_mostly_west_counts_down_from_180(tmp_path: Path) -> None:
    source = date_line_town(lon=179.9998).write(tmp_path / "town.osm")
    west, _, east, _ = read_world([source]).features.total_bounds
    assert -180.4 < west < -180 < east < -179


def test_a_box_across_the_antimeridian_keeps_what_is_inside(tmp_path: Path) -> None:
    source = date_line_town().write(tmp_path / "town.osm")
    box = bbox_option("179.99995,-16.9,-179.9995,-16.7")
    assert (box.west, box.east) == pytest.approx((-180.00005, -179.9995))
    world = read_world([source], box)
    assert sorted(world.features.name) == ["Date Line Walk", "Dawn Fountain"]
    assert sum(row.n for row in world.left_out) == 2
    with pytest.raises(SourceError, match="nothing inside"):
        read_world([source], Bounds(170, -16.9, 179, -16.7))


def test_a_country_across_the_antimeridian_is_refused_with_the_way_out(tmp_path: Path) -> None:
    town = Town(lat=-16.8, lon=179.0)
    town.point(0, 0, amenity="bench")
    town.nodes.append('<node id="2" lat="-16.8" lon="-179"><tag k="shop" v="toys"/></node>')
    source = town.write(tmp_path / "country.osm")
    with pytest.raises(SourceError, match="--bbox"):
        read_world([source])
    assert len(read_world([source], Bounds(178, -17, 179.9, -16)).features) == 1


def test_a_map_of_the_whole_earth_stays_as_it_is(tmp_path: Path) -> None:
    town = Town(lat=0, lon=0)
    for number, lon in enumerate((-170, 0, 170), 1):
        town.nodes.append(f'<node id="{number}" lat="1" lon="{lon}"><tag k="shop" v="a"/></node>')
    found = read_world([town.write(tmp_path / "earth.osm")])
    assert shapely.get_coordinates(found.features.geometry)[:, 0].tolist() == [-170, 0, 170]


@pytest.mark.parametrize("lat", [-89.99, -81.0, 85.5, 90.0])
def test_a_pole_is_refused_in_one_line(lat: float, build: Build, tmp_path: Path) -> None:
    body = f'<node id="1" lat="{lat}" lon="0"><tag k="tourism" v="information"/></node>'
    (tmp_path / "pole.osm").write_text(f'<osm version="0.6">{body}</osm>')
    with pytest.raises(SourceError, match=r"latitude .* not at a pole"):
        build("pole", tmp_path / "pole.osm", tmp_path / "galleries")
    assert not (tmp_path / "galleries").exists()


def test_longitudes_run_on_from_each_other() -> None:
    found = near_lons(np.array([-179.9, 179.9, 15.44]), 180.0)
    assert found == pytest.approx([180.1, 179.9, 15.44])
    assert near_lons(np.array([15.44]), 15.4)[0] == 15.44
    assert [wrapped(lon) for lon in (180.25, -180.25, 180.0, 15.44)] == [
        -179.75,
        179.75,
        180.0,
        15.44,
    ]


@pytest.mark.parametrize("zoom", [0, 1, 10, 18])
def test_base_map_tiles_run_on_across_the_antimeridian(zoom: int) -> None:
    tiles = tiles_in(tile_bounds(Position(-16.8, 180.0), 50), zoom)
    count = 2**zoom
    assert tiles.x0 == count - 1
    assert {x % count for x in range(tiles.x0, tiles.x1)} == {count - 1, 0}
    west = tiles_in(Bounds(-180, -10, -179.9, -9), zoom)
    assert (west.x0, west.x1) == (0, max(1, math.ceil(count * 0.1 / 360)))


def test_both_sides_of_the_base_map_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    world = read_world([date_line_town().write(tmp_path / "town.osm")])
    west, _, east, _ = world.features.total_bounds
    path = tmp_path / "map.pmtiles"
    with Renderer(world) as renderer:
        renderer.base_map(tile_bounds(Position(-16.8, (west + east) / 2), 200), range(16, 17), path)
        picture = renderer.tile_image(Position(-16.8, 180.0), 100)
    assert len(set(picture.get_flattened_data())) > 2
    tiles = tiles_in(tile_bounds(Position(-16.8, 180.0), 100), 16)
    row = tiles.y0
    assert read_tile(path, 16, 2**16 - 1, row)
    assert read_tile(path, 16, 0, row)
