"""Measured signals of an answer, from which `failure_cause` suggests why it failed."""

from collections.abc import Sequence

import numpy as np

from core.gallery import Gallery
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import words_of


def text_signals(texts: Sequence[str]) -> list[dict[str, float]]:
    """The number of words of each description, and the share of descriptions not longer."""
    words = np.array([len(text.split()) for text in texts])
    ordered = np.sort(words)
    return [
        {
            "words": float(count),
            "shorter": round(float(np.searchsorted(ordered, count, side="right")) / len(words), 4),
        }
        for count in words
    ]


def map_signals(gallery: Gallery, text: str, true_row: int, top_row: int) -> dict[str, float]:
    """Signals of a description from the map, at the true tile and at the answer.

    A word counts as a name if it is not a common word and the map has it in names only.
    """
    street = gallery.streets[true_row]
    signals: dict[str, float] = {
        "same_street": float(street != "" and street == gallery.streets[top_row]),
        "named": 0.0,
        "named_truth": 0.0,
        "named_top": 0.0,
    }
    for word in sorted({word for word in words_of(text) if not is_common(word)}):
        naming = gallery.names.postings(word, "name").facts
        if not naming.size or gallery.names.postings(word, "kind").facts.size:
            continue
        tiles = _tiles_of(gallery, naming.tolist())
        signals["named"] += 1
        signals["named_truth"] += true_row in tiles
        signals["named_top"] += top_row in tiles
    return signals


def _tiles_of(gallery: Gallery, facts: Sequence[int]) -> set[int]:
    """The rows of the tiles that see at least one of the facts."""
    starts = gallery.links.starts
    return {
        int(tile) for fact in facts for tile in gallery.links.tile[starts[fact] : starts[fact + 1]]
    }
