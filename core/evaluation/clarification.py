"""The gain from clarifying questions, measured with simulated users who answer from the map.

A simulated answer is wrong only as often as `core.explain.clarification.question_bank` assumes.
Nobody stood in the street, so the metrics are an upper bound. `errs` multiplies the assumed error
rates and shows how fast that bound falls.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.arrays import F32, F64
from core.evaluation.queries import LabelledQuery
from core.evaluation.report import report
from core.evaluation.runner import evaluate
from core.explain.clarification import Question, Reply, answered, entropy_bits, next_question
from core.explain.clarification.answer_model import answer_model_of, chance_of_yes
from core.explain.clarification.question_bank import QuestionTemplate, template_of
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.retrieval.query_encoding import EncodedQuery

Weigh = Callable[[EncodedQuery], F64]
"""Probabilities [N] of all tiles for one encoded query."""

_METRICS = ("R@1", "R@5", "L@50m", "L@100m", "mrr", "median_m")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer."""

    question: Question
    answer: Reply


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The weights [N] before the first question and after each one.

    A dialogue ends early when no question is left.
    """

    weights: tuple[F64, ...]
    turns: tuple[Turn, ...]


class SimulatedUser:
    """A user at one tile who answers from the map, with errors.

    `errs` multiplies the assumed error rates; no rate exceeds one half. 0 makes no errors.
    """

    def __init__(self, gallery: Gallery, tile: int, errs: float, rng: np.random.Generator) -> None:
        self._gallery, self._tile, self._errs, self._rng = gallery, tile, errs, rng

    def answer(self, template: QuestionTemplate) -> Reply:
        """The user's reply to a question."""
        metres = answer_model_of(self._gallery).distances_m(template)[self._tile : self._tile + 1]
        chance = float(chance_of_yes(template, metres)[0])
        mapped = chance > (template.trust.if_mapped + template.trust.if_not) / 2
        wrong = min(0.5, self._errs * (1 - chance if mapped else chance))
        return "yes" if mapped != bool(self._rng.random() < wrong) else "no"


def simulate_dialogue(
    gallery: Gallery,
    weights: F64,
    encoded_query: EncodedQuery,
    user: SimulatedUser,
    questions: int,
) -> Dialogue:
    """Asks the user at most `questions` questions, one after the other."""
    steps, turns = [weights], list[Turn]()
    while len(turns) < questions:
        asked = [turn.question.key for turn in turns]
        question = next_question(gallery, steps[-1], encoded_query, asked)
        template = template_of(question.key) if question else None
        if question is None or template is None:
            break
        answer = user.answer(template)
        turns.append(Turn(question, answer))
        steps.append(answered(gallery, steps[-1], question.key, answer))
    return Dialogue(tuple(steps), tuple(turns))


def simulate_dialogues(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    weigh: Weigh,
    questions: int = 3,
    errs: float = 1.0,
    seed: int = 42,
) -> Iterator[Dialogue]:
    """One dialogue for each query, with a simulated user at its true tile."""
    for number, (query, encoded_query) in enumerate(zip(queries, encoded_queries, strict=True)):
        place = query.position
        tile = (
            gallery.row_of(query.tile_id)
            if query.tile_id
            else int(haversine_m(place.lat, place.lon, gallery.lats, gallery.lons).argmin())
        )
        user = SimulatedUser(gallery, tile, errs, np.random.default_rng([seed, number]))
        yield simulate_dialogue(gallery, weigh(encoded_query), encoded_query, user, questions)


def measure(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    dialogues: Sequence[Dialogue],
    encoded_queries: Sequence[EncodedQuery],
) -> dict[str, Any]:
    """Metrics before the first question and after each one.

    `steps` has one entry more than the longest dialogue has questions; a dialogue that ended early
    keeps its last weights. `asked` and `yes` are percentages, `entropy_bits` is the mean over
    queries, `by_question` counts how often each question was asked.
    """
    steps = []
    for step in range(max(len(dialogue.weights) for dialogue in dialogues)):
        after = [dialogue.weights[min(step, len(dialogue.weights) - 1)] for dialogue in dialogues]
        turns = [
            dialogue.turns[step - 1] for dialogue in dialogues if 0 < step <= len(dialogue.turns)
        ]
        figures = _figures(gallery, queries, encoded_queries, after)
        yes = sum(turn.answer == "yes" for turn in turns)
        steps.append(
            {
                "questions": step,
                **figures,
                "entropy_bits": round(
                    float(np.mean([entropy_bits(weights) for weights in after])), 3
                ),
                "asked": round(100 * len(turns) / len(dialogues), 1) if step else None,
                "yes": round(100 * yes / len(turns), 1) if turns else None,
            }
        )
    counts: dict[str, int] = {}
    for text in (turn.question.text for dialogue in dialogues for turn in dialogue.turns):
        counts[text] = counts.get(text, 0) + 1
    by_question = dict(sorted(counts.items(), key=lambda item: -item[1]))
    return {"n": len(dialogues), "simulated": True, "steps": steps, "by_question": by_question}


def _figures(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    after: Sequence[F64],
) -> dict[str, Any]:
    """The metrics of a ranking of the tiles by weight."""
    upcoming = iter(after)
    # Small weights become equal in float32; their logarithms stay different.
    outcomes = evaluate(
        gallery, queries, encoded_queries, lambda _: _logarithms(next(upcoming)), "full"
    )
    metrics = report(outcomes, "full")
    return {name: metrics[name] for name in _METRICS} | {
        "ci": {name: metrics["ci"][name] for name in _METRICS}
    }


def _logarithms(weights: F64) -> F32:
    logarithms: F32 = np.log(np.maximum(weights, 1e-300)).astype(np.float32)
    return logarithms
