"""Imagery of several files and tiles as one picture."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from core.geo import Bounds
from core.sources.imagery import open_imagery


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
