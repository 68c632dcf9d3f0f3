"""The question bank: wording of the questions, their kinds and their hints."""

import re

import pytest

from core import settings
from core.explain.clarification.question_bank import kind_questions, name_question, template_of
from core.gallery import list_galleries, open_gallery

_READS_WELL = re.compile(
    r"(?:Is there an? [A-Za-z', -]+|Are there [a-z -]+|Can you see [a-z ,()-]+|"
    r"Are you (?:on|beside) an? [a-z -]+)(?: within (?:30|50) metres| beside you)?\?"
)


def test_every_plain_question_is_one_short_sentence_with_the_right_article() -> None:
    texts = [topic.text for topic in kind_questions()]
    for text in texts:
        assert _READS_WELL.fullmatch(text), text
        assert len(text) < 80
        assert not re.search(r"\ba [aeiou](?!ni)|\ban [^aeiouAEIOU]", text)
        assert not re.search(r"\ban? (?:many|several|two)", text)
    assert len(set(texts)) == len(texts)


def test_keys_are_distinct_and_find_their_question_again() -> None:
    keys = [topic.key for topic in kind_questions()]
    assert len(set(keys)) == len(keys)
    assert all(template_of(key) == topic for key, topic in zip(keys, kind_questions(), strict=True))


def test_an_unknown_key_finds_no_question() -> None:
    assert template_of("nothing of ours") is None
    assert template_of("bench: Mine") is None
    assert template_of("hotel: ") is None


@pytest.mark.parametrize(
    "kind",
    [
        "bench",
        "tree",
        "address",
        "building",
        "litter bin",
        "",
        "wall",
        "several benches",
        "street lamp",
        "residential street",
    ],
)
def test_things_that_maps_hold_only_some_of_are_not_asked_for(kind: str) -> None:
    assert not [topic.text for topic in kind_questions() if topic.covers(kind)]


def test_kinds_of_every_bundled_city_are_asked_about_without_their_odd_words() -> None:
    """A question never takes its wording from the map, so that no tag can make it strange."""
    here = settings.load()
    kinds: set[str] = set()
    for card in list_galleries(here):
        if (here.bundled_galleries / card.name).is_dir() and not card.problem:
            kinds |= set(open_gallery(card.name, here).facts.kind)
    if not kinds:
        pytest.skip("no bundled gallery in this checkout")
    asked = {kind: [topic for topic in kind_questions() if topic.covers(kind)] for kind in kinds}
    assert sum(bool(topics) for topics in asked.values()) > 200
    for kind, topics in asked.items():
        for topic in topics:
            named = name_question(kind, "Swan")
            texts = [topic.text, *([named.text] if named else [])]
            assert all(re.search(r"[a-z)n]\?$", text) for text in texts), texts
            assert named is None or re.fullmatch(
                r"Is there an? [a-z -]+ called Swan within 50 metres\?|"
                r"Does a sign near you say that this is Swan\?",
                named.text,
            )


def test_a_thing_with_a_sign_is_asked_for_by_its_name() -> None:
    hotel = name_question("hotel", "Kämp")
    assert hotel is not None
    assert hotel.text == "Is there a hotel called Kämp within 50 metres?"
    assert template_of(hotel.key) == hotel
    street = name_question("residential street", "Улица Пушкина")
    assert street is not None
    assert street.text == "Does a sign near you say that this is Улица Пушкина?"
    assert template_of(street.key) == street


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("bench", "Mine"),
        ("hotel", ""),
        ("hotel", "Grand Hotel"),
        ("cafe", "x" * 90),
        ("pub", "12"),
        ("school", "Snellmanin ala-aste"),
    ],
)
def test_no_name_is_asked_for_that_nobody_would_read(kind: str, name: str) -> None:
    assert name_question(kind, name) is None


@pytest.mark.parametrize(
    ("key", "said", "told"),
    [
        ("church", "a white church with a dome", True),
        ("church", "searching for a bus", False),
        ("tram tracks", "the tram just went by", True),
        ("water", "ducks in the reeds", True),
        ("bar or pub", "an embarrassing barn", False),
        ("shops", "a supermarket on the corner", True),
    ],
)
def test_words_of_a_description_answer_a_question(key: str, said: str, told: bool) -> None:
    topic = template_of(key)
    assert topic is not None
    assert topic.is_answered_in(said) is told
