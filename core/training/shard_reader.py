"""Reader of prepared shards, example by example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import torch
from torch import Tensor

from core.arrays import F16, I64, Bools
from core.training.batches import PairPlaces
from core.training.shards import (
    CELLS,
    PICTURE_COLUMNS,
    REGION,
    beside,
    ends_beside,
    states_beside,
)

_PIECE = 6
"""Tokens that are left out together."""


class ShardReader:
    """The N examples of some picture shards, each read on demand.

    With `max_tokens`, also the hidden states of descriptions truncated to that length. `cells` is
    the number of layout cells along a side.
    """

    def __init__(
        self,
        shards: Sequence[Path],
        kinds: int,
        max_tokens: int | None = None,
        cells: int = CELLS,
    ) -> None:
        tables = [feather.read_table(path, memory_map=True) for path in shards]
        pictures = pa.concat_tables([table.select(PICTURE_COLUMNS) for table in tables])
        texts = [beside(path, "texts.feather") for path in shards]
        self._kinds, self.cells = kinds, cells
        self._pictures, self._layouts = pictures["picture"], pictures["layout"]
        self._texts = (
            pa.concat_tables([feather.read_table(path, memory_map=True) for path in texts])["texts"]
            if all(path.is_file() for path in texts)
            else None
        )
        self.mapped = bool(pc.min(pc.binary_length(self._layouts)).as_py())
        """Whether all examples have layouts; only those made from maps do."""
        lengths = [table.num_rows for table in tables]
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        self.places = PairPlaces(
            pictures["lat"].to_numpy(), pictures["lon"].to_numpy(), _towns(shards, tables)
        )
        self._states = [_States.open(path, max_tokens) for path in shards] if max_tokens else []

    def __len__(self) -> int:
        return len(self.places.lats)

    def pictures(self, rows: I64) -> list[bytes]:
        """The encoded pictures of some rows."""
        return [self._pictures[int(row)].as_py() for row in rows]

    def layouts(self, rows: I64) -> Tensor:
        """The layout labels of some rows, uint8 [B, C, cells, cells]."""
        shape = (self._kinds, self.cells, self.cells)
        packed = [np.frombuffer(self._layouts[int(row)].as_buffer(), np.uint8) for row in rows]
        bits = np.unpackbits(np.stack(packed), axis=1, count=int(np.prod(shape)))
        return torch.from_numpy(bits.reshape(-1, *shape))

    def texts(self, rows: I64, draws: I64) -> list[str]:
        """One description of each row: the number in `draws` modulo their count selects it."""
        assert self._texts is not None
        choices = [self._texts[int(row)].as_py() for row in rows]
        return [texts[draw % len(texts)] for texts, draw in zip(choices, draws, strict=True)]

    def states(self, rows: I64, draws: I64, left_out: float = 0.0) -> tuple[Tensor, Tensor]:
        """Hidden states float16 [B, T, 384] of the descriptions of `texts`, and mask [B, T].

        `left_out` is the share of each description to leave out, as `remaining` chooses.
        """
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        per_text = [
            self._states[shard].of(int(row - self._starts[shard]), int(draw))
            for row, shard, draw in zip(rows, shards, draws, strict=True)
        ]
        if left_out:
            per_text = [
                hidden[remaining(len(hidden), int(draw), left_out)]
                for hidden, draw in zip(per_text, draws, strict=True)
            ]
        longest = max(len(hidden) for hidden in per_text)
        states = np.zeros((len(per_text), longest, per_text[0].shape[1]), dtype=np.float16)
        mask = np.zeros((len(per_text), longest), dtype=bool)
        for row, hidden in enumerate(per_text):
            states[row, : len(hidden)] = hidden
            mask[row, : len(hidden)] = True
        return torch.from_numpy(states), torch.from_numpy(mask)


def remaining(tokens: int, draw: int, left_out: float) -> Bools:
    """Which of T tokens remain when pieces of a few tokens are left out at random, [T].

    `left_out` is the share of pieces, `draw` the random number. The first token and at least one
    piece remain.
    """
    rng = np.random.default_rng((draw, 11))
    piece = (np.arange(tokens) + int(rng.integers(_PIECE))) // _PIECE
    chance = rng.random(int(piece[-1]) + 1)
    chance[rng.integers(len(chance))] = 1.0
    stays: Bools = chance[piece] >= left_out
    stays[0] = True
    return stays


def _towns(shards: Sequence[Path], tables: Sequence[pa.Table]) -> I64:
    """The number of each example's town, [N]: that of its shard, or its region in a collection."""
    numbers: dict[tuple[str, str], int] = {}
    towns: list[I64] = []
    for path, table in zip(shards, tables, strict=True):
        name = path.name.removesuffix(".pictures.feather").rpartition("-")[0]
        if REGION in table.column_names:
            coded = table[REGION].combine_chunks().dictionary_encode()
            regions, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy()
        else:
            regions, codes = [""], np.zeros(table.num_rows, dtype=np.int64)
        known = [numbers.setdefault((name, region), len(numbers)) for region in regions]
        towns.append(np.array(known, dtype=np.int64)[codes])
    return np.concatenate(towns)


@dataclass(frozen=True, slots=True)
class _States:
    """The hidden states `values` [tokens, 384] of a shard's texts.

    `ends` is the row after each text, `firsts` the first text of each example.
    """

    values: F16
    ends: I64
    firsts: I64

    @classmethod
    def open(cls, shard: Path, max_tokens: int) -> _States:
        path = states_beside(shard, max_tokens)
        counts = pc.list_value_length(feather.read_table(beside(shard, "texts.feather"))["texts"])
        return cls(
            np.load(path, mmap_mode="r", allow_pickle=False),
            np.concatenate([[0], np.load(ends_beside(path), allow_pickle=False)]),
            np.concatenate([[0], np.cumsum(counts.to_numpy())]),
        )

    def of(self, row: int, draw: int) -> F16:
        """The hidden states [T, 384] of one text of an example."""
        first, behind = self.firsts[row], self.firsts[row + 1]
        text = first + draw % (behind - first)
        return self.values[self.ends[text] : self.ends[text + 1]]
