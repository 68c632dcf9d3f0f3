"""Faithfulness of attribution maps: deletion curves, and the correlation with a decoy's map.

Words of the description are deleted, or cells of the picture are filled with its mean colour
(deletion as in RISE, arXiv 1806.07421; the comparison with random order and with the least
relevant first is ours).
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
"""For pictures also the order of the decoy's map, most relevant cells first."""
_OTHERS = 4
_QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class TruePair:
    """A description and the picture of its true tile."""

    text: str
    tile_id: str
    picture: Image.Image


def true_pairs(gallery: Gallery, queries: Sequence[LabelledQuery]) -> list[TruePair]:
    """Each description with the picture of its true tile.

    Raises QueryError if a tile has no picture.
    """
    pairs = []
    for query in queries:
        away = haversine_m(query.position.lat, query.position.lon, gallery.lats, gallery.lons)
        tile_id = query.tile_id or gallery.tile_ids[int(away.argmin())]
        picture = gallery.picture(tile_id)
        if not picture:
            raise QueryError(
                f"{gallery.card.name} has no picture of {tile_id}; build it again with pictures"
            )
        pairs.append(TruePair(query.text, tile_id, Image.open(io.BytesIO(picture)).convert("RGB")))
    return pairs


# ---- Deletion --------------------------------------------------------------------------------


def faithfulness(
    pairs: Sequence[TruePair], encoder: DualEncoder, progress: Progress, seed: int = 42
) -> dict[str, Any]:
    """Deletion curves of words and of picture cells.

    For each: the mean cosine by order and share deleted, the mean area under the curve, the
    area of each other order minus that of "most relevant first" (`minus_most`, with 95 % bootstrap
    intervals), and the percentage of pairs in which the random order has the larger area
    (`won_percent`).
    """
    random = np.random.default_rng(seed)
    words: list[F64] = []
    cells: list[F64] = []
    for number, pair in enumerate(pairs, 1):
        (attribution,) = relevance(encoder, pair.text, [pair.picture])
        text_embedding = encoder.encode_texts([pair.text])[0]
        picture_embedding = encoder.encode_pictures([pair.picture])[0]
        spans = [(word.start, word.end) for word in attribution.words]
        word_orders = orders(np.array([word.relevance for word in attribution.words]), random)
        texts = [without_words(pair.text, spans, rows) for rows in _deleted_first(word_orders)]
        cosines = encoder.encode_texts(texts) @ picture_embedding
        words.append(cosines.reshape(len(word_orders), -1))
        grid = np.array(attribution.picture)
        cell_orders = orders(grid.ravel(), random)
        cell_orders.append(orders(np.array(attribution.control).ravel(), random)[0])
        blanked = [
            without_cells(pair.picture, len(grid), rows) for rows in _deleted_first(cell_orders)
        ]
        cosines = encoder.encode_pictures(blanked) @ text_embedding
        cells.append(cosines.reshape(len(cell_orders), -1))
        progress(number, len(pairs))
    return {
        "n": len(pairs),
        "shares": list(SHARES),
        "seed": seed,
        "words": _curves(np.stack(words), ORDERS, seed),
        "picture": _curves(np.stack(cells), DECOYED, seed),
    }


def orders(values: F64, random: np.random.Generator) -> list[I64]:
    """The rows of N words or cells in order of deletion, one array [N] for each of `ORDERS`.

    Equal values are in random order, so that a constant map gains nothing from positions.
    """
    shuffled = random.permutation(len(values))
    most = shuffled[np.argsort(-values[shuffled], kind="stable")]
    return [most, random.permutation(len(values)), most[::-1]]


def _deleted_first(deletion_orders: Sequence[I64]) -> list[I64]:
    """The rows deleted first, for each order and each of `SHARES`."""
    return [order[: round(share * len(order))] for order in deletion_orders for share in SHARES]


def without_words(text: str, words: Sequence[Span], deleted: I64) -> str:
    """The text without the deleted words, with single spaces."""
    parts, last = [], 0
    for start, end in sorted(words[row] for row in deleted):
        parts.append(text[last:start])
        last = end
    return re.sub(r"\s+", " ", "".join([*parts, text[last:]])).strip()


def without_cells(picture: Image.Image, cells: int, deleted: I64) -> Image.Image:
    """The RGB picture on a grid of cells × cells, the deleted ones filled with its mean colour."""
    pixels = np.array(picture)
    mean = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    rows, columns = (
        np.linspace(0, size, cells + 1).round().astype(int) for size in pixels.shape[:2]
    )
    for row, column in zip(*np.divmod(deleted, cells), strict=True):
        pixels[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = mean
    return Image.fromarray(pixels)


def areas(curves: F64) -> F64:
    """Mean height [...] of curves [..., S] over `SHARES`, by the trapezoidal rule."""
    return np.asarray(np.trapezoid(curves, SHARES, axis=-1)) / SHARES[-1]


def _curves(cosines: F64, names: Sequence[str], seed: int) -> dict[str, Any]:
    """The summary of cosines [Q, O, S] with O orders of deletion and S shares."""
    curves = dict(zip(names, cosines.swapaxes(0, 1), strict=True))
    area_under = {name: areas(curve) for name, curve in curves.items()}
    most = area_under["most"]
    return {
        "cosine": {name: _rounded(curve.mean(0)) for name, curve in curves.items()},
        "area": {name: round(float(area.mean()), 4) for name, area in area_under.items()},
        "minus_most": {
            name: with_interval(area - most, seed)
            for name, area in area_under.items()
            if name != "most"
        },
        "won_percent": round(100 * float((most < area_under["random"]).mean()), 1),
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
    """Correlation of the maps of a description and of a decoy on one picture.

    For each decoy, and with another place's description as the decoy ("others"): percentiles of
    the correlation for the place's own description (`own`) and for other places' (`foreign`), the
    percentage of each above `DECOY_CORRELATION_LIMIT`, the percentage of foreign ones above the
    95th percentile of own ones (`DECOY_CORRELATION_LIMIT` was chosen by it), and the probability
    that an own correlation is below a foreign one (`auroc`).
    Raises QueryError for fewer than three places.
    """
    if len({pair.tile_id for pair in pairs}) <= 2:
        raise QueryError("--queries needs descriptions of at least three places; add some")
    random = np.random.default_rng(seed)
    own: list[F64] = []
    foreign: list[F64] = []
    for number, pair in enumerate(pairs, 1):
        others = [other.text for other in pairs if other.tile_id != pair.tile_id]
        drawn = random.choice(len(others), min(_OTHERS + 1, len(others)), replace=False)
        texts = [pair.text, *decoys, *(others[row] for row in drawn)]
        maps = [raw.cells[0] for raw in raw_relevance(encoder, texts, [pair.picture])]
        decoy_maps = maps[1 : len(decoys) + 2]  # the first other place is a decoy, too
        own.append(np.array([correlation(maps[0], decoy) for decoy in decoy_maps]))
        for other in maps[len(decoy_maps) + 1 :]:
            foreign.append(np.array([correlation(other, decoy) for decoy in decoy_maps]))
        progress(number, len(pairs))
    return {
        "n": len(pairs),
        "alike": DECOY_CORRELATION_LIMIT,
        "seed": seed,
        "decoys": {
            name: _separation(own_values, foreign_values)
            for name, own_values, foreign_values in zip(
                (*decoys, "others"), np.array(own).T, np.array(foreign).T, strict=True
            )
        },
    }


def _separation(own: F64, foreign: F64) -> dict[str, Any]:
    lower = (own[:, None] < foreign).mean() + (own[:, None] == foreign).mean() / 2
    return {
        "own": _percentiles(own),
        "foreign": _percentiles(foreign),
        "foreign_above_own_p95": round(100 * float((foreign > np.percentile(own, 95)).mean()), 1),
        "auroc": round(float(lower), 3),
    }


def _percentiles(values: F64) -> dict[str, float]:
    percentiles = {f"p{q}": round(float(np.percentile(values, q)), 3) for q in _QUANTILES}
    return percentiles | {
        "alike_percent": round(100 * float((values > DECOY_CORRELATION_LIMIT).mean()), 1)
    }
