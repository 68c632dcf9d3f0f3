"""Layout labels mark the cells of the rendered square in which a class is."""

import io
import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from PIL import Image
from tiny_osm import Town

from core.geo import Position, tile_bounds
from core.sources.world import read_world
from core.training.layout_labels import Layouts, frequent_kinds
from core.world import World

CELLS = 16
FOOTPRINT_M = 100.0


def cell_boxes(center: Position) -> npt.NDArray[np.object_]:
    """[CELLS, CELLS] squares in degrees, rows from north."""
    bounds = tile_bounds(center, FOOTPRINT_M)
    lats = np.linspace(bounds.north, bounds.south, CELLS + 1)
    lons = np.linspace(bounds.west, bounds.east, CELLS + 1)
    return np.array(
        [
            [shapely.box(lons[x], lats[y + 1], lons[x + 1], lats[y]) for x in range(CELLS)]
            for y in range(CELLS)
        ]
    )


def world_of(folder: Path, shapes: list[shapely.Geometry]) -> World:
    """A map of buildings, each of the shape given."""
    features = [
        {"type": "Feature", "properties": {"building": "yes"}, "geometry": shape.__geo_interface__}
        for shape in shapes
    ]
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return read_world([path])


def random_shape(rng: np.random.Generator, center: Position) -> shapely.Geometry:
    """A star with a hole and an island in it, a crooked line, or a point, near a centre."""
    bounds = tile_bounds(center, 2 * FOOTPRINT_M)
    size = (bounds.east - bounds.west, bounds.north - bounds.south)
    middle = rng.uniform((bounds.west, bounds.south), (bounds.east, bounds.north))
    choice = rng.integers(4)
    if choice == 0:
        return shapely.Point(middle)
    if choice == 1:
        return shapely.LineString(middle + rng.normal(0, 0.1, (5, 2)) * size)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    rays = np.column_stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.1, 0.4, (9, 1)) * size
    star = shapely.make_valid(shapely.Polygon(middle + rays))
    hole = shapely.affinity.scale(star, 0.6, 0.6, origin=tuple(middle))
    island = shapely.affinity.scale(star, 0.2, 0.2, origin=tuple(middle))
    return star if choice == 2 else star.difference(hole).union(island)


def test_every_cell_agrees_with_the_shapes_themselves(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    center = Position(52.3, 13.1)
    shapes = [random_shape(rng, center) for _ in range(60)]
    boxes = cell_boxes(center)
    fine = math.sqrt(boxes[0, 0].area) / 2
    shown = 0
    for number, shape in enumerate(shapes):
        world = world_of(tmp_path, [shape])
        grid = Layouts(world, ("any building", *world.features.kind)).grid(
            center, FOOTPRINT_M, CELLS
        )[0]
        deep = shapely.intersects(shapely.buffer(shape, -fine), boxes)
        far = shapely.distance(shape, boxes) > fine
        assert grid[deep].all(), (number, shape.wkt)
        assert not grid[far].any(), (number, shape.wkt)
        shown += deep.sum() + far.sum()
    assert shown > 0.8 * grid.size * len(shapes)


def test_a_building_in_the_north_west_is_in_the_north_western_cells(tmp_path: Path) -> None:
    town = Town()
    town.box(-40, 20, 20, 20, building="yes")
    world = read_world([town.write(tmp_path / "a.osm")])
    grid = Layouts(world, ("any building",)).grid(town.position(0, 0), FOOTPRINT_M, CELLS)[0]
    rows, columns = np.nonzero(grid)
    # 100 m are 16 cells of 6.25 m: x from 10 to 30 m, y from 10 to 30 m below the northern edge.
    assert set(rows) == set(columns) == {1, 2, 3, 4}
    assert grid.sum() == 16


def test_another_centre_moves_the_cells(tmp_path: Path) -> None:
    town = Town()
    town.point(0, 0, amenity="fountain")
    world = read_world([town.write(tmp_path / "a.osm")])
    layouts = Layouts(world, tuple(world.features.kind))
    for x, y in ((1, 2), (30, 2), (1, -30), (-45, 45)):
        rows, columns = np.nonzero(layouts.grid(town.position(x, y), FOOTPRINT_M, CELLS)[0])
        assert list(rows) == [int((50 + y) / 6.25)]
        assert list(columns) == [int((50 - x) / 6.25)]
    assert not layouts.grid(town.position(60, 0), FOOTPRINT_M, CELLS).any()


def test_a_courtyard_is_empty_and_what_stands_in_it_is_not(tmp_path: Path) -> None:
    town = Town()
    outer, inner = town.box(-40, -40, 80, 80), town.box(-30, -30, 60, 60)
    town.courtyard(outer, inner, building="yes")
    town.point(0, 0, amenity="fountain")
    world = read_world([town.write(tmp_path / "a.osm")])
    center = town.position(0, 0)
    building, fountain = Layouts(world, ("any building", "any place")).grid(
        center, FOOTPRINT_M, CELLS
    )
    assert building[2, 2]
    assert not building[4:12, 4:12].any()
    assert fountain[7:9, 7:9].any()


@pytest.mark.parametrize("first", ["island", "ring"])
def test_an_island_in_a_hole_is_seen_whichever_part_comes_first(tmp_path: Path, first: str) -> None:
    center = Position(10.0, 20.0)

    def square(half_m: float) -> shapely.Polygon:
        bounds = tile_bounds(center, 2 * half_m)
        return shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)

    parts = [square(12), square(40).difference(square(30))]
    shape = shapely.MultiPolygon(parts if first == "island" else parts[::-1])
    world = world_of(tmp_path, [shape])
    grid = Layouts(world, ("any building",)).grid(center, FOOTPRINT_M, CELLS)[0]
    assert grid[7:9, 7:9].all()
    assert not grid[4, 4:12].any()
    assert grid[2, 2:14].all()


def test_cells_are_where_the_renderer_draws(tmp_path: Path) -> None:
    pytest.importorskip("mapnik")
    from core.render import Renderer

    def pictured(built: bool) -> npt.NDArray[np.int16]:
        town = Town(lat=-33.4)
        town.box(-200, -200, 400, 400, landuse="residential")
        if built:
            town.box(-42, 13, 31, 19, building="yes")
            town.box(5, -37, 30, 12, building="yes")
        world = read_world([town.write(tmp_path / f"{built}.osm")])
        worlds.append(world)
        with Renderer(world) as renderer:
            picture = Image.open(io.BytesIO(renderer.tile_picture(center, FOOTPRINT_M)))
            return np.asarray(picture.convert("RGB"), dtype=np.int16)

    worlds: list[World] = []
    center = Town(lat=-33.4).position(3, -2)
    changed = np.abs(pictured(True) - pictured(False)).max(2) > 12
    share = changed.reshape(CELLS, 16, CELLS, 16).mean((1, 3))
    grid = Layouts(worlds[0], ("any building",)).grid(center, FOOTPRINT_M, CELLS)[0]
    assert 12 < grid.sum() < 60
    assert grid[share > 0.5].all()
    assert (share[grid] > 0).all()


def test_kinds_are_counted_over_all_maps_and_listed_in_order(tmp_path: Path) -> None:
    towns = [Town(), Town()]
    for town in towns:
        town.point(0, 0, amenity="bench")
        town.point(9, 9, amenity="fountain")
        town.point(5, 9, amenity="fountain")
    worlds = [read_world([town.write(tmp_path / f"{n}.osm")]) for n, town in enumerate(towns)]
    bench, fountain, _ = worlds[0].features.kind
    groups = {f"any {group}" for group in worlds[0].features.group}
    everything = frequent_kinds(worlds, 1)
    assert everything == tuple(sorted({bench, fountain} | groups))
    assert fountain in frequent_kinds(worlds, 4)
    assert bench not in frequent_kinds(worlds, 3)


def test_no_kinds_make_a_grid_of_none(tmp_path: Path) -> None:
    town = Town()
    town.box(0, 0, 9, 9, building="yes")
    world = read_world([town.write(tmp_path / "a.osm")])
    assert Layouts(world, ()).grid(town.position(0, 0), FOOTPRINT_M, CELLS).shape == (0, 16, 16)
