"""The table of kinds: every cell is valid, and all code that reads it finds its words."""

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from core.explain.clarification.question_bank import kind_questions
from core.render import marks
from core.sources import tags as map_tags
from core.vocabulary import kinds
from core.vocabulary.kinds import FAMILIES, KINDS, SAID_KINDS, TAGGED, calls, kind_named

ROWS = kinds.read_table(kinds.TABLE)
NOUN = re.compile(r"[A-Za-z'-]+(?: [A-Za-z'-]+)*")
PHRASE = re.compile(r"~?[A-Za-zéü'\-]+\*?(?: [A-Za-zéü'\-]+\*?)*")


def written(tmp_path: Path, row: str) -> Path:
    head = kinds.TABLE.read_text(encoding="utf-8").partition("\n")[0]
    path = tmp_path / "kinds.csv"
    path.write_text(f"{head}\n# a heading{',' * 9}\n{row}\n", encoding="utf-8")
    return path


def test_every_kind_has_a_noun_and_one_row_lists_the_tags_that_have_none() -> None:
    assert len(KINDS) > 400
    for noun in KINDS:
        assert NOUN.fullmatch(noun), noun
    nameless = [row for row in ROWS if not row.noun]
    assert len(nameless) == 1
    assert nameless[0] == kinds.KindRow("", nameless[0].tags)


def test_no_noun_and_no_tag_stands_in_two_rows() -> None:
    nouns = Counter(row.noun for row in ROWS)
    tags = Counter(tag for row in ROWS for tag in row.tags)
    assert len(tags) > 500
    assert not [noun for noun, rows in nouns.items() if rows > 1]
    assert not [tag for tag, rows in tags.items() if rows > 1]


def test_cells_hold_only_what_is_read() -> None:
    sorts = {"", "street", "grass", "house"}
    for row in ROWS:
        assert row.seen in get_args(kinds.Reach)
        assert row.sort in sorts
        assert 0 <= row.mention <= kinds.STRIKING
        assert row.traits <= set(get_args(kinds.Trait))
    tags = [tag for row in ROWS for tag in row.tags]
    assert len(tags) > 500
    for key, value in tags:
        assert re.fullmatch(r"[a-z_:]+", key), (key, value)
        assert re.fullmatch(r"[a-z_:-]+", value), (key, value)


@pytest.mark.parametrize("trait", get_args(kinds.Trait))
def test_every_trait_is_one_that_some_kind_has(trait: kinds.Trait) -> None:
    assert kinds.kinds_with(trait)


def test_every_tag_of_the_table_is_read_from_a_map() -> None:
    keys = {*map_tags._KEYS, *map_tags._REFINED_BY.values(), "religion"}
    assert set(TAGGED) <= keys
    read = [
        ((key, value), row.words)
        for row in ROWS
        for key, value in row.tags
        if (key, value) not in map_tags._QUALIFIERS and key in map_tags._KEYS
        if (key, value) != ("building", "kiosk")
    ]
    assert len(read) > 500
    for (key, value), words in read:
        assert map_tags.kind_of({key: value}) == words


def test_every_key_that_the_map_reader_knows_is_one_of_the_table() -> None:
    refined = {*map_tags._QUALIFIERS, *map_tags._REFINED_BY}
    assert refined
    assert map_tags._REFINED_BY
    assert all(value in TAGGED[key] for key, value in refined)
    assert all(key in TAGGED for key in map_tags._REFINED_BY.values())
    assert set(TAGGED["building"]) >= map_tags._HOLY


def test_every_kind_answers_only_questions_that_exist_and_every_question_has_a_kind() -> None:
    asked = {key for row in ROWS for key in row.asked}
    keys = {topic.key for topic in kind_questions()}
    assert len(asked) > 70
    assert asked <= keys
    answers = [
        (topic, noun)
        for topic in kind_questions()
        for noun, row in KINDS.items()
        if topic.key in row.asked
    ]
    assert {topic.key for topic, _ in answers} == asked
    assert all(topic.covers(noun) for topic, noun in answers)
    questions = kind_questions()
    assert questions
    assert all(topic.kinds for topic in questions)


def test_every_mark_is_a_row_of_the_renderer_and_every_row_of_the_renderer_has_a_kind() -> None:
    used = {(row.mark, key) for row in ROWS if row.mark for key, _ in row.tags}
    rows = [(poi.name, poi.match.key) for poi in marks.POIS]
    assert len({mark for mark, _ in used}) > 50
    assert {mark for mark, _ in used} <= {name for name, _ in rows}
    generic = {"shop", "heritage", "office", "craft", "health"}
    assert marks.POIS
    for poi in marks.POIS:
        assert poi.match.values or poi.name in generic, poi.name


def test_what_the_simulator_calls_things_is_whole() -> None:
    phrases = [phrase for called in SAID_KINDS.values() for phrase in called]
    assert len(phrases) > 900
    for phrase in phrases:
        assert PHRASE.fullmatch(phrase), phrase
        assert phrase.count("*") <= 1


def test_a_family_fits_a_kind_that_has_no_row_and_fills_its_words_in() -> None:
    assert len(FAMILIES) > 10
    assert calls("thai restaurant")[0] == "Thai restaurant"
    assert calls("lutheran church") == ["church", "Lutheran church"]
    assert kind_named("coffee vending machine").seen == "near"
    for family in FAMILIES:
        slots = {
            int(slot) for phrase in family.row.called for slot in re.findall(r"{(\d)}", phrase)
        }
        assert slots <= set(range(family.pattern.groups)), family.row.noun


def test_cuisines_and_sports_are_put_into_words() -> None:
    assert "Italian place" in calls("italian restaurant")
    assert "football pitch" in calls("soccer sports pitch")
    assert calls("craft shop") == ["craft shop"]


def test_a_kind_without_a_row_is_treated_as_the_nouns_in_it() -> None:
    assert "old stone bridge" not in KINDS
    assert kind_named("old stone bridge").seen == "far"
    assert kind_named("old stone bridge").mention == kinds.STRIKING
    assert kinds.has_trait("dusty village street", "way")
    assert kind_named("italian dog park") == kinds.KindRow("italian dog park")
    assert kind_named("zorn") == kinds.KindRow("zorn")


def test_adding_a_kind_is_adding_one_row(tmp_path: Path) -> None:
    row = "ice cream van,amenity=ice_cream_van,gelato,near,0.5,,passed,food|shops,ice,ice cream van"
    assert kinds.read_table(written(tmp_path, row)) == [
        kinds.KindRow(
            "ice cream van",
            (("amenity", "ice_cream_van"),),
            "gelato",
            "near",
            0.5,
            "",
            frozenset({"passed"}),
            ("food", "shops"),
            "ice",
            ("ice cream van",),
        )
    ]


@pytest.mark.parametrize(
    "row",
    [
        "van,amenity=van,,nearby,,,,,,",
        "van,amenity=van,,,,,loud,,,",
        "van,amenity=van,,,often,,,,,",
        "van,amenity,,,,,,,,",
        "van,amenity=van,,,,,,,",
        "van,amenity=van,,,,,,,,,",
    ],
)
def test_a_wrong_cell_is_an_error_when_the_table_is_read(tmp_path: Path, row: str) -> None:
    with pytest.raises(ValueError, match=r"kinds\.csv|float|unpack"):
        kinds.read_table(written(tmp_path, row))
