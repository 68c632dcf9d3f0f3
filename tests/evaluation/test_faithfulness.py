"""Deletion curves and decoy correlations: by hand, and on the tiny city with a tiny model."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for
from PIL import Image

from core.errors import QueryError
from core.evaluation.faithfulness import (
    ORDERS,
    SHARES,
    TruePair,
    areas,
    decoy_correlation,
    faithfulness,
    orders,
    true_pairs,
    with_interval,
    without_cells,
    without_words,
)
from core.evaluation.queries import LabelledQuery
from core.explain.attribution import DECOY, DECOY_CORRELATION_LIMIT, relevance
from core.gallery import Gallery, open_gallery
from core.geo import Position
from core.models import load_model
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder

TEXTS = [
    "a white church beside a small park, tram tracks in front",
    "a bakery, and a fountain",
    "I stand on a street between high buildings; a bus stop",
    "trees and benches, a bridge",
    "water to the north, a playground behind me",
]


def queries(gallery: Gallery) -> list[LabelledQuery]:
    rows = range(0, 5 * 3, 3)
    return [
        LabelledQuery(text, Position(gallery.lats[row], gallery.lons[row]), "", str(row))
        for text, row in zip(TEXTS, rows, strict=True)
    ]


@pytest.fixture(scope="module")
def pairs(seen_gallery: Gallery) -> list[TruePair]:
    return true_pairs(seen_gallery, queries(seen_gallery))


def test_a_pair_is_the_picture_of_where_it_was_written(
    pairs: list[TruePair], seen_gallery: Gallery
) -> None:
    wanted = [seen_gallery.tile_ids[row] for row in range(0, 15, 3)]
    assert [pair.tile_id for pair in pairs] == wanted
    assert all(pair.picture.mode == "RGB" for pair in pairs)


def test_a_gallery_without_pictures_is_told(
    build: Callable[..., Path], city_osm: Path, tmp_path: Path
) -> None:
    build("blind", city_osm, tmp_path)
    gallery = open_gallery("blind", settings_for(tmp_path))
    with pytest.raises(QueryError, match=r"blind has no picture of .*; build it again with"):
        true_pairs(gallery, queries(gallery))


def test_words_are_deleted_by_hand() -> None:
    text = "a white church, tram ahead"
    words = [(0, 1), (2, 7), (8, 14), (16, 20), (21, 26)]
    assert without_words(text, words, np.array([3, 1])) == "a church, ahead"
    assert without_words(text, words, np.arange(5)) == ","
    assert without_words(text, words, np.array([], int)) == text


def test_cells_become_the_mean_colour_by_hand() -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2, 2:] = 200  # mean 50
    found = np.array(without_cells(Image.fromarray(pixels), 2, np.array([1, 2])))
    wanted = np.zeros((4, 4, 3), np.uint8)
    wanted[:2, 2:] = wanted[2:, :2] = 50
    assert np.array_equal(found, wanted)
    odd = Image.new("RGB", (50, 31), (9, 9, 9))
    assert np.array_equal(np.array(without_cells(odd, 16, np.arange(256))), np.array(odd))


def test_areas_by_hand() -> None:
    assert areas(np.ones((2, len(SHARES)))) == pytest.approx([1, 1])
    assert areas(1 - np.array(SHARES)) == pytest.approx(1 - SHARES[-1] / 2)


def test_orders_begin_with_the_most_relevant_and_end_with_it() -> None:
    most, chance, least = orders(np.array([0.1, 0.9, 0.0, 0.5]), np.random.default_rng(0))
    assert most.tolist() == [1, 3, 0, 2]
    assert least.tolist() == [2, 0, 3, 1]
    assert sorted(chance) == [0, 1, 2, 3]


def test_equals_come_in_any_order() -> None:
    rng = np.random.default_rng(0)
    first = {int(orders(np.zeros(4), rng)[0][0]) for _ in range(40)}
    assert first == {0, 1, 2, 3}


def test_an_interval_holds_its_mean_and_shrinks_to_a_constant() -> None:
    assert with_interval(np.full(9, 0.25), 1) == {"mean": 0.25, "ci": [0.25, 0.25]}
    found = with_interval(np.arange(100.0), 1)
    assert found["ci"][0] < found["mean"] < found["ci"][1]


def test_curves_are_those_of_deleting_by_hand(
    pairs: list[TruePair], compact: CompactEncoder
) -> None:
    told: list[int] = []
    found = faithfulness(pairs[:1], compact, lambda done, _: told.append(done))
    assert told == [1]
    (maps,) = relevance(compact, pairs[0].text, [pairs[0].picture])
    said = compact.encode_texts([pairs[0].text])[0]
    seen = compact.encode_pictures([pairs[0].picture])[0]
    spans = [(word.start, word.end) for word in maps.words]
    ranked = np.argsort([-word.relevance for word in maps.words], kind="stable")
    for place, share in enumerate(SHARES):
        text = without_words(pairs[0].text, spans, ranked[: round(share * len(spans))])
        cosine = float(compact.encode_texts([text])[0] @ seen)
        assert found["words"]["cosine"]["most"][place] == pytest.approx(cosine, abs=1e-3)
    ranked = np.argsort(-np.array(maps.picture).ravel(), kind="stable")
    blank = without_cells(pairs[0].picture, 4, ranked[: round(0.3 * 16)])
    cosine = float(compact.encode_pictures([blank])[0] @ said)
    place = SHARES.index(0.3)
    assert found["picture"]["cosine"]["most"][place] == pytest.approx(cosine, abs=1e-3)


def test_the_report_is_json_and_the_maps_of_the_shipped_model_are_faithful(
    seen_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    """Each text with the picture that the model likes best for it, as a search would show it."""
    shipped = load_model("compact", 1, None, encoder)
    tiles = seen_gallery.tile_ids[::4]
    looked = [Image.open(io.BytesIO(seen_gallery.picture(tile))).convert("RGB") for tile in tiles]
    best = (shipped.encode_texts(TEXTS) @ shipped.encode_pictures(looked).T).argmax(1)
    pairs = [TruePair(text, tiles[row], looked[row]) for text, row in zip(TEXTS, best, strict=True)]
    found = json.loads(json.dumps(faithfulness(pairs, shipped, lambda *_: None)))
    assert found["n"] == 5
    for part in (found["words"], found["picture"]):
        assert set(ORDERS) <= set(part["cosine"]) == set(part["area"])
        starts = {curve[0] for curve in part["cosine"].values()}
        assert max(starts) == pytest.approx(min(starts), abs=1e-4)
        assert part["minus_most"]["least"]["mean"] > 0
    assert set(found["picture"]["minus_most"]) == {"random", "least", "decoy"}


def test_how_alike_decoys_are_is_told_for_each(
    pairs: list[TruePair], compact: CompactEncoder
) -> None:
    found = decoy_correlation(pairs, compact, lambda *_: None, (DECOY, TEXTS[0]))
    assert set(found["decoys"]) == {DECOY, TEXTS[0], "others"}
    assert found["alike"] == DECOY_CORRELATION_LIMIT
    for part in found["decoys"].values():
        assert 0 <= part["auroc"] <= 1
        assert part["own"]["p5"] <= part["own"]["p95"] <= 1
    own = [relevance(compact, pair.text, [pair.picture])[0].likeness for pair in pairs]
    told = found["decoys"][DECOY]["own"]
    assert told["p50"] == pytest.approx(float(np.median(own)), abs=1e-3)
    assert told["alike_percent"] == 20 * sum(one > DECOY_CORRELATION_LIMIT for one in own)
