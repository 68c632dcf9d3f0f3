"""What the description goes by and the first place lacks is told beside the chance."""

from dataclasses import replace

import pytest

from core import settings
from core.explain.explanations import claimed_anywhere, explained
from core.explain.ledger import place_notes, standing_ledger, with_claims
from core.gallery import open_gallery
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import SearchTrace, load_picture_encoder, search_with_trace
from core.retrieval.anywhere import search_anywhere
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.relations import places_writer

WITHOUT_HALL = "two blocks from the harbour market hall, tram tracks, to the north a tower"


def searched(
    place: str, text: str, encoder: SentenceEncoder
) -> tuple[SearchTrace, PictureEncoder | None]:
    machine = settings.load({})
    gallery = open_gallery(place, machine)
    pictures = load_picture_encoder(gallery, machine, encoder)
    return search_with_trace(gallery, encoder, Query(text, k=2), pictures), pictures


def test_a_likely_place_without_the_main_thing_is_told_as_that(encoder: SentenceEncoder) -> None:
    trace, pictures = searched("helsinki", WITHOUT_HALL, encoder)
    assert trace.result.verdict == "likely"
    note = (
        "“harbour market hall”, by which you say where you are, was not found on the map near the "
        "first place."
    )
    assert with_claims(trace, encoder).notes == (note,)
    assert explained(trace, encoder, pictures).notes == (note,)


def test_a_place_that_pictures_alone_found_has_no_evidence_and_no_note(
    encoder: SentenceEncoder,
) -> None:
    trace, _ = searched("helsinki", WITHOUT_HALL, encoder)
    bare = tuple(replace(one, evidence=()) for one in trace.result.candidates)
    by_picture = replace(trace, result=replace(trace.result, candidates=bare))
    assert by_picture.result.verdict == "likely"
    assert with_claims(by_picture, encoder).notes == ()


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("helsinki", "tram tracks, to the north a tower"),
        ("helsinki", "two blocks from the railway station, tram tracks"),
        ("montevideo", "one block from Plaza Independencia, opposite Teatro Solís"),
    ],
)
def test_nothing_is_told_where_the_thing_is_there(
    place: str, text: str, encoder: SentenceEncoder
) -> None:
    assert with_claims(searched(place, text, encoder)[0], encoder).notes == ()


def test_a_street_without_the_number_is_told_with_any_chance(encoder: SentenceEncoder) -> None:
    trace, _ = searched("helsinki", "Mannerheimintie 9999", encoder)
    assert trace.result.verdict == "several places fit"
    assert with_claims(trace, encoder).notes == (
        "The map lacks the number of “Mannerheimintie 9999”; the first place is only on the "
        "street.",
    )


def test_the_first_place_of_one_region_among_several_is_not_the_first(
    encoder: SentenceEncoder,
) -> None:
    trace, _ = searched("helsinki", WITHOUT_HALL, encoder)
    first = trace.result.candidates[0]
    ledger = [standing_ledger(trace, first, encoder)]
    assert place_notes(trace, ledger)
    second = replace(trace, result=replace(trace.result, candidates=(replace(first, rank=2),)))
    assert place_notes(second, ledger) == ()


def test_it_is_told_once_where_several_cities_were_searched(encoder: SentenceEncoder) -> None:
    machine = settings.load({})
    towns = [open_gallery(name, machine) for name in ("monaco", "helsinki")]
    pictures = load_picture_encoder(towns[0], machine, encoder)
    asked = Query("Mannerheimintie 9999", k=2)
    trace = search_anywhere(towns, encoder, asked, {pictures.key: pictures} if pictures else {})
    claimed = claimed_anywhere(trace, encoder)
    assert claimed.candidates[0].gallery == "helsinki"
    assert sum("lacks the number" in note for note in claimed.notes) == 1


@pytest.mark.parametrize(
    ("text", "things", "placing"),
    [
        ("two blocks from the market hall, tram tracks", ["market hall", "tram tracks"], [1, 0]),
        ("I am next to a church, there are trees", ["church", "trees"], [1, 0]),
        ("a pub opposite the church", ["pub", "church"], [0, 0]),
        ("between a church and a school", ["church", "school"], [1, 1]),
        ("next to a church with a school", ["church", "school"], [1, 0]),
        ("a square. Across from the bank a bench", ["square", "bank", "bench"], [0, 1, 0]),
    ],
)
def test_things_that_say_where_the_writer_is(
    text: str, things: list[str], placing: list[int]
) -> None:
    spans = [(text.index(one), text.index(one) + len(one)) for one in things]
    assert places_writer(text, spans) == [bool(one) for one in placing]
