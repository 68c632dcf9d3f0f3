"""Clarifying questions: the error rates of simulated users, and the metrics of each step."""

import json

import numpy as np
import pytest

from core.evaluation.clarification import SimulatedUser, measure, simulate_dialogues
from core.evaluation.queries import LabelledQuery
from core.explain.clarification import softmax_weights
from core.explain.clarification.answer_model import answer_model_of, chance_of_yes
from core.explain.clarification.question_bank import template_of
from core.gallery import Gallery
from core.geo import Position
from core.models.sentence import SentenceEncoder
from core.retrieval import rank_tiles
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query

TEXTS = ("somewhere in a town", "a street with houses", "pub", "benches")


@pytest.fixture(scope="module")
def encoded_queries(encoder: SentenceEncoder) -> list[EncodedQuery]:
    return [encode_query(tokenize_query(text, encoder), encoder) for text in TEXTS]


@pytest.fixture(scope="module")
def queries(tiny_gallery: Gallery) -> list[LabelledQuery]:
    return [
        LabelledQuery(
            text,
            Position(float(tiny_gallery.lats[row]), float(tiny_gallery.lons[row])),
            tiny_gallery.tile_ids[row] if row % 2 else "",
            str(row),
        )
        for row, text in zip((4, 21, 50, 77), TEXTS, strict=True)
    ]


def weigh(gallery: Gallery, encoded_query: EncodedQuery) -> np.ndarray:
    return softmax_weights(rank_tiles(gallery, encoded_query, ("facts", "names")).scores)


def test_a_visitor_who_never_errs_says_what_the_map_has(tiny_gallery: Gallery) -> None:
    topic = template_of("fountain")
    assert topic is not None
    metres = answer_model_of(tiny_gallery).distances_m(topic)
    rng = np.random.default_rng(0)
    near, far = int(metres.argmin()), int(metres.argmax())
    assert SimulatedUser(tiny_gallery, near, 0, rng).answer(topic) == "yes"
    assert SimulatedUser(tiny_gallery, far, 0, rng).answer(topic) == "no"


@pytest.mark.parametrize(("errs", "factor"), [(1.0, 1.0), (2.0, 2.0)])
def test_a_visitor_errs_as_often_as_foreseen(
    errs: float, factor: float, tiny_gallery: Gallery
) -> None:
    topic = template_of("fountain")
    assert topic is not None
    metres = answer_model_of(tiny_gallery).distances_m(topic)
    far = int(metres.argmax())
    chance = float(chance_of_yes(topic, metres[far : far + 1])[0])
    visitor = SimulatedUser(tiny_gallery, far, errs, np.random.default_rng(1))
    said = np.mean([visitor.answer(topic) == "yes" for _ in range(3000)])
    assert said == pytest.approx(factor * chance, abs=0.03)


def test_answers_that_are_right_lead_to_the_truth(
    tiny_gallery: Gallery, queries: list[LabelledQuery], encoded_queries: list[EncodedQuery]
) -> None:
    held = list(
        simulate_dialogues(
            tiny_gallery, queries, encoded_queries, lambda one: weigh(tiny_gallery, one), 4, 0
        )
    )
    assert held
    for talk, query in zip(held, queries, strict=True):
        row = tiny_gallery.row_of(query.tile_id) if query.tile_id else int(query.query_id)
        assert len(talk.weights) == len(talk.turns) + 1
        assert talk.weights[-1][row] >= talk.weights[0][row]
        keys = [exchange.question.key for exchange in talk.turns]
        assert len(set(keys)) == len(keys)


def test_the_same_seed_gives_the_same_talk(
    tiny_gallery: Gallery, queries: list[LabelledQuery], encoded_queries: list[EncodedQuery]
) -> None:
    def run(seed: int) -> list[tuple[str, ...]]:
        held = simulate_dialogues(
            tiny_gallery, queries, encoded_queries, lambda one: weigh(tiny_gallery, one), seed=seed
        )
        return [tuple(one.answer for one in talk.turns) for talk in held]

    assert run(1) == run(1)


def test_the_figures_have_a_step_for_every_question_and_are_json(
    tiny_gallery: Gallery, queries: list[LabelledQuery], encoded_queries: list[EncodedQuery]
) -> None:
    held = list(
        simulate_dialogues(
            tiny_gallery, queries, encoded_queries, lambda one: weigh(tiny_gallery, one)
        )
    )
    figures = json.loads(json.dumps(measure(tiny_gallery, queries, held, encoded_queries)))
    assert figures["n"] == 4
    assert figures["simulated"] is True
    assert [step["questions"] for step in figures["steps"]] == list(range(len(figures["steps"])))
    assert figures["steps"][0]["asked"] is None
    assert 0 < figures["steps"][1]["asked"] <= 100
    assert 0 <= figures["steps"][1]["yes"] <= 100
    assert sum(figures["by_question"].values()) == sum(len(talk.turns) for talk in held)


def test_without_questions_the_figures_are_those_of_the_search(
    tiny_gallery: Gallery, queries: list[LabelledQuery], encoded_queries: list[EncodedQuery]
) -> None:
    from core.evaluation import evaluate, fused_ranker, report

    held = list(
        simulate_dialogues(
            tiny_gallery, queries, encoded_queries, lambda one: weigh(tiny_gallery, one), 0
        )
    )
    (step,) = measure(tiny_gallery, queries, held, encoded_queries)["steps"]
    ranker = fused_ranker(tiny_gallery, ("facts", "names"))
    plain = report(evaluate(tiny_gallery, queries, encoded_queries, ranker, "full"), "full")
    assert {name: step[name] for name in ("R@1", "R@5", "L@100m", "median_m")} == {
        name: plain[name] for name in ("R@1", "R@5", "L@100m", "median_m")
    }
