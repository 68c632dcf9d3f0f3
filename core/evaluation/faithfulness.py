"""Whether relevance maps tell the truth: deletion curves, and how alike a decoy's map is.

Deleted are words of the description, or cells of the picture, which become its mean colour
(deletion as in RISE, arXiv 1806.07421; against random and least relevant ones, ours).
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from core.arrays import F64, I64
from core.errors import QueryError
from core.evaluation.bootstrap import interval_of_mean, resamples
from core.evaluation.queries import LabelledQuery
from core.explain.attribution import (
    DECOY,
    DECOY_CORRELATION_LIMIT,
    correlation,
    raw_relevance,
    relevance,
)
from core.explain.attribution.words import Span
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.models import DualEncoder

Progress = Callable[[int, int], None]

SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
ORDERS = ("most", "random", "least")
DECOYED = (*ORDERS, "decoy")
"""Of pictures also the cells that the decoy's map has for the most relevant."""
_OTHERS = 4
_QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class TruePair:
    """A description and the picture of the tile that it was written at."""

    text: str
    tile_id: str
    picture: Image.Image


def true_pairs(gallery: Gallery, queries: Sequence[LabelledQuery]) -> list[TruePair]:
    """Each description with its true tile's picture. QueryError where a tile has none."""
    pairs = []
    for query in queries:
        away = haversine_m(query.position.lat, query.position.lon, gallery.lats, gallery.lons)
        tile_id = query.tile_id or gallery.tile_ids[int(away.argmin())]
        picture = gallery.picture(tile_id)
        if not picture:
            raise QueryError(
                f"{gallery.card.name} holds no picture of {tile_id}; build it again with pictures"
            )
        pairs.append(TruePair(query.text, tile_id, Image.open(io.BytesIO(picture)).convert("RGB")))
    return pairs


# ---- Deletion --------------------------------------------------------------------------------


def faithfulness(
    pairs: Sequence[TruePair], encoder: DualEncoder, progress: Progress, seed: int = 42
) -> dict[str, Any]:
    """Deletion of words and of cells: `n`, and for each the mean cosine over the share deleted, by
    order, the mean area under it, by how much the others' areas exceed that of the most relevant
    first (`minus_most`, with 95 % bootstrap intervals), and in how many pairs random order's does
    (`won_percent`)."""
    random = np.random.default_rng(seed)
    words: list[F64] = []
    cells: list[F64] = []
    for number, pair in enumerate(pairs, 1):
        (found,) = relevance(encoder, pair.text, [pair.picture])
        said = encoder.encode_texts([pair.text])[0]
        seen = encoder.encode_pictures([pair.picture])[0]
        spans = [(word.start, word.end) for word in found.words]
        told = orders(np.array([word.relevance for word in found.words]), random)
        texts = [without_words(pair.text, spans, some) for some in _leading(told)]
        words.append((encoder.encode_texts(texts) @ seen).reshape(len(told), -1))
        grid = np.array(found.picture)
        shown = orders(grid.ravel(), random)
        shown.append(orders(np.array(found.control).ravel(), random)[0])
        blanked = [without_cells(pair.picture, len(grid), some) for some in _leading(shown)]
        cells.append((encoder.encode_pictures(blanked) @ said).reshape(len(shown), -1))
        progress(number, len(pairs))
    return {
        "n": len(pairs),
        "shares": list(SHARES),
        "seed": seed,
        "words": _curves(np.stack(words), ORDERS, seed),
        "picture": _curves(np.stack(cells), DECOYED, seed),
    }


def orders(values: F64, random: np.random.Generator) -> list[I64]:
    """In which order N things are deleted, one for each of `ORDERS`. Equals are in random order, so
    that a map which says nothing does not pass for one by where things stand."""
    shuffled = random.permutation(len(values))
    most = shuffled[np.argsort(-values[shuffled], kind="stable")]
    return [most, random.permutation(len(values)), most[::-1]]


def _leading(told: Sequence[I64]) -> list[I64]:
    """The first of each order, for each share."""
    return [order[: round(share * len(order))] for order in told for share in SHARES]


def without_words(text: str, words: Sequence[Span], deleted: I64) -> str:
    """The text with single spaces where words were."""
    kept, last = [], 0
    for start, end in sorted(words[row] for row in deleted):
        kept.append(text[last:start])
        last = end
    return re.sub(r"\s+", " ", "".join([*kept, text[last:]])).strip()


def without_cells(picture: Image.Image, cells: int, deleted: I64) -> Image.Image:
    """The RGB picture with some of cells × cells filled with its mean colour."""
    pixels = np.array(picture)
    mean = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    rows, columns = (
        np.linspace(0, size, cells + 1).round().astype(int) for size in pixels.shape[:2]
    )
    for row, column in zip(*np.divmod(deleted, cells), strict=True):
        pixels[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = mean
    return Image.fromarray(pixels)


def areas(curves: F64) -> F64:
    """Mean height [...] under curves [..., S] over `SHARES`, by trapezia."""
    return np.asarray(np.trapezoid(curves, SHARES, axis=-1)) / SHARES[-1]


def _curves(cosines: F64, names: Sequence[str], seed: int) -> dict[str, Any]:
    """Of cosines [Q, O, S] by O orders of deletion."""
    curves = dict(zip(names, cosines.swapaxes(0, 1), strict=True))
    under = {name: areas(curve) for name, curve in curves.items()}
    most = under["most"]
    return {
        "cosine": {name: _rounded(curve.mean(0)) for name, curve in curves.items()},
        "area": {name: round(float(area.mean()), 4) for name, area in under.items()},
        "minus_most": {
            name: with_interval(area - most, seed) for name, area in under.items() if name != "most"
        },
        "won_percent": round(100 * float((most < under["random"]).mean()), 1),
    }


def with_interval(differences: F64, seed: int) -> dict[str, Any]:
    """The mean of Q paired differences, and its 95 % bootstrap interval."""
    low, high = interval_of_mean(differences, resamples(len(differences), seed))
    return {
        "mean": round(float(differences.mean()), 4),
        "ci": [round(low, 4), round(high, 4)],
    }


def _rounded(values: F64) -> list[float]:
    return [round(float(value), 4) for value in values]


# ---- Decoys ----------------------------------------------------------------------------------


def decoy_correlation(
    pairs: Sequence[TruePair],
    encoder: DualEncoder,
    progress: Progress,
    decoys: Sequence[str] = (DECOY,),
    seed: int = 42,
) -> dict[str, Any]:
    """How alike the map of a description and that of a decoy are on one picture.

    For each decoy, and for the descriptions of other places in its part ("others"): the percentiles
    of the likeness for the place's own description (`own`) and for other places' (`foreign`), what
    share of each lies above `DECOY_CORRELATION_LIMIT`, how many foreign ones lie above the 95th
    percentile of own ones, which is how `DECOY_CORRELATION_LIMIT` was chosen, and the chance that
    an own one is less like the decoy than a foreign one is (`auroc`). QueryError for fewer than
    three places.
    """
    if len({pair.tile_id for pair in pairs}) <= 2:
        raise QueryError("descriptions of three places or more are wanted, to hold them apart")
    random = np.random.default_rng(seed)
    own: list[F64] = []
    foreign: list[F64] = []
    for number, pair in enumerate(pairs, 1):
        others = [other.text for other in pairs if other.tile_id != pair.tile_id]
        drawn = random.choice(len(others), min(_OTHERS + 1, len(others)), replace=False)
        texts = [pair.text, *decoys, *(others[row] for row in drawn)]
        maps = [raw.cells[0] for raw in raw_relevance(encoder, texts, [pair.picture])]
        against = maps[1 : len(decoys) + 2]  # the first other place is a decoy, too
        own.append(np.array([correlation(maps[0], one) for one in against]))
        for other in maps[len(against) + 1 :]:
            foreign.append(np.array([correlation(other, one) for one in against]))
        progress(number, len(pairs))
    return {
        "n": len(pairs),
        "alike": DECOY_CORRELATION_LIMIT,
        "seed": seed,
        "decoys": {
            name: _apart(one, other)
            for name, one, other in zip(
                (*decoys, "others"), np.array(own).T, np.array(foreign).T, strict=True
            )
        },
    }


def _apart(own: F64, foreign: F64) -> dict[str, Any]:
    lower = (own[:, None] < foreign).mean() + (own[:, None] == foreign).mean() / 2
    return {
        "own": _spread(own),
        "foreign": _spread(foreign),
        "foreign_above_own_p95": round(100 * float((foreign > np.percentile(own, 95)).mean()), 1),
        "auroc": round(float(lower), 3),
    }


def _spread(values: F64) -> dict[str, float]:
    found = {f"p{q}": round(float(np.percentile(values, q)), 3) for q in _QUANTILES}
    return found | {
        "alike_percent": round(100 * float((values > DECOY_CORRELATION_LIMIT).mean()), 1)
    }
