"""Comparison of two tiles: differences that add up, and sentences that the map confirms."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for
from tiny_osm import tiny_city

from core import settings
from core.errors import GalleryError, QueryError
from core.explain.comparison import compare
from core.explain.comparison_sentences import doubt
from core.explain.ledger import standing_ledger
from core.explain.nearest import kind_of, nearest_m
from core.gallery import Gallery, open_gallery
from core.geo import Position, haversine_m
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder
from core.records import Channel, Evidence, Fit, LedgerEntry, Query, Standing
from core.retrieval import SearchTrace, bind_picture_encoder, search_with_trace

TEXT = "A fountain to the north, a white cathedral. Tram rails; Oak Avenue and a pub, blue sky"

Search = Callable[..., SearchTrace]


@pytest.fixture(scope="module")
def look(encoder: SentenceEncoder, tiny_gallery: Gallery) -> Search:
    def run(text: str = TEXT, **options: object) -> SearchTrace:
        return search_with_trace(tiny_gallery, encoder, Query(text, **options))  # type: ignore[arg-type]

    return run


def nearest_tile(gallery: Gallery, x: float, y: float) -> str:
    at = tiny_city().position(x, y)
    return gallery.tile_ids[int(haversine_m(at.lat, at.lon, gallery.lats, gallery.lons).argmin())]


def added_up(trace: SearchTrace, a: str, b: str) -> float:
    made = compare(trace, a, b)
    return sum(one.difference for one in made.phrases) + sum(one.difference for one in made.whole)


@pytest.mark.parametrize("channels", [None, ("facts",), ("names",), ("names", "facts")])
def test_all_differences_add_up_to_that_of_the_similarities(
    channels: tuple[Channel, ...] | None, look: Search, tiny_gallery: Gallery
) -> None:
    trace = look(channels=channels)
    scores = trace.ranking.scores.astype(np.float64)
    random = np.random.default_rng(0)
    for _ in range(12):
        a, b = random.choice(len(tiny_gallery), 2, replace=False).tolist()
        total = added_up(trace, tiny_gallery.tile_ids[a], tiny_gallery.tile_ids[b])
        assert total == pytest.approx(scores[a] - scores[b], abs=1e-6)


def test_they_add_up_where_a_region_is_searched_and_for_tiles_outside_it(
    look: Search, tiny_gallery: Gallery
) -> None:
    at = Position(float(tiny_gallery.lats[0]), float(tiny_gallery.lons[0]))
    trace = look(near=at, within_m=150.0)
    assert trace.mask is not None
    inside, outside = np.flatnonzero(trace.mask), np.flatnonzero(~trace.mask)
    a, b, c = (tiny_gallery.tile_ids[int(row)] for row in (*inside[:2], outside[0]))
    for one, other in ((a, b), (a, c)):
        made = compare(trace, one, other)
        assert added_up(trace, one, other) == pytest.approx(made.difference, abs=1e-6)
    assert compare(trace, a, c).rank_b is None
    assert compare(trace, a, c).rank_a is not None


def test_they_add_up_with_pictures(
    seen_gallery: Gallery, compact: CompactEncoder, encoder: SentenceEncoder
) -> None:
    trace = search_with_trace(
        seen_gallery, encoder, Query(TEXT), bind_picture_encoder(seen_gallery, compact)
    )
    a, b = seen_gallery.tile_ids[0], seen_gallery.tile_ids[-1]
    made = compare(trace, a, b)
    assert "image" in {one.channel for one in made.whole}
    assert added_up(trace, a, b) == pytest.approx(made.difference, abs=1e-6)


def test_a_phrase_weighs_what_the_description_without_its_best_matches_lacks(
    look: Search, tiny_gallery: Gallery
) -> None:
    """One phrase alone: its difference is its signal's, times the signal's share, by hand."""
    trace = look("a fountain", channels=("facts",))
    a, b = nearest_tile(tiny_gallery, 80, 50), nearest_tile(tiny_gallery, 390, 360)
    rows = [tiny_gallery.row_of(one) for one in (a, b)]
    (phrase,) = compare(trace, a, b).phrases
    seen = trace.ranking.signals["phrases"][rows].astype(np.float64)
    share = 0.25 / (0.25 + 0.14 + 0.23)
    assert phrase.differences == {"facts": pytest.approx(share * (seen[0] - seen[1]), abs=1e-7)}
    assert phrase.favours == "a"


def test_turning_the_two_round_turns_every_sign(look: Search, tiny_gallery: Gallery) -> None:
    trace = look()
    a, b = tiny_gallery.tile_ids[3], tiny_gallery.tile_ids[40]
    there, back = compare(trace, a, b), compare(trace, b, a)
    assert there.phrases
    for one, other in zip(there.phrases, back.phrases, strict=True):
        assert one.difference == pytest.approx(-other.difference)
        assert one.a == other.b
    assert there.difference == pytest.approx(-back.difference)


def test_what_only_one_has_is_told_with_the_distance_of_the_other(
    look: Search, tiny_gallery: Gallery
) -> None:
    trace = look("a fountain")
    a, b = nearest_tile(tiny_gallery, 80, 50), nearest_tile(tiny_gallery, 390, 360)
    (phrase,) = compare(trace, a, b).phrases
    tile = tiny_gallery.tile(tiny_gallery.row_of(b))
    fountain = tiny_city().position(80, 50)
    away = float(haversine_m(tile.lat, tile.lon, np.array(fountain.lat), np.array(fountain.lon)))
    assert phrase.sentence.startswith("A has a fountain ")
    assert phrase.sentence.endswith(
        f"; for B the nearest fountain is about {round(away, -1):.0f} m away."
    )


def test_nothing_is_said_of_a_phrase_the_map_has_nothing_for(
    look: Search, tiny_gallery: Gallery
) -> None:
    made = compare(look(), tiny_gallery.tile_ids[0], tiny_gallery.tile_ids[-1])
    (sky,) = [one for one in made.phrases if "sky" in one.phrase]
    assert sky.sentence == ""
    assert sky.favours == "neither"


def test_what_favours_a_place_without_evidence_is_told(look: Search, tiny_gallery: Gallery) -> None:
    trace, random = look("an old oak, roses and a lime tree"), np.random.default_rng(1)
    told = []
    for _ in range(40):
        a, b = (tiny_gallery.tile_ids[row] for row in random.choice(len(tiny_gallery), 2, False))
        phrases = compare(trace, a, b, ("here", "there")).phrases
        assert len(phrases) == 3
        for one in phrases:
            evidence = {"a": one.a, "b": one.b, "neither": None}[one.favours]
            if evidence is not None and not evidence.supported:
                label = "here" if one.favours == "a" else "there"
                assert f"it counts for {label} by " in one.sentence
                told.append(one.sentence)
            else:
                assert "it counts for" not in one.sentence
    assert told
    assert all("Rose Garden" in one for one in told if "“roses”" in one)


def test_each_sentence_follows_from_the_standing_in_the_ledgers(encoder: SentenceEncoder) -> None:
    gallery = open_gallery("helsinki", settings.load({}))
    text = "bronze horse rider statue, water in front, a bench"
    trace = search_with_trace(gallery, encoder, Query(text, k=2, channels=("facts", "names")))
    first, second = trace.result.candidates
    ledgers = [standing_ledger(trace, one, encoder) for one in (first, second)]
    made = compare(trace, first.tile.tile_id, second.tile.tile_id, ("this", "that"), encoder)
    assert made.phrases
    for one, *entries in zip(made.phrases, *ledgers, strict=True):
        for label, entry in zip(("this", "that"), entries, strict=True):
            has = f"{label} has a" in one.sentence.lower() or "both have" in one.sentence.lower()
            assert has == (entry.standing == "supported"), (one.sentence, entry)
    by_phrase = {one.phrase: one.sentence for one in made.phrases}
    assert by_phrase["water in front"].startswith("This has nothing that fits; it counts for this")


@pytest.mark.parametrize(
    ("standing", "fit", "said"),
    [
        ("missing", "thing", "B has nothing that fits"),
        ("missing", "unsure", "B has at most something similar"),
        ("missing", "name", "B has it only in a name"),
        ("missing", "street", "B has the street without the number"),
        ("unchecked", "thing", "no map can show it"),
        ("contradicted", "thing", "the map contradicts it at B"),
    ],
)
def test_a_phrase_without_support_is_told_as_its_ledger_has_it(
    standing: Standing, fit: Fit, said: str
) -> None:
    evidence = Evidence("a pub", 0, 5, None, "", 0.0, fit=fit)
    assert doubt(LedgerEntry(evidence, standing, "", {}, 0.0, 0), "B") == said


def test_a_thing_taken_off_the_map_is_not_claimed(
    build: Callable[..., Path], encoder: SentenceEncoder, tmp_path: Path, tiny_gallery: Gallery
) -> None:
    source = tiny_city(frozenset({"fountain"})).write(tmp_path / "city.osm")
    build("bare", source, tmp_path / "galleries")
    bare = open_gallery("bare", settings_for(tmp_path / "galleries"))
    for gallery, expected in ((tiny_gallery, True), (bare, False)):
        a, b = nearest_tile(gallery, 80, 50), nearest_tile(gallery, 390, 360)
        made = compare(search_with_trace(gallery, encoder, Query("a fountain")), a, b)
        assert ("fountain" in "".join(one.sentence for one in made.phrases)) is expected


def test_labels_name_the_two_and_the_summary_says_who_is_ahead(
    look: Search, tiny_gallery: Gallery
) -> None:
    trace = look("a fountain")
    a, b = nearest_tile(tiny_gallery, 80, 50), nearest_tile(tiny_gallery, 390, 360)
    made = compare(trace, a, b, ("the first", "the truth"))
    assert made.summary.startswith("The first scores ")
    assert " higher than the truth. " in made.summary
    assert 'In favour of the first: "fountain".' in made.summary


def test_it_has_its_json(look: Search, tiny_gallery: Gallery) -> None:
    trace = look()
    a, b = tiny_gallery.tile_ids[0], tiny_gallery.tile_ids[-1]
    made = compare(trace, a, b)
    json = made.to_json()
    assert json["difference"] == made.difference
    assert {"phrase", "difference", "favours", "sentence", "a", "b"} <= set(json["phrases"][0])
    assert {"signal", "about", "favours"} <= set(json["whole"][0])


def test_unknown_tiles_and_one_tile_twice_are_refused(look: Search, tiny_gallery: Gallery) -> None:
    trace = look()
    with pytest.raises(GalleryError, match="no tile"):
        compare(trace, tiny_gallery.tile_ids[0], "nowhere")
    with pytest.raises(QueryError, match="with itself"):
        compare(trace, tiny_gallery.tile_ids[0], tiny_gallery.tile_ids[0])


# ---- Things ----------------------------------------------------------------------------------


def test_a_count_is_of_the_kind_it_counts(tiny_gallery: Gallery) -> None:
    counted = next(text for text in tiny_gallery.facts.text if text.endswith(" pubs"))
    assert kind_of(tiny_gallery, counted) == "pub"
    assert kind_of(tiny_gallery, "fountain") == "fountain"


def test_the_nearest_thing_equals_a_search_of_all_links(tiny_gallery: Gallery) -> None:
    links, facts = tiny_gallery.links, tiny_gallery.facts
    for tile in range(0, len(tiny_gallery), 9):
        seen = [
            float(metres)
            for metres, fact, at in zip(links.distance_m, links.fact, links.tile, strict=True)
            if at == tile and facts.kind[fact] == "fountain"
        ]
        found = nearest_m(tiny_gallery, tile, "fountain", "fountain")
        if seen:
            assert found == pytest.approx(min(seen))
        else:
            assert 100 < found < 600
    assert nearest_m(tiny_gallery, 0, "dragon", "dragon") == np.inf


def test_a_thing_with_a_name_is_only_itself(tiny_gallery: Gallery) -> None:
    name = next(text for text in tiny_gallery.facts.text if text.startswith("pub: Tick"))
    far = tiny_gallery.row_of(nearest_tile(tiny_gallery, 390, 352))
    assert nearest_m(tiny_gallery, far, name, "pub") > 250
    assert nearest_m(tiny_gallery, far, "pub", "pub") < 100


def test_evidence_that_fits_roughly_is_told_with_caution(
    look: Search, tiny_gallery: Gallery
) -> None:
    trace = look("a fountain")
    made = compare(trace, tiny_gallery.tile_ids[0], tiny_gallery.tile_ids[-1])
    evidence = next(
        piece for one in trace.result.candidates for piece in one.evidence if piece.supported
    )
    assert replace(evidence, fit="like").rough
    assert "something like it" not in "".join(one.sentence for one in made.phrases)
