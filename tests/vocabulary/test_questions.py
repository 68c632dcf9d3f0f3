"""The table of questions."""

import re
from collections import Counter

from core.explain.clarification import question_bank
from core.vocabulary.questions import QUESTIONS


def test_every_question_is_whole_and_stands_once() -> None:
    assert len(QUESTIONS) > 70
    assert max(Counter(row.key for row in QUESTIONS).values()) == 1
    assert max(Counter(row.text for row in QUESTIONS).values()) == 1
    for row in QUESTIONS:
        assert row.text.endswith("?")
        assert 0 < row.within_m <= 100
        assert row.trust in question_bank._RELIABILITIES
        assert row.hints == row.hints.lower() or "\\" in row.hints
        assert re.compile(row.hints).search(row.key) or row.key in NO_WORD_OF_ITS_OWN, row.key


NO_WORD_OF_ITS_OWN = {"woods", "food"}
"""Their hints use other words, or the key is no word that people use."""
