"""The fit of confidence on examples with a known answer, and from files on a tiny city."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for
from tiny_osm import tiny_city

from core.errors import QueryError
from core.evaluation.calibration.dataset import CalibrationExample, spherical_kmeans
from core.evaluation.calibration.fit import calibrate, mass_before_truth
from core.evaluation.calibration.pipeline import fit_from_files
from core.evaluation.calibration.uninformative_texts import contradictory_text, uninformative_text
from core.models.sentence import SentenceEncoder
from core.retrieval.background_corpus import Background
from core.retrieval.confidence import write_calibration
from core.retrieval.confidence_features import FEATURES
from core.settings import Settings

NOTHING = Background(np.eye(2, 384, dtype=np.float32), np.eye(2, 384, dtype=np.float32))


def examples(count: int, inverse_temperature: float, seed: int = 0) -> list[CalibrationExample]:
    """Searches of 30 tiles, each its own surroundings; truths drawn by a softmax of the scores.

    Every fifth is of a stranger, whose best `score` is lower.
    """
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        inside = number % 5 > 0
        scores = random.random(30).astype(np.float32)
        steep = np.exp(inverse_temperature * scores.astype(float))
        true = int(random.choice(30, p=steep / steep.sum())) if inside else -1
        features = np.zeros(len(FEATURES), dtype=np.float32)
        features[FEATURES.index("score")] = random.normal(1.0 if inside else -1.0)
        made.append(
            CalibrationExample(
                "town" if inside else "town, strangers",
                features,
                scores,
                np.zeros(30, dtype=np.float32),
                np.arange(30) == true,
                true,
                30,
            )
        )
    return made


def test_the_fit_finds_how_steep_the_truth_is() -> None:
    """Vagueness takes little of it."""
    for inverse_temperature in (3.0, 12.0):
        found = calibrate(examples(1500, inverse_temperature), NOTHING)
        assert np.exp(found.inverse_temperature[0]) == pytest.approx(inverse_temperature, rel=0.25)


def test_the_fit_tells_strangers_by_their_score() -> None:
    found = calibrate(examples(600, 6.0), NOTHING)
    row = 1 + FEATURES.index("score")
    assert found.p_outside[row] < -0.5
    assert np.abs(np.delete(found.p_outside[1:], row - 1)).max() < 0.1
    assert 0 < found.absent < 1


def test_the_area_has_the_truth_in_four_of_five() -> None:
    found = calibrate(examples(1000, 8.0), NOTHING)
    fresh = [one for one in examples(1000, 8.0, seed=1) if one.inside]
    usual = (np.stack([one.features for one in fresh]) - found.mean) / found.scale
    held = [
        mass_before_truth(found, one, np.concatenate([[1.0], row.clip(-3, 3)])) < found.area
        for one, row in zip(fresh, usual, strict=True)
    ]
    assert 0.75 <= np.mean(held) <= 0.85


def test_the_same_lessons_teach_the_same() -> None:
    one, other = (calibrate(examples(200, 5.0), NOTHING).to_json() for _ in range(2))
    assert one == other


def test_a_fit_wants_both_sorts() -> None:
    inside = [one for one in examples(20, 5.0) if one.inside]
    with pytest.raises(QueryError, match="outside a gallery"):
        calibrate(inside, NOTHING)
    with pytest.raises(QueryError, match="near any tile"):
        calibrate([one for one in examples(20, 5.0) if not one.inside], NOTHING)


def test_typical_embeddings_are_unit_means_of_groups() -> None:
    groups = np.repeat(np.eye(3, 8, dtype=np.float32), 20, axis=0)
    found = spherical_kmeans(groups, 3, seed=0)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)
    assert len(spherical_kmeans(groups[:2], 5, seed=0)) == 2


def test_idle_texts_have_none_of_the_words_of_a_place() -> None:
    random = np.random.default_rng(0)
    texts = [uninformative_text("cathedral fountain marketplace", random) for _ in range(60)]
    assert len(set(texts)) > 20
    assert not [text for text in texts if "marketplace" in text]


# --- From files ---------------------------------------------------------------------------------

TEXTS = (
    "a cobbled square with a statue and a fountain",
    "a white cathedral",
    "Café Ångström",
    "benches in a park",
    "a pond with swans",
    "a pharmacy by the tram",
    "a flight of steps",
    "a playground in a garden",
)
Learn = Callable[..., object]


@pytest.fixture(scope="module")
def two_towns(build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("two")
    for name, without in (("here", frozenset()), ("there", frozenset({"statue", "benches"}))):
        build(name, tiny_city(without).write(home / f"{name}.osm"), home / "galleries")
    return settings_for(home / "galleries")


def a_set(path: Path, texts: Sequence[str] = TEXTS) -> Path:
    rows = [
        {"text": text, "lat": 60.1702 + 0.0003 * number, "lon": 24.9412}
        for number, text in enumerate(texts)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def test_files_of_two_towns_teach_the_same_twice(
    two_towns: Settings, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    path = a_set(tmp_path / "set.jsonl")
    written = []
    for number in range(2):
        learned = fit_from_files(
            [("here", path), ("there", path)], (), two_towns, encoder, 1, lambda *_: None
        )
        written.append(write_calibration(learned, tmp_path / f"{number}.json").read_text())
    assert written[0] == written[1]
    assert "here, set" in written[0]
    assert "here, strangers" in written[0]


def test_one_town_alone_has_no_strangers(
    two_towns: Settings, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    path = a_set(tmp_path / "set.jsonl")
    with pytest.raises(QueryError, match="two galleries"):
        fit_from_files([("here", path)], (), two_towns, encoder, 1, lambda *_: None)


def test_a_contradictory_text_goes_on_with_names_that_its_town_does_not_have() -> None:
    foreign = ["beside the Eiffel Tower, past Café Oak", "a park", "next to Colosseum"]
    known = {"cafe", "oak"}
    for seed in range(20):
        text = contradictory_text(
            "Near Havis Amanda.", foreign, known.__contains__, np.random.default_rng(seed)
        )
        assert text.startswith("Near Havis Amanda, ")
        assert "Oak" not in text
        assert "Eiffel Tower" in text or "Colosseum" in text
    nothing = contradictory_text("here", ["a park"], known.__contains__, np.random.default_rng(0))
    assert nothing == ""
