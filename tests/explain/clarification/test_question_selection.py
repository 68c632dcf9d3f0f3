"""Selection of the clarifying question against plain loops, and the effect of answers."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.arrays import F64
from core.errors import QueryError
from core.explain.clarification import (
    answered,
    entropy_bits,
    gains_bits,
    next_question,
    selection,
    softmax_weights,
)
from core.explain.clarification.answer_model import answer_model_of, chance_of_yes
from core.explain.clarification.question_bank import (
    AnswerReliability,
    QuestionTemplate,
    kind_questions,
    template_of,
)
from core.gallery import Gallery
from core.geo import haversine_m
from core.models.sentence import SentenceEncoder
from core.retrieval.fusion import SEPARATION_M
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query

Read = Callable[[str], EncodedQuery]


@pytest.fixture(scope="module")
def read(encoder: SentenceEncoder) -> Read:
    return lambda text: encode_query(tokenize_query(text, encoder), encoder)


@pytest.fixture
def even(tiny_gallery: Gallery) -> F64:
    return np.full(len(tiny_gallery), 1 / len(tiny_gallery))


# ---- Entropy ---------------------------------------------------------------------------------


def test_entropy_by_hand() -> None:
    assert entropy_bits(np.array([0.5, 0.25, 0.25])) == pytest.approx(1.5)
    assert entropy_bits(np.array([1.0, 0.0])) == 0


def test_a_question_that_halves_four_places_is_worth_one_bit_and_less_when_people_err() -> None:
    weights = np.full(4, 0.25)
    sure = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0]])
    # a quarter: h(1/4) = 0.8113 bits
    assert gains_bits(weights, sure) == pytest.approx([1.0, 0.0, 0.811278], abs=1e-5)
    # yes with 0.9 and 0.1: 1 - h(0.1) = 1 - 0.468996
    erring = np.array([[0.9, 0.9, 0.1, 0.1]])
    assert gains_bits(weights, erring) == pytest.approx([0.531004], abs=1e-5)


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10_000))
def test_a_gain_is_the_expected_fall_of_the_entropy(places: int, questions: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.ones(places))
    yes = random.random((questions, places))
    gains = gains_bits(weights, yes)
    assert len(gains) == questions > 0
    for row, gain in enumerate(gains):
        after = 0.0
        for chance in (yes[row], 1 - yes[row]):
            likely = sum(weight * one for weight, one in zip(weights, chance, strict=True))
            posterior = [weight * one / likely for weight, one in zip(weights, chance, strict=True)]
            after += likely * -sum(one * math.log2(one) for one in posterior if one > 0)
        assert gain == pytest.approx(entropy_bits(weights) - after, abs=1e-6)


def test_scores_become_weights_that_sum_to_one_off_the_mask_none() -> None:
    scores = np.array([0.3, 0.3, 0.5, 0.1], dtype=np.float32)
    mask = np.array([True, True, False, True])
    weights = softmax_weights(scores, mask, temperature=0.1)
    assert weights.sum() == pytest.approx(1)
    assert weights[2] == 0
    assert weights[0] == pytest.approx(weights[1])
    assert weights[0] / weights[3] == pytest.approx(math.exp(2), rel=1e-5)


# ---- Distances from tiles --------------------------------------------------------------------


def test_a_yes_gets_less_likely_with_the_distance() -> None:
    topic = QuestionTemplate(
        "x", "Is there an x within 50 metres?", "x", "x", 50.0, AnswerReliability(0.9, 0.1)
    )
    chances = chance_of_yes(topic, np.array([0, 40, 55, 70, np.inf], dtype=np.float32))
    assert chances == pytest.approx([0.9, 0.9, 0.5, 0.1, 0.1])


def test_distances_of_all_questions_equal_a_double_loop(tiny_gallery: Gallery) -> None:
    tiles = np.arange(0, len(tiny_gallery), 5)
    fast = answer_model_of(tiny_gallery).kind_distances_m(tiles)
    facts, links = tiny_gallery.facts, tiny_gallery.links
    topics = kind_questions()
    assert topics
    for row, topic in enumerate(topics):
        nearest = dict.fromkeys(tiles.tolist(), math.inf)
        for fact, tile, metres in zip(links.fact, links.tile, links.distance_m, strict=True):
            if topic.covers(facts.kind[fact]) and tile in nearest:
                nearest[tile] = min(nearest[tile], float(metres))
        assert fast[row].tolist() == pytest.approx(list(nearest.values()))
        assert answer_model_of(tiny_gallery).distances_m(topic)[tiles] == pytest.approx(fast[row])


def test_names_are_seen_where_their_things_are(tiny_gallery: Gallery) -> None:
    tiles = np.arange(len(tiny_gallery))
    named = answer_model_of(tiny_gallery).name_distances_m(tiles, len(tiles))
    texts = {topic.text for topic in named}
    assert "Is there a bakery called Булочная Заря within 50 metres?" in texts
    assert "Does a sign near you say that this is Oak Avenue?" in texts
    assert named
    for topic, metres in named.items():
        assert metres == pytest.approx(answer_model_of(tiny_gallery).distances_m(topic))
        assert template_of(topic.key) == topic


# ---- The choice ------------------------------------------------------------------------------


def naive_gains(gallery: Gallery, weights: F64) -> dict[str, float]:
    """The gain of every question without a name, tile by tile and spot by spot."""
    order = sorted(range(len(weights)), key=lambda tile: -weights[tile])
    heads: list[int] = []
    spot_of = {}
    for tile in order:
        lat, lon = float(gallery.lats[tile]), float(gallery.lons[tile])
        near = [
            row
            for row, head in enumerate(heads)
            if haversine_m(lat, lon, gallery.lats[head : head + 1], gallery.lons[head : head + 1])[
                0
            ]
            < SEPARATION_M
        ]
        if not near:
            near = [len(heads)]
            heads.append(tile)
        spot_of[tile] = near[0]
    gains = {}
    for topic in kind_questions():
        yes = chance_of_yes(topic, answer_model_of(gallery).distances_m(topic))
        joint = np.zeros((len(heads), 2))
        for tile, spot in spot_of.items():
            joint[spot] += weights[tile] * np.array([yes[tile], 1 - yes[tile]])
        answers = joint.sum(axis=0)
        after = sum(answers[one] * entropy_bits(joint[:, one] / answers[one]) for one in (0, 1))
        gains[topic.key] = entropy_bits(joint.sum(axis=1)) - after
    return gains


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_choice_equals_a_plain_search_of_all_questions(
    seed: int, tiny_gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "_NAME_QUESTION_MIN_GAIN", 0.0)
    weights = np.random.default_rng(seed).dirichlet(np.full(len(tiny_gallery), 0.1))
    gains = naive_gains(tiny_gallery, weights)
    question = next_question(tiny_gallery, weights)
    if max(gains.values()) < 0.05:
        assert question is None
        return
    assert question is not None
    assert question.gain_bits == pytest.approx(max(gains.values()), abs=1e-3)
    assert gains[question.key] == pytest.approx(max(gains.values()), abs=1e-3)


def test_one_place_is_asked_nothing(tiny_gallery: Gallery) -> None:
    weights = np.zeros(len(tiny_gallery))
    weights[3] = 1
    assert next_question(tiny_gallery, weights) is None


def test_places_that_are_alike_are_asked_nothing(tiny_gallery: Gallery) -> None:
    """Removes everything that distinguishes two corners of the map."""
    ends = np.array([tiny_gallery.lats.argmin(), tiny_gallery.lats.argmax()])
    weights = np.zeros(len(tiny_gallery))
    weights[ends] = 0.5
    assert next_question(tiny_gallery, weights) is not None
    sightings = answer_model_of(tiny_gallery)
    seen = dict(
        zip(kind_questions(), sightings.kind_distances_m(ends), strict=True)
    ) | sightings.name_distances_m(ends, 2)
    telling = [
        topic.key for topic, metres in seen.items() if np.ptp(chance_of_yes(topic, metres)) > 1e-6
    ]
    assert len(telling) < len(seen)
    assert next_question(tiny_gallery, weights, None, telling) is None


def test_no_question_comes_twice_and_at_some_time_there_is_none(
    tiny_gallery: Gallery, even: F64
) -> None:
    asked: list[str] = []
    while (question := next_question(tiny_gallery, even, None, asked)) is not None:
        assert question.key not in asked
        asked.append(question.key)
    assert 3 < len(asked) < 60


def test_what_the_description_says_is_not_asked(
    tiny_gallery: Gallery, even: F64, read: Read
) -> None:
    encoded_query = read("a white cathedral; rails in the road; a tavern; Oak Avenue")
    told = answer_model_of(tiny_gallery).answered_keys(encoded_query)
    assert {"church", "tram tracks", "bar or pub"} <= told
    assert "fountain" not in told
    asked: list[str] = []
    while (question := next_question(tiny_gallery, even, encoded_query, asked)) is not None:
        asked.append(question.key)
    assert asked
    assert not told & set(asked)
    assert "street: Oak Avenue" not in asked


# ---- Answers ---------------------------------------------------------------------------------


def test_a_yes_moves_the_weight_to_where_the_thing_is(tiny_gallery: Gallery, even: F64) -> None:
    near = answer_model_of(tiny_gallery).distances_m(template_of("fountain")) <= 40  # type: ignore[arg-type]
    assert 0 < near.sum() < len(near)
    trust = template_of("fountain").trust  # type: ignore[union-attr]
    after = answered(tiny_gallery, even, "fountain", "yes")
    assert after.sum() == pytest.approx(1)
    assert after[near].min() / after.min() == pytest.approx(trust.if_mapped / trust.if_not)
    refused = answered(tiny_gallery, even, "fountain", "no")
    assert refused[near].sum() < even[near].sum() < after[near].sum()


def test_who_cannot_tell_changes_nothing(tiny_gallery: Gallery, even: F64) -> None:
    assert answered(tiny_gallery, even, "fountain", "cannot tell") is even


def test_the_order_of_answers_does_not_matter(tiny_gallery: Gallery, even: F64) -> None:
    one = answered(tiny_gallery, answered(tiny_gallery, even, "cafe", "no"), "fountain", "yes")
    other = answered(tiny_gallery, answered(tiny_gallery, even, "fountain", "yes"), "cafe", "no")
    assert one == pytest.approx(other)


@pytest.mark.parametrize(("key", "answer"), [("dragons", "yes"), ("fountain", "perhaps")])
def test_unknown_questions_and_answers_are_mistakes_of_the_user(
    key: str, answer: str, tiny_gallery: Gallery, even: F64
) -> None:
    with pytest.raises(QueryError, match="not a known question"):
        answered(tiny_gallery, even, key, answer)  # type: ignore[arg-type]


def test_a_question_about_a_thing_that_is_nowhere_leaves_the_weights(
    tiny_gallery: Gallery, even: F64
) -> None:
    assert answered(tiny_gallery, even, "mosque", "yes") == pytest.approx(even)


def test_a_question_has_its_json(tiny_gallery: Gallery, even: F64) -> None:
    question = next_question(tiny_gallery, even)
    assert question is not None
    made = question.to_json()
    assert made["answers"] == ["yes", "no", "cannot tell"]
    assert 0 < made["chance_of_yes"] < 1
    assert 0 < made["gain_bits"] <= made["entropy_bits"]
