"""Learned ranking: the fused score of a tile, corrected by the relations of the description.

score = fused + Σ over signals of weight · signal + Σ over things and kernels of weight · value. The
weights of a thing are those of its sort, and its rarity in the town times those of its rare sort
and of its role. They are fitted by `core.evaluation.ranking_fit` and read from a file that people
can read. Our own method, after learning to rank by a softmax over a list (ListNet).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.arrays import F32, F64, Bools
from core.retrieval.fusion import SIGNALS, Signals
from core.retrieval.relation_values import KERNELS, THING_KINDS, Thing, ThingValues, nearer_than
from core.retrieval.weight_files import read_weights, write_weights
from core.settings import RANKING
from core.vocabulary.relation_cues import ROLES

_FEWEST_CHANNELS = 2
_GROUPS: Final = ("phrase", "mention")
WEIGHT_ROWS: Final[tuple[str, ...]] = (
    *(f"{rare}{kind}" for kind in THING_KINDS for rare in ("", "rare ")),
    *(f"{group} {role}" for group in _GROUPS for role in ROLES if role != "seen"),
)
"""The rows of the table of weights: each sort of thing, plain and by rarity, and each role."""
ADDRESS_WEIGHTS: Final = (0.15, 0.3, 0.0, 0.0, 0.0)
"""The weights of an address with its number. They are not learned: the texts hardly have any, and
without them the places around a good street outweigh the one address (306 of 320 addresses first
within 100 m)."""
TOO_NEAR: Final = 0.6
"""What a description loses at a thing that it calls blocks away, over the number of its phrases and
as far as the thing is rare. Not learned: without it, a short description of such a thing leads to
the thing itself."""
_ROW_OF: Final = {name: row for row, name in enumerate(WEIGHT_ROWS)}


def learned_weights() -> Bools:
    """The weights that are fitted, [rows, kernels]; the others stay 0.

    The distance to a phrase as such is already in the fused score, so a phrase has only weights by
    its role and by its direction. Those of an address are `ADDRESS_WEIGHTS`.
    """
    learned = np.ones((len(WEIGHT_ROWS), len(KERNELS)), dtype=bool)
    for row in ("phrase", "rare phrase"):
        learned[_ROW_OF[row]] = [kernel in ("toward", "away") for kernel in KERNELS]
    for row in ("address", "rare address"):
        learned[_ROW_OF[row]] = False
    return learned


def unlearned_table() -> F64:
    """The table [rows, kernels] before anything is learned."""
    table = np.zeros((len(WEIGHT_ROWS), len(KERNELS)))
    table[_ROW_OF["address"]] = ADDRESS_WEIGHTS
    return table


def memberships(things: Sequence[Thing]) -> F32:
    """How far each row of weights holds for each of R things: [R, rows]."""
    table = np.zeros((len(things), len(WEIGHT_ROWS)), dtype=np.float32)
    for number, thing in enumerate(things):
        table[number, _ROW_OF[thing.kind]] = 1
        table[number, _ROW_OF[f"rare {thing.kind}"]] = thing.rarity
        if thing.relation.role != "seen":
            group = _GROUPS[thing.kind != "phrase"]
            table[number, _ROW_OF[f"{group} {thing.relation.role}"]] = thing.rarity
    return table


@dataclass(frozen=True, slots=True)
class RankingModel:
    """The `weights` [rows, kernels] of things and the corrections [S] of the signals' weights, both
    in units of the fused score, and the names of the files that they were fitted to. `sharpness` is
    the inverse temperature of the fit, for information."""

    weights: F64
    signals: F64
    sharpness: float
    sources: tuple[str, ...] = ()

    def corrections(self, named: ThingValues) -> F32:
        """What each of R things adds to the score of each tile: [R, N]."""
        added = np.zeros((len(named.things), named.tiles), dtype=np.float32)
        for row, of_tiles in self._added(named):
            added[row, named.near[row].tiles] = of_tiles
        return added

    def _added(self, named: ThingValues) -> Iterator[tuple[int, F32]]:
        """The rows of things with what each adds to the scores of the tiles that see it."""
        weights = memberships(named.things) @ self.weights.astype(np.float32)
        share = np.float32(TOO_NEAR / max(1, sum(one.kind == "phrase" for one in named.things)))
        for row, of in named.near.items():
            added: F32 = weights[row] @ of.values
            thing = named.things[row]
            if least_m := thing.relation.least_m:
                too_near = nearer_than(least_m, of.values)
                added = added - share * np.float32(thing.rarity) * too_near
            yield row, added

    def signal_weights(self, signals: Signals) -> dict[str, float]:
        """What is added to the weights of the signals of one search."""
        if len(signals.results) < _FEWEST_CHANNELS:
            return {}
        return {
            name: float(weight)
            for name, weight in zip(SIGNALS, self.signals, strict=True)
            if weight and signals.found(name) is not None
        }

    def scores(self, fused: F32, signals: Signals, named: ThingValues) -> F32:
        """The scores [N] of all tiles from the fused ones. A single channel keeps its weights."""
        scores = fused.copy()
        for name, weight in self.signal_weights(signals).items():
            scores += np.float32(weight) * signals[name]
        if named.things:
            for row, added in self._added(named):
                scores[named.near[row].tiles] += added
        return scores

    def to_json(self) -> dict[str, Any]:
        """The weights as readable JSON, one line for each row."""
        return {
            "sources": list(self.sources),
            "sharpness": float(f"{self.sharpness:.4g}"),
            "signals": {
                name: float(f"{weight:.4g}")
                for name, weight in zip(SIGNALS, self.signals, strict=True)
            },
            "kernels": list(KERNELS),
            "weights": {
                name: [float(f"{weight:.4g}") for weight in self.weights[row]]
                for row, name in enumerate(WEIGHT_ROWS)
            },
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "RankingModel":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError.

        A signal that the document does not name keeps its weight in the fusion.
        """
        rows = document["weights"]
        weights = np.array([rows[name] for name in WEIGHT_ROWS], dtype=np.float64)
        signals = np.array([document["signals"].get(name, 0.0) for name in SIGNALS])
        if weights.shape != (len(WEIGHT_ROWS), len(KERNELS)) or not (
            np.isfinite(weights).all() and np.isfinite(signals).all()
        ):
            raise ValueError(f"{weights.shape} weights, or some that are not finite")
        sources = tuple(map(str, document["sources"]))
        return cls(weights, signals, float(document["sharpness"]), sources)


NO_CORRECTION: Final = RankingModel(
    np.zeros((len(WEIGHT_ROWS), len(KERNELS))), np.zeros(len(SIGNALS)), 1.0
)
"""The model that leaves the fused scores as they are."""


@lru_cache(maxsize=4)
def read_ranking(path: Path = RANKING) -> RankingModel:
    """Reads the weights from a JSON file. Raises ModelError where it is missing or damaged."""
    return read_weights(path, RankingModel.from_json, "the ranking", "--ranking")


def write_ranking(model: RankingModel, path: Path) -> Path:
    """Writes the weights atomically; returns the path."""
    return write_weights(model.to_json(), path)
