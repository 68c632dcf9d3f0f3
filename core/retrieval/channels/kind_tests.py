"""Tests of the kinds of facts with a word, each done when a fact of the kind is first asked for."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np

from core.arrays import I64, Bools
from core.retrieval.head_nouns import HeadNoun

W = TypeVar("W", HeadNoun, str)
_UNKNOWN = -1


class KindTest(Generic[W]):
    """Whether the facts of a gallery pass a test with a word, by their kind.

    `group` [F] is the row of each fact among the `kinds`. `passed[facts]` is the mask of some
    facts, `passed[:]` that of all. With `never` no kind passes, and none is tested.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        group: I64,
        test: Callable[[str, W], bool],
        word: W,
        *,
        never: bool = False,
    ) -> None:
        self._kinds, self._group = kinds, group
        self._test: Callable[[str, W], bool] = test
        self._word: W = word
        self._passed = np.full(len(kinds), 0 if never else _UNKNOWN, dtype=np.int8)

    def __getitem__(self, facts: I64 | slice) -> Bools:
        groups = self._group[facts]
        found = self._passed[groups]
        if found.min(initial=0) == _UNKNOWN:
            known = _known(self._test, self._word)
            for row in np.unique(groups[found == _UNKNOWN]).tolist():
                kind = self._kinds[row]
                if kind not in known:
                    known[kind] = self._test(kind, self._word)
                self._passed[row] = known[kind]
            found = self._passed[groups]
        mask: Bools = found == 1
        return mask


@lru_cache(maxsize=1024)
def _known(_test: Callable[[str, Any], bool], _word: Any) -> dict[str, bool]:
    """The kinds that were tested with a word, for all galleries, which share most kinds."""
    return {}
