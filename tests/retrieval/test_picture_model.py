"""The image channel: descriptions against pictures, and models that fit their gallery."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for, write_compact
from PIL import Image
from tiny_osm import Town

from core.errors import GalleryError, ModelError, QueryError
from core.gallery import Gallery, open_gallery
from core.gallery.embed import embed_pictures
from core.geo import haversine_m
from core.models import StatesReader
from core.models.compact import CompactEncoder, load_compact
from core.models.sentence import SentenceEncoder
from core.records import Channel, Query, SearchResult
from core.retrieval import (
    PictureEncoder,
    bind_picture_encoder,
    link_checkpoint,
    load_picture_encoder,
    search,
    search_with_trace,
)
from core.retrieval.channels.image import picture_reliability
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.settings import Settings, load

TEXT = "a white church beside a park with two benches, tram tracks in front"
Look = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def picture_encoder(seen_gallery: Gallery, compact: CompactEncoder) -> PictureEncoder:
    return bind_picture_encoder(seen_gallery, compact)


@pytest.fixture(scope="module")
def look(seen_gallery: Gallery, encoder: SentenceEncoder, picture_encoder: PictureEncoder) -> Look:
    return lambda text, **options: search(
        seen_gallery, encoder, Query(text, **options), picture_encoder
    )


@pytest.fixture(scope="module")
def seen_settings(seen_home: Path) -> Settings:
    return replace(settings_for(seen_home / "galleries"), user_models=seen_home / "models")


# --- The channel --------------------------------------------------------------------------------


def test_pictures_alone_are_ordered_by_their_cosines(
    look: Look, seen_gallery: Gallery, compact: CompactEncoder
) -> None:
    """Against every picture, decoded and embedded one by one."""
    (said,) = compact.encode_texts([TEXT])
    cosines = {}
    for tile_id in seen_gallery.tile_ids:
        with Image.open(io.BytesIO(seen_gallery.picture(tile_id))) as picture:
            cosines[tile_id] = float(compact.encode_pictures([picture])[0] @ said)
    found = look(TEXT, k=min(100, len(seen_gallery)), channels=("image",)).candidates
    best = max(found, key=lambda one: one.similarity)
    ordered = sorted(cosines.values(), reverse=True)
    assert cosines[best.tile.tile_id] >= ordered[0] - 1e-3, "bytes keep three digits"
    lead = ordered[0] - float(np.median(ordered))
    sure = picture_reliability(np.array(ordered, dtype=np.float32), 1 / 3)
    assert sure == pytest.approx((3 * lead) ** 2, rel=1e-3)
    assert best.channels == {"image": pytest.approx(sure, rel=0.05)}
    assert best.similarity == best.channels["image"]


def test_a_search_by_pictures_alone_has_names_but_no_evidence(look: Look) -> None:
    result = look(TEXT, channels=("image",))
    assert len(result.candidates) == 10
    assert all(one.evidence == () for one in result.candidates)
    assert any(one.names for one in result.candidates)
    assert result.notes == ()
    assert result.picture_model is not None


def test_pictures_count_among_the_other_channels(look: Look, seen_gallery: Gallery) -> None:
    result = look(TEXT)
    assert result.picture_model == seen_gallery.picture_stamp().key
    for one in result.candidates:
        assert list(one.channels) == ["image", "facts", "names"]
        assert -1 <= one.similarity <= 1  # the learned ranking may lift it above every channel
    without = look(TEXT, channels=("facts", "names"))
    assert without.picture_model is None
    assert [one.similarity for one in without.candidates] != [
        one.similarity for one in result.candidates
    ]
    assert result.to_json()["picture_model"] == result.picture_model


def test_what_is_not_asked_for_is_not_looked_at(
    seen_gallery: Gallery, tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    """With words alone, a gallery answers as if it had never been seen."""
    query = Query(TEXT, channels=("facts", "names"))
    found = [
        search(gallery, encoder, query).to_json()["candidates"]
        for gallery in (seen_gallery, tiny_gallery)
    ]
    assert found[0] == found[1]


def test_a_region_limits_pictures_too(look: Look) -> None:
    near = Town().position(325, 320)
    result = look(TEXT, channels=("image",), near=near, within_m=120.0, k=3)
    assert result.candidates
    for one in result.candidates:
        away = haversine_m(near.lat, near.lon, np.array([one.tile.lat]), np.array([one.tile.lon]))
        assert away[0] <= 120
    everywhere = look(TEXT, channels=("image",), k=100).candidates
    region = look(TEXT, channels=("image",), near=near, within_m=120.0, k=100).candidates
    assert max(one.similarity for one in region) == pytest.approx(
        max(one.similarity for one in everywhere)
    ), "the best of the region, and as sure"


@pytest.mark.parametrize("channels", [None, ("image",), ("image", "facts")])
def test_without_eyes_the_channel_is_refused(
    channels: tuple[Channel, ...] | None, seen_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    with pytest.raises(QueryError, match="image channel of tinycity needs the model"):
        search(seen_gallery, encoder, Query(TEXT, channels=channels))


# --- One pass for both --------------------------------------------------------------------------


def test_the_sentence_encoders_pass_serves_both(
    encoder: SentenceEncoder,
    compact: CompactEncoder,
    picture_encoder: PictureEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(compact, StatesReader)
    (wanted,) = compact.encode_texts([TEXT])
    passes, states = [], encoder.states
    monkeypatch.setattr(encoder, "states", lambda some: (passes.append(len(some)), states(some))[1])
    encoded_query = encode_query(
        tokenize_query(TEXT, encoder, picture_encoder), encoder, picture_encoder
    )
    assert encoded_query.picture_query is not None
    assert encoded_query.picture_query.embedding == pytest.approx(wanted, abs=1e-5)
    read = 1 + len(encoded_query.phrases)
    assert sum(passes) == read, "the whole once and each phrase once, in runs of like length"
    assert encoded_query.embedding == pytest.approx(encoder.encode([TEXT])[0], abs=1e-5)


@pytest.fixture(scope="module")
def short_sighted(
    encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory
) -> PictureEncoder:
    path = write_compact(tmp_path_factory.mktemp("short") / "short.safetensors", max_tokens=10)
    return PictureEncoder("compact", load_compact(path, encoder))


def test_a_model_that_reads_less_than_the_words_do_says_where_it_stopped(
    seen_home: Path, encoder: SentenceEncoder, short_sighted: PictureEncoder, tmp_path: Path
) -> None:
    shutil.copytree(seen_home / "galleries", tmp_path / "galleries")
    embed_pictures(
        tmp_path / "galleries" / "tinycity",
        short_sighted.encoder,  # type: ignore[arg-type]
        None,
        1,
        lambda *_: None,
    )
    gallery = open_gallery("tinycity", settings_for(tmp_path / "galleries"))
    text = "a white church beside a park, and to the left is Café Ångström"
    result = search(gallery, encoder, Query(text, k=1), short_sighted)
    assert result.truncated is not None
    assert text[: result.truncated].endswith(("park, and ", "park, ", "park, and"))
    assert result.notes == (
        f"Pictures were compared with the first {result.truncated} characters only.",
    )
    phrases = [piece.phrase for piece in result.candidates[0].evidence]
    assert any("Ångström" in phrase for phrase in phrases), "the words were read to their end"
    same, other = (
        search_with_trace(gallery, encoder, Query(read, channels=("image",)), short_sighted)
        for read in (text[: result.truncated], text)
    )
    assert same.ranking.order.tolist() == other.ranking.order.tolist()


def test_the_smaller_of_two_cuts_is_reported(
    encoder: SentenceEncoder, short_sighted: PictureEncoder
) -> None:
    long = tokenize_query("tree " * 2000, encoder, short_sighted)
    assert long.picture_truncated is not None
    assert long.truncated is not None
    assert long.picture_truncated < long.truncated


# --- The right weights --------------------------------------------------------------------------


def test_other_weights_than_embedded_the_gallery_are_refused_in_one_line(
    seen_gallery: Gallery, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    other = load_compact(write_compact(tmp_path / "other.safetensors", 1), encoder)
    with pytest.raises(ModelError, match="run python -m core embed tinycity --model compact") as no:
        bind_picture_encoder(seen_gallery, other)
    assert "\n" not in str(no.value)
    assert len(str(no.value)) < 300


def test_a_users_weights_are_found_where_embedding_left_them(
    seen_gallery: Gallery,
    seen_settings: Settings,
    encoder: SentenceEncoder,
    picture_encoder: PictureEncoder,
) -> None:
    found = load_picture_encoder(seen_gallery, seen_settings, encoder)
    assert found.key == picture_encoder.key
    assert found.encoder.encode_texts([TEXT]) == pytest.approx(
        picture_encoder.encoder.encode_texts([TEXT])
    )


def test_a_users_weights_can_be_named(
    seen_gallery: Gallery,
    seen_settings: Settings,
    encoder: SentenceEncoder,
    compact_weights: Path,
    tmp_path: Path,
) -> None:
    p_outside = replace(seen_settings, user_models=tmp_path)
    assert load_picture_encoder(seen_gallery, p_outside, encoder, "compact", compact_weights)


def test_a_users_weights_that_are_gone_are_told_in_one_line(
    seen_gallery: Gallery, seen_settings: Settings, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"tiny\.safetensors .* copy them there") as caught:
        load_picture_encoder(seen_gallery, replace(seen_settings, user_models=tmp_path), encoder)
    assert "\n" not in str(caught.value)


def test_a_model_the_gallery_was_not_embedded_with_is_refused(
    seen_gallery: Gallery, encoder: SentenceEncoder, picture_encoder: PictureEncoder
) -> None:
    for channels in (None, ("facts",)):
        with pytest.raises(GalleryError, match="no picture embeddings of crosstext2loc"):
            search(
                seen_gallery,
                encoder,
                Query(TEXT, channels=channels, model="crosstext2loc"),
                picture_encoder,
            )


def test_weights_are_linked_by_name_and_a_newer_link_replaces_an_older(tmp_path: Path) -> None:
    settings = load({"SAYWHERE_DATA": str(tmp_path / "data")})
    for folder, content in (("one", b"1"), ("two", b"2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.pth").write_bytes(content)
        link = link_checkpoint(tmp_path / folder / "model.pth", settings)
        assert link == settings.user_models / "model.pth"
        assert link.read_bytes() == content
    assert link_checkpoint(link, settings) == link, "what is there already stays"
    link.unlink()
    link.write_bytes(b"3")
    with pytest.raises(ModelError, match="copy it there"):
        link_checkpoint(tmp_path / "one" / "model.pth", settings)
    assert link.read_bytes() == b"3", "a file is never replaced"
