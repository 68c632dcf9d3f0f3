"""The yes/no question that splits the leading candidates best, and what an answer changes.

Weights are probabilities [N] of all tiles of a gallery; candidates alone are weights that are 0
elsewhere. A question is worth what it is expected to take from the entropy over spots (Lindley
1956, the expected information of an experiment), with people who err (`topics.Trust`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.errors import QueryError
from core.explain.clarification.answer_model import answer_model_of, chance_of_yes, chances
from core.explain.clarification.question_bank import QuestionTemplate, kind_questions, template_of
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.retrieval.fusion import SEPARATION_M
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.folding import fold

Reply = Literal["yes", "no", "cannot tell"]
ANSWERS: tuple[Reply, ...] = get_args(Reply)

SOFTMAX_TEMPERATURE = 0.04
"""Gives the truth the greatest likelihood on tests/descriptions.jsonl, of 0.01 to 0.07."""
_LEADING = 300
_NAMED_AROUND = 30
_NAME_QUESTION_MIN_GAIN = 0.6
"""A plain question is asked unless a name promises that much more. Ours, as are these limits."""
_LEAST_BITS = 0.05


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is asked. `key` finds it again; `chance_of_yes` is before it is answered.

    `gain_bits` is by how much the answer is expected to lower the entropy over the spots, and
    `entropy_bits` what that is now.
    """

    key: str
    text: str
    chance_of_yes: float
    gain_bits: float
    entropy_bits: float

    def to_json(self) -> dict[str, Any]:
        """The question as the command line prints it."""
        return asdict(self) | {"answers": list(ANSWERS)}


def softmax_weights(
    scores: F32, mask: Bools | None = None, temperature: float = SOFTMAX_TEMPERATURE
) -> F64:
    """Probabilities [N] from fused scores [N], where nothing calibrated them; 0 off the mask."""
    scaled = scores.astype(np.float64) / temperature
    if mask is not None:
        scaled = np.where(mask, scaled, -np.inf)
    weights = np.exp(scaled - scaled.max())
    shares: F64 = weights / weights.sum()
    return shares


def entropy_bits(weights: F64) -> float:
    """The entropy of probabilities, 0 for a sure thing."""
    some = weights[weights > 0]
    return float(-(some * np.log2(some)).sum())


def gains_bits(weights: F64, yes: F64) -> F64:
    """By how much the answers to T questions are expected to lower the entropy of M places: [T].

    `yes` [T, M] is the chance of a yes at each place, `weights` [M] sum to 1.
    """
    gains: F64 = _coin_bits(yes @ weights) - _coin_bits(yes) @ weights
    return gains.clip(0)


def _coin_bits(chance: F64) -> F64:
    sure = np.clip(chance, 1e-12, 1 - 1e-12)
    bits: F64 = -sure * np.log2(sure) - (1 - sure) * np.log2(1 - sure)
    return bits


@dataclass(frozen=True, slots=True)
class _Leaders:
    """The M heaviest tiles, their weights and, for each, the number of its spot, from 0."""

    tiles: I64
    weights: F64
    spot: I64

    @property
    def spot_weights(self) -> F64:
        """The weight of each spot [S]."""
        return np.bincount(self.spot, self.weights).astype(np.float64)

    def at_spots(self, yes: F64) -> F64:
        """Chances [T, M] at tiles as chances [T, S] at spots."""
        summed = np.array([np.bincount(self.spot, self.weights * row) for row in yes])
        shares: F64 = summed.reshape(len(yes), -1) / self.spot_weights
        return shares


def _leaders(gallery: Gallery, weights: F64) -> _Leaders:
    """Each tile belongs to the heaviest tile within a candidate's separation."""
    order = np.argsort(-weights, kind="stable")[:_LEADING]
    tiles = order[weights[order] > 0]
    spot = np.full(len(tiles), -1, dtype=np.int64)
    lats, lons = gallery.lats[tiles], gallery.lons[tiles]
    for place in range(len(tiles)):
        if spot[place] < 0:
            away = haversine_m(float(lats[place]), float(lons[place]), lats, lons)
            spot[(away < SEPARATION_M) & (spot < 0)] = spot.max() + 1
    heavy = weights[tiles]
    return _Leaders(tiles, heavy / heavy.sum(), spot)


def next_question(
    gallery: Gallery,
    weights: F64,
    encoded_query: EncodedQuery | None = None,
    asked: Sequence[str] = (),
) -> Question | None:
    """The question to ask next; None where none would help, or one spot is left.

    Never one that is in `asked` (keys) or that the description in `encoded_query` answers already.
    """
    leaders = _leaders(gallery, weights)
    if len(leaders.spot_weights) < 2:
        return None
    best = _best(_plain(gallery, leaders, encoded_query, asked), leaders)
    other = _best(_named(gallery, leaders, encoded_query, asked), leaders)
    if best is None or (other and _NAME_QUESTION_MIN_GAIN * other.gain_bits > best.gain_bits):
        best = other
    return best if best is not None and best.gain_bits >= _LEAST_BITS else None


@dataclass(frozen=True, slots=True)
class _Askable:
    """T questions and the chance of a yes to each at M tiles [T, M]."""

    topics: list[QuestionTemplate]
    yes: F64


def _best(askable: _Askable, leaders: _Leaders) -> Question | None:
    if not askable.topics:
        return None
    weights, yes = leaders.spot_weights, leaders.at_spots(askable.yes)
    gains = gains_bits(weights, yes)
    row = int(gains.argmax())
    topic = askable.topics[row]
    return Question(
        topic.key,
        topic.text,
        round(float(yes[row] @ weights), 4),
        round(float(gains[row]), 4),
        round(entropy_bits(weights), 4),
    )


def _plain(
    gallery: Gallery, leaders: _Leaders, encoded_query: EncodedQuery | None, asked: Sequence[str]
) -> _Askable:
    sightings = answer_model_of(gallery)
    told = sightings.told(encoded_query) if encoded_query is not None else frozenset()
    rows = [row for row, topic in enumerate(kind_questions()) if topic.key not in told.union(asked)]
    topics = [kind_questions()[row] for row in rows]
    return _Askable(topics, chances(topics, sightings.plain(leaders.tiles)[rows]))


def _named(
    gallery: Gallery, leaders: _Leaders, encoded_query: EncodedQuery | None, asked: Sequence[str]
) -> _Askable:
    """Names near the heaviest tiles only; the others are taken not to see them unless they do."""
    folded = fold(encoded_query.text) if encoded_query is not None else ""
    found = {
        topic: metres
        for topic, metres in answer_model_of(gallery).named(leaders.tiles, _NAMED_AROUND).items()
        if topic.key not in asked
        and fold(topic.name) not in folded
        and metres[:_NAMED_AROUND].min() <= topic.within_m
    }
    topics = list(found)
    metres = np.array(list(found.values())).reshape(len(topics), len(leaders.tiles))
    return _Askable(topics, chances(topics, metres))


def answered(gallery: Gallery, weights: F64, key: str, answer: Reply) -> F64:
    """Weights [N] after an answer; "cannot tell" leaves them. QueryError for an unknown key."""
    topic = template_of(key)
    if topic is None or answer not in ANSWERS:
        raise QueryError(
            f"{key[:60]!r} answered {answer!r:.20} is no question of ours; wanted the "
            f"key of a question and one of {', '.join(ANSWERS)}"
        )
    if answer == "cannot tell":
        return weights
    yes = chance_of_yes(topic, answer_model_of(gallery).distances_m(topic)).astype(np.float64)
    weighed = weights * (yes if answer == "yes" else 1 - yes)
    after: F64 = weighed / weighed.sum()
    return after
