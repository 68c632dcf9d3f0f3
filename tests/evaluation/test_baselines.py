"""The plain baselines on the tiny city, each recomputed from the gallery."""

import numpy as np
import pytest

from core.evaluation import LabelledQuery, PlainBaselines, chance, read_all, table_rankers
from core.gallery import Gallery
from core.geo import Position, haversine_m
from core.models.sentence import SentenceEncoder


def test_the_plain_baselines_score_every_tile(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    queries = [LabelledQuery("Café Ångström", Position(60.171, 24.9425), "", "1")]
    (encoded_query,) = read_all(queries, encoder, lambda *_: None)
    plain = PlainBaselines(tiny_gallery)
    parts = [
        plain.bm25(encoded_query),
        plain.whole_tile(encoded_query),
        plain.best_fact(encoded_query),
    ]
    for scores in parts:
        assert scores.shape == (len(tiny_gallery),)
        assert np.isfinite(scores).all()
    sees = {
        tiny_gallery.links.tile[link]
        for link in range(len(tiny_gallery.links.fact))
        if "Ångström" in tiny_gallery.facts.text[tiny_gallery.links.fact[link]]
        and tiny_gallery.links.distance_m[link] <= 50
    }
    assert {int(row) for row in np.flatnonzero(parts[0] > 0)} == {int(row) for row in sees}
    ranks = sum(np.argsort(np.argsort(-scores, kind="stable"), kind="stable") for scores in parts)
    assert plain.rank_sum(encoded_query) == pytest.approx(-ranks)


def test_a_table_has_the_baselines_each_channel_and_all(tiny_gallery: Gallery) -> None:
    rows = table_rankers(tiny_gallery)
    assert len(rows) >= 5
    assert {"facts", "names"} <= set(rows)


def test_chance_is_the_share_of_tiles_near_the_truth(tiny_gallery: Gallery) -> None:
    lat, lon = float(tiny_gallery.lats[0]), float(tiny_gallery.lons[0])
    near = sum(
        haversine_m(lat, lon, *at) <= 100
        for at in zip(tiny_gallery.lats.tolist(), tiny_gallery.lons.tolist(), strict=True)
    )
    missed = 1 - near / len(tiny_gallery)
    assert 0 < missed < 1
    here = LabelledQuery("here", Position(lat, lon), "", "1")
    assert chance(tiny_gallery, [here]) == pytest.approx(
        {
            "L@100m": 100 * (1 - missed),
            "L@100m_top5": 100 * (1 - missed**5),
            "L@100m_top10": 100 * (1 - missed**10),
        },
        abs=0.05,
    )
    elsewhere = LabelledQuery("elsewhere", Position(lat + 1, lon), "", "2")
    half = chance(tiny_gallery, [here, elsewhere])
    assert half["L@100m"] == pytest.approx(50 * (1 - missed), abs=0.05)
