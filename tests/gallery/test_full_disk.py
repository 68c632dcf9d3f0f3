"""A disk that is full: one clear line, nothing half-made, and a build that works afterwards."""

import errno
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from conftest import first_and_last, settings_for
from tiny_osm import Town

from core.errors import GalleryError
from core.gallery import build as stages
from core.gallery import list_galleries, open_gallery, staging
from core.gallery.embed import copied_to_home
from core.gallery.manifest import UNFINISHED
from core.models.sentence import SentenceEncoder

Build = Callable[..., Path]

FILES = (
    "facts.parquet",
    "links.parquet",
    "names.sqlite",
    "tiles-000.parquet",
    "minilm-facts.npy",
    "minilm-tiles.npy",
    "manifest.json",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "galleries"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return town("Saint Ann").write(tmp_path / "town.osm")


def town(church: str) -> Town:
    drawn = Town()
    drawn.way([(0, 0), (200, 0)], highway="residential", name="Lime Street")
    drawn.box(40, 20, 30, 30, building="church", name=church)
    return drawn


@contextmanager
def files_up_to(limit: int) -> Iterator[None]:
    """Lets no file of this process grow over a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", first_and_last(FILES))
def test_a_file_that_has_no_room_leaves_nothing(
    name: str, build: Build, source: Path, home: Path
) -> None:
    whole = build("town", source, home)
    (path,) = whole.rglob(name)
    limit = path.stat().st_size - 1
    shutil.rmtree(home)
    with files_up_to(limit), pytest.raises(GalleryError, match="cannot be written") as caught:
        build("town", source, home)
    assert "free space" in str(caught.value)
    assert str(caught.value).isprintable()
    assert not home.exists()
    assert list_galleries(settings_for(home)) == ()
    assert len(open_gallery(build("town", source, home).name, settings_for(home))) > 0


STAGES = ("write_facts", "_write_tiles", "embed_texts", "list_files", "write_manifest")


@pytest.mark.parametrize("stage", first_and_last(STAGES))
def test_an_old_gallery_outlives_a_full_disk(
    stage: str, build: Build, source: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build("town", source, home)
    before = content_of(folder)
    town("Saint Olaf").write(source)
    with monkeypatch.context() as patched:
        patched.setattr(stages, stage, full)
        with pytest.raises(GalleryError, match="No space left on device"):
            build("town", source, home)
    assert content_of(folder) == before
    assert [card.name for card in list_galleries(settings_for(home))] == ["town"]
    assert open_gallery("town", settings_for(home))


def test_a_folder_of_another_kind_is_not_deleted(
    build: Build, source: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "town").mkdir(parents=True)
    (home / "town" / "photo.jpg").write_bytes(b"mine")
    monkeypatch.setattr(stages, "embed_texts", full)
    with pytest.raises(GalleryError):
        build("town", source, home)
    assert content_of(home) == {"town/photo.jpg": b"mine"}


def test_a_bad_name_deletes_nothing(home: Path) -> None:
    (home / "town").mkdir(parents=True)
    with (
        pytest.raises(GalleryError, match="not a gallery name"),
        staging.removed_if_failed(home / "town", "../town"),
    ):
        pytest.fail("a bad name is refused before the block")
    assert (home / "town").is_dir()


def test_a_stopped_build_is_not_on_the_list_and_goes_on(
    build_forgetful: Build,
    source: Path,
    home: Path,
    encoder: SentenceEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(encoder, "encode", stop)
        with pytest.raises(KeyboardInterrupt):
            build_forgetful("town", source, home)
    assert (home / "town" / UNFINISHED).is_file()
    assert list(home.glob("town/build-*/tiles-000.parquet"))
    assert list_galleries(settings_for(home)) == ()
    build_forgetful("town", source, home)
    assert not (home / "town" / UNFINISHED).exists()
    assert [card.name for card in list_galleries(settings_for(home))] == ["town"]


def test_a_stopped_build_that_then_fails_is_deleted(
    build: Build, source: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "town" / "build-000000000000").mkdir(parents=True)
    (home / "town" / UNFINISHED).touch()
    monkeypatch.setattr(stages, "write_manifest", full)
    with pytest.raises(GalleryError):
        build("town", source, home)
    assert list(home.iterdir()) == []


def test_embedding_a_copy_that_has_no_room_leaves_no_copy(
    build: Build, source: Path, home: Path, tmp_path: Path, encoder: SentenceEncoder
) -> None:
    original = build("town", source, home)
    mine = tmp_path / "mine"
    sizes = [path.stat().st_size for path in original.rglob("*") if path.is_file()]
    with (
        files_up_to(max(sizes) - 1),
        pytest.raises(GalleryError, match="cannot be written"),
        copied_to_home(original, mine),
    ):
        pytest.fail("there is no room for the copy")
    assert not mine.exists()

    def write_too_much(folder: Path) -> None:
        with staging.disk_faults_told(mine):
            staging.save_matrix(folder / "big.npy", np.zeros((1000, 1000), dtype=np.int8))

    with (
        pytest.raises(GalleryError, match="cannot be written"),
        copied_to_home(original, mine) as copy,
        files_up_to(1000),
    ):
        write_too_much(copy)
    assert not mine.exists()
    with copied_to_home(original, mine) as copy:
        stages.embed_gallery(copy, encoder, lambda *_: None)
    assert (mine / "town" / "manifest.json").is_file()
    with pytest.raises(GalleryError), copied_to_home(original, mine):
        raise GalleryError("something else")
    assert (mine / "town" / "manifest.json").is_file(), "a copy of before stays"
