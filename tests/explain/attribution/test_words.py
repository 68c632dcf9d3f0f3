"""Words of any script by their offsets, and token values summed by word."""

import numpy as np
import pytest

from core.explain.attribution.words import sum_by_word, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A white church, 12 m ahead.", ["A", "white", "church", "12", "m", "ahead"]),
        ("Saint Olaf’s isn't-far", ["Saint", "Olaf’s", "isn't", "far"]),
        ("Площадь Независимости", ["Площадь", "Независимости"]),
        ("東京タワー 🏰", ["東", "京", "タワー", "🏰"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("a 👩‍🚀! cafe\u0301 'quoted'", ["a", "👩‍🚀", "cafe\u0301", "quoted"]),
        ("half \ud800 of a pair", ["half", "of", "a", "pair"]),
        ("", []),
        (" ...--- \n", []),
    ],
)
def test_words_are_found_where_they_stand(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in words_in(text)] == words


def test_words_sum_what_their_tokens_say_by_hand() -> None:
    words = [(0, 3), (4, 9)]
    tokens = [(0, 0), (0, 2), (2, 3), (4, 9), (9, 10), (2, 6)]
    values = np.array([[9, 1, 2, 5, 7, 3], [0, 0, 0, 1, 0, 6]], np.float32)
    # The last token has one letter in the first word and two in the second.
    assert sum_by_word(words, tokens, values) == pytest.approx(np.array([[4, 7], [2, 5]]))


@pytest.mark.parametrize("seed", range(3))
def test_words_of_tokens_equal_letter_by_letter_counting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = np.unique(rng.integers(0, 60, 12))
    words = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    starts = rng.integers(0, 60, 15)
    tokens = [(int(at), int(at + rng.integers(0, 9))) for at in starts]
    values = rng.random((2, 15)).astype(np.float32)
    wanted = np.zeros((2, len(words)))
    for token, (begin, end) in enumerate(tokens):
        owners = [
            word for at in range(begin, end) for word, (a, b) in enumerate(words) if a <= at < b
        ]
        for word in owners:
            wanted[:, word] += values[:, token] / len(owners)
    assert sum_by_word(words, tokens, values) == pytest.approx(wanted, abs=1e-6)


def test_without_words_or_tokens_nothing_is_said() -> None:
    assert sum_by_word([], [(0, 1)], np.ones((2, 1), np.float32)).shape == (2, 0)
    assert not sum_by_word([(0, 1)], [], np.ones((2, 0), np.float32)).any()
