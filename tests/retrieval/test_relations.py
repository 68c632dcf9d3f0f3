"""Roles of things, read from the words between them."""

import pytest

from core.retrieval.phrases import split_phrases
from core.retrieval.relations import Relation, relations_of, tells_writer
from core.vocabulary.relation_cues import CUES_AFTER, CUES_BEFORE, ROLES, Role


def role_of(text: str, thing: str) -> str:
    start = text.index(thing)
    (relation,) = relations_of(text, [(start, start + len(thing))])
    return relation.role


@pytest.mark.parametrize(
    ("text", "thing", "role"),
    [
        ("Meet me at the bar on West 43rd Street.", "bar", "target"),
        ("I'm at a café. A bench stands there.", "café", "target"),
        ("I'm at a café. A bench stands there.", "bench", "seen"),
        ("The shop is right next to the florist.", "florist", "beside"),
        ("It is directly across the street from CVS Pharmacy.", "CVS Pharmacy", "across"),
        ("There is a school across the street.", "school", "across"),
        ("A post office is on the same block.", "post office", "same block"),
        ("It is on the same block as Jenny Craig.", "Jenny Craig", "same block"),
        ("It's two blocks south of Monroe Market.", "Monroe Market", "blocks away"),
        ("It is between Herald Towers and the university.", "Herald Towers", "between"),
        ("It is between Herald Towers and the university.", "university", "between"),
        ("On the corner of Baxter Street and Hester Street.", "Hester Street", "corner"),
        ("Head south past Greeley Square.", "Greeley Square", "past"),
        ("If you reach the railroad, you have gone too far.", "railroad", "too far"),
        ("From your location at the clinic go south.", "clinic", "elsewhere"),
        ("a white church, two benches", "church", "seen"),
    ],
)
def test_a_cue_gives_the_things_near_it_a_role(text: str, thing: str, role: str) -> None:
    assert role_of(text, thing) == role


def test_a_cue_holds_up_to_the_end_of_its_sentence() -> None:
    text = "It is next to the bank. A fountain is here."
    assert role_of(text, "bank") == "beside"
    assert role_of(text, "fountain") == "seen"


@pytest.mark.parametrize(
    ("words", "blocks"), [("one block", 1), ("3 blocks", 3), ("half a block", 0.5)]
)
def test_blocks_are_counted(words: str, blocks: float) -> None:
    text = f"It is {words} north of the bank."
    start = text.index("bank")
    (relation,) = relations_of(text, [(start, start + 4)])
    assert (relation.role, relation.blocks) == ("blocks away", blocks)


@pytest.mark.parametrize(("words", "least_m"), [("half a block", 20), ("two blocks", 80)])
def test_a_thing_that_is_blocks_away_is_not_nearer_than_half_of_that(
    words: str, least_m: float
) -> None:
    text = f"It is {words} from the bank."
    start = text.index("bank")
    (relation,) = relations_of(text, [(start, start + 4)])
    assert relation.least_m == least_m
    assert Relation("beside").least_m == 0


@pytest.mark.parametrize(
    "text",
    [
        "It is two blocks from the bank on Main Street.",
        "I'm two blocks north of you at Main Street.",
        "It's a block west of its end, where Main Street begins.",
        "a block of flats Main Street",
    ],
)
def test_blocks_are_those_to_the_next_thing(text: str) -> None:
    start = text.index("Main Street")
    (relation,) = relations_of(text, [(start, start + len("Main Street"))])
    assert (relation.role, relation.least_m) == ("blocks away", 0)


def test_a_direction_alone_is_a_role_too() -> None:
    text = "Meet me at the bench, west of the museum."
    phrases = split_phrases(text)
    relations = relations_of(
        text,
        [(one.start, one.end) for one in phrases],
        [one.bearing_deg is not None for one in phrases],
    )
    roles = {
        phrase.text: relation.role for phrase, relation in zip(phrases, relations, strict=True)
    }
    assert roles["museum"] == "directed"


def test_every_role_but_two_has_a_cue() -> None:
    with_cue: set[Role] = {cue.role for cue in (*CUES_BEFORE, *CUES_AFTER)}
    assert set(ROLES) - with_cue == {"seen", "directed"}


def test_long_texts_take_little_time() -> None:
    text = "two blocks north of a bank across from a bar, past " * 390
    spans = [(place, place + 4) for place in range(0, len(text), 400)]
    assert len(relations_of(text, spans)) == len(spans)


@pytest.mark.parametrize(
    ("text", "things", "told"),
    [
        ("I am next to a shop and a café", ("shop", "café"), [True, True]),
        ("I'm across from the bank.", ("bank",), [True]),
        ("Meet me at the bar across from the bank.", ("bar", "bank"), [True, True]),
        ("There is a school across the street.", ("school",), [True]),
        ("a church next to a park", ("church", "park"), [False, False]),
        ("I see a church next to a park", ("church", "park"), [False, False]),
        ("I am next to a church by a park", ("church", "park"), [True, False]),
        ("next to a church, a tram stop", ("church", "tram stop"), [False, False]),
        ("There is a church. A school is next to it.", ("church", "school"), [False, False]),
    ],
)
def test_a_role_is_told_only_of_what_lies_by_the_writer(
    text: str, things: tuple[str, ...], told: list[bool]
) -> None:
    spans = [(text.index(thing), text.index(thing) + len(thing)) for thing in things]
    assert tells_writer(text, spans) == told
