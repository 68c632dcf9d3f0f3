"""Galleries of imagery: what is stored, and that tiles lie where the source has them."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_tiles import serving

from core.cli.imagery_options import add_imagery, opened_imagery
from core.errors import GalleryError, QueryError
from core.gallery.aerial_pyramid import write_pyramid
from core.gallery.build import BuildOptions
from core.gallery.estimate import imagery_size
from core.gallery.imagery_builder import build_imagery, grid
from core.gallery.imagery_stage import write_imagery
from core.gallery.manifest import read_manifest
from core.gallery.opened import Gallery
from core.geo import METRES_PER_DEGREE, Bounds, Position, tile_bounds
from core.records import Query
from core.retrieval import check_query
from core.sources.imagery import Imagery, open_imagery
from core.sources.imagery.credits import ImageryCredit
from core.web_tiles.mercator import tiles_in

LAT, LON = 50.0, 15.0
SHEET_M = 120.0
SHEET_PX = 240


def ignore(stage: str, done: int, total: int) -> None:
    assert done <= total, stage


def smooth(lats: np.ndarray, lons: np.ndarray) -> np.ndarray:
    """A colour [..., 3] for each position, without steps, so that it can be compared anywhere."""
    east = (lons - LON) * METRES_PER_DEGREE * np.cos(np.radians(LAT))
    north = (lats - LAT) * METRES_PER_DEGREE
    waves = (np.sin(east / 12), np.sin(north / 12), np.sin((east + north) / 20))
    return (127 + 110 * np.stack(waves, axis=-1)).round().astype(np.uint8)


@pytest.mark.parametrize(("south", "north"), [(89.99, 90.0), (-89.9, -89.8), (85.0, 85.2)])
def test_a_pole_has_no_grid(south: float, north: float) -> None:
    with pytest.raises(GalleryError, match="galleries of imagery end at 85"):
        grid(Bounds(15.0, south, 15.1, north), 30.0)


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Imagery:
    """Four sheets of 0.5 m pixels that meet at one point."""
    folder = tmp_path_factory.mktemp("sheets") / "ortho"
    folder.mkdir()
    up = SHEET_M / METRES_PER_DEGREE
    across = up / np.cos(np.radians(LAT))
    bounds = {}
    for column in (0, 1):
        for row in (0, 1):
            west, north = LON + (column - 1) * across, LAT + (1 - row) * up
            at = (np.arange(SHEET_PX) + 0.5) / SHEET_PX
            lons = west + at[None, :] * across + 0 * at[:, None]
            lats = north - at[:, None] * up + 0 * at[None, :]
            Image.fromarray(smooth(lats, lons)).save(folder / f"{column}_{row}.png")
            bounds[f"{column}_{row}"] = [west, north - up, west + across, north]
    (folder.parent / "ortho-bounds.json").write_text(json.dumps(bounds), "utf-8")
    return open_imagery(
        [folder], credit=ImageryCredit("CC BY 4.0", "© Town", "2024-06-30", "ortho")
    )


@pytest.fixture(scope="module")
def gallery(sheets: Imagery, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    options = BuildOptions(spacing_m=30, footprint_m=60, pictures=False)
    home = tmp_path_factory.mktemp("home")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    folder = build_imagery("sheets", sheets, home, options, None, now, ignore)
    return Gallery(folder, read_manifest(folder))


def middle_row(gallery: Gallery) -> int:
    return int(np.argmin(np.abs(gallery.lats - LAT) + np.abs(gallery.lons - LON)))


def test_a_cut_tile_shows_the_source_at_its_place_at_edges_too(gallery: Gallery) -> None:
    """The centre tiles lie across all four sheets."""
    assert len(gallery) >= 49
    for row in (0, middle_row(gallery), len(gallery) - 1):
        picture = gallery.aerial_picture(gallery.tile_ids[row], size_px=120)
        box = tile_bounds(gallery.tile(row).bounds.center, 60)
        at = (np.arange(120) + 0.5) / 120
        lons = box.west + at[None, :] * (box.east - box.west) + 0 * at[:, None]
        lats = box.north - at[:, None] * (box.north - box.south) + 0 * at[None, :]
        assert picture.valid.mean() > (0.99 if row == middle_row(gallery) else 0.5)
        difference = np.abs(picture.rgb.astype(int) - smooth(lats, lons))[picture.valid]
        assert np.percentile(difference, 95) <= 16, "0.5 m off would be 20 and more"
        assert difference.mean() < 5


def test_a_shifted_tile_would_be_noticed(gallery: Gallery) -> None:
    tile = gallery.tile(0)
    picture = gallery.aerial_picture(tile.tile_id, size_px=120)
    box = tile_bounds(tile.bounds.center, 60)
    at = (np.arange(120) + 0.5) / 120
    lons = box.west + at[None, :] * (box.east - box.west) + 2 / 71_000 + 0 * at[:, None]
    lats = box.north - at[:, None] * (box.north - box.south) + 0 * at[None, :]
    difference = np.abs(picture.rgb.astype(int) - smooth(lats, lons))[picture.valid]
    assert difference.mean() > 5


def test_a_build_is_estimated_before_it_starts(gallery: Gallery, sheets: Imagery) -> None:
    size = imagery_size(sheets, None, 30, 60)
    assert size.tiles == len(gallery)
    coarse = imagery_size(sheets, None, 60, 60)
    assert coarse.tiles < size.tiles
    assert coarse.about_s < size.about_s
    assert 0 < coarse.about_mb <= size.about_mb
    with pytest.raises(GalleryError, match="give both of one place"):
        imagery_size(sheets, Bounds(10, 60, 10.1, 60.1), 30, 60)


def test_pixels_are_stored_once_and_credited(gallery: Gallery, sheets: Imagery) -> None:
    stamp = gallery.card.aerial
    assert stamp is not None
    assert (stamp.licence, stamp.credit, stamp.date) == ("CC BY 4.0", "© Town", "2024-06-30")
    assert stamp.tiles == len(gallery)
    assert stamp.metres_per_px == pytest.approx(0.5, rel=0.01)
    assert gallery.views == ("aerial",)
    assert gallery.aerial is not None
    stored = 4 * SHEET_PX**2 * sheets.metres_per_px**2
    assert gallery.aerial.path.stat().st_size < 3 * stored
    assert all(not gallery._read_pictures(0)[row] for row in range(len(gallery)))


def test_wider_pictures_and_webp_come_from_the_same_pyramid(gallery: Gallery) -> None:
    tile_id = gallery.tile_ids[middle_row(gallery)]
    wide = gallery.aerial_picture(tile_id, side_m=150, size_px=50)
    assert wide.rgb.shape == (50, 50, 3)
    assert wide.valid.all()
    assert gallery.picture(tile_id)[8:12] == b"WEBP"
    assert gallery.picture(tile_id, "drawn") == b""


def test_a_search_without_a_model_for_the_pictures_says_so(gallery: Gallery) -> None:
    with pytest.raises(QueryError, match="no embeddings to search by yet"):
        check_query(Query("red roofs"), gallery)
    with pytest.raises(GalleryError, match="has no drawn pictures"):
        gallery.searched_stamps(view="drawn")


def test_imagery_that_may_not_be_stored_makes_no_gallery(sheets: Imagery, tmp_path: Path) -> None:
    look_only = Imagery(sheets.layers, ImageryCredit("terms", may_be_stored=False, source="esri"))
    with pytest.raises(GalleryError, match="may be looked at but not stored"):
        build_imagery(
            "looked",
            look_only,
            tmp_path,
            BuildOptions(pictures=False),
            None,
            datetime(2026, 1, 1, tzinfo=UTC),
            ignore,
        )
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_imagery_of_another_place_than_the_map_is_told(sheets: Imagery, tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="give both of one place"):
        write_pyramid(tmp_path / "a.pmtiles", sheets, Bounds(10, 60, 10.1, 60.1), ignore)
    assert not list(tmp_path.iterdir())


def test_imagery_without_a_pixel_is_told(sheets: Imagery, tmp_path: Path) -> None:
    clear = np.zeros((40, 40, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    box = sheets.bounds
    edges = {"clear": [box.west, box.south, box.east, box.north]}
    (tmp_path / "bounds.json").write_text(json.dumps(edges), "utf-8")
    with pytest.raises(GalleryError, match="shows nothing around"):
        write_pyramid(tmp_path / "a.pmtiles", open_imagery([tmp_path]), box, ignore)
    assert not (tmp_path / "a.pmtiles").exists()


def test_coarser_tiles_hold_the_mean_of_finer_ones(gallery: Gallery, sheets: Imagery) -> None:
    assert gallery.aerial is not None
    assert len(gallery.aerial.zooms) >= 2
    whole = gallery.aerial.picture(Position(LAT, LON), 200, 20)
    fine = sheets.picture(LAT, LON, 200, 400).rgb.reshape(20, 20, 20, 20, 3).mean(axis=(1, 3))
    assert whole.valid.all()
    assert np.abs(whole.rgb - fine).mean() < 8


def test_all_that_a_gallery_keeps_is_downloaded_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    area = Bounds(15.0001, 50.0001, 15.0039, 50.0039)
    parser = argparse.ArgumentParser()
    add_imagery(parser)
    with serving() as tiles:
        args = parser.parse_args(["--imagery", tiles.url, "--imagery-zoom", "17", "--yes"])
        args.quiet = True
        imagery = opened_imagery(args, area, 100.0)
        assert imagery is not None
        (server,) = imagery.servers
        assert sum(tiles.asked.values()) == server.tiles.count > tiles_in(area, 17).count
        write_imagery(tmp_path, imagery, *grid(area, 100.0), 100.0, lambda *_: None)
        assert sum(tiles.asked.values()) == server.tiles.count
