"""Wishes beside a description: more or less like a tile, phrases that must hold, count double or do
not count, and a place that was passed before.

Our own method. Resemblance of tiles is relevance feedback (Rocchio, 1971) over the embeddings of
the channels; it adds to the scores. Demands and the passed place weight the probabilities.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.errors import QueryError
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.indexes.vector import VectorIndex
from core.records import Channel, Steering
from core.retrieval.channels import MatchIndex
from core.retrieval.channels.image import median_to_max_scale
from core.retrieval.confidence import Posterior
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.negation import without
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary import grammar


@dataclass(frozen=True, slots=True)
class PhraseSearch:
    """A search of the same gallery for another text: its `scores` [N], the allowed tiles from the
    best (`order`), and the `mass` [N] of its posterior."""

    encoded_query: EncodedQuery
    channels: tuple[Channel, ...]
    scores: F32
    order: I64
    mass: F64


Ask = Callable[[str], PhraseSearch]
"""Searches the same gallery and channels for another text."""


@dataclass(frozen=True, slots=True)
class SteeringWeights:
    """Weights in units of the fused score, and the share of pictures in the likeness.

    `image_share` was the best of 0, 0.3 and 0.6 for 50 simulated visitors of Neubrandenburg who
    told two sentences, and helped as many of Helsinki. The others were chosen by hand; 0.1 to 0.5
    for `like` and 0 to 0.3 for `unlike` made no clear difference (`python -m core bench feedback`).
    """

    like: float = 0.35
    unlike: float = 0.15
    same_place_m: float = 60.0
    image_share: float = 0.6


WEIGHTS = SteeringWeights()
_CHECKED = 400
"""Tiles that are checked for a demand, by the description and as many by the demand alone."""
_PASSED_TILES = 200
_SAMPLE = 512
"""Tiles whose mean is what all tiles share."""
_ELSEWHERE = 0.02
"""Weight of a tile that no likely passed place is near, beside 1 for the likeliest."""
MOST_WISHES = 20


def checked(steering: Steering, gallery: Gallery) -> None:
    """Raises QueryError for wishes that cannot be met: unknown tiles, or a radius of no use."""
    for tile_id in (*steering.like, *steering.unlike):
        gallery.row_of(tile_id)
    if both := set(steering.like) & set(steering.unlike):
        raise QueryError(f"{sorted(both)[0]} cannot be both like and unlike the place")
    if not 0 < steering.reach_m < math.inf:
        raise QueryError(f"a reach of {steering.reach_m} m is invalid; choose more than 0")
    lists = (steering.like, steering.unlike, steering.must, steering.twice, steering.minus)
    if any(len(wishes) > MOST_WISHES for wishes in lists):
        raise QueryError(f"there are more than {MOST_WISHES} wishes of one kind")
    for phrase in (*steering.must, *steering.twice, *steering.minus):
        if not any(character.isalnum() for character in phrase):
            raise QueryError(f"the phrase {phrase!r} has no words")


def remaining_text(text: str, minus: Sequence[str]) -> str:
    """The description with blanks in place of the phrases that do not count; offsets stay valid.

    Raises QueryError for a phrase that the description does not have.
    """
    for phrase in minus:
        pattern = r"\s+".join(map(re.escape, phrase.split()))
        found = list(re.finditer(pattern, text, re.IGNORECASE))
        if not found:
            raise QueryError(f"the description has no phrase {phrase!r} that could be left out")
        for match in found:
            text = without(text, match.start(), match.end())
    return text


def resemblance(
    gallery: Gallery,
    steering: Steering,
    picture_key: str | None,
    channels: Sequence[Channel],
    weights: SteeringWeights = WEIGHTS,
) -> F32:
    """What liked and disliked tiles add to the score of each tile: [N]."""
    added = np.zeros(len(gallery), dtype=np.float32)
    for tile_ids, weight in ((steering.like, weights.like), (steering.unlike, -weights.unlike)):
        rows = [gallery.row_of(tile_id) for tile_id in tile_ids]
        if rows:
            added += np.float32(weight) * _alike(gallery, rows, picture_key, channels, weights)
    for row in (gallery.row_of(tile_id) for tile_id in steering.unlike):
        away = haversine_m(gallery.lats[row], gallery.lons[row], gallery.lats, gallery.lons)
        here = np.exp(-0.5 * (away / weights.same_place_m) ** 2)
        added -= np.float32(weights.unlike) * here.astype(np.float32)
    return added


def _alike(
    gallery: Gallery,
    rows: list[int],
    picture_key: str | None,
    channels: Sequence[Channel],
    weights: SteeringWeights,
) -> F32:
    """Likeness [N] of each tile to the mean of some, 0 for the middling tile and 1 for the best."""
    parts: list[tuple[float, F32]] = []
    if {"facts", "names"} & set(channels) and len(gallery.tile_index):
        parts.append((1 - weights.image_share, _likeness(gallery.tile_index, rows)))
    if picture_key is not None:
        parts.append((weights.image_share, _likeness(gallery.picture_index(picture_key), rows)))
    total = sum(weight for weight, _ in parts)
    mean = np.zeros(len(gallery), dtype=np.float32)
    for weight, likeness in parts:
        mean += np.float32(weight / total) * likeness
    return mean


def _likeness(index: VectorIndex, rows: list[int]) -> F32:
    """Likeness [N] of every row of an index to the mean of some, apart from what all share.

    The cosine of what is left of both without the mean of all, so a tile is most like itself.
    """
    sample = np.unique(np.linspace(0, len(index) - 1, _SAMPLE).astype(np.int64))
    common = index.embeddings(sample).mean(axis=0)
    wanted = index.embeddings(np.array(rows, dtype=np.int64)).mean(axis=0) - common
    shared = index.similarities(common)
    squares = 1 - 2 * shared + common @ common  # embeddings are unit vectors
    along = index.similarities(wanted) - common @ wanted
    cosines: F32 = along / np.sqrt(squares.clip(1e-6))
    return median_to_max_scale(cosines)


def wished_scores(
    gallery: Gallery,
    steering: Steering,
    encoded_query: EncodedQuery,
    channels: Sequence[Channel],
    ask: Ask,
) -> F32:
    """What resemblance and phrases that count double add to the score of each tile: [N]."""
    picture_query = encoded_query.picture_query
    key = picture_query.key if picture_query else None
    total = resemblance(gallery, steering, key, channels)
    phrases = max(1, len(encoded_query.affirmed))
    for phrase in steering.twice:
        total += median_to_max_scale(ask(phrase).scores).clip(0, 1) / phrases
    return total


def steered_posterior(
    match_index: MatchIndex, steering: Steering, posterior: Posterior, order: I64, ask: Ask
) -> Posterior:
    """The posterior with the mass where demands are met, and near the passed place.

    `order` are the allowed tiles from the best. Raises QueryError where no tile meets all demands.
    """
    factor = np.ones(len(match_index.gallery))
    for phrase in steering.must:
        factor *= _meeting(match_index, order, ask(phrase), phrase)
    if steering.passed:
        factor *= _near_passed(match_index.gallery, ask(steering.passed), steering.reach_m)
    mass = posterior.mass * factor
    if not mass.sum() > 0:
        raise QueryError("no place here has all that must be there; drop one of these phrases")
    return replace(posterior, mass=mass * posterior.mass.sum() / mass.sum())


def _meeting(match_index: MatchIndex, order: I64, other: PhraseSearch, phrase: str) -> Bools:
    """The tiles [N] with evidence for each phrase of a demand, among the best by both texts."""
    finder = EvidenceFinder(match_index, other.encoded_query, other.channels)
    meets = np.zeros(len(match_index.gallery), dtype=bool)
    for row in np.unique(np.concatenate([order[:_CHECKED], other.order[:_CHECKED]])):
        pieces = finder.evidence(int(row))
        meets[row] = bool(pieces) and all(piece.supported for piece in pieces)
    if not meets.any():
        raise QueryError(f"no place here has {phrase!r} on the map; drop it or say it otherwise")
    return meets


def _near_passed(gallery: Gallery, passed: PhraseSearch, reach_m: float) -> F64:
    """Weight of each tile by the likeliest passed place within reach: [N], up to 1."""
    mass = passed.mass
    best = np.argsort(-mass, kind="stable")[:_PASSED_TILES]
    weight = np.full(len(gallery), _ELSEWHERE)
    for row in best:
        away = haversine_m(gallery.lats[row], gallery.lons[row], gallery.lats, gallery.lons)
        np.maximum(weight, mass[row] / mass[best[0]] * (away <= reach_m), out=weight)
    return weight


def notes_of(steering: Steering) -> Iterator[str]:
    """What was done with the wishes, in sentences for people."""
    if steering.must:
        listed = ", ".join(map(grammar.quoted, steering.must))
        yield f"Only places where the map has {listed} are shown."
    if steering.passed:
        yield f"Places within {steering.reach_m:.0f} m of what you passed come first."
