"""The whole name of a thing beats another that shares a word with it, on bundled galleries."""

import pytest

from core import settings
from core.explain.ledger import standing_ledger
from core.gallery import open_gallery
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import load_picture_encoder, search_with_trace
from core.retrieval.search import match_index_of


@pytest.mark.parametrize(
    ("place", "text", "fact"),
    [
        # no hotel with Plaza in its name and its address there
        ("montevideo", "two blocks north of Plaza Independencia", "street: Plaza Independencia"),
        # no corner of Avenue de Monte-Carlo and Place du Casino
        (
            "monaco",
            "opposite Casino de Monte-Carlo",
            "casino: Casino de Monte Carlo, Monte-Carlo Casino and Opera House",
        ),
        # not only the street that is called after it
        ("neubrandenburg", "by the Kiessee", "large lake: Kiessee"),
        ("monaco", "statue of Rainier III", "statue: Rainier III"),
    ],
)
def test_a_whole_name_is_supported_by_the_thing_of_that_name(
    place: str, text: str, fact: str, encoder: SentenceEncoder
) -> None:
    machine = settings.load({})
    gallery = open_gallery(place, machine)
    pictures = load_picture_encoder(gallery, machine, encoder)
    trace = search_with_trace(gallery, encoder, Query(text, k=1), pictures)
    (entry,) = standing_ledger(trace, trace.result.candidates[0], encoder)
    assert (entry.standing, entry.evidence.fact) == ("supported", fact)


def test_a_longer_name_with_the_whole_name_in_it_supports_it_too(
    encoder: SentenceEncoder,
) -> None:
    gallery = open_gallery("monaco", settings.load({}))
    trace = search_with_trace(
        gallery, encoder, Query("beside the Yacht Club", k=1, channels=("facts", "names"))
    )
    (entry,) = standing_ledger(trace, trace.result.candidates[0], encoder)
    assert entry.standing == "supported"
    assert "Yacht Club" in entry.evidence.fact


def test_what_a_mention_names_is_told_from_what_has_its_address_there() -> None:
    gallery = open_gallery("montevideo", settings.load({}))
    index = match_index_of(gallery).mentions
    (mention,) = index.mentions("Plaza Independencia")
    things = {gallery.facts.text[fact] for fact in index.things_of(mention).tolist()}
    named = {gallery.facts.text[fact] for fact in index.facts_of(mention).tolist()}
    assert "large square: Plaza Independencia" in things
    assert not any("Hotel" in text or text.startswith("corner of") for text in things)
    assert any("Hotel" in text for text in named)
