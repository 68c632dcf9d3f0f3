"""Conditions on OpenStreetMap tags, and the first row of a table whose condition fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """A condition on a tag: one of some values, or any value but a negation if there are none.

    All tags in `also` must have the given values, too.
    """

    key: str
    values: frozenset[str] = frozenset()
    also: tuple[tuple[str, str], ...] = ()

    def fits(self, tags: Tags) -> bool:
        """Whether a feature with these tags fits; of several values the first counts."""
        value = tags.get(self.key)
        if not value or value in ABSENT:
            return False
        value = value.split(";")[0].strip()
        if self.values and value not in self.values:
            return False
        return all(tags.get(key) == other for key, other in self.also)


ABSENT = frozenset({"no", "none", "proposed", "razed", "abandoned", "disused", "demolished"})


class _Row(Protocol):
    @property
    def match(self) -> Match: ...


class Finder:
    """Finds the first row of a table that fits a feature's tags."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._by_key: dict[str, list[tuple[int, Match]]] = {}
        for number, row in enumerate(rows):
            self._by_key.setdefault(row.match.key, []).append((number, row.match))

    def __call__(self, tags: Tags) -> int | None:
        """Number of the row; None if no row fits."""
        fitting = (
            next((number for number, match in self._by_key[key] if match.fits(tags)), None)
            for key in self._by_key.keys() & tags.keys()
        )
        return min((number for number in fitting if number is not None), default=None)


def tag(key: str, values: str = "", **also: str) -> Match:
    """A `Match` for any of some values, separated by blanks, of one tag."""
    return Match(key, frozenset(values.split()), tuple(also.items()))
