"""The bundled sentence encoder: unit embeddings, reported cuts, checked weights."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from core.errors import ModelError
from core.models import SPECS, load_model
from core.models.batches import like_lengths
from core.models.sentence import SentenceEncoder
from core.models.specs import MINILM
from core.settings import MAX_TOKENS, SENTENCE_MODEL


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


def test_phrases_of_like_length_share_a_run(encoder: SentenceEncoder) -> None:
    phrases = encoder.tokenize(["a park", "a tall white church beside the quiet lake", "an inn"])
    together = encoder.forward(phrases)
    assert np.array_equal(together, np.concatenate([encoder.forward([one]) for one in phrases]))
    lengths = [phrase.count() for phrase in phrases]
    assert like_lengths(lengths, 2) == [[0, 2], [1]]
    assert like_lengths(lengths, 100) == [[0, 2, 1]]


def test_texts_are_put_together_so_that_they_take_the_least_time() -> None:
    rng = np.random.default_rng(3)

    def cost(batches: list[list[int]], lengths: list[int]) -> int:
        return sum(len(rows) * max(lengths[row] for row in rows) + 4 for rows in batches)

    for _ in range(30):
        lengths = rng.integers(2, 12, 7).tolist()
        found = like_lengths(lengths, 4)
        assert sorted(row for rows in found for row in rows) == list(range(7))
        ordered = sorted(range(7), key=lambda row: lengths[row])
        cuts = [[0, *(at for at in range(1, 7) if cut >> at & 1), 7] for cut in range(0, 128, 2)]
        every = [[ordered[a:b] for a, b in pairwise(cut)] for cut in cuts]
        assert cost(found, lengths) == min(cost(batches, lengths) for batches in every)


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


@pytest.mark.parametrize("name", [MINILM.weights, MINILM.tokenizer])
def test_a_file_that_is_missing_is_named(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(SENTENCE_MODEL, tmp_path / "sentence")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=rf"{name} \(No such file.*fetch the whole app again"):
        SentenceEncoder.load(MINILM, folder=folder)


@pytest.mark.parametrize("name", [MINILM.weights, MINILM.tokenizer])
def test_other_files_than_promised_are_refused(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(SENTENCE_MODEL, tmp_path / "sentence")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + b"?")
    with pytest.raises(ModelError, match=rf"{name} is not all-MiniLM-L6-v2: SHA-256"):
        SentenceEncoder.load(MINILM, folder=folder)


def test_threads_cut_texts_each_at_its_own_length(encoder: SentenceEncoder) -> None:
    text = "a church beside a square " * 30
    lengths = [20, 40] * 200
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda length: encoder.tokenize([text], length), lengths))
    assert [len(one.ids) for (one,) in read] == lengths


def test_matrix_products_get_as_many_threads_as_the_network() -> None:
    SentenceEncoder.load(MINILM, threads=1)
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    assert {pool["num_threads"] for pool in pools} == {1}
