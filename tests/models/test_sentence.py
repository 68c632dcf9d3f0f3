"""The bundled sentence encoder: unit embeddings, reported cuts, checked weights."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import models
from core.errors import ModelError
from core.models import SPECS, load_model
from core.models.sentence import SentenceEncoder
from core.models.specs import MINILM
from core.settings import MAX_TOKENS


def test_embeddings_are_unit_vectors_of_the_size_promised(encoder: SentenceEncoder) -> None:
    found = encoder.encode(["a white church", "", "площадь", "🏰"])
    assert found.shape == (4, encoder.spec.dimensions)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)


def test_like_is_more_similar_than_unlike(encoder: SentenceEncoder) -> None:
    church, cathedral, pizza = encoder.encode(["a white church", "a pale cathedral", "hot pizza"])
    assert church @ cathedral > church @ pizza + 0.2


def test_batches_of_any_size_give_the_same(encoder: SentenceEncoder) -> None:
    texts = [f"{'very ' * number}tall tower" for number in range(5)]
    seen: list[int] = []
    small = encoder.encode(texts, batch=2, progress=seen.append)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert small == pytest.approx(alone, abs=1e-5)
    assert sum(seen) == len(texts)


def test_no_text_gives_no_embedding(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.spec.dimensions)


def test_a_text_of_just_the_longest_length_is_not_cut(encoder: SentenceEncoder) -> None:
    (tokens,) = encoder.tokenize([" ".join(["tree"] * (MAX_TOKENS - 2))])
    assert len(tokens.ids) == MAX_TOKENS
    assert tokens.truncated is None


def test_a_longer_text_is_cut_and_says_where(encoder: SentenceEncoder) -> None:
    text = " ".join(["tree"] * (MAX_TOKENS + 50))
    (tokens,) = encoder.tokenize([text])
    assert len(tokens.ids) == MAX_TOKENS
    assert tokens.truncated == len("tree ") * (MAX_TOKENS - 2)
    (again,) = encoder.tokenize([text[: tokens.truncated]])
    assert again.ids == tokens.ids
    assert again.truncated is None


def test_cut_and_whole_texts_keep_their_order(encoder: SentenceEncoder) -> None:
    long = "tree " * 1000
    found = encoder.tokenize(["a", long, "b", long, "c"])
    assert [one.truncated is not None for one in found] == [False, True, False, True, False]


def test_an_unknown_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=next(iter(SPECS))):
        load_model("no-such-model")


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(ModelError, match="no_such_package"):
        SentenceEncoder.load(replace(MINILM, package="no_such_package"))


def test_other_weights_than_promised_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(models.sentence, "_package_folder", lambda _: tmp_path)
    with pytest.raises(ModelError, match="SHA-256"):
        SentenceEncoder.load(MINILM)


def test_threads_cut_texts_each_at_its_own_length(encoder: SentenceEncoder) -> None:
    text = "a church beside a square " * 30
    lengths = [20, 40] * 200
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda length: encoder.tokenize([text], length), lengths))
    assert [len(one.ids) for (one,) in read] == lengths
