"""The distinct facts of regions, against all facts of each region."""

from dataclasses import replace

import numpy as np
import pytest

from core import settings as machine
from core.arrays import F32
from core.gallery import Gallery, open_gallery
from core.gallery.tables import pack_embeddings
from core.retrieval.distinct_facts import DistinctFacts, distinct_arrays, hashed


def unit(*rows: tuple[float, ...]) -> F32:
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_a_region_has_the_best_cosine_of_its_own_facts_only() -> None:
    bench, church = hashed("bench"), hashed("church")
    facts = DistinctFacts(
        [np.array([bench]), np.array([church, bench])],
        [pack_embeddings(unit((1, 0))), pack_embeddings(unit((0, 1), (1, 0)))],
    )
    best = facts.best(unit((1, 0), (0, 1)))
    assert best == pytest.approx(np.array([[1, 1], [0, 1]]), abs=0.01)


def test_regions_without_facts_have_none_and_other_widths_do_not_count() -> None:
    nothing = np.zeros((1, 1), dtype=np.int8)
    facts = DistinctFacts(
        [np.array([0]), np.array([hashed("bench")])], [nothing, pack_embeddings(unit((1, 0)))]
    )
    assert facts.best(unit((1, 0))) == pytest.approx(np.array([[0, 1]]), abs=0.01)
    assert facts.best(unit((1, 0, 0))).tolist() == [[0, 0]]


@pytest.fixture(scope="module")
def monaco() -> Gallery:
    settings = machine.load({})
    return open_gallery("monaco", replace(settings, user_galleries=settings.bundled_galleries))


def test_facts_without_a_name_are_matched_exactly_and_named_ones_by_what_they_are(
    monaco: Gallery,
) -> None:
    arrays = distinct_arrays(monaco)
    facts = DistinctFacts([arrays["distinct_hash"]], [arrays["distinct_code"]])
    every = monaco.fact_index.embeddings(np.arange(len(monaco.fact_index)))
    is_named = np.array([bool(monaco.facts.names[fact]) for fact in monaco.spoken.tolist()])
    assert len(arrays["distinct_hash"]) < len(every) / 2
    nameless = every[~is_named]
    assert facts.best(nameless[::9]).ravel() == pytest.approx(np.ones(len(nameless[::9])), abs=0.01)
    cafes = [
        row
        for row, fact in enumerate(monaco.spoken.tolist())
        if monaco.facts.text[fact].startswith("cafe: ")
    ]
    assert len(cafes) > 3
    assert facts.best(every[cafes]).min() > 0.5
