"""Picture embeddings of a gallery: storage, stopping and continuing, several models."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for, write_compact
from PIL import Image
from tiny_osm import Town

from core.errors import GalleryError
from core.gallery import Gallery, embed, open_gallery
from core.gallery.build import embed_gallery
from core.gallery.embed import copy_to_home, embed_encoded, embed_pictures
from core.gallery.manifest import read_manifest
from core.models.compact import CompactEncoder, load_compact
from core.models.sentence import SentenceEncoder

Build = Callable[..., Path]


def quiet(*_: object) -> None:
    """No progress bar."""


@pytest.fixture
def folder(tiny_home: Path, tmp_path: Path) -> Path:
    """The tiny gallery with pictures, to be embedded."""
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    copied = tmp_path / "galleries" / "tinycity"
    shutil.copytree(tiny_home / "galleries" / "tinycity", copied)
    return copied


def opened(folder: Path) -> Gallery:
    return open_gallery(folder.name, settings_for(folder.parent))


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def decoded(gallery: Gallery) -> list[Image.Image]:
    return [Image.open(io.BytesIO(gallery.picture(tile_id))) for tile_id in gallery.tile_ids]


# --- Storage ------------------------------------------------------------------------------------


def test_every_tile_has_the_embedding_of_its_picture(folder: Path, compact: CompactEncoder) -> None:
    stamp = embed_pictures(folder, compact, None, 2, quiet)
    gallery = opened(folder)
    stored = gallery.picture_index(stamp.key).embeddings(np.arange(len(gallery)))
    wanted = compact.encode_pictures(decoded(gallery))
    assert stored.shape == (len(gallery), 16)
    assert ((stored * wanted).sum(axis=1) > 0.999).all(), "packing loses next to nothing"
    assert len(np.unique(wanted.round(5), axis=0)) > len(gallery) / 2, "pictures differ"


def test_the_gallery_lists_its_picture_model(
    folder: Path, compact: CompactEncoder, compact_weights: Path
) -> None:
    assert opened(folder).card.picture_models == ()
    embed_pictures(folder, compact, compact_weights, 1, quiet)
    (stamp,) = opened(folder).card.picture_models
    assert opened(folder).card.channels == ("image", "facts", "names")
    assert (stamp.name, stamp.checkpoint) == ("compact", "tiny.safetensors")
    assert stamp.weights_sha256 == compact.spec.weights_sha256
    assert stamp.dimensions == 16


def test_progress_ends_at_the_number_of_tiles(folder: Path, compact: CompactEncoder) -> None:
    reports: list[tuple[int, int]] = []
    embed_pictures(folder, compact, None, 2, lambda _, done, of: reports.append((done, of)))
    tiles = read_manifest(folder).tiles
    assert reports[-1] == (tiles, tiles)
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert len(reports) > 2


def test_pictures_of_any_size_and_kind_are_embedded(compact: CompactEncoder) -> None:
    files = []
    for number, (kind, mode) in enumerate((("PNG", "L"), ("JPEG", "RGB"), ("WEBP", "RGBA"))):
        buffer = io.BytesIO()
        Image.new(mode, (40 + 30 * number, 50)).save(buffer, kind)
        files.append(buffer.getvalue())
    (embeddings,) = embed_encoded(files, compact, 1)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1, abs=1e-5)


# --- Stopping and going on ----------------------------------------------------------------------


def test_a_stopped_run_goes_on_and_leaves_the_same_bytes(
    folder: Path, compact: CompactEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "_PART", 20)
    monkeypatch.setattr(embed, "_BATCH", 7)
    whole = tmp_path / "whole" / "tinycity"
    shutil.copytree(folder, whole)
    embed_pictures(whole, compact, None, 2, quiet)
    before, encode, batches = content_of(folder), compact.encode_pictures, []

    def until_the_power_goes(pictures: list[Image.Image]) -> object:
        batches.append(len(pictures))
        if len(batches) == 8:
            raise KeyboardInterrupt
        return encode(pictures)

    with monkeypatch.context() as patched:
        patched.setattr(compact, "encode_pictures", until_the_power_goes)
        with pytest.raises(KeyboardInterrupt):
            embed_pictures(folder, compact, None, 1, quiet)
    now = content_of(folder)
    assert {name: now[name] for name in before} == before, "the old gallery still stands"
    batches.clear()
    with monkeypatch.context() as patched:
        patched.setattr(
            compact, "encode_pictures", lambda some: (batches.append(len(some)), encode(some))[1]
        )
        embed_pictures(folder, compact, None, 2, quiet)
    assert sum(batches) == read_manifest(folder).tiles - 40, "two whole parts were there"
    assert content_of(folder) == content_of(whole)


def test_parts_of_other_weights_are_not_taken(
    folder: Path,
    compact: CompactEncoder,
    encoder: SentenceEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embed, "_PART", 20)
    other = load_compact(write_compact(tmp_path / "other.safetensors", 1), encoder)
    encode, calls = compact.encode_pictures, []

    def twice(pictures: list[Image.Image]) -> object:
        calls.append(len(pictures))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return encode(pictures)

    with monkeypatch.context() as patched:
        patched.setattr(compact, "encode_pictures", twice)
        with pytest.raises(KeyboardInterrupt):
            embed_pictures(folder, compact, None, 1, quiet)
    embed_pictures(folder, other, None, 1, quiet)
    gallery = opened(folder)
    stored = gallery.picture_index("compact").embeddings(np.arange(len(gallery)))
    assert ((stored * other.encode_pictures(decoded(gallery))).sum(axis=1) > 0.999).all()


# --- Several models -----------------------------------------------------------------------------


def test_models_stand_side_by_side_and_the_apps_own_is_the_usual_one(
    folder: Path, compact: CompactEncoder, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    path = write_compact(tmp_path / "wide.safetensors", dimensions=24)
    embed_pictures(folder, load_compact(path, encoder), path, 1, quiet)
    embed_pictures(folder, compact, None, 1, quiet)
    gallery = opened(folder)
    usual, other = gallery.card.picture_models
    assert usual.key == "compact"
    assert other.key == f"compact-{other.weights_sha256[:8]}"
    assert gallery.picture_stamp() == gallery.picture_stamp("compact") == usual
    assert gallery.picture_stamp(other.key) == other
    assert gallery.picture_index(other.key).embeddings(np.array([0])).shape == (1, 24)


def test_the_same_model_with_new_weights_takes_the_old_ones_place(
    folder: Path, compact: CompactEncoder, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    embed_pictures(folder, compact, None, 1, quiet)
    other = load_compact(write_compact(tmp_path / "other.safetensors", 1), encoder)
    embed_pictures(folder, other, None, 1, quiet)
    (stamp,) = opened(folder).card.picture_models
    assert stamp.weights_sha256 == other.spec.weights_sha256


def test_embedding_texts_again_leaves_the_pictures(
    folder: Path, compact: CompactEncoder, encoder: SentenceEncoder
) -> None:
    embed_pictures(folder, compact, None, 1, quiet)
    before = content_of(folder)
    embed_gallery(folder, encoder, quiet)
    assert content_of(folder) == before


def test_building_again_leaves_the_pictures(
    build: Build, compact: CompactEncoder, tmp_path: Path
) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    town = Town()
    town.way([(0, 0), (100, 0)], highway="residential", name="Lime Street")
    source = town.write(tmp_path / "town.osm")
    folder = build("town", source, tmp_path / "galleries", pictures=True, spacing_m=50.0)
    embed_pictures(folder, compact, None, 1, quiet)
    before = content_of(folder)
    build("town", source, tmp_path / "galleries", pictures=True, spacing_m=50.0)
    assert content_of(folder) == before
    town.point(50, 5, amenity="bench")
    town.write(source)
    build("town", source, tmp_path / "galleries", pictures=True, spacing_m=50.0)
    assert opened(folder).card.picture_models == (), "other pictures have no embeddings yet"


# --- Refusals -----------------------------------------------------------------------------------


def test_a_gallery_without_pictures_is_refused_in_one_line(
    build: Build, city_osm: Path, compact: CompactEncoder, tmp_path: Path
) -> None:
    folder = build("bare", city_osm, tmp_path / "galleries")
    with pytest.raises(GalleryError, match=r"bare has no pictures.*build it again") as caught:
        embed_pictures(folder, compact, None, 1, quiet)
    assert "\n" not in str(caught.value)
    assert opened(folder).card.channels == ("facts", "names")


@pytest.mark.parametrize("content", [b"no picture", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00"])
def test_what_is_no_picture_is_refused_in_one_line(content: bytes, compact: CompactEncoder) -> None:
    with pytest.raises(GalleryError, match="cannot be read") as caught:
        list(embed_encoded([content], compact, 1))
    assert "\n" not in str(caught.value)


def test_a_model_the_gallery_does_not_know_is_told_with_those_it_does(
    seen_gallery: Gallery, tiny_gallery: Gallery
) -> None:
    with pytest.raises(GalleryError, match=r"none yet; run .* embed tinycity --model compact"):
        tiny_gallery.picture_stamp()
    with pytest.raises(GalleryError, match=r"of siglip; it has: compact-"):
        seen_gallery.picture_stamp("siglip")


# --- Copies -------------------------------------------------------------------------------------


def test_a_gallery_from_elsewhere_is_copied_once(folder: Path, tmp_path: Path) -> None:
    before = content_of(folder)
    copy = copy_to_home(folder, tmp_path / "mine")
    assert copy == tmp_path / "mine" / "tinycity"
    assert content_of(copy) == before
    (copy / "mark").write_text("mine")
    assert copy_to_home(folder, tmp_path / "mine") == copy
    assert (copy / "mark").exists(), "a copy that is there is taken as it is"
    assert copy_to_home(copy, tmp_path / "mine") == copy
    assert content_of(folder) == before
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["tinycity"]


def test_parts_of_a_stopped_run_are_not_copied(folder: Path, tmp_path: Path) -> None:
    parts = folder / read_manifest(folder).build / ".compact-parts"
    parts.mkdir()
    (parts / "0.npy").write_bytes(b"")
    assert not list(copy_to_home(folder, tmp_path / "mine").rglob(".compact-parts"))


def test_a_home_that_cannot_be_written_is_one_clear_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    with pytest.raises(GalleryError, match="cannot write"):
        copy_to_home(folder, tmp_path / "file")


def test_a_gallery_made_before_there_were_picture_models_opens(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["picture_models"], manifest["digest"]
    path.write_text(json.dumps(manifest), "utf-8")
    assert opened(folder).card.channels == ("facts", "names")
