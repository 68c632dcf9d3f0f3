"""Denials: which stretches deny what, what stays in the query, and what counts against a place."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.explain.ledger import ledgers
from core.explain.reasons import reason
from core.gallery import Gallery
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search_with_trace
from core.retrieval.absence import absence_of
from core.retrieval.negation import blanked, denials_in
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.search import match_index_of

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "denials.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(
    ("text", "stretch", "things", "scope"),
    [
        ("no trams and a church on the left", "no trams", ("trams",), "here"),
        ("no shops, cafes or bars here", None, ("shops", "cafes", "bars"), "here"),
        ("A park, the lake is not in sight", "the lake is not in sight", ("lake",), "around"),
        ("a mill, the river isn't visible", "the river isn't visible", ("river",), "around"),
        ("a bar not near Mill Street", "not near Mill Street", ("Mill Street",), "near"),
        ("there isn't a shop anywhere", None, ("shop",), "around"),
        ("a lane with no bakery", "no bakery", ("bakery",), "here"),
        ("a square without benches or trees", None, ("benches", "trees"), "here"),
        ("neither a church nor a school", None, ("church", "school"), "here"),
        ("I'm not near the casino", None, ("casino",), "near"),
        ("far from the harbour", None, ("harbour",), "far"),
        ("we are not in a park", None, ("park",), "at"),
        ("a narrow street, not a church", "not a church", ("church",), "at"),
        ("nothing but houses around", None, ("houses",), "else"),
        ("not near Stockmann", None, ("Stockmann",), "near"),
        ("a bank, not on West 43rd Street", None, ("West 43rd Street",), "at"),
        ("I am not near 7th Avenue", None, ("7th Avenue",), "near"),
        ("I can't see any trees", None, ("trees",), "here"),
        ("A lane, no green spaces.", "no green spaces", ("green spaces",), "here"),
        ("nothing green around", None, ("green",), "around"),
        ("a tree-lined street? No, treeless", "treeless", ("tree",), "here"),
        ("There isn't a tree in sight", None, ("tree",), "around"),
        ("neither trams nor buses run here", None, ("trams", "buses"), "here"),
        ("hardly any shops", None, ("shops",), "here"),
        ("barely a bench to be found", None, ("bench",), "around"),
        ("none of the usual cafes", None, ("usual cafes",), "here"),
        ("the square lacks trees", "lacks trees", ("trees",), "here"),
    ],
)
def test_a_denial_has_its_things_and_its_scope(
    text: str, stretch: str | None, things: tuple[str, ...], scope: str
) -> None:
    (denial,) = denials_in(text)
    assert (denial.things, denial.scope) == (things, scope)
    assert stretch is None or text[denial.start : denial.end] == stretch


@pytest.mark.parametrize(
    "text",
    [
        "not far from the bank",
        "Nr. 22, no 22, no. 22",
        "there are no people",
        "I'm not sure",
        "it's not the Hilton Garden Inn",
        "a street without cars",
        "outside the No Evil Eye cinema",
        "a shop of Doctors Without Borders",
        "a house no more than two floors high",
        "not on the same street",
        "without crossing the road",
        "it's not a big church, but a small chapel",
        "a hall, not a big church",
    ],
)
def test_what_denies_no_thing_of_a_map_stays_as_it_is(text: str) -> None:
    assert denials_in(text) == ()


def test_what_is_denied_is_blanked_and_offsets_stay() -> None:
    text = "a park, no trams, nothing but houses"
    left = blanked(text, denials_in(text))
    assert left == "a park,         , nothing but houses"
    assert len(left) == len(text)


def test_every_denial_of_the_set_is_cut_out() -> None:
    cut = {
        row["id"]: [row["text"][one.start : one.end] for one in denials_in(row["text"])]
        for row in ROWS
    }
    assert len(cut) == 60
    assert sum(row["true"] for row in ROWS) == 30
    assert {row["id"] for row in ROWS if row["denied"] not in " | ".join(cut[row["id"]])} == set()


def test_a_denied_thing_is_in_no_embedding_and_in_no_word(encoder: SentenceEncoder) -> None:
    plain = encode_query(tokenize_query("an old church", encoder), encoder)
    denying = encode_query(tokenize_query("an old church, no benches", encoder), encoder)
    alone = encode_query(tokenize_query("no benches", encoder), encoder)
    assert denying.words == plain.words
    assert float(denying.embedding @ plain.embedding) > 0.99
    assert list(denying.affirmed) == [0]
    assert not denying.phrase_embeddings[1].any()
    assert not alone.embedding.any()


def test_a_place_with_what_is_denied_falls_behind(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    match_index = match_index_of(tiny_gallery)
    query = encode_query(tokenize_query("a street, no benches", encoder), encoder)
    presence = absence_of(match_index).presence(query)
    assert presence is not None
    assert presence.max() == 1
    assert presence.min() == 0
    trace = search_with_trace(tiny_gallery, encoder, Query("no benches", k=1))
    first = tiny_gallery.row_of(trace.result.candidates[0].tile.tile_id)
    assert presence[first] == 0
    with_bench = int(presence.argmax())
    assert trace.ranking.scores[with_bench] < trace.ranking.scores[first]
    assert np.isfinite(trace.ranking.scores).all()


def test_absence_supports_and_presence_contradicts_with_their_reason(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    trace = search_with_trace(tiny_gallery, encoder, Query("a street, no benches", k=50))
    found = {}
    for candidate, ledger in zip(
        trace.result.candidates, ledgers(trace, encoder).entries, strict=True
    ):
        entry = next(one for one in ledger if one.evidence.phrase == "no benches")
        found[entry.standing] = (entry, reason(ledger, candidate.confidence))
    assert set(found) == {"supported", "contradicted", "unchecked"}
    supported, told = found["supported"]
    assert supported.absent == "the map has no benches within 50 m"
    assert "The map has no benches within 50 m for “no benches”" in told
    contradicted, told = found["contradicted"]
    assert "bench" in contradicted.against
    assert contradicted.absent == ""
    assert "“no benches” contradicts it" in told
    unclear, _ = found["unchecked"]  # a bench is a little farther away than would contradict
    assert (unclear.against, unclear.absent) == ("", "")


def test_what_is_denied_is_what_is_surely_meant(tiny_gallery: Gallery) -> None:
    absence, facts = absence_of(match_index_of(tiny_gallery)), tiny_gallery.facts

    def meant(text: str) -> tuple[set[int], set[int]]:
        (denial,) = denials_in(text)
        denied = absence.denied(denial, denial.things[0])
        return set(denied.facts.tolist()), set(denied.doubted.tolist())

    roads, _ = meant("a fountain, not near Mill Road")
    assert roads
    assert all("Mill Road" in facts.names[row] for row in roads)
    assert meant("a fountain, not near Mill Avenue") == (set(), set())
    pubs, _ = meant("a fountain, no pub")
    bars, doubted = meant("a fountain, no bar")
    assert not bars
    assert doubted
    assert doubted <= pubs
    others, _ = meant("nothing but pubs")
    assert others
    assert not others & pubs


def test_denials_alone_say_nothing_about_another_town(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    result = search_with_trace(tiny_gallery, encoder, Query("no benches, no trams")).result
    assert result.p_outside == 0
    assert result.verdict == "several places fit"
    assert any("only what is not there" in note for note in result.notes)
