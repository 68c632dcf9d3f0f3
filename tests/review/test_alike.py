"""Cases like a case, and failures by their suggested cause."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from tiny_cases import NOW, a_report, an_answer

from core.arrays import F32
from core.review.alike import similar_cases
from core.review.exchange import rows_of
from core.review.failure_groups import causes_of
from core.review.store import Store


def embed(texts: Sequence[str]) -> F32:
    """Unit embeddings of two kinds of texts: with a church, and without."""
    return np.array([[1.0, 0.0] if "church" in text else [0.0, 1.0] for text in texts], np.float32)


def test_similar_open_cases_of_the_report_are_found_and_answered_ones_are_not(
    store: Store, say: Callable[..., str]
) -> None:
    texts = ("church a", "church b", "church c", "a house", "church far")
    far = (200.0, 210.0, 500.0, 200.0, 20_000.0)
    answers = [
        replace(an_answer(number, 9, metres), text=text)
        for number, (text, metres) in enumerate(zip(texts, far, strict=True))
    ]
    store.add_report(a_report(*answers, title="churches"), 0, NOW)
    ids = {row["text"]: row["case_id"] for row in rows_of(store)}
    found = similar_cases(store, "Ada", ids["church a"], embed)
    assert [one.text for one in found] == ["church c", "church b"]
    assert {one.similarity for one in found} == {1.0}
    say("Ada", ids["church c"])
    assert [one.text for one in similar_cases(store, "Ada", ids["church a"], embed)] == ["church b"]
    assert len(similar_cases(store, "Ben", ids["church a"], embed)) == 2
    assert similar_cases(store, "Ada", "nowhere", embed) == ()


def test_failures_are_grouped_by_cause_the_most_frequent_first() -> None:
    report = a_report(
        an_answer(0, 1, 0.0),
        an_answer(1, 7, 30.0),
        an_answer(2, 7, 900.0),
        an_answer(3, 7, 900.0),
        an_answer(4, 7, 100.0, signs={"same_street": 1.0}),
    )
    assert causes_of(report) == {
        "model error": (2, 3),
        "right place, another name for it": (1,),
        "same street or place, wrong tile": (4,),
    }
