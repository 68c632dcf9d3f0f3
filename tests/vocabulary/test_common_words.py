"""Common words, and words that are written as names."""

from core.vocabulary.common_words import COMMON_WORDS, is_common
from core.vocabulary.kinds import SAID_KINDS


def test_the_words_for_kinds_and_looks_are_common() -> None:
    assert {"bakery", "cobbled", "brick", "dome", "beige", "huge"} <= COMMON_WORDS
    assert all(is_common(word) for word in ("bakery", "church", "7", "of", "x"))
    assert not any(is_common(word) for word in ("zorn", "kaivopuisto", "stockmann"))
    assert len(COMMON_WORDS) > len(SAID_KINDS)
