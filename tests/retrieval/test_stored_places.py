"""The places that are stored beside a gallery: they are those that are collected anew."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import settings_for

from core import settings as machine
from core.gallery import Gallery, open_gallery
from core.gallery.manifest import read_manifest
from core.retrieval.channels import named_places
from core.retrieval.channels.named_places import NamedPlaces, places_file
from core.retrieval.channels.packed_places import PackedPlaces
from core.retrieval.stored_places import write_places

BUNDLED = sorted(path.parent.name for path in machine.load({}).bundled_galleries.glob("*/*.json"))
REWRITE = (
    "the bundled places are of another version: if tokens or places were changed, raise _VERSION "
    "in core/retrieval/channels/named_places.py, and run python -m core.retrieval.stored_places"
)


def assert_same(one: NamedPlaces, other: NamedPlaces) -> None:
    assert one.letters == other.letters, REWRITE
    assert list(one.options) == list(other.options), REWRITE
    assert one.options == other.options, REWRITE
    assert one.longest_from == other.longest_from
    assert len(one.places) == len(other.places) > 0
    for stored, made in zip(one.places, other.places, strict=True):
        assert (stored.kind, stored.name) == (made.kind, made.name), REWRITE
        assert stored.facts.tolist() == made.facts.tolist(), REWRITE
        assert stored.tiles.tolist() == made.tiles.tolist(), REWRITE
        assert list(stored.numbers.items()) == list(made.numbers.items()), REWRITE


@pytest.mark.parametrize("name", BUNDLED)
def test_the_places_of_a_bundled_gallery_are_those_collected_anew(name: str) -> None:
    assert len(BUNDLED) == 4
    settings = machine.load({})
    gallery = open_gallery(name, replace(settings, user_galleries=settings.bundled_galleries))
    stored = NamedPlaces(gallery)
    assert isinstance(stored.places, PackedPlaces), REWRITE
    assert_same(stored, NamedPlaces(gallery, anew=True))


@pytest.fixture
def town(tiny_home: Path, tmp_path: Path) -> Gallery:
    folder = tmp_path / "galleries" / "tinycity"
    shutil.copytree(tiny_home / "galleries" / "tinycity", folder)
    write_places(folder)
    return open_gallery("tinycity", settings_for(folder.parent))


def is_stored(places: NamedPlaces) -> bool:
    return isinstance(places.places, PackedPlaces)


def test_places_are_written_beside_the_manifest_and_read(town: Gallery) -> None:
    file = places_file(town)
    assert file is not None
    assert file.path.is_file()
    assert "places.npz" not in str(read_manifest(file.path.parent).files)
    places = NamedPlaces(town)
    assert is_stored(places)
    assert_same(places, NamedPlaces(town, anew=True))


def test_places_that_are_damaged_missing_or_of_another_version_are_collected(
    town: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made = places_file(town), NamedPlaces(town, anew=True)
    assert file is not None
    with monkeypatch.context() as later:
        later.setattr(named_places, "_VERSION", 0)
        assert not is_stored(NamedPlaces(town))
    assert is_stored(NamedPlaces(town))
    file.path.write_bytes(file.path.read_bytes()[:-100])
    assert not is_stored(NamedPlaces(town))
    assert_same(NamedPlaces(town), made)
    file.path.unlink()
    assert_same(NamedPlaces(town), made)


def test_places_of_another_gallery_are_not_read(town: Gallery) -> None:
    file = places_file(town)
    assert file is not None
    bundled = machine.load({}).bundled_galleries
    shutil.copy(bundled / "monaco" / "places.npz", file.path)
    assert not is_stored(NamedPlaces(town))
