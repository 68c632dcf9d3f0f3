"""The confidence of searches in which only aerial pictures answer."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError, QueryError
from core.evaluation.calibration.picture_fit import PictureExample, fit_pictures
from core.retrieval.channels.channel import ChannelResult
from core.retrieval.confidence import posterior_from, read_calibration
from core.retrieval.confidence_features import FEATURES
from core.retrieval.fusion import Signals
from core.retrieval.picture_confidence import (
    P_OUTSIDE,
    PictureConfidence,
    mixture,
    only_pictures,
    read_above_confidence,
    read_picture_confidence,
    write_above_confidence,
    write_picture_confidence,
)


def signals(*names: str, channel: str = "image") -> Signals:
    scores = np.array([0.5, 0.1, 0.1, 0.1], dtype=np.float32)
    values = dict.fromkeys(names, scores)
    return Signals(4, {channel: ChannelResult(values, scores[:1])})  # type: ignore[dict-item]


def test_a_mixture_worked_out_by_hand() -> None:
    scores = np.log(np.array([4.0, 2.0, 1.0, 9.0], dtype=np.float32))
    allowed = np.array([True, True, True, False])
    assert mixture(scores, allowed, 1.0) == pytest.approx([4 / 7, 2 / 7, 1 / 7, 0])
    half = [2 / 7 + 1 / 6, 1 / 7 + 1 / 6, 1 / 14 + 1 / 6, 0]
    assert mixture(scores, allowed, 1.0, 0.5) == pytest.approx(half)


def test_only_an_aerial_photograph_without_facts_and_names_counts_as_pictures_alone() -> None:
    assert only_pictures(signals("aerial"))
    assert only_pictures(signals("aerial", "image"))
    assert not only_pictures(signals("image"))
    facts = signals("phrases", channel="facts").results
    assert not only_pictures(Signals(4, dict(signals("aerial").results) | dict(facts)))


def test_pictures_alone_are_as_sure_as_was_learned_and_others_are_not_changed() -> None:
    scores = signals("aerial").results["image"].signals["aerial"]
    features, learned = np.zeros(len(FEATURES), dtype=np.float32), read_calibration()
    alone = posterior_from(features, signals("aerial"), scores, None, learned)
    within = read_picture_confidence().within(scores, np.ones(4, dtype=bool))
    assert alone.mass == pytest.approx((1 - P_OUTSIDE) * within)
    assert alone.p_outside == P_OUTSIDE
    drawn = posterior_from(features, signals("image"), scores, None, learned)
    assert drawn.inverse_temperature > alone.inverse_temperature
    assert drawn.mass.max() / drawn.mass.sum() > alone.mass.max() / alone.mass.sum()


def test_the_fit_finds_the_numbers_that_made_the_examples() -> None:
    rng, examples = np.random.default_rng(3), []
    for _ in range(1500):
        scores = rng.normal(0, 0.5, 40).astype(np.float32)
        chances = mixture(scores, np.ones(40, dtype=bool), 5.0, 0.3)
        near = np.zeros(40, dtype=bool)
        near[rng.choice(40, p=chances)] = True
        examples.append(PictureExample(scores, near))
    learned = fit_pictures(examples, ["made"])
    assert learned.inverse_temperature == pytest.approx(5.0, rel=0.2)
    assert learned.p_uninformative == pytest.approx(0.3, abs=0.1)
    with pytest.raises(QueryError, match="no descriptions"):
        fit_pictures([])


def test_facts_seen_from_above_change_a_search_that_has_no_name() -> None:
    scores = signals("phrases", channel="facts").results["facts"].signals["phrases"]
    features, learned = np.zeros(len(FEATURES), dtype=np.float32), read_calibration()

    facts, no_facts = (
        signals(*names, channel="facts") for names in (("surroundings",), ("phrases",))
    )
    above = posterior_from(features, facts, scores, None, learned)
    assert above.inverse_temperature == read_above_confidence().inverse_temperature
    assert above.p_outside == P_OUTSIDE
    drawn = posterior_from(features, no_facts, scores, None, learned)
    assert drawn.inverse_temperature != above.inverse_temperature
    features[FEATURES.index("capitals")] = 1
    named = posterior_from(features, facts, scores, None, learned)
    as_drawn = posterior_from(features, no_facts, scores, None, learned)
    assert named.inverse_temperature == as_drawn.inverse_temperature


def test_a_file_is_written_and_read_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "aerial.json"
    pictures, facts = PictureConfidence(6.5, 0.25, ("a",)), PictureConfidence(20.0, 0.1, ("b",))
    write_picture_confidence(pictures, path)
    write_above_confidence(facts, path)
    write_picture_confidence(pictures, path)
    assert read_picture_confidence(path) == pictures
    assert read_above_confidence(path) == facts
    (tmp_path / "bad.json").write_text('{"sources": [], "inverse_temperature": -1}')
    with pytest.raises(ModelError, match="core calibrate --aerial"):
        read_picture_confidence(tmp_path / "bad.json")
    with pytest.raises(ModelError, match="core calibrate --above"):
        read_above_confidence(tmp_path / "bad.json")
