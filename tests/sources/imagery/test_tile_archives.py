"""Archives of tiles with odd content: what is no tile is left out and told."""

import io
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_tiles import tile_of

from core.errors import SourceError
from core.sources.imagery import open_imagery
from core.sources.imagery.pyramid import decoded
from core.web_tiles.mercator import tile_box

AT = (17, 71000, 44000)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_pictures_that_are_no_tiles_are_left_out_and_told(tmp_path: Path) -> None:
    names = ["17/71000/44000", "40/1/1", "17/131072/5", "17/71000/131072", "17/71000/preview"]
    for name in names:
        path = tmp_path / "tiles" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile_of(*AT))
    imagery = open_imagery([tmp_path / "tiles"])
    assert imagery.bounds == tile_box(*AT)
    assert imagery.notes == ("tiles: 4 pictures are no tiles zoom/column/row and are left out",)


@pytest.mark.parametrize("odd", [(17, 71001, 44000, None), (17, 131072, 0, b""), (40, 1, 1, b"")])
def test_rows_of_mbtiles_without_a_tile_change_nothing(
    odd: tuple[int, int, int, bytes | None], tmp_path: Path
) -> None:
    zoom, x, y = AT
    with sqlite3.connect(tmp_path / "a.mbtiles") as file:
        file.execute("CREATE TABLE metadata (name, value)")
        file.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        rows = [(zoom, x, 2**zoom - 1 - y, tile_of(*AT)), odd]
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    imagery = open_imagery([tmp_path / "a.mbtiles"])
    center = tile_box(*AT).center
    assert imagery.picture(center.lat, center.lon, 40.0, 32).valid.all()
    assert not imagery.picture(center.lat, center.lon + 0.0027, 40.0, 32).valid.any()


def test_a_tile_of_sixteen_bits_is_reduced_and_not_cut() -> None:
    grey = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    assert np.array_equal(decoded(png(grey), "a")[..., 0], grey >> 8)


def test_a_tile_that_is_not_square_is_told() -> None:
    with pytest.raises(SourceError, match="the tile a is not square but 77 × 100 px"):
        decoded(png(np.zeros((100, 77, 3), dtype=np.uint8)), "a")
