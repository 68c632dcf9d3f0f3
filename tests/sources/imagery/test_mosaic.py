"""Imagery of several files and tiles as one picture."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_bounds

from core.errors import SourceError
from core.geo import Bounds
from core.sources.imagery import open_imagery
from core.sources.imagery.bounds_order import check_order


def sheet(path: Path, colour: tuple[int, int, int], side: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path)
    return path


def test_sheets_with_a_bounds_file_are_one_picture(tmp_path: Path) -> None:
    sheet(tmp_path / "ortho" / "a.png", (200, 0, 0))
    sheet(tmp_path / "ortho" / "b.png", (0, 0, 200))
    bounds = {"a": [15.0, 50.0, 15.002, 50.002], "b": [15.002, 50.0, 15.004, 50.002]}
    (tmp_path / "ortho-bounds.json").write_text(json.dumps(bounds), "utf-8")
    imagery = open_imagery([tmp_path / "ortho"])
    assert imagery.bounds == Bounds(15.0, 50.0, 15.004, 50.002)
    picture = imagery.picture(50.001, 15.002, 100.0, 100)
    assert picture.valid.all()
    assert np.all(picture.rgb[:, :49] == (200, 0, 0))
    assert np.all(picture.rgb[:, 51:] == (0, 0, 200))
    beyond = imagery.picture(50.002, 15.002, 100.0, 100)
    assert not beyond.valid[:49].any()
    assert beyond.valid[51:].all()


def test_the_folder_itself_may_be_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet(tmp_path / "ortho" / "a.png", (200, 0, 0))
    (tmp_path / "ortho-bounds.json").write_text('{"a": [15.0, 50.0, 15.002, 50.002]}', "utf-8")
    monkeypatch.chdir(tmp_path / "ortho")
    imagery = open_imagery([Path()])
    assert imagery.bounds == Bounds(15.0, 50.0, 15.002, 50.002)
    assert "ortho" in imagery.files


def test_a_projection_of_no_place_on_earth_is_told(tmp_path: Path) -> None:
    path = tmp_path / "site.tif"
    local = 'LOCAL_CS["site",UNIT["metre",1]]'
    with rasterio.open(
        *(path, "w"),
        **{"driver": "GTiff", "width": 8, "height": 8, "count": 3, "dtype": "uint8"},
        crs=rasterio.crs.CRS.from_wkt(local),
        transform=from_bounds(0, 0, 8, 8, 8, 8),
    ):
        pass
    with pytest.raises(SourceError, match=r"does not say where on earth.*--imagery-crs") as caught:
        open_imagery([path])
    assert "\n" not in str(caught.value)


PARDUBICE = (15.72, 50.01, 15.7267, 50.0143)
"""Some 480 by 480 m."""


@pytest.mark.parametrize(
    ("order", "places"),
    [
        ("south, west, north, east", (1, 0, 3, 2)),
        ("west, east, south, north", (0, 2, 1, 3)),
    ],
)
def test_bounds_in_another_order_are_refused_where_that_order_fits(
    tmp_path: Path, order: str, places: tuple[int, ...]
) -> None:
    wrong = [PARDUBICE[place] for place in places]
    sheet(tmp_path / "ortho" / "a.png", (200, 0, 0))
    (tmp_path / "ortho-bounds.json").write_text(json.dumps({"a": wrong}), "utf-8")
    with pytest.raises(SourceError, match=f"'a.png' seem to be {order}: .*longitude first"):
        open_imagery([tmp_path / "ortho"])
    with pytest.raises(SourceError, match="on the map"):
        check_order("a", Bounds(*wrong), 100, 64, Bounds(*PARDUBICE))


def is_refused(bounds: Bounds, width_px: int, height_px: int, area: Bounds | None) -> bool:
    try:
        check_order("a picture", bounds, width_px, height_px, area)
    except SourceError:
        return True
    return False


@pytest.mark.parametrize(
    ("bounds", "height", "map_area"),
    [
        (Bounds(*PARDUBICE), 64, None),
        (Bounds(*PARDUBICE), 64, Bounds(15.73, 50.02, 15.75, 50.03)),
        (Bounds(*PARDUBICE), 200, Bounds(15.5, 50.0, 16.0, 50.5)),
        (Bounds(*PARDUBICE), 90, None),
        (Bounds(-0.1, 51.5, -0.08, 51.52), 64, None),
    ],
    ids=[
        "square pixels",
        "a sheet beside the map",
        "wide ones on the map",
        "none in any order",
        "equal degrees",
    ],
)
def test_bounds_in_order_are_taken_whatever_the_pixels_are(
    bounds: Bounds, height: int, map_area: Bounds | None
) -> None:
    assert not is_refused(bounds, 64, height, map_area)
