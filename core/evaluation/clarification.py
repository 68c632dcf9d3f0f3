"""How much follow-up questions help, with visitors whose answers are drawn from the map itself.

A drawn answer can be wrong in the ways `core.explain.clarification.question_bank` foresees and in
no other: nobody stood in the street, so the figures are an upper bound. `errs` times the foreseen
errors shows how fast that bound falls. Leaves the metrics to `report`.
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
"""Probabilities [N] of all tiles for one reading."""

_KEPT = ("R@1", "R@5", "L@50m", "L@100m", "mrr", "median_m")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer."""

    question: Question
    answer: Reply


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The weights [N] before the first question and after each; fewer where none was left."""

    weights: tuple[F64, ...]
    exchanges: tuple[Turn, ...]


class SimulatedUser:
    """Somebody at one tile who errs as foreseen, or `errs` times as often (at most every second).

    `errs` 0 answers as the map has it.
    """

    def __init__(self, gallery: Gallery, tile: int, errs: float, rng: np.random.Generator) -> None:
        self._gallery, self._tile, self._errs, self._rng = gallery, tile, errs, rng

    def answer(self, topic: QuestionTemplate) -> Reply:
        """What this visitor says to a question."""
        metres = answer_model_of(self._gallery).distances_m(topic)[self._tile : self._tile + 1]
        chance = float(chance_of_yes(topic, metres)[0])
        there = chance > (topic.trust.if_mapped + topic.trust.if_not) / 2
        wrong = min(0.5, self._errs * (1 - chance if there else chance))
        return "yes" if there != bool(self._rng.random() < wrong) else "no"


def simulate_dialogue(
    gallery: Gallery,
    weights: F64,
    encoded_query: EncodedQuery,
    visitor: SimulatedUser,
    questions: int,
) -> Dialogue:
    """Asks up to so many questions in a row."""
    each, exchanges = [weights], list[Turn]()
    while len(exchanges) < questions:
        asked = [exchange.question.key for exchange in exchanges]
        question = next_question(gallery, each[-1], encoded_query, asked)
        topic = template_of(question.key) if question else None
        if question is None or topic is None:
            break
        answer = visitor.answer(topic)
        exchanges.append(Turn(question, answer))
        each.append(answered(gallery, each[-1], question.key, answer))
    return Dialogue(tuple(each), tuple(exchanges))


def simulate_dialogues(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    weigh: Weigh,
    questions: int = 3,
    errs: float = 1.0,
    seed: int = 42,
) -> Iterator[Dialogue]:
    """One talk for each query, the true tile's visitor answering."""
    for number, (query, encoded_query) in enumerate(zip(queries, encoded_queries, strict=True)):
        place = query.position
        tile = (
            gallery.row_of(query.tile_id)
            if query.tile_id
            else int(haversine_m(place.lat, place.lon, gallery.lats, gallery.lons).argmin())
        )
        visitor = SimulatedUser(gallery, tile, errs, np.random.default_rng([seed, number]))
        yield simulate_dialogue(gallery, weigh(encoded_query), encoded_query, visitor, questions)


def measure(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    held: Sequence[Dialogue],
    encoded_queries: Sequence[EncodedQuery],
) -> dict[str, Any]:
    """Metrics before and after each question; `steps` has one entry more than questions asked.

    Where no question was left, the last weights stand. `asked` and `yes` are shares in percent,
    `entropy_bits` the mean over tiles, `by_question` how often each was asked.
    """
    steps = []
    for step in range(max(len(talk.weights) for talk in held)):
        after = [talk.weights[min(step, len(talk.weights) - 1)] for talk in held]
        given = [talk.exchanges[step - 1] for talk in held if 0 < step <= len(talk.exchanges)]
        figures = _figures(gallery, queries, encoded_queries, after)
        yes = sum(exchange.answer == "yes" for exchange in given)
        steps.append(
            {
                "questions": step,
                **figures,
                "entropy_bits": round(float(np.mean([entropy_bits(one) for one in after])), 3),
                "asked": round(100 * len(given) / len(held), 1) if step else None,
                "yes": round(100 * yes / len(given), 1) if given else None,
            }
        )
    counts: dict[str, int] = {}
    for text in (exchange.question.text for talk in held for exchange in talk.exchanges):
        counts[text] = counts.get(text, 0) + 1
    often = dict(sorted(counts.items(), key=lambda item: -item[1]))
    return {"n": len(held), "simulated": True, "steps": steps, "by_question": often}


def _figures(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    after: Sequence[F64],
) -> dict[str, Any]:
    """The usual metrics for tiles ordered by their weights."""
    upcoming = iter(after)
    # as float32 small weights would be alike; their logarithms are not
    outcomes = evaluate(
        gallery, queries, encoded_queries, lambda _: _logarithms(next(upcoming)), "full"
    )
    every = report(outcomes, "full")
    return {name: every[name] for name in _KEPT} | {
        "ci": {name: every["ci"][name] for name in _KEPT}
    }


def _logarithms(weights: F64) -> F32:
    logarithms: F32 = np.log(np.maximum(weights, 1e-300)).astype(np.float32)
    return logarithms
