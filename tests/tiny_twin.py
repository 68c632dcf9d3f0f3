"""A twin gallery of the tiny city: a map, and a painted photograph of a part of its ground."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.geo import Bounds
from core.sources.imagery import open_imagery
from core.sources.imagery.credits import ImageryCredit
from core.sources.world import read_world

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


def build_twin(
    source: Path,
    encoder: "SentenceEncoder",
    home: Path,
    photographed: Callable[[Bounds], Bounds],
    spacing_m: float,
    credit: ImageryCredit | None = None,
) -> Path:
    """Builds the gallery `twin` in `home`, with a photograph of a part of the city's bounds."""
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    from core.gallery.build import BuildOptions, build_gallery

    world = read_world([source])
    photo = home.parent / "ortho"
    photo.mkdir()
    noise = np.random.default_rng(7).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((400, 400)).save(photo / "a.png")
    box = photographed(world.bounds)
    edges = {"a": [box.west, box.south, box.east, box.north]}
    (photo / "bounds.json").write_text(json.dumps(edges), "utf-8")

    def look(stage: str, done: int, total: int) -> None:
        assert done <= total, stage

    return build_gallery(
        "twin",
        [source],
        world,
        encoder,
        home,
        BuildOptions(spacing_m=spacing_m),
        None,
        datetime(2026, 1, 1, tzinfo=UTC),
        look,
        open_imagery([photo], credit=credit) if credit else open_imagery([photo]),
    )
