"""A tiny town with an aerial photograph."""

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image
from tiny_osm import Town

from core.geo import METRES_PER_DEGREE
from core.training.datasets import AerialDataset

LAT, LON = 48.2, 16.3
SIDE_M = 600.0
ROOFS = {"red": (190, 60, 50), "blue": (60, 110, 190)}
GROUND = (120, 125, 118)


def write_photograph(folder: Path, lat: float = LAT, lon: float = LON) -> AerialDataset:
    """A street with two buildings beside it, and a photograph of them half a metre a pixel."""
    town = Town(lat=lat, lon=lon)
    town.way([(-200, 0), (200, 0)], highway="residential", name="Row")
    size = round(SIDE_M / 0.5)
    photograph = np.full((size, size, 3), GROUND, np.uint8)
    for east, colour in ((-60, "red"), (40, "blue")):
        town.box(east, 10, 24, 16, building="yes")
        west, north = size // 2 + east * 2, size // 2 - 26 * 2
        photograph[north : north + 32, west : west + 48] = ROOFS[colour]
    town.write(folder / "town.osm")
    (folder / "sheets").mkdir()
    Image.fromarray(photograph).save(folder / "sheets" / "whole.png")
    half_lat = SIDE_M / 2 / METRES_PER_DEGREE
    half_lon = half_lat / math.cos(math.radians(lat))
    edges = [lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat]
    (folder / "sheets" / "bounds.json").write_text(json.dumps({"whole": edges}))
    sources = (folder / "town.osm",)
    return AerialDataset("here", sources, (folder / "sheets",), spacing_m=25, limit=12)
