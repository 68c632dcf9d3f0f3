"""What can be measured of an answer to tell why it failed; leaves the conclusion to `cause`."""

from collections.abc import Sequence

import numpy as np

from core.gallery import Gallery
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import words_of


def text_signs(texts: Sequence[str]) -> list[dict[str, float]]:
    """Of each description of a report: its words, and the share of all that are no longer."""
    words = np.array([len(text.split()) for text in texts])
    ordered = np.sort(words)
    return [
        {
            "words": float(count),
            "shorter": round(float(np.searchsorted(ordered, count, side="right")) / len(words), 4),
        }
        for count in words
    ]


def map_signs(gallery: Gallery, text: str, true_row: int, top_row: int) -> dict[str, float]:
    """What the map says of a description, at the true tile and at the answer.

    A word counts as naming where it is no ordinary one and the map has it in names only.
    """
    street = gallery.streets[true_row]
    signs: dict[str, float] = {
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
        signs["named"] += 1
        signs["named_truth"] += true_row in tiles
        signs["named_top"] += top_row in tiles
    return signs


def _tiles_of(gallery: Gallery, facts: Sequence[int]) -> set[int]:
    """The rows of the tiles from which one of the facts is seen."""
    starts = gallery.links.starts
    return {
        int(tile) for fact in facts for tile in gallery.links.tile[starts[fact] : starts[fact + 1]]
    }
