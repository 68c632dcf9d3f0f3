"""The fit of the ranking's weights: on examples with a known answer, and from files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for
from tiny_osm import tiny_city

from core.errors import QueryError
from core.evaluation.ranking_fit import RankingExample, fit_ranking, fit_ranking_from_files
from core.models.sentence import SentenceEncoder
from core.retrieval.fusion import SIGNALS
from core.retrieval.ranking import (
    WEIGHT_ROWS,
    learned_weights,
    read_ranking,
    unlearned_table,
    write_ranking,
)
from core.retrieval.relation_values import KERNELS

LEARNED = np.argwhere(learned_weights())
NAME_CLOSE = [WEIGHT_ROWS.index("name"), KERNELS.index("close")]


def examples(count: int, weight: float, seed: int = 0) -> list[RankingExample]:
    """Searches of 30 tiles; the truth is drawn by fused · 20 and one feature · `weight`."""
    random = np.random.default_rng(seed)
    column = len(SIGNALS) + int(np.flatnonzero((LEARNED == NAME_CLOSE).all(axis=1))[0])
    made = []
    for _ in range(count):
        fused = random.random(30).astype(np.float32) / 10
        features = np.zeros((30, len(SIGNALS) + len(LEARNED)), dtype=np.float32)
        features[:, column] = random.random(30)
        likely = np.exp(20 * fused.astype(float) + weight * features[:, column])
        near = np.arange(30) == random.choice(30, p=likely / likely.sum())
        made.append(RankingExample("town", fused, features, np.zeros(30, np.float32), near))
    return made


def test_the_fit_finds_the_weight_of_a_kernel() -> None:
    found = fit_ranking(examples(800, 4.0))
    weight = found.weights[tuple(NAME_CLOSE)] * found.sharpness
    assert 2.0 < weight < 5.0
    others = found.weights - unlearned_table()
    others[tuple(NAME_CLOSE)] = 0
    assert np.abs(others).max() == 0
    assert found.sources == ("town",)


def test_what_tells_nothing_gets_almost_no_weight() -> None:
    found = fit_ranking(examples(800, 0.0))
    assert abs(found.weights[tuple(NAME_CLOSE)] * found.sharpness) < 0.5
    assert found.sharpness == pytest.approx(20, rel=0.4)


def test_the_same_examples_give_the_same_weights() -> None:
    one, other = (fit_ranking(examples(60, 2.0)).to_json() for _ in range(2))
    assert one == other


def test_a_fit_needs_descriptions_near_tiles() -> None:
    with pytest.raises(QueryError, match="near a tile"):
        fit_ranking([])


def test_files_teach_weights_that_search_reads(
    build: Callable[..., Path], encoder: SentenceEncoder, tmp_path: Path
) -> None:
    build("here", tiny_city(frozenset()).write(tmp_path / "here.osm"), tmp_path / "galleries")
    texts = ("a bar next to the statue", "across from Café Ångström", "a white cathedral")
    path = tmp_path / "set.jsonl"
    rows = [
        {"text": text, "lat": 60.1702 + 0.0003 * number, "lon": 24.9412}
        for number, text in enumerate(texts)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    settings, told = settings_for(tmp_path / "galleries"), list[tuple[str, int, int]]()
    model = fit_ranking_from_files(
        [("here", path)], settings, encoder, 1, lambda *step: told.append(step)
    )
    assert told[-1] == ("here, set", 3, 3)
    assert model.sources == ("set",)
    assert np.abs(model.weights - unlearned_table()).max() > 0
    again = read_ranking(write_ranking(model, tmp_path / "ranking.json"))
    assert again.weights == pytest.approx(model.weights, rel=1e-3)
