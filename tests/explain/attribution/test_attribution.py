"""Relevance maps as records: words of the user's text, scaled maps, and their control."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import write_compact
from PIL import Image

from core.errors import ModelError
from core.explain.attribution import (
    DECOY,
    DECOY_CORRELATION_LIMIT,
    correlation,
    min_max,
    raw_relevance,
    relevance,
)
from core.explain.attribution.words import sum_by_word, words_in
from core.models.compact import CompactEncoder, load_compact
from core.models.sentence import SentenceEncoder

TEXTS = ["A tram stop by the church.", "Брэ́ст 東京 🏰 Straße!", "water " * 30]


def pictures(count: int = 3) -> list[Image.Image]:
    rng = np.random.default_rng(8)
    return [
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(count)
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_words_and_maps_are_those_of_the_raw_relevance(text: str, compact: CompactEncoder) -> None:
    found = relevance(compact, text, pictures())
    raw, control = raw_relevance(compact, [text, DECOY], pictures())
    told = sum_by_word(words_in(text), raw.spans, raw.tokens)
    assert len(found) == len(pictures())
    for row, one in enumerate(found):
        assert [(word.start, word.end) for word in one.words] == words_in(text)
        wanted = told[row] / told[row].max()
        assert [word.relevance for word in one.words] == pytest.approx(wanted.tolist())
        assert max(word.relevance for word in one.words) == 1
        cells = np.array(one.picture)
        assert cells.shape == (4, 4)
        assert (cells.min(), cells.max()) == (0, 1)
        assert np.array(one.control) == pytest.approx(min_max(control.cells[row]))
        correlation = np.corrcoef(cells.ravel(), np.array(one.control).ravel())[0, 1]
        assert one.likeness == pytest.approx(correlation, abs=1e-5)
        assert one.telling == (one.likeness <= DECOY_CORRELATION_LIMIT)
        assert one.decoy == DECOY


def test_the_similarity_is_the_searchs(compact: CompactEncoder) -> None:
    wanted = compact.encode_pictures(pictures()) @ compact.encode_texts(TEXTS[:1])[0]
    found = [one.similarity for one in relevance(compact, TEXTS[0], pictures())]
    assert found == pytest.approx(wanted.tolist(), abs=1e-5)


def test_a_description_against_itself_is_not_telling(compact: CompactEncoder) -> None:
    (found,) = relevance(compact, TEXTS[0], pictures(1), TEXTS[0])
    assert found.likeness == pytest.approx(1)
    assert not found.telling
    assert found.picture == found.control


def test_an_even_map_explains_nothing() -> None:
    flat = min_max(np.full((2, 2), 0.3, np.float32))
    assert not flat.any()
    assert correlation(flat, np.eye(2, dtype=np.float32)) == 1


@pytest.mark.parametrize("text", ["", "...", "?!"])
def test_a_text_without_words_still_has_a_picture_map(text: str, compact: CompactEncoder) -> None:
    (found,) = relevance(compact, text, pictures(1))
    assert found.words == ()
    assert len(found.picture) == 4


def test_half_a_surrogate_pair_moves_no_offset(compact: CompactEncoder) -> None:
    (found,) = relevance(compact, "a \ud83c tree", pictures(1))
    assert [(word.start, word.end) for word in found.words] == [(0, 1), (4, 8)]


def test_words_after_the_cut_have_no_relevance(tmp_path: Path, encoder: SentenceEncoder) -> None:
    short = load_compact(write_compact(tmp_path / "a.safetensors", max_tokens=8), encoder)
    text = "🏰 Größe one two three four five six seven"
    (found,) = relevance(short, text, pictures(1))
    assert [(word.start, word.end) for word in found.words] == words_in(text)
    cut = short.tokenize([text])[0].truncated
    assert cut is not None
    assert not any(word.relevance for word in found.words if word.start >= cut)
    assert max(word.relevance for word in found.words) == 1


def test_the_shared_model_is_left_as_it_was(compact: CompactEncoder) -> None:
    asked = [one.requires_grad for one in compact.network.parameters()]
    before = compact.encode_texts(TEXTS), compact.encode_pictures(pictures())
    relevance(compact, TEXTS[0], pictures())
    assert [one.requires_grad for one in compact.network.parameters()] == asked
    assert all(one.grad is None for one in compact.network.parameters())
    assert not any(one._forward_hooks for one in compact.network.modules())
    assert np.array_equal(compact.encode_texts(TEXTS), before[0])
    assert np.array_equal(compact.encode_pictures(pictures()), before[1])


def test_several_threads_get_what_one_gets(compact: CompactEncoder) -> None:
    alone = [relevance(compact, text, pictures()) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: relevance(compact, text, pictures()), TEXTS * 3))
    assert found == alone * 3


def test_inference_mode_makes_no_difference(compact: CompactEncoder) -> None:
    with torch.inference_mode():
        found = relevance(compact, TEXTS[0], pictures())
    assert found == relevance(compact, TEXTS[0], pictures())


def test_no_pictures_have_no_maps(compact: CompactEncoder) -> None:
    assert relevance(compact, TEXTS[0], []) == ()


def test_many_pictures_are_as_each_alone(compact: CompactEncoder) -> None:
    six = pictures(6)
    assert len(six) == 6
    (together,) = raw_relevance(compact, TEXTS[:1], six)
    for row, picture in enumerate(six):
        (alone,) = raw_relevance(compact, TEXTS[:1], [picture])
        assert together.cells[row] == pytest.approx(alone.cells[0], rel=1e-3, abs=1e-6)
        assert together.tokens[row] == pytest.approx(alone.tokens[0], rel=1e-3, abs=1e-6)


def test_a_model_without_accessible_attention_is_refused(encoder: SentenceEncoder) -> None:
    with pytest.raises(ModelError, match="no access to its attention; relevance maps need compact"):
        relevance(encoder, TEXTS[0], pictures(1))  # type: ignore[arg-type]


def test_likeness_by_hand() -> None:
    one = np.array([[0, 1], [0, 1]], np.float32)
    assert correlation(one, 5 * one + 2) == pytest.approx(1)
    assert correlation(one, -one) == pytest.approx(-1)
    assert correlation(one, np.array([[0, 0], [1, 1]], np.float32)) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(3))
def test_likeness_equals_numpys_correlation(seed: int) -> None:
    one, other = np.random.default_rng(seed).random((2, 5, 5)).astype(np.float32)
    wanted = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert correlation(one, other) == pytest.approx(wanted, abs=1e-6)
