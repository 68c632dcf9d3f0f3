"""Tiles whose drawn picture and aerial photograph show different things.

The two bundled picture models share kinds of things among their concepts: water, rails, green,
buildings. Their activations cannot be compared as they are, so each is replaced by its rank among
the tiles of the gallery. Our own method.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.arrays import F32, F64, I64
from core.errors import GalleryError
from core.gallery.manifest import PictureStamp
from core.gallery.opened import Gallery
from core.models.compact import bundled_kinds

SEEN_FROM_ABOVE = frozenset(
    f"any {group}" for group in ("building", "green", "rail", "street", "water")
) | {
    "apartment building",
    "car park",
    "commercial building",
    "detached house",
    "farm or forest track",
    "fields",
    "forest",
    "garage",
    "house",
    "industrial building",
    "lawn",
    "main road",
    "path",
    "pedestrian crossing",
    "pond",
    "railway tracks",
    "residential building",
    "residential street",
    "roof canopy",
    "row of trees",
    "school building",
    "service road",
    "soccer sports pitch",
    "sports pitch",
    "supermarket",
    "tennis sports pitch",
    "tree",
    "warehouse",
    "woodland",
}
"""The kinds that a photograph can show. The models know others, such as hairdressers, by the
streets in which they are."""
LEAST_AGREEMENT = 0.2
"""Least rank correlation, over a gallery, of a kind on maps and in photographs. Kinds below it are
read by one of the models only by chance. Measured on Pardubice: with the photograph of another
tile, 500 m away or more, a tile scores higher than with its own in 84 % of pairs (82 % in the
eastern third, which compact-aerial was not trained on); 84 % with 0.25 and 0.1, and with all kinds,
seen or not."""
_TOLD = 2
"""Most kinds that are told of a tile."""


@dataclass(frozen=True, slots=True)
class KindGap:
    """A kind of thing in both pictures of a tile; `drawn` and `aerial` are the shares of tiles that
    show less of it there."""

    kind: str
    drawn: float
    aerial: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A tile, how much its pictures disagree (0 to 1), and the kinds that do most."""

    row: int
    score: float
    gaps: tuple[KindGap, ...]


@dataclass(frozen=True, slots=True)
class Disagreements:
    """The `kinds` [K] by which a gallery was compared and how well they agree over it [K]; the
    tiles that have both pictures, the most different first."""

    kinds: tuple[str, ...]
    agreement: F64
    tiles: tuple[Disagreement, ...]


def can_disagree(gallery: Gallery) -> bool:
    """Whether a gallery has both pictures, embedded by models that come with the app."""
    return _stamps(gallery) is not None


def disagreements(gallery: Gallery) -> Disagreements:
    """Compares both pictures of every tile. Raises GalleryError for a gallery without them."""
    stamps = _stamps(gallery)
    if stamps is None:
        raise GalleryError(
            f"{gallery.card.name} lacks drawn or aerial pictures, or their embeddings by the "
            f"models that come with the app"
        )
    names = [bundled_kinds(stamp.weights_sha256) for stamp in stamps]
    kinds = tuple(sorted(set(names[0]) & set(names[1]) & SEEN_FROM_ABOVE))
    rows = np.arange(len(gallery), dtype=np.int64)
    drawn, aerial = (
        gallery.picture_index(stamp.key).embeddings(rows)[:, [own.index(kind) for kind in kinds]]
        for stamp, own in zip(stamps, names, strict=True)
    )
    seen = np.flatnonzero(aerial.any(axis=1) & drawn.any(axis=1))
    return compared(kinds, drawn[seen], aerial[seen], seen)


def compared(kinds: Sequence[str], drawn: F32, aerial: F32, rows: I64) -> Disagreements:
    """Compares activations [N, K] of kinds in the drawn and aerial pictures of the tiles `rows`."""
    levels = [_levels(drawn), _levels(aerial)]
    agreement = _correlations(*levels)
    kept = np.flatnonzero(agreement >= LEAST_AGREEMENT)
    weights = agreement[kept] / max(agreement[kept].sum(), 1e-9)
    below, above = levels[0][:, kept], levels[1][:, kept]
    parts = weights * np.abs(above - below)
    scores = parts.sum(axis=1)
    names = [kinds[column] for column in kept.tolist()]
    tiles = tuple(
        Disagreement(
            int(rows[at]),
            float(scores[at]),
            tuple(
                KindGap(names[column], float(below[at, column]), float(above[at, column]))
                for column in np.argsort(-parts[at], kind="stable")[:_TOLD]
            ),
        )
        for at in np.argsort(-scores, kind="stable")
    )
    return Disagreements(tuple(names), agreement[kept], tiles if names else ())


def _stamps(gallery: Gallery) -> tuple[PictureStamp, PictureStamp] | None:
    """The embeddings of drawn and of aerial pictures by bundled models, None without both."""
    by_view = {
        stamp.view: stamp
        for stamp in reversed(gallery.card.picture_models)
        if bundled_kinds(stamp.weights_sha256)
    }
    if gallery.aerial is None or not {"drawn", "aerial"} <= set(by_view):
        return None
    return by_view["drawn"], by_view["aerial"]


def _levels(values: F32) -> F64:
    """The share of the N tiles that have less, for each value [N, K]; equals share theirs."""
    levels: F64 = (rankdata(values, axis=0) - 0.5) / max(len(values), 1)
    return levels


def _correlations(left: F64, right: F64) -> F64:
    """The correlation of each column of two matrices [N, K]; 0 for one that does not vary."""
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    norms = np.linalg.norm(left, axis=0) * np.linalg.norm(right, axis=0)
    found: F64 = (left * right).sum(axis=0) / np.maximum(norms, 1e-12)
    return found
