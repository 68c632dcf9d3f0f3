"""What a person in the street can be asked about, as questions over kinds of things on a map.

Knows kinds, wording and how far answers can be trusted; leaves galleries and chances to others.
Benches, trees, addresses and the like are left out on purpose: maps hold some of them only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from core.vocabulary.grammar import sign, with_article
from core.vocabulary.kinds import answering
from core.vocabulary.questions import QUESTIONS

_STREET_M, _NEAR_M = 25.0, 50.0


@dataclass(frozen=True, slots=True)
class AnswerReliability:
    """The chance that a person says yes: with such a thing on the map near by, and without."""

    if_mapped: float
    if_not: float


RELIABLE = AnswerReliability(0.92, 0.15)
"""Tracks, water, churches: mapped nearly everywhere and hard to overlook."""
TYPICAL = AnswerReliability(0.85, 0.15)
"""Shops, stops, statues: mapped mostly, overlooked now and then."""
UNRELIABLE = AnswerReliability(0.80, 0.25)
"""Steps, crossings, green: mapped by some, and a matter of words."""
NAME_SIGN = AnswerReliability(0.75, 0.03)
"""A name that stands on a sign: seen by most, and hardly where it is not.

The chances with the thing mapped are ours. Those without it lean on the words of
tests/descriptions.jsonl: of what people tell there, 28 of 53, 47 of 110 and 64 of 92 things are
not on the map within 1.4 times a question's distance, which by Bayes' rule are chances of 0.23,
0.14 and 0.28 where no distance was asked for; with one, people err less on what is seen from far.
"""


@dataclass(frozen=True, slots=True)
class QuestionTemplate:
    """One question: `kinds` (a pattern of whole kinds) within `within_m` of where one stands.

    `hints` is a pattern of folded words by which a description has answered it already. `noun`
    is what a thing with a name may be called, "" where no name is asked for. `name` limits the
    topic to things of that name.
    """

    key: str
    text: str
    kinds: str
    hints: str
    within_m: float = _NEAR_M
    trust: AnswerReliability = TYPICAL
    noun: str = ""
    name: str = ""

    def is_of(self, kind: str) -> bool:
        """Whether a thing of this kind makes the answer yes."""
        return re.fullmatch(self.kinds, kind) is not None

    def is_told_in(self, folded: str) -> bool:
        """Whether a description, folded, has words that answer it."""
        return re.search(rf"\b(?:{self.hints})\b", folded) is not None


_TRUST: Mapping[str, AnswerReliability] = {"sure": RELIABLE, "usual": TYPICAL, "loose": UNRELIABLE}
_DISHES = ("pizza", "burger", "sushi", "kebab")
_KITCHENS = (
    *("Italian", "French", "German", "Greek", "Indian", "Chinese", "Japanese", "Thai", "Turkish"),
    *("Mexican", "Spanish", "Korean", "Vietnamese", "Lebanese", "Nepalese", "Georgian", "Russian"),
    *("Portuguese", "Asian"),
)
_STREETS = (
    r"(?:residential |quiet living |pedestrian |wide through )?street|(?:main|minor) road|"
    r"pedestrian square|big trunk road"
)
"""Kinds whose name stands on a street sign."""

_BETWEEN = ": "
_STREET_KEY = f"street{_BETWEEN}"


@cache
def kind_questions() -> tuple[QuestionTemplate, ...]:
    """Every question that names no name, in a fixed order."""
    listed = (
        QuestionTemplate(
            row.key,
            row.text,
            answering(row.key),
            row.hints,
            row.within_m,
            _TRUST[row.trust],
            row.noun,
        )
        for row in QUESTIONS
    )
    return (*listed, *_kitchen_questions())


def _kitchen_questions() -> Iterator[QuestionTemplate]:
    for dish in _DISHES:
        yield QuestionTemplate(
            f"{dish} place",
            f"Is there {with_article(dish)} place within 50 metres?",
            rf"{dish} (?:fast food )?restaurant",
            rf"{dish}\w*",
        )
    for kitchen in _KITCHENS:
        low = kitchen.lower()
        yield QuestionTemplate(
            f"{kitchen} restaurant",
            f"Is there {with_article(kitchen)} restaurant within 50 metres?",
            rf"{low} (?:fast food )?restaurant",
            rf"{low}",
        )


def name_question(kind: str, name: str) -> QuestionTemplate | None:
    """The question for a thing by what its sign says; None where nobody would look for it.

    The key holds kind and name, so that `template_of` finds the question again.
    """
    if sign(name) != name or not name or not any(map(str.isalpha, name)):
        return None
    key = f"{kind}{_BETWEEN}{name}"
    if re.fullmatch(_STREETS, kind):
        return QuestionTemplate(
            _STREET_KEY + name,
            f"Does a sign near you say that this is {name}?",
            _STREETS,
            re.escape(name.casefold()),
            _STREET_M,
            NAME_SIGN,
            name=name,
        )
    home = _home(kind)
    if home is None or home.noun in name.casefold():
        return None
    return QuestionTemplate(
        key,
        f"Is there {with_article(home.noun)} called {name} within 50 metres?",
        re.escape(kind),
        re.escape(name.casefold()),
        _NEAR_M,
        NAME_SIGN,
        name=name,
    )


@cache
def _home(kind: str) -> QuestionTemplate | None:
    """The plain question that says what a named thing of this kind is called."""
    return next((topic for topic in kind_questions() if topic.noun and topic.is_of(kind)), None)


def template_of(key: str) -> QuestionTemplate | None:
    """The question of a key, as `QuestionTemplate.key` gave it; None for any other text."""
    plain = next((topic for topic in kind_questions() if topic.key == key), None)
    if plain is not None:
        return plain
    kind, between, name = key.partition(_BETWEEN)
    topic = name_question(kind, name) if between else None
    return topic if topic is not None and topic.key == key else None
