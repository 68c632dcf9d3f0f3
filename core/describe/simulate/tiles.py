"""Descriptions of random tiles of a gallery."""

from typing import Any, Literal

import numpy as np

from core.describe.simulate.above import ViewFromAbove, as_from_above
from core.describe.simulate.directing import direct
from core.describe.simulate.generator import Style
from core.describe.simulate.generator import describe as view
from core.describe.simulate.visibility import VisibilityMap
from core.gallery import Gallery
from core.world import World


def describe_tiles(
    gallery: Gallery,
    world: World,
    n: int,
    seed: int,
    names: bool | None,
    manner: Literal["view", "directions"] = "view",
    above: ViewFromAbove | None = None,
) -> list[dict[str, Any]]:
    """Rows as `core evaluate` reads them, one for each of `n` random tiles.

    `names` says whether the texts contain names from signs, None for some of them; `manner`
    whether they tell what a person sees there, or directions to it. They also tell what is seen
    from `above`.
    """
    write = {"view": view, "directions": direct}[manner]
    drawn = np.random.default_rng(seed).permutation(len(gallery))[:n]
    lats, lons = gallery.lats[drawn], gallery.lons[drawn]
    scenes = VisibilityMap(world).scenes(lats, lons)
    if above is not None:
        scenes = above.added(scenes, lats, lons)
    rows = []
    for row, scene in zip(drawn.tolist(), scenes, strict=True):
        rng = np.random.default_rng((seed, row))
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
    return rows
