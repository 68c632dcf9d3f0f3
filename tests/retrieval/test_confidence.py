"""Probabilities of tiles: a small softmax by hand, and properties of every search."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.gallery import Gallery
from core.geo import METRES_PER_DEGREE
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search_with_trace
from core.retrieval.background_corpus import Background
from core.retrieval.channels import ChannelResult
from core.retrieval.confidence import (
    ADDED_FEATURES,
    Calibration,
    Posterior,
    posterior_of,
    read_calibration,
    verdict_of,
    write_calibration,
)
from core.retrieval.confidence_features import FEATURES
from core.retrieval.fusion import Signals
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query
from core.retrieval.rank_prior import LEADING, RankPrior


def plain(
    inverse_temperature: float = 0.0,
    vague: float = -50.0,
    p_outside: float = -50.0,
    by_rank: float = -50.0,
) -> Calibration:
    """A calibration without information in its features."""
    count = len(FEATURES)

    def constant(value: float) -> np.ndarray:
        return np.array([value, *[0.0] * count])

    return Calibration(
        mean=np.zeros(count),
        scale=np.ones(count),
        inverse_temperature=constant(inverse_temperature),
        p_uninformative=constant(vague),
        p_outside=constant(p_outside),
        likely=0.5,
        absent=0.3,
        area=0.8,
        background=Background(np.eye(2, 384, dtype=np.float32), np.eye(3, 384, dtype=np.float32)),
        by_rank=constant(by_rank),
        sources=("a, b",),
    )


def signals(*phrases: float) -> Signals:
    none = np.zeros(len(phrases), dtype=np.float32)
    values = np.array(phrases, dtype=np.float32)
    facts = {"phrases": values, "whole": none, "best_fact": none}
    names = {"words": none, "window": none}
    found = {"facts": ChannelResult(facts, values[:1]), "names": ChannelResult(names, values[:1])}
    return Signals(len(phrases), found)


@pytest.fixture(scope="module")
def encoded_query(encoder: SentenceEncoder) -> EncodedQuery:
    return encode_query(tokenize_query("a church beside a park", encoder), encoder)


def masses(
    encoded_query: EncodedQuery,
    calibration: Calibration,
    *phrases: float,
    mask: np.ndarray | None = None,
) -> Posterior:
    given = signals(*phrases)
    fused = given["phrases"]
    return posterior_of(encoded_query, given, fused, ("facts", "names"), mask, calibration)


def test_a_softmax_worked_out_by_hand(encoded_query: EncodedQuery) -> None:
    found = masses(encoded_query, plain(), 0.0, np.log(2), np.log(5))
    assert found.mass == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert found.p_outside == pytest.approx(0)
    twice = masses(encoded_query, plain(inverse_temperature=np.log(2)), 0.0, np.log(2), np.log(5))
    assert twice.mass == pytest.approx([1 / 30, 4 / 30, 25 / 30], rel=1e-5)


def test_what_tells_nothing_of_the_place_is_spread_evenly(encoded_query: EncodedQuery) -> None:
    half = masses(encoded_query, plain(vague=0.0), 0.0, np.log(3))
    assert half.mass == pytest.approx([0.5 * 0.25 + 0.25, 0.5 * 0.75 + 0.25])


def test_a_part_goes_by_rank_alone(encoded_query: EncodedQuery) -> None:
    """The shares of ranks are 1/2 and 1/3 and 1/4 of 13/12, half of all."""
    found = masses(encoded_query, plain(by_rank=0.0), 0.0, np.log(2), np.log(5))
    by_rank = np.array([3, 4, 6]) / 13
    shifted = RankPrior(0.5, 2.0, 1.0)
    assert shifted.of(signals(0.0, 1.0, 2.0)["phrases"], np.ones(3, bool)) == pytest.approx(by_rank)
    plainly = np.array([1 / 3, 1 / 2, 1]) / (11 / 6)
    assert found.mass == pytest.approx((np.array([1, 2, 5]) / 8 + plainly) / 2)
    assert found.rank_prior.weight == pytest.approx(0.5)


def test_equal_scores_have_equal_shares_by_rank() -> None:
    scores, allowed = np.array([1, 5, 1, 9, 7], np.float32), np.array([1, 1, 1, 0, 1], bool)
    shares = RankPrior(1.0, 1.0, 1.0).of(scores, allowed) * 25 / 12
    assert shares == pytest.approx([(1 / 3 + 1 / 4) / 2, 1 / 2, (1 / 3 + 1 / 4) / 2, 0, 1])


def test_only_leading_tiles_have_a_share_by_rank() -> None:
    scores = np.random.default_rng(3).random(3 * LEADING).astype(np.float32)
    shares = RankPrior(1.0, 2.0, 1.2).of(scores, np.ones(len(scores), dtype=bool))
    assert shares.sum() == pytest.approx(1)
    order = np.argsort(-scores)
    assert (shares[order[:LEADING]] > 0).all()
    assert not shares[order[LEADING:]].any()
    assert (np.diff(shares[order]) <= 0).all()


def test_masses_and_elsewhere_are_one_together(encoded_query: EncodedQuery) -> None:
    found = masses(encoded_query, plain(p_outside=np.log(1 / 3)), 0.1, 0.2, 0.9, 0.4)
    assert found.p_outside == pytest.approx(0.25)
    assert found.mass.sum() == pytest.approx(0.75)


def test_tiles_that_are_not_allowed_have_no_mass(encoded_query: EncodedQuery) -> None:
    mask = np.array([True, False, True, False])
    found = masses(encoded_query, plain(vague=0.0), 0.1, 0.9, 0.2, 0.9, mask=mask)
    assert found.mass[~mask].tolist() == [0, 0]
    assert found.mass.sum() == pytest.approx(1)
    credible_region = found.credible_region(mask)
    assert sorted(credible_region.rows.tolist()) == [0, 2]


def test_a_better_score_never_has_less_mass(encoded_query: EncodedQuery) -> None:
    scores = np.random.default_rng(0).random(50).astype(np.float32)
    found = masses(encoded_query, plain(inverse_temperature=2.0), *scores.tolist())
    assert (np.diff(found.mass[np.argsort(scores)]) >= 0).all()


def test_the_area_is_the_fewest_tiles_that_hold_its_share() -> None:
    credible_region = Posterior(np.array([0.1, 0.4, 0.05, 0.25]), 0.2, 0.8).credible_region()
    assert credible_region.rows.tolist() == [1, 3, 0, 2]
    assert credible_region.mass.tolist() == [0.4, 0.25, 0.1, 0.05]
    assert credible_region.inside80.tolist() == [True, True, False, False]
    more = Posterior(np.array([0.1, 0.4, 0.05, 0.25]), 0.2, 0.82).credible_region()
    assert more.inside80.tolist() == [True, True, True, False]


def test_confidence_is_the_mass_within_a_hundred_metres() -> None:
    lats, lons = np.array([0, 60, 99, 250]) / METRES_PER_DEGREE, np.zeros(4)
    found = Posterior(np.array([0.1, 0.2, 0.3, 0.4]), 0.0)
    assert found.near([0, 3, 1], lats, lons) == pytest.approx([0.6, 0.4, 0.6])


def test_verdicts_follow_the_thresholds() -> None:
    assert verdict_of(0.3, 0.29, plain()) == "probably not in this gallery"
    assert verdict_of(0.29, 0.5, plain()) == "likely"
    assert verdict_of(0.29, 0.49, plain()) == "several places fit"


def test_a_place_likelier_than_none_is_never_told_to_be_absent() -> None:
    assert verdict_of(0.35, 0.36, plain()) == "several places fit"
    assert verdict_of(0.36, 0.35, plain()) == "probably not in this gallery"


def test_in_a_chosen_area_chances_assume_it(encoded_query: EncodedQuery) -> None:
    mask = np.array([True, True, False, False])
    found = masses(encoded_query, plain(p_outside=np.log(1 / 3)), 0.1, 0.2, 0.9, 0.4, mask=mask)
    assert found.p_outside == 0
    assert found.mass.sum() == pytest.approx(1)


def test_other_scores_have_the_mass_of_the_same_temperature(encoded_query: EncodedQuery) -> None:
    found = masses(encoded_query, plain(inverse_temperature=np.log(2)), 0.0, 0.5, 1.0)
    other = np.array([0.0, np.log(3) / 2, 0.0], dtype=np.float32)
    assert found.mass_of(other) == pytest.approx([0.2, 0.6, 0.2])


def test_weights_of_signals_in_an_older_file_are_not_read(tmp_path: Path) -> None:
    path = write_calibration(plain(), tmp_path / "confidence.json")
    document = json.loads(path.read_text()) | {"weights": {"image": 0.1, "phrases": 0.2}}
    for feature in ADDED_FEATURES:
        del document["clues"][feature]
    path.write_text(json.dumps(document))
    assert read_calibration(path).likely == 0.5


def test_a_file_of_before_ranks_counted_gives_them_no_weight(
    encoded_query: EncodedQuery, tmp_path: Path
) -> None:
    path = write_calibration(plain(by_rank=0.0), tmp_path / "confidence.json")
    document = json.loads(path.read_text())
    for name in ("rank_offset", "rank_power"):
        del document[name]
    for row in (document["columns"], document["constant"], *document["clues"].values()):
        row.pop()
    path.write_text(json.dumps(document))
    found = masses(encoded_query, read_calibration(path), 0.0, np.log(2), np.log(5))
    assert found.mass == pytest.approx([1 / 8, 2 / 8, 5 / 8])


def test_a_calibration_comes_back_from_its_files(tmp_path: Path) -> None:
    path = write_calibration(plain(inverse_temperature=1.25), tmp_path / "confidence.json")
    back = read_calibration(path)
    assert back.inverse_temperature == pytest.approx(
        plain(inverse_temperature=1.25).inverse_temperature
    )
    assert back.sources == ("a, b",)
    assert (back.background.facts == plain().background.facts).all()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["confidence.json", "confidence.npz"]


@pytest.mark.parametrize("damage", ["{}", "no JSON", '{"clues": 3}', "[]"])
def test_a_file_that_is_no_calibration_is_named(tmp_path: Path, damage: str) -> None:
    path = write_calibration(plain(), tmp_path / "confidence.json")
    path.write_text(damage)
    with pytest.raises(ModelError, match=r"confidence\.json.*calibrate"):
        read_calibration(path)
    with pytest.raises(ModelError, match="calibrate"):
        read_calibration(tmp_path / "missing.json")


def test_a_calibration_with_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write_calibration(plain(), tmp_path / "confidence.json")
    document = json.loads(path.read_text())
    document["clues"]["tiles"][1] = 0
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="scales"):
        read_calibration(path)


def test_a_search_says_how_sure_it_is(tiny_gallery: Gallery, encoder: SentenceEncoder) -> None:
    found = search_with_trace(
        tiny_gallery, encoder, Query("the statue of Alexander on a cobbled square")
    )
    result = found.result
    assert result.verdict is not None
    assert result.p_outside == found.posterior.p_outside
    assert found.posterior.mass.sum() == pytest.approx(1 - found.posterior.p_outside)
    assert result.candidates
    for one in result.candidates:
        assert one.confidence is not None
        assert 0 <= one.confidence <= 1
    assert result.timings_ms["judge"] >= 0


@pytest.mark.parametrize("text", ["xqzt vrrp wkkj", "hello", "where am i"])
def test_nonsense_is_probably_nowhere_here(
    text: str, tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    found = search_with_trace(tiny_gallery, encoder, Query(text))
    assert found.result.verdict == "probably not in this gallery"


@pytest.mark.parametrize("channels", [("facts",), ("names",), ("facts", "names")])
def test_every_choice_of_channels_is_judged(
    channels: tuple, tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    found = search_with_trace(
        tiny_gallery, encoder, Query("a pharmacy near the tram", channels=channels)
    )
    assert np.isfinite(found.posterior.mass).all()
    assert found.result.candidates[0].confidence is not None


def test_clues_far_from_the_usual_do_not_run_away(encoded_query: EncodedQuery) -> None:
    count = len(FEATURES)
    steep = replace(
        plain(), inverse_temperature=np.full(count + 1, 0.1), scale=np.full(count, 1e-6)
    )
    assert np.isfinite(masses(encoded_query, steep, 0.1, 0.9).mass).all()
