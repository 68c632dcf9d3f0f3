"""The confidence of searches in which only aerial pictures answer."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError, QueryError
from core.evaluation.calibration.picture_fit import (
    AboveExample,
    PictureExample,
    fit_above,
    fit_pictures,
)
from core.retrieval.channels.channel import ChannelResult
from core.retrieval.confidence import posterior_from, read_calibration
from core.retrieval.confidence_features import FEATURES
from core.retrieval.fusion import Signals
from core.retrieval.picture_confidence import (
    P_OUTSIDE,
    AboveConfidence,
    PictureConfidence,
    mixture,
    only_pictures,
    read_above_confidence,
    read_picture_confidence,
    write_aerial_confidence,
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


def test_the_fit_of_facts_finds_by_how_much_searches_are_too_sure() -> None:
    rng, examples = np.random.default_rng(4), []
    for _ in range(1500):
        drawn = float(rng.uniform(5, 60))
        scores = rng.normal(0, 0.2, 40).astype(np.float32)
        chances = mixture(scores, np.ones(40, dtype=bool), 2 * drawn**0.5, 0.2)
        near = np.zeros(40, dtype=bool)
        near[rng.choice(40, p=chances)] = True
        examples.append(AboveExample(scores, near, drawn))
    learned = fit_above(examples, ["made"])
    at_20 = learned.spread(20.0)
    assert at_20.inverse_temperature == pytest.approx(2 * 20**0.5, rel=0.25)
    assert at_20.p_uninformative == pytest.approx(0.2, abs=0.12)
    with pytest.raises(QueryError, match="no descriptions"):
        fit_above([])


def test_only_facts_seen_from_above_change_a_search_by_facts() -> None:
    scores = signals("phrases", channel="facts").results["facts"].signals["phrases"]
    features, learned = np.zeros(len(FEATURES), dtype=np.float32), read_calibration()
    drawn = posterior_from(features, signals("phrases", channel="facts"), scores, None, learned)
    above = posterior_from(
        features, signals("phrases", "surroundings", channel="facts"), scores, None, learned
    )
    spread = read_above_confidence().spread(drawn.inverse_temperature)
    assert above.inverse_temperature == spread.inverse_temperature
    assert above.p_outside == drawn.p_outside


def test_a_file_is_written_and_read_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    pictures, facts = PictureConfidence(6.5, 0.25, ("a",)), AboveConfidence(0.5, 0.75, 0.2, ("a",))
    path = write_aerial_confidence(pictures, facts, tmp_path / "aerial.json")
    assert read_picture_confidence(path) == pictures
    assert read_above_confidence(path) == facts
    (tmp_path / "bad.json").write_text('{"sources": [], "inverse_temperature": -1}')
    for read in (read_picture_confidence, read_above_confidence):
        with pytest.raises(ModelError, match="core calibrate --aerial"):
            read(tmp_path / "bad.json")
