"""Maps are really drawn, of a tiny city made here; no file of the project is needed."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image, ImageColor
from shapely.geometry.base import BaseGeometry

from core import errors
from core.geo import METRES_PER_DEGREE, Bounds, Position, tile_bounds
from core.render import Renderer, marks, palette
from core.render.coast import sea_polygons
from core.render.encode import webp
from core.render.style import style_sheet
from core.render.symbols import SYMBOLS, symbol_svg
from core.web_tiles.archive import read_tile
from core.web_tiles.mercator import tiles_in, to_mercator
from core.world import World

pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")

CENTRE = Position(48.0, 11.0004)
LAND, WATER, PLAIN = (ImageColor.getrgb(text) for text in ("#f4f1ea", "#a8d0e6", "#dcd2c6"))

Row = tuple[BaseGeometry, dict[str, str]]


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Longitude and latitude of a spot, in metres from the centre of the tiny city."""
    scale = METRES_PER_DEGREE * np.cos(np.radians(CENTRE.lat))
    return CENTRE.lon + east_m / scale, CENTRE.lat + north_m / METRES_PER_DEGREE


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.Polygon([at(west, south), at(east, south), at(east, north), at(west, north)])


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([at(*point) for point in points])


def spot(east_m: float, north_m: float) -> shapely.Point:
    return shapely.Point(at(east_m, north_m))


def world_of(rows: list[Row], prefix: str = "w") -> World:
    # A frame's own text column takes no lone surrogate; tags do.
    names = [tags.get("name", "").encode("utf-8", "replace").decode() for _, tags in rows]
    frame = gpd.GeoDataFrame(
        {
            "feature_id": [f"{prefix}{number}" for number in range(len(rows))],
            "kind": [""] * len(rows),
            "name": names,
            "names": [[name] if name else [] for name in names],
            "group": ["area"] * len(rows),
            "tags": [tags for _, tags in rows],
        },
        geometry=[shape for shape, _ in rows],
        crs=4326,
    )
    return World(frame, ("tiny.osm",), "© nobody", "2026-01-01")


def city() -> list[Row]:
    """A pond in the north-west, a house in the north-east, streets across, a cafe, trees."""
    return [
        (box(-40, 10, -10, 40), {"natural": "water"}),
        (box(10, 10, 40, 40), {"building": "yes"}),
        (line((-300, 0), (300, 0)), {"highway": "residential", "name": "Long Lane"}),
        (line((0, -300), (0, 300)), {"highway": "primary", "name": "High Street"}),
        (box(-40, -40, -10, -12), {"leisure": "park", "name": "Green"}),
        (spot(25, -25), {"amenity": "cafe", "name": "Cup"}),
        (spot(-30, -30), {"natural": "tree"}),
        (line((-300, -50), (300, -50)), {"railway": "tram"}),
        (line((-45, 45), (45, 45)), {"highway": "steps"}),
    ]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(world_of(city()))


def pixels(picture: bytes | Image.Image) -> np.ndarray:
    if isinstance(picture, bytes):
        picture = Image.open(io.BytesIO(picture))
    return np.asarray(picture.convert("RGB")).astype(int)


def draw(rows: list[Row], prefix: str = "w", footprint_m: float = 100) -> np.ndarray:
    with Renderer(world_of(rows, prefix)) as renderer:
        return pixels(renderer.tile_image(CENTRE, footprint_m))


def pixel_of(east_m: float, north_m: float, footprint_m: float = 100) -> tuple[int, int]:
    return (
        round(128 - north_m * 256 / footprint_m),
        round(128 + east_m * 256 / footprint_m),
    )


def test_a_tile_picture_is_a_webp_of_the_size_asked_for(renderer: Renderer) -> None:
    picture = Image.open(io.BytesIO(renderer.tile_picture(CENTRE, 100, 192)))
    assert (picture.format, picture.size) == ("WEBP", (192, 192))


def test_water_buildings_and_ground_have_their_own_colours_where_they_lie(
    renderer: Renderer,
) -> None:
    shown = pixels(renderer.tile_picture(CENTRE, 100))
    assert tuple(shown[pixel_of(-25, 25)]) == WATER
    assert tuple(shown[pixel_of(25, 15)]) == PLAIN
    assert tuple(shown[pixel_of(8, 42)]) == LAND
    assert shown[pixel_of(-25, 25)][2] > shown[pixel_of(-25, 25)][0] + 40


def test_the_picture_covers_exactly_the_ground_of_its_tile_bounds() -> None:
    bounds = tile_bounds(CENTRE, 60)
    pond = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    shown = draw([(pond, {"natural": "water"})], footprint_m=120)
    blue = (np.abs(shown - WATER).sum(axis=2) < 6).sum()
    assert np.sqrt(blue) == pytest.approx(128, abs=2.5)  # an outline is drawn around water


@pytest.mark.parametrize("lat", [0.0, 60.0])
def test_the_same_ground_scale_looks_the_same_at_every_latitude(lat: float) -> None:
    half = 400 / METRES_PER_DEGREE
    street = shapely.LineString([(11 - 3 * half, lat), (11 + 3 * half, lat)])
    with Renderer(world_of([(street, {"highway": "primary"})])) as renderer:
        shown = pixels(renderer.tile_image(Position(lat, 11), 100))
    fill = ImageColor.getrgb("#fbd08a")
    assert 14 <= (np.abs(shown[:, 128] - fill).sum(axis=1) < 6).sum() <= 22


def test_a_name_adds_dark_letters_to_a_street() -> None:
    lane = line((-300, 0), (300, 0))
    plain = draw([(lane, {"highway": "residential"})])
    named = draw([(lane, {"highway": "residential", "name": "Long Lane"})])
    assert (plain.sum(axis=2) < 400).sum() == 0
    assert (named.sum(axis=2) < 400).sum() > 60


def test_greek_cyrillic_and_accented_letters_are_drawn_and_not_boxes() -> None:
    lane = line((-300, 0), (300, 0))

    def letters(name: str) -> bytes:
        return draw([(lane, {"highway": "residential", "name": name})]).tobytes()

    assert len({letters(name) for name in ("ΑΒΓΔ", "Жщшю", "Åéñç", "\ue000\ue001\ue002")}) == 4


def test_no_name_is_cut_by_the_edge_of_a_picture(renderer: Renderer) -> None:
    steps = np.linspace(-60, 60, 25)
    assert len(steps) == 25
    for east in steps:
        lon, lat = at(float(east), -25)
        shown = pixels(renderer.tile_image(Position(lat, lon), 60))
        edge = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
        ink = ImageColor.getrgb(palette.INK)
        assert (np.abs(edge - ink).sum(axis=1) < 60).sum() == 0


@pytest.mark.parametrize(
    "name",
    [
        "[name] ]]> <Rule> & \"quoted\" 'single'",
        "</TextSymbolizer></Style><Layer/>",
        "line\nbreak\ttab\x00nul\x1besc\u202eright to left\ud800",
        "{{x}} ${y} `z` \\",
        "ლ" * 5000,
        "@variable [c] = 1 %s %d",
        "👩‍👩‍👧 漢字 العربية",
    ],
)
def test_a_hostile_name_breaks_nothing(name: str) -> None:
    rows = [(shape, {**tags, "name": name, "addr:housenumber": name}) for shape, tags in city()]
    rows.append((spot(0, 20), {"place": "suburb", "name": name, "population": name}))
    rows.append((line((0, 0), (9, 9)), {"highway": "service", "layer": name, "bridge": name}))
    shown = draw(rows)
    assert tuple(shown[pixel_of(-38, 38)]) == WATER


def test_empty_broken_and_missing_shapes_are_left_out() -> None:
    bow_tie = shapely.Polygon([at(-5, -5), at(5, 5), at(5, -5), at(-5, 5)])
    mixed = shapely.GeometryCollection([box(20, -40, 40, -20), spot(0, 0), line((0, 0), (9, 0))])
    shown = draw(
        [
            *city()[:2],
            (shapely.Polygon(), {"building": "yes"}),
            (shapely.LineString(), {"highway": "residential"}),
            (shapely.Point(), {"amenity": "cafe"}),
            (shapely.GeometryCollection(), {"name": "nothing"}),
            (bow_tie, {"building": "yes", "name": "bow"}),
            (mixed, {"natural": "water", "name": "mixed"}),
            (shapely.Point(0, 90), {"amenity": "cafe", "name": "pole"}),
            (shapely.Point(np.inf, 0), {"amenity": "cafe"}),
        ]
    )
    assert tuple(shown[pixel_of(-25, 25)]) == WATER
    assert tuple(shown[pixel_of(30, -22)]) == WATER


def test_a_world_without_anything_to_draw_is_bare_ground() -> None:
    assert (draw([(spot(0, 0), {"note": "x"})]) == LAND).all()


def test_features_without_openstreetmap_tags_are_outlined_and_named() -> None:
    rows = [(box(-30, -30, 30, 30), {"Name": "Parcel Nine"})]
    assert (draw(rows, prefix="f") != LAND).any(axis=2).sum() > 300
    assert (draw(rows, prefix="w") == LAND).all()


def test_a_tunnel_under_ground_does_not_hide_a_building() -> None:
    lane = line((-300, 25), (300, 25))
    rows = [(box(10, 10, 40, 40), {"building": "yes"}), (lane, {"highway": "primary"})]
    assert tuple(draw(rows)[pixel_of(25, 25)]) != PLAIN
    rows[1] = (lane, {"highway": "primary", "tunnel": "yes"})
    assert tuple(draw(rows)[pixel_of(25, 25)]) == PLAIN


def test_the_sea_lies_to_the_right_of_the_coastline() -> None:
    ground = (box(-90, -90, 90, 90), {"boundary": "administrative"})
    shore = (line((0, -60), (0, 60)), {"natural": "coastline"})
    shown = draw([ground, shore])
    assert tuple(shown[pixel_of(30, 0)]) == WATER
    assert tuple(shown[pixel_of(-30, 0)]) == LAND
    shown = draw([ground, (shore[0].reverse(), shore[1])])
    assert tuple(shown[pixel_of(30, 0)]) == LAND
    assert tuple(shown[pixel_of(-30, 0)]) == WATER


def test_an_island_is_cut_out_of_the_sea_and_no_coast_means_no_sea() -> None:
    extent = np.array([0.0, 0.0, 1000.0, 1000.0])
    shore = shapely.LineString([(0, 500), (1000, 500)])
    island = shapely.box(400, 100, 500, 200)
    sea = shapely.union_all(sea_polygons([shore, island], extent))
    assert sea.contains(shapely.Point(10, 10))
    assert not sea.contains(shapely.Point(450, 150))
    assert not sea.contains(shapely.Point(10, 900))
    assert sea_polygons([], extent) == []


def test_threads_may_share_a_renderer(renderer: Renderer) -> None:
    alone = renderer.tile_picture(CENTRE, 100)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: renderer.tile_picture(CENTRE, 100), range(8)))
    assert set(together) == {alone}


@pytest.mark.parametrize("footprint_m", [0, -5, float("nan")])
def test_a_picture_of_no_size_is_refused(renderer: Renderer, footprint_m: float) -> None:
    with pytest.raises(ValueError, match="cannot draw"):
        renderer.tile_picture(CENTRE, footprint_m)


def test_every_pictogram_is_drawn_and_every_one_in_the_tables_exists() -> None:
    used = {poi.symbol for poi in marks.POIS} - {"dot", "speck"}
    assert used <= SYMBOLS.keys()
    rows = [(spot(0, 0), {"amenity": "cafe"})]
    assert (draw(rows) != LAND).any(axis=2).sum() > 100
    assert "<path" in symbol_svg("cup", "#123456")


def test_nothing_of_a_map_file_is_in_the_style_sheet() -> None:
    draw([(spot(0, 0), {"name": "Long Lane", "highway": "residential"})])
    assert b"Long Lane" not in style_sheet()
    assert style_sheet.__wrapped__() == style_sheet()


# --- Encoding -----------------------------------------------------------------------------------


def test_colours_of_the_style_survive_encoding_exactly() -> None:
    flat = Image.new("RGB", (8, 8), palette.LAND)
    flat.paste(palette.WATER, (0, 0, 4, 8))
    assert (pixels(webp(flat)) == np.asarray(flat)).all()


def test_a_picture_keeps_at_most_the_colours_it_may() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    shown = pixels(webp(Image.fromarray(noise), 7)).reshape(-1, 3)
    assert len(np.unique(shown, axis=0)) == 7


# --- Base maps ----------------------------------------------------------------------------------

AROUND = Bounds(*at(-150, -150), *at(150, 150))


@pytest.fixture(scope="module")
def base_map(renderer: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("base") / "tiny.pmtiles"
    return renderer.base_map(AROUND, range(15, 19), path)


def test_a_base_map_holds_every_tile_that_touches_its_bounds(base_map: Path) -> None:
    for zoom in range(15, 19):
        tiles = tiles_in(AROUND, zoom)
        for x in range(tiles.x0, tiles.x1):
            for y in range(tiles.y0, tiles.y1):
                picture = read_tile(base_map, zoom, x, y)
                assert picture is not None
                assert Image.open(io.BytesIO(picture)).size == (256, 256)
        assert read_tile(base_map, zoom, tiles.x0 - 3, tiles.y0) is None
    assert read_tile(base_map, 14, 0, 0) is None
    assert read_tile(base_map, 15, -1, 2**15) is None
    assert read_tile(base_map, 99, 0, 0) is None


def test_a_base_map_tile_shows_what_lies_there(base_map: Path) -> None:
    lon, lat = at(-25, 25)
    spot_in_pond = tiles_in(Bounds(lon, lat, lon + 1e-9, lat + 1e-9), 18)
    shown = read_tile(base_map, 18, spot_in_pond.x0, spot_in_pond.y0)
    assert shown is not None
    left, _, right, top = spot_in_pond.box_m
    x, y = to_mercator(np.array([[lon, lat]]))[0]
    scale = 256 / (right - left)
    assert tuple(pixels(shown)[int((top - y) * scale), int((x - left) * scale)]) == WATER


def test_neighbouring_tiles_fit_at_their_seam(base_map: Path) -> None:
    tiles = tiles_in(AROUND, 18)
    assert tiles.x1 - tiles.x0 >= 2
    assert tiles.y1 - tiles.y0 >= 1
    for y in range(tiles.y0, tiles.y1):
        for x in range(tiles.x0, tiles.x1 - 1):
            west, east = (read_tile(base_map, 18, x + i, y) for i in (0, 1))
            assert west is not None
            assert east is not None
            step = np.abs(pixels(west)[:, -1] - pixels(east)[:, 0]).sum(axis=1)
            assert np.median(step) == 0
            assert (step > 60).mean() < 0.05


def test_labels_are_not_cut_where_two_blocks_meet(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.render.renderer._METATILE", 1)
    path = renderer.base_map(AROUND, range(18, 19), tmp_path / "ones.pmtiles")
    tiles = tiles_in(AROUND, 18)
    ink = ImageColor.getrgb(palette.INK)
    assert tiles.y0 < tiles.y1
    assert tiles.x0 < tiles.x1
    for y in range(tiles.y0, tiles.y1):
        for x in range(tiles.x0, tiles.x1):
            shown = pixels(read_tile(path, 18, x, y) or b"")
            edge = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
            assert (np.abs(edge - ink).sum(axis=1) < 60).sum() == 0


def test_progress_counts_up_to_all_tiles(renderer: Renderer, tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    renderer.base_map(
        AROUND, range(15, 18), tmp_path / "p.pmtiles", lambda done, of: reports.append((done, of))
    )
    total = sum(tiles_in(AROUND, zoom).count for zoom in range(15, 18))
    assert reports[-1] == (total, total)
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)


def test_a_stopped_base_map_leaves_the_old_one_and_nothing_partial(
    renderer: Renderer, tmp_path: Path
) -> None:
    path = tmp_path / "map.pmtiles"
    path.write_bytes(b"old")

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        renderer.base_map(AROUND, range(15, 17), path, stop)
    assert [file.name for file in tmp_path.iterdir()] == ["map.pmtiles"]
    assert path.read_bytes() == b"old"


def test_a_rebuilt_base_map_is_read_anew(renderer: Renderer, tmp_path: Path) -> None:
    path = tmp_path / "map.pmtiles"
    tiles = tiles_in(AROUND, 16)
    renderer.base_map(AROUND, range(16, 17), path)
    assert read_tile(path, 16, tiles.x0, tiles.y0) is not None
    renderer.base_map(AROUND, range(15, 16), path)
    assert read_tile(path, 16, tiles.x0, tiles.y0) is None


def test_many_threads_read_the_same_tiles(base_map: Path) -> None:
    tiles = tiles_in(AROUND, 18)
    wanted = [(18, x, y) for x in range(tiles.x0, tiles.x1) for y in range(tiles.y0, tiles.y1)] * 8
    alone = [read_tile(base_map, *tile) for tile in wanted]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda tile: read_tile(base_map, *tile), wanted)) == alone


@pytest.mark.parametrize("content", [b"", b"PMTiles", b"\x89PNG" * 200, b"PMTiles\x03" * 40])
def test_a_file_that_is_no_base_map_is_named_in_the_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "strange.pmtiles"
    path.write_bytes(content)
    with pytest.raises(errors.SourceError, match=r"strange\.pmtiles"):
        read_tile(path, 15, 1, 1)


def test_a_missing_base_map_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(errors.SourceError, match=r"gone\.pmtiles"):
        read_tile(tmp_path / "gone.pmtiles", 15, 1, 1)


def test_reading_a_base_map_loads_neither_mapnik_nor_geopandas(base_map: Path) -> None:
    code = (
        "import sys, pathlib; from core.web_tiles.archive import read_tile as read\n"
        f"read(pathlib.Path({str(base_map)!r}), 15, 1, 1)\n"
        "print({'mapnik', 'geopandas', 'shapely', 'pandas'} & sys.modules.keys())"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"


def test_a_machine_without_mapnik_gets_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mapnik", None)
    with pytest.raises(errors.SourceError, match="Mapnik, which is not installed"):
        Renderer(world_of(city()))
