"""A real small CLIP on a tiny collection, compared with a plain loop."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_clip import small_encoder
from tiny_collection import CONTINENTS, quiet, rows, written

from core.errors import SourceError
from core.evaluation.collection_run import (
    EmbeddedCollection,
    collection_report,
    embed_split,
    rank_collection,
)
from core.geo import haversine_km
from core.models import DualEncoder
from core.sources.collection import Collection


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> DualEncoder:
    return small_encoder(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Twelve rows; the one before the last has two descriptions, the last one none."""
    every = rows()
    every[-2] = replace(every[-2], descriptions=("a park", "a bridge"))
    every[-1] = replace(every[-1], descriptions=())
    return written(tmp_path_factory.mktemp("collection"), every, continents=CONTINENTS)


@pytest.fixture(scope="module")
def embedded(collection: Collection, encoder: DualEncoder) -> EmbeddedCollection:
    return embed_split(collection, "test", "world", encoder, quiet)


def test_a_split_is_embedded_row_by_row(embedded: EmbeddedCollection, encoder: DualEncoder) -> None:
    assert embedded.ids == tuple(row.row_id for row in rows()[6:])
    assert embedded.own.tolist() == [0, 1, 2, 3, 4, 4]
    assert embedded.region_names == ("osaka", "quito")
    assert embedded.continents == ("Asia", "South America")
    assert embedded.texts[5] == pytest.approx(encoder.encode_texts(["a bridge"])[0], abs=1e-5)


@pytest.mark.parametrize("scope", ["world", "region"])
def test_the_ranking_is_that_of_a_plain_loop(scope: str, embedded: EmbeddedCollection) -> None:
    outcomes = rank_collection(embedded, scope)  # type: ignore[arg-type]
    assert len(outcomes) == 6
    for query, outcome in enumerate(outcomes):
        truth = int(embedded.own[query])
        among = [
            row
            for row in range(len(embedded.ids))
            if scope == "world" or embedded.regions[row] == embedded.regions[truth]
        ]
        cosines = {row: float(embedded.texts[query] @ embedded.pictures[row]) for row in among}
        order = sorted(among, key=lambda row: -cosines[row])
        assert outcome.rank == 1 + order.index(truth)
        assert outcome.top_tile == embedded.ids[order[0]]
        km = [
            haversine_km(
                embedded.lats[truth], embedded.lons[truth], embedded.lats[row], embedded.lons[row]
            )
            for row in order
        ]
        assert outcome.distances_m == pytest.approx(1000 * np.array(km), abs=0.01)


def test_equal_pictures_count_against_a_text(embedded: EmbeddedCollection) -> None:
    constant = replace(embedded, pictures=np.zeros_like(embedded.pictures))
    assert [one.rank for one in rank_collection(constant, "world")] == [6] * 6
    assert [one.rank for one in rank_collection(constant, "region")] == [3] * 6


def test_the_report_counts_each_region_alike(embedded: EmbeddedCollection) -> None:
    right = np.eye(6, dtype=np.float32)
    wrong = right[[1, 0, 2, 3, 4, 4]]
    perfect = replace(embedded, pictures=right, texts=wrong)
    found = collection_report(perfect, rank_collection(perfect, "world"), "world")
    assert (found["n"], found["pictures"], found["regions"]) == (6, 6, 2)
    assert found["R@1"] == pytest.approx(66.67)
    assert found["by_region"]["osaka"] == {"n": 3, "R@1": 33.33, "L@100m": 33.33}
    assert found["by_continent"]["South America"]["R@1"] == 100
    assert found["mean_over_regions"]["R@1"] == pytest.approx((33.33 + 100) / 2, abs=0.01)
    assert found["scope"] == "world"


def test_continents_decide_in_the_other_protocol(
    collection: Collection, encoder: DualEncoder, tmp_path: Path
) -> None:
    found = embed_split(collection, "test", "intercontinental", encoder, quiet)
    assert found.region_names == ("osaka",)
    bare = written(tmp_path, rows(described=False))
    with pytest.raises(SourceError, match="no descriptions in the split test"):
        embed_split(bare, "test", "world", encoder, quiet)
