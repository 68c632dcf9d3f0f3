"""Reads prepared shards, example by example; leaves making them to `corpus`."""

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

from core.arrays import F16, I64
from core.training.batches import PairPlaces
from core.training.shards import CELLS, beside, ends_beside, states_beside


class ShardReader:
    """The N examples of some picture shards, each read when it is asked for.

    Their hidden states are read where `max_tokens` says at how many tokens these were cut.
    """

    def __init__(self, shards: Sequence[Path], kinds: int, max_tokens: int | None = None) -> None:
        tables = [feather.read_table(path, memory_map=True) for path in shards]
        pictures = pa.concat_tables(tables)
        texts = pa.concat_tables(
            [feather.read_table(beside(path, "texts.feather"), memory_map=True) for path in shards]
        )
        self._kinds = kinds
        self._pictures, self._layouts = pictures["picture"], pictures["layout"]
        self._texts = texts["texts"]
        self.mapped = bool(pc.min(pc.binary_length(self._layouts)).as_py())
        """Whether every example has a layout; pictures from elsewhere have none."""
        lengths = [table.num_rows for table in tables]
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        names = [path.name.removesuffix(".pictures.feather").rpartition("-")[0] for path in shards]
        towns = np.unique(names, return_inverse=True)[1]
        self.places = PairPlaces(
            pictures["lat"].to_numpy(), pictures["lon"].to_numpy(), np.repeat(towns, lengths)
        )
        self._states = [_States.open(path, max_tokens) for path in shards] if max_tokens else []

    def __len__(self) -> int:
        return len(self.places.lats)

    def pictures(self, rows: I64) -> list[bytes]:
        """The pictures of some rows, as files."""
        return [self._pictures[int(row)].as_py() for row in rows]

    def layouts(self, rows: I64) -> Tensor:
        """uint8 [B, C, CELLS, CELLS]."""
        shape = (self._kinds, CELLS, CELLS)
        packed = [np.frombuffer(self._layouts[int(row)].as_buffer(), np.uint8) for row in rows]
        bits = np.unpackbits(np.stack(packed), axis=1, count=int(np.prod(shape)))
        return torch.from_numpy(bits.reshape(-1, *shape))

    def texts(self, rows: I64, draws: I64) -> list[str]:
        """One description of each row, chosen by `draws`: any numbers, modulo how many it has."""
        every = [self._texts[int(row)].as_py() for row in rows]
        return [texts[draw % len(texts)] for texts, draw in zip(every, draws, strict=True)]

    def states(self, rows: I64, draws: I64) -> tuple[Tensor, Tensor]:
        """Hidden states [B, T, 384] of what `texts` returns, float16, and their mask [B, T]."""
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        found = [
            self._states[shard].of(int(row - self._starts[shard]), int(draw))
            for row, shard, draw in zip(rows, shards, draws, strict=True)
        ]
        longest = max(len(one) for one in found)
        states = np.zeros((len(found), longest, found[0].shape[1]), dtype=np.float16)
        mask = np.zeros((len(found), longest), dtype=bool)
        for row, one in enumerate(found):
            states[row, : len(one)] = one
            mask[row, : len(one)] = True
        return torch.from_numpy(states), torch.from_numpy(mask)


@dataclass(frozen=True, slots=True)
class _States:
    """The hidden states of a shard's texts, where each ends, and each example's first text."""

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
        """[T, 384] of one text of an example."""
        first, behind = self.firsts[row], self.firsts[row + 1]
        text = first + draw % (behind - first)
        return self.values[self.ends[text] : self.ends[text + 1]]
