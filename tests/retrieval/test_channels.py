"""The channels and their fusion against plain loops."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gallery import Gallery
from core.geo import METRES_PER_DEGREE, haversine_m
from core.models.sentence import SentenceEncoder
from core.records import CHANNELS, Channel
from core.retrieval import channels as registry
from core.retrieval import rank_tiles
from core.retrieval.channels import (
    SPECS,
    ChannelResult,
    ChannelSpec,
    Matches,
    MatchIndex,
    Signal,
    best_by_tile,
    fact_matches,
    normalized_sum,
)
from core.retrieval.channels import matching as channels
from core.retrieval.channels.image import median_to_max_scale, picture_reliability
from core.retrieval.fusion import SIGNALS, ordered, signals_of, suppress_neighbours
from core.retrieval.query_encoding import (
    EncodedQuery,
    encode_query,
    is_mostly_foreign,
    tokenize_query,
)
from core.retrieval.search import match_index_of

Read = Callable[[str], EncodedQuery]
MENTION_FILES = ("mentions", "named_places", "packed_places", "street_lines", "local_names")
"""The parts of the channel `names`: of its signal `mentions`, and names as words."""


@pytest.fixture(scope="module")
def match_index(tiny_gallery: Gallery) -> MatchIndex:
    return match_index_of(tiny_gallery)


@pytest.fixture(scope="module")
def read(encoder: SentenceEncoder) -> Read:
    return lambda text: encode_query(tokenize_query(text, encoder), encoder)


def random_matches(match_index: MatchIndex, rows: int, count: int, seed: int) -> Matches:
    random = np.random.default_rng(seed)
    return Matches(
        random.integers(0, max(rows, 1), count),
        random.integers(0, len(match_index.named), count),
        random.random(count).astype(np.float32),
    )


@pytest.mark.parametrize(("rows", "count", "seed"), [(1, 1, 0), (3, 40, 1), (5, 200, 2), (2, 0, 3)])
def test_the_best_match_of_each_tile_equals_a_double_loop(
    rows: int, count: int, seed: int, match_index: MatchIndex
) -> None:
    matches = random_matches(match_index, rows, count, seed)
    links = match_index.gallery.links
    weights = match_index.weights(np.arange(len(links.fact)))
    naive = np.zeros((rows, len(match_index.gallery)), dtype=np.float32)
    for term, fact, strength in zip(matches.term, matches.fact, matches.strength, strict=True):
        for link in range(len(links.fact)):
            if links.fact[link] == fact:
                tile = links.tile[link]
                naive[term, tile] = max(naive[term, tile], strength * weights[link])
    no_bearings = np.full(rows, np.nan, dtype=np.float32)
    assert best_by_tile(match_index, matches, no_bearings) == pytest.approx(naive, abs=1e-6)


@pytest.mark.parametrize("limited", [False, True])
def test_the_sum_over_terms_is_that_of_the_best_matches(
    limited: bool, match_index: MatchIndex
) -> None:
    matches = random_matches(match_index, 5, 200, 2)
    bearings = np.array([np.nan, 90, np.nan, 10, np.nan], dtype=np.float32)
    mask = np.arange(len(match_index.gallery)) % 3 > 0 if limited else None
    for directions in (bearings, np.full(5, np.nan, dtype=np.float32)):
        best = best_by_tile(match_index, matches, directions)
        sums = channels.sum_by_tile(match_index, matches, directions, mask)
        assert sums.share.tolist() == normalized_sum(best, mask).tolist()
        assert sums.best.tolist() == (best if mask is None else best * mask).max(axis=1).tolist()


def test_a_thing_counts_less_where_it_lies_on_the_wrong_side(match_index: MatchIndex) -> None:
    links = match_index.gallery.links
    link = int(np.argmax((links.distance_m > 40) & (links.distance_m < 70)))
    fact, tile = links.fact[link], links.tile[link]
    matches = Matches(np.array([0]), np.array([fact]), np.array([1], dtype=np.float32))

    def strength(bearing: float) -> float:
        said = np.array([bearing], dtype=np.float32)
        return float(best_by_tile(match_index, matches, said)[0, tile])

    there = float(links.bearing_deg[link])
    assert strength(there) == pytest.approx(strength(np.nan), rel=1e-5)
    assert 0 < strength((there + 180) % 360) < strength((there + 90) % 360) < strength(there)


def test_a_nearer_thing_counts_more(match_index: MatchIndex) -> None:
    links = match_index.gallery.links
    weights = match_index.weights(np.arange(len(links.fact)))
    assert len(match_index.named) > 20
    for fact in range(len(match_index.named)):
        mine = slice(links.starts[fact], links.starts[fact + 1])
        assert (links.fact[mine] == fact).all()
        by_distance = np.argsort(links.distance_m[mine], kind="stable")
        assert (np.diff(weights[mine][by_distance]) <= 1e-6).all()
    assert (weights > 0).all()
    assert (weights <= 1).all()


def test_the_links_of_a_tile_are_its_own(match_index: MatchIndex) -> None:
    links = match_index.gallery.links
    assert len(match_index.gallery) > 60
    for tile in range(0, len(match_index.gallery), 7):
        assert sorted(match_index.links_of(tile)) == np.flatnonzero(links.tile == tile).tolist()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 5), st.integers(1, 8), st.integers(0, 99))
def test_shares_lie_between_nothing_and_everything(rows: int, tiles: int, seed: int) -> None:
    best = np.random.default_rng(seed).random((rows, tiles)).astype(np.float32)
    share = normalized_sum(best)
    assert share.shape == (tiles,)
    assert (share >= 0).all()
    assert (share <= 1 + 1e-6).all()
    attainable = sum(max(row) for row in best.tolist())
    for tile in range(tiles):
        wanted = sum(row[tile] for row in best.tolist()) / attainable if rows else 0
        assert share[tile] == pytest.approx(wanted, abs=1e-5)


def test_what_nothing_matches_shares_nothing() -> None:
    assert normalized_sum(np.zeros((3, 4), dtype=np.float32)).tolist() == [0, 0, 0, 0]


# --- Pictures -----------------------------------------------------------------------------------


def test_the_scale_of_pictures_worked_out_by_hand() -> None:
    """The middle of 0.1, 0.2, 0.3, 0.4 and 0.7 is 0.3, the best 0.4 above it."""
    cosines = np.array([0.7, 0.1, 0.3, 0.4, 0.2], dtype=np.float32)
    assert median_to_max_scale(cosines) == pytest.approx(np.array([1, -0.5, 0, 0.25, -0.25]))
    mask = np.array([False, True, True, True, False])
    assert median_to_max_scale(cosines, mask) == pytest.approx(np.array([0, -1, 0, 1, 0]))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 30), st.integers(0, 999))
def test_the_scale_of_pictures_equals_a_plain_loop(tiles: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cosines = random.uniform(-1, 1, tiles).astype(np.float32)
    mask = random.random(tiles) < 0.7
    mask[random.integers(tiles)] = True
    allowed = sorted(float(c) for c, kept in zip(cosines, mask, strict=True) if kept)
    middle = (allowed[(len(allowed) - 1) // 2] + allowed[len(allowed) // 2]) / 2
    assert allowed
    assert len(cosines) == tiles > 0
    for found, cosine, kept in zip(median_to_max_scale(cosines, mask), cosines, mask, strict=True):
        wanted = (cosine - middle) / max(allowed[-1] - middle, 1e-6) if kept else 0
        assert found == pytest.approx(max(-1, min(1, wanted)), abs=1e-4)


def test_pictures_that_are_all_alike_say_nothing() -> None:
    assert median_to_max_scale(np.full(5, 0.3, dtype=np.float32)).tolist() == [0] * 5
    assert picture_reliability(np.full(5, 0.3, dtype=np.float32), 0.5) == 0


def test_how_sure_pictures_are_worked_out_by_hand() -> None:
    """The best of 0.7, 0.1, 0.3, 0.4 and 0.2 is 0.4 above the middle."""
    cosines = np.array([0.7, 0.1, 0.3, 0.4, 0.2], dtype=np.float32)
    assert picture_reliability(cosines, 0.8) == pytest.approx(0.25)
    assert picture_reliability(cosines, 0.3) == 1
    assert picture_reliability(cosines, None) == 1
    assert picture_reliability(cosines[:1], 0.3) == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 30), st.floats(0.01, 2), st.integers(0, 999))
def test_how_sure_pictures_are_equals_a_plain_loop(tiles: int, sure: float, seed: int) -> None:
    cosines = np.random.default_rng(seed).uniform(-1, 1, tiles).astype(np.float32)
    ranked = sorted(cosines.tolist())
    middle = (ranked[(tiles - 1) // 2] + ranked[tiles // 2]) / 2
    share = (ranked[-1] - middle) / sure
    assert picture_reliability(cosines, sure) == pytest.approx(
        1 if share > 1 else share * share, abs=1e-5
    )


# --- Fusion -------------------------------------------------------------------------------------


def test_the_names_channel_does_not_hear_the_embeddings(tiny_gallery: Gallery, read: Read) -> None:
    encoded_query = read("Café Ångström beside a church")
    deaf = replace(
        encoded_query,
        embedding=-encoded_query.embedding,
        phrase_embeddings=-encoded_query.phrase_embeddings,
    )
    for channel, same in ((("names",), True), (("facts",), False), (("facts", "names"), False)):
        one = rank_tiles(tiny_gallery, encoded_query, channel).scores
        other = rank_tiles(tiny_gallery, deaf, channel).scores
        assert np.array_equal(one, other) is same


def test_the_facts_channel_does_not_hear_the_words(tiny_gallery: Gallery, read: Read) -> None:
    encoded_query = read("Café Ångström beside a church")
    wordless = replace(encoded_query, words=[])
    for channel, same in ((("facts",), True), (("names",), False), (("facts", "names"), False)):
        one = rank_tiles(tiny_gallery, encoded_query, channel).scores
        other = rank_tiles(tiny_gallery, wordless, channel).scores
        assert np.array_equal(one, other) is same


def test_facts_outside_the_region_do_not_crowd_out_those_inside(
    match_index: MatchIndex, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for one fact only, it is still one that the region sees."""
    monkeypatch.setattr(fact_matches, "SIMILAR_FACTS", 1)
    encoded_query = read("the statue of Alexander")
    sees = np.zeros(len(match_index.gallery), dtype=bool)
    links = match_index.gallery.links
    statue = [
        row
        for row, text in enumerate(match_index.gallery.facts.text)
        if "tatue" in text or "memorial" in text
    ]
    sees[links.tile[np.isin(links.fact, statue)]] = True
    assert sees.any()
    assert (~sees).any()
    allowed = channels.visible_facts(match_index, ~sees)
    assert allowed is not None
    assert not set(allowed.tolist()) & set(statue)
    found = fact_matches.match_by_embedding(match_index, encoded_query, allowed)
    assert set(found.fact.tolist()) <= set(allowed.tolist())


def test_the_cosine_with_the_whole_is_that_of_the_tiles_text(
    match_index: MatchIndex, read: Read
) -> None:
    encoded_query = read("a pond")
    tiles = np.arange(len(match_index.gallery))
    wanted = match_index.gallery.tile_index.embeddings(tiles) @ encoded_query.embedding
    assert signals_of(match_index, encoded_query)["whole"] == pytest.approx(wanted, abs=1e-5)


def test_a_region_does_not_change_the_score_of_its_tiles_by_whole_cosine(
    match_index: MatchIndex, read: Read
) -> None:
    encoded_query, mask = read("a pond"), np.arange(len(match_index.gallery)) % 3 == 0
    inside, everywhere = (
        signals_of(match_index, encoded_query, mask),
        signals_of(match_index, encoded_query),
    )
    assert inside["whole"][mask] == pytest.approx(everywhere["whole"][mask], abs=1e-6)


def test_equal_scores_come_in_the_gallerys_order() -> None:
    scores = np.array([1, 3, 1, 3, 2], dtype=np.float32)
    assert ordered(scores, None).tolist() == [1, 3, 4, 0, 2]
    assert ordered(scores, np.array([True, False, True, True, True])).tolist() == [3, 4, 0, 2]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 45), st.integers(0, 999), st.floats(0, 400))
def test_spots_are_apart_as_a_plain_loop_finds_them(
    tiles: int, k: int, seed: int, separation_m: float
) -> None:
    random = np.random.default_rng(seed)
    lats = 60.17 + random.random(tiles) * 500 / METRES_PER_DEGREE
    lons = 24.94 + random.random(tiles) * 1000 / METRES_PER_DEGREE
    order = random.permutation(tiles)
    away = haversine_m(lats[:, None], lons[:, None], lats[None], lons[None])  # type: ignore[arg-type]
    borderline = np.abs(away - separation_m) < 0.5
    apart: list[int] = []
    for tile in order:
        if all(away[tile, other] >= separation_m for other in apart):
            apart.append(int(tile))
    wanted = (apart + [int(tile) for tile in order if tile not in apart])[:k]
    found = suppress_neighbours(order, lats, lons, k, separation_m)
    assert len(found) == len(set(found)) == min(k, tiles)
    if not borderline[~np.eye(tiles, dtype=bool)].any():
        assert found == wanted


def test_the_first_of_the_order_is_always_the_first_spot() -> None:
    lats, lons = np.full(5, 60.0), np.full(5, 24.0)
    assert suppress_neighbours(np.array([3, 1, 4, 0, 2]), lats, lons, 4) == [3, 1, 4, 0]


# --- Query encoding -----------------------------------------------------------------------------


def test_a_reading_has_an_embedding_for_each_phrase(read: Read) -> None:
    encoded_query = read("a white church, two benches and a pond")
    assert encoded_query.phrase_embeddings.shape == (
        len(encoded_query.phrases),
        len(encoded_query.embedding),
    )
    assert np.linalg.norm(encoded_query.phrase_embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    assert encoded_query.words == ["white", "church", "benches", "pond"]


def test_a_word_said_twice_counts_once(read: Read) -> None:
    assert read("church, church, church").words == ["church"]


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("a church", False),
        ("площадь с церковью", True),
        ("Ångström", False),
        ("123", False),
        ("מגדל", True),
    ],
)
def test_other_scripts_are_noticed(text: str, foreign: bool) -> None:
    assert is_mostly_foreign(text) is foreign


def test_every_channel_has_a_file_of_its_name_and_signals_of_its_own() -> None:
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")}
    assert files == {
        *CHANNELS,
        "__init__",
        "channel",
        "fact_matches",
        "kind_tests",
        "match_index",
        "matching",
        "surroundings",
        "word_tiles",
        *MENTION_FILES,
    }
    assert list(SPECS) == list(CHANNELS)
    assert [spec.name for spec in SPECS.values()] == list(CHANNELS)
    assert list(CHANNELS) == list(get_args(Channel))
    each = [signal for spec in SPECS.values() for signal in spec.weights]
    assert len(each) == len(set(each)) == len(SIGNALS)


def test_a_channel_in_the_table_is_searched_and_fused(
    match_index: MatchIndex, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = (np.arange(len(match_index.gallery)) % 2).astype(np.float32)
    colour = {"colour": Signal(0.62, "the colour")}
    new = ChannelSpec("colour", colour, lambda *_: ChannelResult({"colour": odd}))  # type: ignore[arg-type]
    monkeypatch.setitem(SPECS, "colour", new)  # type: ignore[misc]
    signals = signals_of(match_index, read("a pond"), None, ("facts", "colour"))  # type: ignore[arg-type]
    assert list(signals.results) == ["facts", "colour"]
    assert signals["window"].tolist() == [0] * len(match_index.gallery)
    wanted = (signals.channel("facts") + odd) / 2
    assert signals.fused(("facts", "colour")) == pytest.approx(wanted, abs=1e-6)  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        signals["smell"]
