"""Selection of the yes/no question with the largest information gain, and the effect of an answer.

Weights are probabilities [N] of all tiles of a gallery. The value of a question is the expected
decrease of the entropy over spots (Lindley 1956, the expected information of an experiment), given
answers that can be wrong (`question_bank.AnswerReliability`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.errors import QueryError
from core.explain.clarification.answer_model import answer_model_of, chance_of_yes, chances
from core.explain.clarification.described import open_questions, open_streets
from core.explain.clarification.question_bank import (
    STREET_M,
    QuestionTemplate,
    kind_questions,
    template_of,
)
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.retrieval.fusion import SEPARATION_M
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.search import match_index_of
from core.vocabulary.folding import fold

Reply = Literal["yes", "no", "cannot tell"]
ANSWERS: tuple[Reply, ...] = get_args(Reply)

SOFTMAX_TEMPERATURE = 0.04
"""Maximises the likelihood of the truth on tests/descriptions.jsonl, of 0.01 to 0.07."""
_LEADING = 300
_NAMES_NEAR_TILES = 30
_NAME_QUESTION_MIN_GAIN = 0.6
"""A question for a name is asked if this share of its gain exceeds the best other gain. Our choice,
as are these limits."""
_MIN_GAIN_BITS = 0.05


@dataclass(frozen=True, slots=True)
class Question:
    """A question to ask. `template_of(key)` rebuilds it; `chance_of_yes` is the prior.

    `gain_bits` is the expected decrease of `entropy_bits`, the present entropy over the spots.
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
    """Probabilities [N] from uncalibrated fused scores [N]; 0 outside the mask."""
    scaled = scores.astype(np.float64) / temperature
    if mask is not None:
        scaled = np.where(mask, scaled, -np.inf)
    weights = np.exp(scaled - scaled.max())
    shares: F64 = weights / weights.sum()
    return shares


def entropy_bits(weights: F64) -> float:
    """The entropy of probabilities."""
    positive = weights[weights > 0]
    return float(-(positive * np.log2(positive)).sum())


def gains_bits(weights: F64, yes: F64) -> F64:
    """The expected decrease of the entropy over M places by the answers to T questions: [T].

    `yes` [T, M] is the probability of a yes at each place, `weights` [M] sum to 1.
    """
    gains: F64 = _binary_entropy_bits(yes @ weights) - _binary_entropy_bits(yes) @ weights
    return gains.clip(0)


def _binary_entropy_bits(chance: F64) -> F64:
    clipped = np.clip(chance, 1e-12, 1 - 1e-12)
    bits: F64 = -clipped * np.log2(clipped) - (1 - clipped) * np.log2(1 - clipped)
    return bits


@dataclass(frozen=True, slots=True)
class _Leaders:
    """The M tiles with the largest weights, the weights, and the spot number of each, from 0."""

    tiles: I64
    weights: F64
    spot: I64

    @property
    def spot_weights(self) -> F64:
        """The weight of each spot [S]."""
        return np.bincount(self.spot, self.weights).astype(np.float64)

    def at_spots(self, yes: F64) -> F64:
        """Probabilities of a yes [T, M] at tiles, averaged at spots [T, S]."""
        summed = np.array([np.bincount(self.spot, self.weights * row) for row in yes])
        shares: F64 = summed.reshape(len(yes), -1) / self.spot_weights
        return shares


def _leaders(gallery: Gallery, weights: F64) -> _Leaders:
    """Groups tiles into spots: each joins the heaviest tile within `SEPARATION_M`."""
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
    """The question to ask next; None if none would help, or only one spot is left.

    Skips questions in `asked` (keys) and those that the description answers already.
    """
    leaders = _leaders(gallery, weights)
    if len(leaders.spot_weights) < 2:
        return None
    best = _best(_kind_candidates(gallery, leaders, encoded_query, asked), leaders)
    name_question = _best(_name_candidates(gallery, leaders, encoded_query, asked), leaders)
    if best is None or (
        name_question and _NAME_QUESTION_MIN_GAIN * name_question.gain_bits > best.gain_bits
    ):
        best = name_question
    return best if best is not None and best.gain_bits >= _MIN_GAIN_BITS else None


@dataclass(frozen=True, slots=True)
class _Askable:
    """T questions and the probability of a yes to each at M tiles [T, M]."""

    templates: list[QuestionTemplate]
    yes: F64


def _best(askable: _Askable, leaders: _Leaders) -> Question | None:
    if not askable.templates:
        return None
    weights, yes = leaders.spot_weights, leaders.at_spots(askable.yes)
    gains = gains_bits(weights, yes)
    row = int(gains.argmax())
    template = askable.templates[row]
    return Question(
        template.key,
        template.text,
        round(float(yes[row] @ weights), 4),
        round(float(gains[row]), 4),
        round(entropy_bits(weights), 4),
    )


def _kind_candidates(
    gallery: Gallery, leaders: _Leaders, encoded_query: EncodedQuery | None, asked: Sequence[str]
) -> _Askable:
    answer_model = answer_model_of(gallery)
    answered_keys, opened = frozenset[str](), dict[str, str]()
    if encoded_query is not None:
        opened = open_questions(encoded_query)
        answered_keys = answer_model.answered_keys(encoded_query) - opened.keys()
    rows = [
        row
        for row, template in enumerate(kind_questions())
        if template.key not in answered_keys.union(asked)
    ]
    templates = [
        replace(template, text=opened.get(template.key, template.text))
        for template in (kind_questions()[row] for row in rows)
    ]
    return _Askable(
        templates, chances(templates, answer_model.kind_distances_m(leaders.tiles)[rows])
    )


def _name_candidates(
    gallery: Gallery, leaders: _Leaders, encoded_query: EncodedQuery | None, asked: Sequence[str]
) -> _Askable:
    """Questions for names near the heaviest tiles only; for a name in the description only where
    it is a street that the person may stand in or not."""
    folded, streets = "", frozenset[str]()
    if encoded_query is not None:
        folded = fold(encoded_query.text)
        streets = open_streets(encoded_query, match_index_of(gallery))
    metres_of = {
        _mentioned(template) if _is_street_of(template, streets) else template: metres
        for template, metres in answer_model_of(gallery)
        .name_distances_m(leaders.tiles, _NAMES_NEAR_TILES)
        .items()
        if template.key not in asked
        and (fold(template.name) not in folded or _is_street_of(template, streets))
        and metres[:_NAMES_NEAR_TILES].min() <= template.within_m
    }
    templates = list(metres_of)
    metres = np.array(list(metres_of.values())).reshape(len(templates), len(leaders.tiles))
    return _Askable(templates, chances(templates, metres))


def _is_street_of(template: QuestionTemplate, streets: frozenset[str]) -> bool:
    """Whether a question is about one of some streets, by their folded names."""
    return template.within_m == STREET_M and fold(template.name) in streets


def _mentioned(template: QuestionTemplate) -> QuestionTemplate:
    """The question for a street that the description mentions."""
    return replace(template, text=f"You mention {template.name}: are you in that street?")


def answered(gallery: Gallery, weights: F64, key: str, answer: Reply) -> F64:
    """Weights [N] after an answer, unchanged for "cannot tell". Raises QueryError."""
    template = template_of(key)
    if template is None or answer not in ANSWERS:
        raise QueryError(
            f"{key[:60]!r} answered {answer!r:.20} is not a known question; use the "
            f"key of a question and one of {', '.join(ANSWERS)}"
        )
    if answer == "cannot tell":
        return weights
    yes = chance_of_yes(template, answer_model_of(gallery).distances_m(template)).astype(np.float64)
    updated = weights * (yes if answer == "yes" else 1 - yes)
    posterior: F64 = updated / updated.sum()
    return posterior
