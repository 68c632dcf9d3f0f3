"""Near duplicates: the fast search gives the result of a plain comparison of all pairs."""

from pathlib import Path

import numpy as np
import pytest

from core.gallery import Gallery
from core.gallery.near_duplicates import (
    APART_M,
    MIN_SIMILARITY,
    Partners,
    channels_of,
    look_alikes,
    partners,
)
from core.geo import METRES_PER_DEGREE

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def naive(embeddings: Floats, lats: Floats, lons: Floats, apart_m: float) -> Partners:
    """Every pair, one after another."""
    count = len(embeddings)
    row, best = np.full(count, -1), np.full(count, -np.inf, dtype=np.float32)
    scale = METRES_PER_DEGREE * np.cos(np.radians(lats.mean()))
    for a in range(count):
        for b in range(count):
            away = np.hypot((lons[a] - lons[b]) * scale, (lats[a] - lats[b]) * METRES_PER_DEGREE)
            if a == b or away < apart_m:
                continue
            similarity = np.float32(embeddings[a] @ embeddings[b])
            if similarity > best[a]:
                row[a], best[a] = b, similarity
    return Partners(row, best)


def some(count: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Embeddings of few different, exact numbers, so that many pairs are equally similar."""
    rng = np.random.default_rng(seed)
    embeddings = rng.integers(-2, 3, (count, 5)).astype(np.float32)
    return embeddings, 60 + rng.random(count) / 100, 25 + rng.random(count) / 50


@pytest.mark.parametrize("seed", range(4))
def test_partners_are_those_of_a_plain_comparison(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.gallery.near_duplicates._BLOCK", 16)
    embeddings, lats, lons = some(75, seed)
    fast, plain = (way(embeddings, lats, lons, 300.0) for way in (partners, naive))
    assert fast.row.tolist() == plain.row.tolist()
    assert fast.similarity.tolist() == plain.similarity.tolist()


def test_neighbours_are_no_twins() -> None:
    same = np.ones((3, 4), dtype=np.float32) / 2
    lats = np.array([60.0, 60.0, 60.0 + 500 / METRES_PER_DEGREE])
    found = partners(same, lats, np.array([25.0, 25.0005, 25.0]), 150.0)
    assert found.row.tolist() == [2, 2, 0]
    assert found.similarity.tolist() == [1, 1, 1]


@pytest.mark.parametrize("count", [0, 1])
def test_one_tile_alone_has_no_partner(count: int) -> None:
    found = partners(
        np.ones((count, 3), dtype=np.float32), np.full(count, 60.0), np.full(count, 25.0), 150.0
    )
    assert found.row.tolist() == [-1] * count


def test_each_tile_is_in_one_pair_at_most_and_twins_lie_apart(seen_gallery: Gallery) -> None:
    assert channels_of(seen_gallery) == ("facts", "image")
    for by in channels_of(seen_gallery):
        result = look_alikes(seen_gallery, by)
        rows = [row for pair in result.pairs for row in (pair.a, pair.b)]
        assert result.pairs
        assert len(set(rows)) == len(rows)
        assert all(pair.distance_m >= APART_M - 0.5 for pair in result.pairs)
        similarities = [pair.similarity for pair in result.pairs]
        assert similarities == sorted(similarities, reverse=True)
        if result.count:
            assert min(similarities) >= MIN_SIMILARITY[by]


def test_a_bundled_city_is_compared() -> None:
    from core import settings
    from core.gallery import open_gallery

    gallery = open_gallery("neubrandenburg", settings.load({"SAYWHERE_DATA": str(Path("none"))}))
    result = look_alikes(gallery, "facts")
    assert result.count > 1000, "fields and forests read the same"
