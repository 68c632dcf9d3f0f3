"""Relevance maps: the words and picture parts behind the similarity of a pair.

CLIP-like models use `rollout`, the compact model `concepts`. Each map is compared with that of a
decoy text: a map that any description gets explains none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32
from core.errors import ModelError
from core.explain.attribution.words import Span, sum_by_word, words_in
from core.records import Relevance, Word

if TYPE_CHECKING:
    from PIL import Image

    from core.models import DualEncoder
    from core.models.compact import CompactEncoder
    from core.models.crosstext2loc import CrossText2Loc


DECOY = "a place on a map"
"""The decoy text with the best detection rate on Krems, of neutral ones and other places'
descriptions: at a 5 % false-alarm rate on true descriptions it flags the most of other places."""
DECOY_CORRELATION_LIMIT = 0.86
"""A map that correlates more with the decoy's map is unspecific. 95 % of 350 true descriptions of
Krems stay below, and 86 % of those of other places; in Helsinki 99.5 and 98.5 %. So a high
correlation means that any description gets this map; a low one does not mean that the description
is true. Measured for the compact model (`core.evaluation.faithfulness`), used for all."""


@dataclass(frozen=True, slots=True)
class UnscaledMaps:
    """N pairs of one text and N pictures before scaling: relevance of `tokens` [N, T] at `spans` of
    the text, of `cells` [N, G, G] from north and west, and the `cosines` [N]."""

    spans: tuple[Span, ...]
    tokens: F32
    cells: F32
    cosines: F32


def relevance(
    encoder: DualEncoder, text: str, pictures: Sequence[Image.Image], decoy: str = DECOY
) -> tuple[Relevance, ...]:
    """The relevance maps of one description and N pictures, which are encoded in one batch.

    Words beyond the model's token limit have relevance 0. A map covers the crop that the model
    sees. Raises ModelError for a model without accessible attention.
    """
    if not pictures:
        return ()
    text = text.encode("utf-8", "replace").decode()  # as in search, with the same offsets
    raw, control = raw_relevance(encoder, (text, decoy), pictures)
    words = words_in(text)
    by_word = sum_by_word(words, raw.spans, raw.tokens)
    by_word /= np.maximum(by_word.max(axis=1, keepdims=True, initial=0), np.finfo(np.float32).tiny)
    return tuple(
        _relevance(words, by_word[row], raw, control.cells[row], decoy, row)
        for row in range(len(pictures))
    )


def raw_relevance(
    encoder: DualEncoder, texts: Sequence[str], pictures: Sequence[Image.Image]
) -> tuple[UnscaledMaps, ...]:
    """The unscaled maps of each text with the same N pictures, which are encoded once."""
    from core.models.compact import CompactEncoder
    from core.models.crosstext2loc import CrossText2Loc

    if isinstance(encoder, CompactEncoder):
        return _by_concepts(encoder, texts, pictures)
    if isinstance(encoder, CrossText2Loc):
        return _by_attention(encoder, texts, pictures)
    raise ModelError(
        f"{encoder.spec.title} gives no access to its attention; relevance maps need "
        f"{', '.join(_ATTRIBUTABLE[:-1])} or {_ATTRIBUTABLE[-1]}"
    )


_ATTRIBUTABLE = ("compact", "compact-aerial", "crosstext2loc")


def _by_attention(
    model: CrossText2Loc, texts: Sequence[str], pictures: Sequence[Image.Image]
) -> tuple[UnscaledMaps, ...]:
    from core.explain.attribution.rollout import rollout_pairs
    from core.models.attention import attend_pictures, attend_text

    attended = attend_pictures(model.network, model.pixels(pictures))
    maps = []
    for text, tokens in zip(texts, model.tokenize(list(texts)), strict=True):
        pairs = rollout_pairs(attend_text(model.network, tokens.ids), attended)
        side = math.isqrt(pairs.pictures.shape[1])
        maps.append(
            UnscaledMaps(
                tuple(model.spans(text)),
                pairs.texts.cpu().numpy(),
                pairs.pictures.reshape(-1, side, side).cpu().numpy(),
                pairs.cosines.cpu().numpy(),
            )
        )
    return tuple(maps)


def _by_concepts(
    model: CompactEncoder, texts: Sequence[str], pictures: Sequence[Image.Image]
) -> tuple[UnscaledMaps, ...]:
    from core.explain.attribution.concepts import concept_attention, token_relevance

    tower = model.network.picture
    of_pictures = concept_attention(tower.pool, model.picture_logits(pictures))
    maps = []
    for text in texts:
        of_text = concept_attention(model.network.text.pool, model.text_logits(text))
        cells = token_relevance(of_pictures, of_text.unit).reshape(-1, tower.cells, tower.cells)
        maps.append(
            UnscaledMaps(
                tuple(model.spans(text)),
                token_relevance(of_text, of_pictures.unit).numpy(),
                cells.numpy(),
                (of_pictures.unit @ of_text.unit[0]).numpy(),
            )
        )
    return tuple(maps)


def _relevance(
    words: Sequence[Span], by_word: F32, raw: UnscaledMaps, control: F32, decoy: str, row: int
) -> Relevance:
    cells = raw.cells[row]
    similarity_to_decoy = correlation(cells, control)
    return Relevance(
        words=tuple(
            Word(start, end, value)
            for (start, end), value in zip(words, by_word.tolist(), strict=True)
        ),
        picture=_rows(min_max(cells)),
        similarity=float(raw.cosines[row]),
        decoy=decoy,
        control=_rows(min_max(control)),
        likeness=similarity_to_decoy,
        telling=similarity_to_decoy <= DECOY_CORRELATION_LIMIT,
    )


def _rows(cells: F32) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, cells.tolist()))


def min_max(cells: F32) -> F32:
    """Scales a map to 0..1 by its minimum and maximum; a constant map becomes 0 everywhere."""
    above = cells - cells.min()
    scaled: F32 = above / max(float(above.max()), float(np.finfo(np.float32).tiny))
    return scaled


def correlation(cells: F32, control: F32) -> float:
    """Pearson's correlation of two maps; 1 where either is constant and so shows nothing."""
    first, second = (values.ravel() - values.mean(dtype=np.float64) for values in (cells, control))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    if not lengths > np.finfo(np.float64).tiny:
        return 1.0
    return float(np.clip(first @ second / lengths, -1, 1))
