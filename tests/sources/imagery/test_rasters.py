"""Raster files of all kinds, and faulty ones.

Each picture is made with colours that tell the position, so that a cut tile proves where it lies.
"""

import math
import sqlite3
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from pyproj import Transformer
from rasterio.enums import ColorInterp
from rasterio.windows import Window
from tiny_tiles import tile_of

from core.arrays import F64, U8
from core.errors import SourceError
from core.geo import Bounds, Position, local_metres, tile_bounds
from core.sources.imagery import AerialPicture, Imagery, ImageryPlace, open_imagery
from core.sources.imagery.bounds_files import read_bounds
from core.sources.imagery.rasters import RasterFiles
from core.web_tiles.archive import RasterTile, write_archive
from core.web_tiles.mercator import tile_box

UTM = "EPSG:32633"
EAST, NORTH = 500_000.0, 5_540_000.0
SIDE = 200
CELL_M = 10


def checkers(east: F64, north: F64) -> U8:
    """Colours [..., 3] of places in metres: red by column and green by row of 10 m cells."""
    red = np.floor((east - EAST) / CELL_M) * 10 % 250
    green = np.floor((NORTH - north) / CELL_M) * 10 % 250
    return np.stack([red, green, np.full(np.shape(red), 100.0)], axis=-1).astype(np.uint8)


def write(path: Path, bands: Any, transform: Affine, crs: str | None = UTM, **more: Any) -> Path:
    colours = more.pop("colours", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff",
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype,
        "transform": transform,
        "crs": crs,
    }
    with rasterio.open(path, "w", **profile | more) as file:
        file.write(bands)
        if colours:
            file.colorinterp = colours
    return path


def north_up(side: int = SIDE, pixel_m: float = 1.0) -> tuple[Any, Affine]:
    """Bands [3, side, side] of the checkers and the transform of 1 m pixels from the corner."""
    at = (np.arange(side) + 0.5) * pixel_m
    rgb = checkers(EAST + at[None, :] + 0 * at[:, None], NORTH - at[:, None] + 0 * at[None, :])
    return rgb.transpose(2, 0, 1), Affine(pixel_m, 0, EAST, 0, -pixel_m, NORTH)


def middle(side_m: float = SIDE, crs: str = UTM) -> Position:
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(
        EAST + side_m / 2, NORTH - side_m / 2
    )
    return Position(lat, lon)


def expected(center: Position, side_m: float, size_px: int, crs: str = UTM) -> tuple[U8, Any]:
    """The colours [S, S, 3] that a picture must have, and where a cell's edge is far enough."""
    box = tile_bounds(center, side_m)
    across = (np.arange(size_px) + 0.5) / size_px
    lons = box.west + across[None, :] * (box.east - box.west) + 0 * across[:, None]
    lats = box.north - across[:, None] * (box.north - box.south) + 0 * across[None, :]
    east, north = Transformer.from_crs(4326, crs, always_xy=True).transform(lons, lats)
    inner = 1.5
    clear = np.ones_like(east, dtype=bool)
    for metres in (east - EAST, NORTH - north):
        clear &= (metres % CELL_M > inner) & (metres % CELL_M < CELL_M - inner)
    return checkers(east, north), clear


def assert_in_place(
    picture: AerialPicture, center: Position, side_m: float, crs: str = UTM
) -> None:
    size = picture.rgb.shape[0]
    wanted, clear = expected(center, side_m, size, crs)
    assert picture.valid.all()
    assert clear.mean() > 0.3
    difference = np.abs(picture.rgb.astype(int) - wanted)[clear]
    assert np.percentile(difference, 99) <= 2, difference.max()


def test_a_geotiff_lies_where_it_says(tmp_path: Path) -> None:
    imagery = open_imagery([write(tmp_path / "a.tif", *north_up())])
    assert imagery.metres_per_px == pytest.approx(1.0, rel=2e-3)
    center = middle()
    for side_m, size in ((80.0, 160), (100.0, 100)):
        picture = imagery.picture(center.lat, center.lon, side_m, size)
        assert_in_place(picture, center, side_m)


def test_a_rotated_picture_is_turned_upright(tmp_path: Path) -> None:
    turned = Affine.translation(EAST + 100, NORTH - 100) @ Affine.rotation(30)
    turned = turned @ Affine.scale(0.5, -0.5) @ Affine.translation(-200, -200)
    columns, rows = np.meshgrid(np.arange(400) + 0.5, np.arange(400) + 0.5)
    east = turned.a * columns + turned.b * rows + turned.c
    north = turned.d * columns + turned.e * rows + turned.f
    bands = checkers(east, north).transpose(2, 0, 1)
    imagery = open_imagery([write(tmp_path / "a.tif", bands, turned)])
    center = middle()
    assert_in_place(imagery.picture(center.lat, center.lon, 80, 160), center, 80)


@pytest.mark.parametrize("tiled", [False, True])
def test_a_coarse_picture_averages_fine_pixels(tiled: bool, tmp_path: Path) -> None:
    """Black and white pixels in turn are grey from afar, whether the file is read whole or not."""
    columns, rows = np.meshgrid(np.arange(256), np.arange(256))
    bands = np.broadcast_to(((columns + rows) % 2 * 250).astype(np.uint8), (3, 256, 256))
    place = Affine(0.25, 0, EAST, 0, -0.25, NORTH)
    path = write(tmp_path / "a.tif", bands, place, tiled=tiled, blockxsize=64, blockysize=64)
    center = middle(64)
    picture = open_imagery([path]).picture(center.lat, center.lon, 40, 40)
    assert picture.valid.all()
    assert np.abs(picture.rgb.astype(int) - 125).max() < 20


def test_files_that_were_read_whole_are_forgotten_in_time(tmp_path: Path) -> None:
    files = RasterFiles()
    sizes = [1, 100_000_000, 200_000_000]
    for number, size in enumerate(sizes):
        picture = np.broadcast_to(np.uint8(number), (size, 1, 1))
        assert files.decoded(tmp_path / str(number), lambda made=picture: made) is picture
    again = np.zeros((1, 1, 1), np.uint8)
    assert files.decoded(tmp_path / "2", lambda: again)[0, 0, 0] == 2
    assert files.decoded(tmp_path / "1", lambda: again) is again


def test_sheets_of_two_utm_zones_join(tmp_path: Path) -> None:
    """The border of zones 32 and 33 is at 12° east; each zone's sheet holds one colour."""
    sheets = []
    for crs, lon, colour in (("EPSG:32632", 11.998, 200), ("EPSG:32633", 12.002, 90)):
        to = Transformer.from_crs(4326, crs, always_xy=True)
        x, y = to.transform(lon, 50.0)
        bands = np.full((1, 700, 700), colour, dtype=np.uint8)
        place = Affine(1, 0, x - 350, 0, -1, y + 350)
        sheets.append(write(tmp_path / f"{crs[-2:]}.tif", bands, place, crs))
    imagery = open_imagery(sheets)
    picture = imagery.picture(50.0, 12.0, 300, 150)
    assert picture.valid.all()
    assert set(np.unique(picture.rgb[:, :20])) == {200}
    assert set(np.unique(picture.rgb[:, -5:])) <= {90, 200}
    assert imagery.picture(50.0, 12.0045, 100, 20).rgb.mean() == 90


def test_sixteen_bit_sheets_share_one_stretch(tmp_path: Path) -> None:
    values = np.linspace(1000, 3000, SIDE).astype(np.uint16)
    bands = np.broadcast_to(values[None, None, :], (3, SIDE, SIDE)).copy()
    _, place = north_up()
    beside = Affine(1, 0, EAST + SIDE, 0, -1, NORTH)
    sheets = [
        write(tmp_path / "a.tif", bands, place),
        write(tmp_path / "b.tif", bands + 2000, beside),
    ]
    center = middle()
    rgb = open_imagery(sheets).picture(center.lat, center.lon, 400, 200).rgb.astype(int)
    left, edge, right = rgb[100, 90], rgb[100, 148:152, 0], rgb[100, 180]
    assert (left < right).all()
    assert 30 < left[0] < 80
    assert np.ptp(edge) < 12, "3000 ends one sheet and begins the other"


@pytest.mark.parametrize("kind", ["grey", "palette", "alpha", "nodata", "nine bands", "float"])
def test_bands_of_all_kinds_become_colours(kind: str, tmp_path: Path) -> None:
    bands, place = north_up()
    path = tmp_path / "a.tif"
    half = np.full((1, SIDE, SIDE), 255, dtype=np.uint8)
    half[:, :, : SIDE // 2] = 0
    if kind == "grey":
        write(path, bands[:1], place)
    elif kind == "palette":
        write(path, (bands[:1] // 10), place)
        with rasterio.open(path, "r+") as file:
            file.write_colormap(1, {value: (value * 10, 5, 7, 255) for value in range(26)})
    elif kind == "alpha":
        rgba = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
        write(path, np.concatenate([bands, half]), place, colours=rgba)
    elif kind == "nodata":
        bands = np.where(half == 0, 255, np.minimum(bands, 254)).astype(np.uint8)
        write(path, bands, place, nodata=255)
    elif kind == "nine bands":
        write(path, np.concatenate([bands, bands[::-1], bands]), place, photometric="MINISBLACK")
    else:
        write(path, bands.astype(np.float32) / 100, place)
    center = middle()
    picture = open_imagery([path]).picture(center.lat, center.lon, 80, 160)
    wanted, clear = expected(center, 80, 160)
    right = clear & picture.valid
    if kind in ("alpha", "nodata"):
        assert not picture.valid[:, :75].any()
        assert picture.valid[:, 85:].all()
        assert not picture.rgb[~picture.valid].any()
    else:
        assert picture.valid.all()
    if kind == "grey":
        assert np.abs(picture.rgb[right][:, 1].astype(int) - wanted[right][:, 0]).max() <= 2
    elif kind == "palette":
        assert set(np.unique(picture.rgb[right][:, 1])) == {5}
        assert (
            np.percentile(np.abs(picture.rgb[right][:, 0].astype(int) - wanted[right][:, 0]), 99)
            <= 2
        )
    elif kind == "float":
        assert np.corrcoef(picture.rgb[right][:, 0], wanted[right][:, 0])[0, 1] > 0.95
    else:
        difference = np.abs(picture.rgb[right].astype(int) - wanted[right])
        assert np.percentile(difference, 99) <= 2


def test_a_world_file_and_a_projection_file_give_the_place(tmp_path: Path) -> None:
    bands, place = north_up()
    Image.fromarray(bands.transpose(1, 2, 0)).save(tmp_path / "a.png")
    lines = (place.a, place.d, place.b, place.e, place.c + 0.5, place.f - 0.5)
    (tmp_path / "a.pgw").write_text("\n".join(map(str, lines)), "utf-8")
    with pytest.raises(SourceError, match="states no projection; give it with --imagery-crs"):
        open_imagery([tmp_path / "a.png"])
    center = middle()
    by_option = open_imagery([tmp_path / "a.png"], place=ImageryPlace(crs=UTM))
    (tmp_path / "a.prj").write_text(rasterio.crs.CRS.from_string(UTM).to_wkt(), "utf-8")
    for imagery in (by_option, open_imagery([tmp_path / "a.png"])):
        assert_in_place(imagery.picture(center.lat, center.lon, 80, 160), center, 80)


def test_bounds_are_read_from_json_and_csv(tmp_path: Path) -> None:
    wanted = {"a.jpg": Bounds(15, 50, 15.1, 50.1)}
    documents = {
        "a.json": '{"a.jpg": [15, 50, 15.1, 50.1]}',
        "b.json": '[{"file": "a.jpg", "west": 15, "south": 50, "east": 15.1, "north": 50.1}]',
        "c.csv": "File,North,West,East,South\na.jpg,50.1,15,15.1,50\n",
        "d.csv": "file;west;south;east;north\na.jpg;15,0;50,0;15,1;50,1\n",
        "e.csv": "name\twest\tsouth\teast\tnorth\na.jpg\t15\t50\t15.1\t50.1\n",
    }
    for name, text in documents.items():
        (tmp_path / name).write_text(text, "utf-8")
        assert read_bounds(tmp_path / name) == wanted


def huge(path: Path, **blocks: Any) -> Any:
    """40,000 × 40,000 pixels, none of them written yet."""
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=3,
        height=40_000,
        width=40_000,
        dtype="uint8",
        crs=UTM,
        transform=Affine(0.1, 0, EAST, 0, -0.1, NORTH),
        sparse_ok=True,
        compress="deflate",
        **blocks,
    )


@pytest.mark.parametrize("blocks", [{"tiled": True}, {"blockysize": 16, "interleave": "pixel"}])
def test_a_huge_picture_is_read_in_windows(blocks: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    with huge(path, **blocks) as file:
        file.write(np.full((3, 512, 512), 77, np.uint8), window=Window(20_224, 20_224, 512, 512))
    center = middle(2 * 2048)
    picture = open_imagery([path]).picture(center.lat, center.lon, 20, 100)
    assert picture.valid.all()
    assert (picture.rgb == 77).all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain.png", "states no position"),
        ("short.tif", "is cut short or damaged"),
        ("page.tif", "is not a picture that can be read"),
        ("moon.tif", "its projection is wrong"),
        ("folded.tif", "its projection is wrong"),
        ("huge.png", "40,000 × 40,000 pixels that can only be read from the top"),
        ("strips.tif", "in blocks of 40,000 × 4,000, too large to read one for a tile; make a"),
        ("bounds.json", "none of these pictures is there"),
        ("broken.json", "are not west, south, east, north"),
        ("nameless.csv", "names no picture; give a column or key 'file'"),
        ("nothing.tif", "there is no imagery"),
        ("empty", "holds no pictures"),
        ("vector.mbtiles", "holds pbf tiles, not pictures"),
        ("text.pmtiles", "is not a PMTiles file"),
    ],
)
def test_faulty_imagery_is_told_in_one_line(name: str, words: str, tmp_path: Path) -> None:
    bands, place = north_up()
    path = tmp_path / name
    if name == "plain.png":
        Image.fromarray(bands.transpose(1, 2, 0)).save(path)
    elif name == "short.tif":
        whole = write(tmp_path / "whole.tif", bands, place).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif name == "page.tif":
        path.write_text("<html>not found</html>", "utf-8")
    elif name == "moon.tif":
        write(path, bands, place, "EPSG:4326")
    elif name == "folded.tif":  # its corners are on earth, but not where the projection ends
        write(path, bands, place, "EPSG:5514")
    elif name == "huge.png":
        head = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
        parts = (head, b"IDAT" + zlib.compress(bytes(40_001)), b"IEND")
        chunks = (
            struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
            for part in parts
        )
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    elif name == "strips.tif":
        huge(path, blockysize=4000, interleave="pixel").close()
    elif name == "bounds.json":
        path.write_text('{"other": [15, 50, 15.1, 50.1]}', "utf-8")
    elif name == "broken.json":
        path.write_text('{"other": [150, 500, 15.1]}', "utf-8")
    elif name == "nameless.csv":
        path.write_text("west,south,east,north\n15,50,15.1,50.1\n", "utf-8")
    elif name == "empty":
        path.mkdir()
    elif name == "vector.mbtiles":
        write_mbtiles(path, {(1, 0, 0): b"x"}, "pbf")
    elif name == "text.pmtiles":
        path.write_text("no archive", "utf-8")
    with pytest.raises(SourceError, match=words) as error:
        open_imagery([path])
    assert "\n" not in str(error.value)


def write_mbtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], kind: str = "png") -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE metadata (name, value)")
        file.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        about = {"format": kind, "attribution": '<a href="x">Town</a> <b>2024</b>'}
        file.executemany("INSERT INTO metadata VALUES (?, ?)", about.items())
        rows = [(z, x, 2**z - 1 - y, data) for (z, x, y), data in tiles.items()]
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)


@pytest.mark.parametrize("kind", ["folder", "mbtiles", "pmtiles"])
def test_tiles_are_read_from_every_archive(kind: str, tmp_path: Path) -> None:
    places = [(17, x, y) for x in (71000, 71001) for y in (44000, 44001)]
    tiles = {at: tile_of(*at) for at in places}
    path = tmp_path / f"a.{kind}"
    west_north, east_south = tile_box(*places[0]), tile_box(*places[-1])
    if kind == "folder":
        for (z, x, y), data in tiles.items():
            file = path / str(z) / str(x) / f"{y}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    elif kind == "mbtiles":
        write_mbtiles(path, tiles)
    else:
        around = Bounds(west_north.west, east_south.south, east_south.east, west_north.north)
        rows = [RasterTile(*at, data) for at, data in tiles.items()]
        write_archive(path, rows, around, "Town")
    imagery: Imagery = open_imagery([path])
    if kind != "folder":
        assert imagery.credit.credit.startswith("Town")
    for z, x, y in places:
        box = tile_box(z, x, y)
        picture = imagery.picture(box.center.lat, box.center.lon, 100, 50)
        assert picture.valid.all()
        assert np.all(picture.rgb == (170, x % 256, y % 256))
    assert imagery.metres_per_px == pytest.approx(
        40_075_016 / 2**25 * math.cos(math.radians(imagery.bounds.center.lat)), rel=1e-3
    )


def test_a_tile_that_is_no_picture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tiles" / "17" / "71000" / "44000.png"
    path.parent.mkdir(parents=True)
    center = tile_box(17, 71000, 44000).center
    for text, words in (("<html>", "it is a web page"), ("no", "it is neither PNG, JPEG nor WebP")):
        path.write_text(text, "utf-8")
        with pytest.raises(SourceError, match=f"is not a picture: {words}$"):
            open_imagery([tmp_path / "tiles"]).picture(center.lat, center.lon, 50, 50)


def test_ground_metres_are_those_of_tiles(tmp_path: Path) -> None:
    imagery = open_imagery([write(tmp_path / "a.tif", *north_up())])
    box = imagery.bounds
    x, y = local_metres(
        np.array([box.south, box.north]), np.array([box.west, box.east]), box.center.lat
    )
    assert x[1] - x[0] == pytest.approx(SIDE, rel=2e-2)
    assert y[1] - y[0] == pytest.approx(SIDE, rel=2e-2)
