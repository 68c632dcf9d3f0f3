"""Evidence for phrases: things match by their kind, names by a distinctive word."""

import pytest

from core import settings
from core.explain.ledger import ledgers
from core.explain.reasons import reason
from core.gallery import Gallery, open_gallery
from core.maps import evidence_label
from core.models.sentence import SentenceEncoder
from core.records import Channel, Evidence, Query
from core.retrieval import search_with_trace
from core.vocabulary.common_words import is_common, written_as_name


def told(
    text: str,
    name: str,
    gallery: Gallery,
    encoder: SentenceEncoder,
    channels: tuple[Channel, ...] = ("names",),
) -> Evidence:
    """The evidence for the first phrase, of the first candidate that has a thing of a name."""
    found = search_with_trace(gallery, encoder, Query(text, k=50, channels=channels)).result
    return next(one.evidence[0] for one in found.candidates if name in one.evidence[0].fact)


@pytest.mark.parametrize(
    ("text", "name", "fit"),
    [
        ("an old oak tree", "Oak Avenue", "name"),
        ("roses", "Rose Garden", "name"),
        ("near Oak", "Oak Avenue", "thing"),
        ("Saint Mary", "Saint Mary's Cathedral", "thing"),
        ("mary", "Saint Mary's Cathedral", "thing"),
        ("oak avenue", "Oak Avenue", "thing"),
    ],
)
def test_an_ordinary_word_in_a_name_is_not_the_thing(
    text: str, name: str, fit: str, tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    found = told(text, name, tiny_gallery, encoder)
    assert found.fit == fit
    assert found.supported == (fit == "thing")
    assert found.name_only == (fit == "name")


def test_a_thing_of_the_right_sort_may_be_meant_by_its_name(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    found = told("gardens", "Rose Garden", tiny_gallery, encoder)  # the map calls it a park
    assert (found.fit, found.supported, found.rough) == ("like", True, True)


def test_what_stands_in_a_name_only_is_told_as_that(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    trace = search_with_trace(
        tiny_gallery, encoder, Query("an old oak tree", k=50, channels=("names",))
    )
    entry = next(
        ledger[0] for ledger in ledgers(trace, encoder).entries if ledger[0].evidence.name_only
    )
    assert entry.standing == "missing"
    said = reason((entry,))
    assert "“old oak tree” appears here only in names, such as Oak Avenue (" in said
    assert "the map has" not in said
    assert evidence_label(entry.evidence).startswith("only in a name: ")


@pytest.mark.parametrize(
    ("word", "ordinary"),
    [
        ("t", True),
        ("stop", True),
        ("stops", True),
        ("the", True),
        ("market", True),
        ("kiasma", False),
        ("mary", False),
        ("18", True),
        ("st", True),
    ],
)
def test_ordinary_words(word: str, ordinary: bool) -> None:
    assert is_common(word) is ordinary


def test_a_capital_within_a_sentence_makes_a_name() -> None:
    assert written_as_name("a pub called Rose, and more", 0, "rose")
    assert not written_as_name("Rose beds. Stop here", 0, "rose")
    assert not written_as_name("beds. Stop here", 0, "stop")
    assert not written_as_name("a rose", 0, "rose")


def test_a_hidden_name_is_told_and_a_stop_stands_behind_what_it_is_called_after(
    encoder: SentenceEncoder,
) -> None:
    gallery = open_gallery("helsinki", settings.load({}))
    for text, fact, by_name in (
        ("Stockman", "public toilets", "Stockman"),
        ("Stockmann", "department store: Stockmann", ""),
    ):
        trace = search_with_trace(gallery, encoder, Query(text, k=1, channels=("names",)))
        piece = trace.result.candidates[0].evidence[0]
        assert piece.fact.endswith(fact)
        assert piece.by_name == by_name
        (ledger,) = ledgers(trace, encoder, with_effects=False).entries
        assert ("(with the name Stockman)" in reason(ledger)) == bool(by_name)


def test_a_memorial_with_the_name_is_something_like_the_statue(encoder: SentenceEncoder) -> None:
    gallery = open_gallery("montevideo", settings.load({}))
    query = Query("a statue of Artigas", k=10, channels=("names",))
    found = search_with_trace(gallery, encoder, query).result
    pieces = [one.evidence[0] for one in found.candidates if "Mausoleo" in one.evidence[0].fact]
    assert pieces
    assert all(piece.supported and piece.rough for piece in pieces)
