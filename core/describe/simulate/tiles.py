"""Descriptions of random tiles of a gallery."""

from typing import Any, Literal

import numpy as np

from core.describe.simulate.above import ViewFromAbove, as_from_above
from core.describe.simulate.denying import denials
from core.describe.simulate.directing import direct
from core.describe.simulate.generator import Style
from core.describe.simulate.generator import describe as view
from core.describe.simulate.visibility import VisibilityMap
from core.gallery import Gallery
from core.world import World

Manner = Literal["view", "directions", "denials"]


def describe_tiles(
    gallery: Gallery,
    world: World,
    n: int,
    seed: int,
    names: bool | None,
    manner: Manner = "view",
    above: ViewFromAbove | None = None,
) -> list[dict[str, Any]]:
    """Rows as `core evaluate` reads them, one for each of `n` random tiles.

    `names` says whether the texts contain names from signs, None for some of them; `manner`
    whether they tell what a person sees there, or directions to it, or end with a denial; then
    `denial` says "true" or "false", and rows without anything to deny are left out. They also tell
    what is seen from `above`.
    """
    write = direct if manner == "directions" else view
    drawn = np.random.default_rng(seed).permutation(len(gallery))[:n]
    lats, lons = gallery.lats[drawn], gallery.lons[drawn]
    scenes = list(VisibilityMap(world).scenes(lats, lons))
    if above is not None:
        scenes = list(above.added(scenes, lats, lons))
    rngs = [np.random.default_rng((seed, row)) for row in drawn.tolist()]
    rows: list[dict[str, Any]] = []
    for row, scene, rng in zip(drawn.tolist(), scenes, rngs, strict=True):
        style, tile = Style.random(rng, names), gallery.tile(row)
        if above is not None:
            style = as_from_above(style, rng)
        rows.append(
            {
                "id": f"{gallery.card.name}-{seed}-{row}",
                "gallery": gallery.card.name,
                "text": write(scene, rng, style),
                "lat": tile.lat,
                "lon": tile.told_lon,
                "tile_id": tile.tile_id,
                "written_by": "program",
                "names": style.names,
                "length": style.length,
                "care": style.care,
            }
        )
    if manner != "denials":
        return rows
    return [
        row
        | {
            "text": f"{row['text'].rstrip('.')}. {denial.text}",
            "denial": str(denial.holds).lower(),
        }
        for row, denial in zip(rows, denials(scenes, rngs), strict=True)
        if denial
    ]
