"""The streets and names of a region in arrays, read one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, get_args, overload

import numpy as np

from core.arrays import I64
from core.gallery.array_file import PreparedArrays
from core.gallery.array_store import packed_strings
from core.vocabulary.street_words import HouseNumber

PlaceKind = Literal["street", "address", "name"]
_KINDS: Final[tuple[PlaceKind, ...]] = get_args(PlaceKind)


@dataclass(frozen=True, slots=True)
class MentionedPlace:
    """A street or a name: the facts that carry it, the tiles on it, its facts by house number.

    `name` is the first spelling on the map.
    """

    kind: PlaceKind
    name: str
    facts: I64
    tiles: I64
    numbers: Mapping[HouseNumber, Sequence[int]]


def packed_places(places: Sequence[MentionedPlace]) -> dict[str, Any]:
    """The arrays from which `PackedPlaces` makes the places again."""
    numbers = [(number, facts) for place in places for number, facts in place.numbers.items()]
    return {
        "place_kind": np.array([_KINDS.index(place.kind) for place in places], dtype=np.uint8),
        **packed_strings("place_name", [place.name for place in places]),
        **_ragged("place_fact", [place.facts for place in places]),
        **_ragged("place_tile", [place.tiles for place in places]),
        "place_number_end": _ends([len(place.numbers) for place in places]),
        "number": np.array([number.number for number, _ in numbers], dtype=np.int64),
        **packed_strings("number_letter", [number.letter for number, _ in numbers]),
        **_ragged("number_fact", [np.array(facts, dtype=np.int64) for _, facts in numbers]),
    }


def _ends(counts: Sequence[int]) -> Any:
    return np.cumsum([0, *counts]).astype(np.uint32)


def _ragged(name: str, lists: Sequence[I64]) -> dict[str, Any]:
    rows = np.concatenate([np.empty(0, dtype=np.int64), *lists])
    return {name: rows.astype(np.uint32), f"{name}_end": _ends([len(one) for one in lists])}


class PackedPlaces(Sequence[MentionedPlace]):
    """The places of a region, made when they are read."""

    def __init__(self, arrays: PreparedArrays) -> None:
        self._arrays = arrays
        self._names = arrays.strings("place_name")
        self._letters = arrays.strings("number_letter")
        self._kinds, self._number = arrays["place_kind"], arrays["number"]
        self._number_end = arrays["place_number_end"]
        self._place = lru_cache(maxsize=1024)(self._made)

    def __len__(self) -> int:
        return len(self._kinds)

    @overload
    def __getitem__(self, row: int) -> MentionedPlace: ...
    @overload
    def __getitem__(self, row: slice) -> list[MentionedPlace]: ...
    def __getitem__(self, row: int | slice) -> MentionedPlace | list[MentionedPlace]:
        if isinstance(row, slice):
            return [self._place(one) for one in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self._place(row)

    def _made(self, row: int) -> MentionedPlace:
        numbers = range(int(self._number_end[row]), int(self._number_end[row + 1]))
        return MentionedPlace(
            _KINDS[int(self._kinds[row])],
            self._names[row],
            self._rows("place_fact", row),
            self._rows("place_tile", row),
            {
                HouseNumber(int(self._number[one]), self._letters[one]): self._rows(
                    "number_fact", one
                ).tolist()
                for one in numbers
            },
        )

    def _rows(self, name: str, row: int) -> I64:
        ends = self._arrays[f"{name}_end"]
        rows: I64 = self._arrays[name][int(ends[row]) : int(ends[row + 1])].astype(np.int64)
        return rows
