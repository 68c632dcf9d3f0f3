"""Relevance maps: which words and which parts of a picture made the similarity of a pair.

One way for CLIP-like models (`rollout`), one for the compact model (`concepts`); both are held
against the map of a decoy, since a map that any description gets explains none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32
from core.errors import ModelError
from core.explain.attribution.words import Span, told_by_words, words_in
from core.records import Relevance, Word

if TYPE_CHECKING:
    from PIL import Image

    from core.models import DualEncoder
    from core.models.compact import CompactEncoder
    from core.models.crosstext2loc import CrossText2Loc


DECOY = "a place on a map"
"""Of the decoys tried on Krems (neutral ones, other places' descriptions), the one by which most
descriptions of other places were found alike at the level where 5 % of true ones are."""
DECOY_CORRELATION_LIMIT = 0.86
"""Above this likeness a map is not told from the decoy's. 95 % of 350 true descriptions of Krems
stay below, and 86 % of those of other places; in Helsinki 99.5 and 98.5 %. So a high likeness says
that any description gets this map, a low one does not say that the description is true.
Measured for the compact model (`core.evaluation.faithfulness`); others take it as it is."""


@dataclass(frozen=True, slots=True)
class UnscaledMaps:
    """N pairs of one text and N pictures before scaling: `tokens` [N, T] with where each stands in
    the text, `cells` [N, G, G] from north and west, and their `cosines` [N]."""

    spans: tuple[Span, ...]
    tokens: F32
    cells: F32
    cosines: F32


def relevance(
    encoder: DualEncoder, text: str, pictures: Sequence[Image.Image], decoy: str = DECOY
) -> tuple[Relevance, ...]:
    """The maps of one description and N pictures, which are seen in one batch.

    Words that the model did not read have relevance 0. Where a model crops its pictures, the map
    is of what it sees. Raises ModelError for a model that cannot be looked into.
    """
    if not pictures:
        return ()
    text = text.encode("utf-8", "replace").decode()  # as search reads it, with the same offsets
    found, control = raw_relevance(encoder, (text, decoy), pictures)
    words = words_in(text)
    told = told_by_words(words, found.spans, found.tokens)
    told /= np.maximum(told.max(axis=1, keepdims=True, initial=0), np.finfo(np.float32).tiny)
    return tuple(
        _relevance(words, told[row], found, control.cells[row], decoy, row)
        for row in range(len(pictures))
    )


def raw_relevance(
    encoder: DualEncoder, texts: Sequence[str], pictures: Sequence[Image.Image]
) -> tuple[UnscaledMaps, ...]:
    """One for each text, all held against the same N pictures, which pass the tower once."""
    from core.models.compact import CompactEncoder
    from core.models.crosstext2loc import CrossText2Loc

    if isinstance(encoder, CompactEncoder):
        return _by_concepts(encoder, texts, pictures)
    if isinstance(encoder, CrossText2Loc):
        return _by_attention(encoder, texts, pictures)
    raise ModelError(
        f"{encoder.spec.title} shows no attention; relevance maps need {' or '.join(_OPEN)}"
    )


_OPEN = ("compact", "crosstext2loc")


def _by_attention(
    model: CrossText2Loc, texts: Sequence[str], pictures: Sequence[Image.Image]
) -> tuple[UnscaledMaps, ...]:
    from core.explain.attribution.rollout import rolled
    from core.models.attention import attend_pictures, attend_text

    seen = attend_pictures(model.network, model.pixels(pictures))
    found = []
    for text, tokens in zip(texts, model.tokenize(list(texts)), strict=True):
        pairs = rolled(attend_text(model.network, tokens.ids), seen)
        side = math.isqrt(pairs.pictures.shape[1])
        found.append(
            UnscaledMaps(
                tuple(model.spans(text)),
                pairs.texts.cpu().numpy(),
                pairs.pictures.reshape(-1, side, side).cpu().numpy(),
                pairs.cosines.cpu().numpy(),
            )
        )
    return tuple(found)


def _by_concepts(
    model: CompactEncoder, texts: Sequence[str], pictures: Sequence[Image.Image]
) -> tuple[UnscaledMaps, ...]:
    from core.explain.attribution.concepts import concept_attention, relevant

    tower = model.network.picture
    seen = concept_attention(tower.pool, model.picture_strengths(pictures))
    found = []
    for text in texts:
        read = concept_attention(model.network.text.pool, model.text_strengths(text))
        cells = relevant(seen, read.unit).reshape(-1, tower.cells, tower.cells)
        found.append(
            UnscaledMaps(
                tuple(model.spans(text)),
                relevant(read, seen.unit).numpy(),
                cells.numpy(),
                (seen.unit @ read.unit[0]).numpy(),
            )
        )
    return tuple(found)


def _relevance(
    words: Sequence[Span], told: F32, found: UnscaledMaps, control: F32, decoy: str, row: int
) -> Relevance:
    cells = found.cells[row]
    alike = correlation(cells, control)
    return Relevance(
        words=tuple(
            Word(start, end, value)
            for (start, end), value in zip(words, told.tolist(), strict=True)
        ),
        picture=_rows(min_max(cells)),
        similarity=float(found.cosines[row]),
        decoy=decoy,
        control=_rows(min_max(control)),
        likeness=alike,
        telling=alike <= DECOY_CORRELATION_LIMIT,
    )


def _rows(cells: F32) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, cells.tolist()))


def min_max(cells: F32) -> F32:
    """Min–max scaled to 0..1; an even map is 0 everywhere."""
    above = cells - cells.min()
    stretched: F32 = above / max(float(above.max()), float(np.finfo(np.float32).tiny))
    return stretched


def correlation(cells: F32, control: F32) -> float:
    """Pearson's correlation of two maps; 1 where either is even, for then it shows nothing."""
    one, other = (each.ravel() - each.mean(dtype=np.float64) for each in (cells, control))
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    if not lengths > np.finfo(np.float64).tiny:
        return 1.0
    return float(np.clip(one @ other / lengths, -1, 1))
