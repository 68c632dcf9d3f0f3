"""From the channels' signals to one order of the tiles; weights chosen by measurement.

`python -m core evaluate --table` measures every row of the README's table with these weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.geo import local_metres
from core.records import CHANNELS, Channel
from core.retrieval.channels import (
    Ground,
    best_by_tile,
    facts_allowed,
    share_of_best,
    similar_facts,
    worded_facts,
)
from core.retrieval.reading import Reading

SEPARATION_M = 100.0
"""Candidates are spots: closer tiles come after the distinct ones. Chosen on RVS train and
tests/descriptions.jsonl."""


_SIMILAR_TILES = 1000
"""Tiles whose whole text is compared exactly; the others count as the last of these."""

_SURE = {"compact": 1 / 3}
"""By model: how far ahead of the middling picture the best one is, as a cosine, where the model
understood a description. Of 700 that a program wrote of Krems the median is 0.26; of the sixty
that people wrote of the bundled cities 0.15 to 0.26 by city. Other models are not measured."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts, beside the others of the channels that are searched.

    That of `image` was chosen for the compact model, on program-written descriptions of Krems and
    tests/descriptions.jsonl, together with `sureness`.
    """

    image: float = 0.08
    phrases: float = 0.25
    whole: float = 0.14
    best_fact: float = 0.23
    words: float = 0.20
    window: float = 0.18


WEIGHTS = Weights()
_SIGNALS: dict[Channel, tuple[str, ...]] = {
    "image": ("image",),
    "facts": ("phrases", "whole", "best_fact"),
    "names": ("words", "window"),
}
SIGNALS = tuple(signal for signals in _SIGNALS.values() for signal in signals)
"""The names of the S signals, in order."""


@dataclass(frozen=True, slots=True)
class Said:
    """How strongly the best of the allowed tiles answers each of P phrases and W words.

    Not a share but the channel's own scale: cosine above the least one, and BM25. Empty where
    the channel was not searched.
    """

    phrases: F32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    words: F32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Signals:
    """For N tiles, each [N] and about 0..1; 0 where a signal's channel was not searched.

    image: `image`, how far the picture is ahead of the middling one, times `sureness`. facts:
    `phrases`, the share of what the phrases could find; `whole`, the cosine of description and
    tile; `best_fact`, that with the best single fact. names: `words`, the share of what the words
    could find; `window`, BM25 over the tile as one document.

    `said` is what the shares are shares of.
    """

    image: F32
    phrases: F32
    whole: F32
    best_fact: F32
    words: F32
    window: F32
    said: Said = field(default_factory=Said)

    def stacked(self) -> F32:
        """All signals in the order of `SIGNALS`: [S, N]."""
        return np.stack([getattr(self, signal) for signal in SIGNALS])

    def channel(self, name: Channel, weights: Weights = WEIGHTS) -> F32:
        """One channel's own score for each tile, about 0..1."""
        signals = _SIGNALS[name]
        return _mean(
            [getattr(self, signal) for signal in signals],
            [getattr(weights, signal) for signal in signals],
        )

    def fused(self, channels: tuple[Channel, ...], weights: Weights = WEIGHTS) -> F32:
        """The weighted mean of the chosen channels."""
        each = {
            name: sum(getattr(weights, signal) for signal in _SIGNALS[name]) for name in channels
        }
        return _mean([self.channel(name, weights) for name in each], list(each.values()))


def _mean(parts: Sequence[F32], weights: Sequence[float]) -> F32:
    """The weighted mean of several [N]; what stands alone needs no weight."""
    if len(parts) == 1:
        return parts[0]
    mean = np.zeros_like(parts[0])
    for part, weight in zip(parts, weights, strict=True):
        mean += np.float32(weight / sum(weights)) * part
    return mean


def signals_of(
    ground: Ground,
    reading: Reading,
    mask: Bools | None = None,
    channels: tuple[Channel, ...] = CHANNELS,
) -> Signals:
    """The signals of some channels for every tile; `image` needs a reading that imagined."""
    none = np.zeros(len(ground.gallery), dtype=np.float32)
    signals: dict[str, F32] = dict.fromkeys(SIGNALS, none)
    said: dict[str, F32] = {}
    if "image" in channels and reading.imagined is not None:
        pictures = ground.gallery.picture_index(reading.imagined.key)
        similar = pictures.similarities(reading.imagined.embedding)
        sure = sureness(similar, _SURE.get(reading.imagined.key.partition("-")[0]))
        signals["image"] = ahead_of_middle(similar, mask) * np.float32(sure)
    if "facts" in channels:
        found, said["phrases"] = _facts(ground, reading, mask)
        signals |= found
    if "names" in channels:
        found, said["words"] = _names(ground, reading, mask)
        signals |= found
    return Signals(**signals, said=Said(**said))


def sureness(similarities: F32, sure: float | None) -> float:
    """How well a gallery's pictures [N] are told apart by a description, 0..1: the lead of the best
    one on the middling one over that of the model where it is `sure`, squared, and 1 at most.

    Descriptions that a model does not understand are about as similar to any picture, and what it
    says of them is noise. 1 for models whose leads are not known.
    """
    if sure is None:
        return 1.0
    return min(1.0, float(similarities.max() - np.median(similarities)) / sure) ** 2


def ahead_of_middle(similarities: F32, mask: Bools | None = None) -> F32:
    """Similarities [N] on a scale where the middling allowed tile has 0 and the best one 1.

    Tiles that are not allowed get 0, those far behind the middle −1 at most.
    """
    allowed = similarities if mask is None else similarities[mask]
    middle = float(np.median(allowed))
    reach = max(float(allowed.max()) - middle, 1e-6)
    ahead: F32 = ((similarities - middle) / reach).clip(-1, 1)
    return ahead if mask is None else ahead * mask


def _facts(ground: Ground, reading: Reading, mask: Bools | None) -> tuple[dict[str, F32], F32]:
    """The signals, and the best of each phrase; facts that no allowed tile sees do not count."""
    allowed = facts_allowed(ground, mask)
    similar = similar_facts(ground, reading, allowed)
    phrases = best_by_tile(ground, similar, reading.phrase_bearings)
    rows = None if mask is None else np.flatnonzero(mask).astype(np.int64)
    found = ground.gallery.tile_index.search(reading.embedding[None], _SIMILAR_TILES, rows)
    whole = np.full(len(ground.gallery), found.similarities.min(initial=1), dtype=np.float32)
    whole[found.rows[0]] = found.similarities[0]
    return {
        "phrases": share_of_best(phrases, mask),
        "whole": whole,
        "best_fact": ground.best_fact(reading, allowed),
    }, _best(phrases, mask)


def _names(ground: Ground, reading: Reading, mask: Bools | None) -> tuple[dict[str, F32], F32]:
    worded = worded_facts(ground, reading.words)
    words = best_by_tile(ground, worded, reading.word_bearings)
    window = ground.window_bm25(worded, len(reading.words))
    shares = {"words": share_of_best(words, mask), "window": share_of_best(window[None], mask)}
    return shares, _best(words, mask)


def _best(strengths: F32, mask: Bools | None) -> F32:
    """The best allowed tile's strength for each of R things said: [R]."""
    best: F32 = (strengths if mask is None else strengths[:, mask]).max(axis=1, initial=0)
    return best


def ordered(scores: F32, mask: Bools | None) -> I64:
    """Allowed tiles from the best; equal scores in the gallery's order."""
    order = np.argsort(-scores, kind="stable")
    return order if mask is None else order[mask[order]]


def spots(
    order: I64,
    lats: F64,
    lons: F64,
    k: int,
    separation_m: float = SEPARATION_M,
) -> list[int]:
    """The first `k` tiles of an order that are apart from each other, then the nearer ones."""
    x, y = local_metres(lats, lons, lats.mean())
    kept: list[int] = []
    free = np.ones(len(lats), dtype=bool)
    for tile in order:
        if not free[tile]:
            continue
        kept.append(int(tile))
        if len(kept) == k:
            return kept
        free &= (x - x[tile]) ** 2 + (y - y[tile]) ** 2 >= separation_m**2
    chosen = set(kept)
    rest = (int(tile) for tile in order if int(tile) not in chosen)
    return [*kept, *islice(rest, k - len(kept))]
