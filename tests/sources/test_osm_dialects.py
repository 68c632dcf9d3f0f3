"""OpenStreetMap files of JOSM, Overpass and other programs: all give the same world."""

from pathlib import Path

import pytest
from tiny_dialects import DIALECTS
from tiny_osm import tiny_city

from core.sources.world import read_world
from core.world import World


def content_of(world: World) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Shape and tags of each feature in order; ids without sign."""
    features = world.features
    rows = zip(features.feature_id, features.geometry, features.tags, strict=True)
    return [
        (one.replace("-", ""), shape.wkb_hex, sorted(tags.items())) for one, shape, tags in rows
    ]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_city().write(tmp_path_factory.mktemp("ground") / "city.osm")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_world(name: str, source: Path, tmp_path: Path) -> None:
    DIALECTS[name](source, tmp_path / name)
    found, wanted = read_world([tmp_path / name]), read_world([source])
    assert len(wanted.features) > 30
    assert content_of(found) == content_of(wanted)
