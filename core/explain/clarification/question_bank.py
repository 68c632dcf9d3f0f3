"""Yes/no questions about kinds of things on a map, with the reliability of their answers.

Benches, trees, addresses and the like are left out on purpose: maps contain only some of them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from core.vocabulary.grammar import sign, with_article
from core.vocabulary.kinds import answering
from core.vocabulary.questions import QUESTIONS

STREET_M, _NEAR_M = 25.0, 50.0


@dataclass(frozen=True, slots=True)
class AnswerReliability:
    """The probability of a yes with such a thing on the map nearby, and without."""

    if_mapped: float
    if_not: float


RELIABLE = AnswerReliability(0.92, 0.15)
"""Tracks, water, churches: mapped nearly everywhere and hard to miss."""
TYPICAL = AnswerReliability(0.85, 0.15)
"""Shops, stops, statues: mostly mapped, sometimes missed."""
UNRELIABLE = AnswerReliability(0.80, 0.25)
"""Steps, crossings, green: mapped by some mappers, and named in different ways."""
NAME_SIGN = AnswerReliability(0.75, 0.03)
"""A name on a sign: seen by most, and rarely where it is not.

The probabilities with the thing mapped are our estimates. Those without it are based on
tests/descriptions.jsonl: of the things described there, 28 of 53, 47 of 110 and 64 of 92 are not
on the map within 1.4 times a question's distance; by Bayes' rule these are probabilities of 0.23,
0.14 and 0.28 without a distance in the question. With one, people err less on distant things.
"""


@dataclass(frozen=True, slots=True)
class QuestionTemplate:
    """One question: is there a thing of `kinds` (a pattern of whole kinds) within `within_m`?

    `hints` is a pattern of folded words; a description with one has answered the question already.
    `noun` is the word for a named thing in questions for a name, "" for none. `name` limits the
    question to things of that name.
    """

    key: str
    text: str
    kinds: str
    hints: str
    within_m: float = _NEAR_M
    trust: AnswerReliability = TYPICAL
    noun: str = ""
    name: str = ""

    def covers(self, kind: str) -> bool:
        """Whether a thing of this kind makes the answer yes."""
        return re.fullmatch(self.kinds, kind) is not None

    def is_answered_in(self, folded: str) -> bool:
        """Whether a folded description has words that answer the question."""
        return re.search(rf"\b(?:{self.hints})\b", folded) is not None


_RELIABILITIES: Mapping[str, AnswerReliability] = {
    "sure": RELIABLE,
    "usual": TYPICAL,
    "loose": UNRELIABLE,
}
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
"""Pattern of the kinds whose name is on a street sign."""

_SEPARATOR = ": "
_STREET_KEY = f"street{_SEPARATOR}"


@cache
def kind_questions() -> tuple[QuestionTemplate, ...]:
    """All questions without a name, in a fixed order."""
    from_table = (
        QuestionTemplate(
            row.key,
            row.text,
            answering(row.key),
            row.hints,
            row.within_m,
            _RELIABILITIES[row.trust],
            row.noun,
        )
        for row in QUESTIONS
    )
    return (*from_table, *_kitchen_questions())


def _kitchen_questions() -> Iterator[QuestionTemplate]:
    for dish in _DISHES:
        yield QuestionTemplate(
            f"{dish} place",
            f"Is there {with_article(dish)} place within 50 metres?",
            rf"{dish} (?:fast food )?restaurant",
            rf"{dish}\w*",
        )
    for kitchen in _KITCHENS:
        adjective = kitchen.lower()
        yield QuestionTemplate(
            f"{kitchen} restaurant",
            f"Is there {with_article(kitchen)} restaurant within 50 metres?",
            rf"{adjective} (?:fast food )?restaurant",
            rf"{adjective}",
        )


def name_question(kind: str, name: str) -> QuestionTemplate | None:
    """The question for a named thing by its sign; None for names that nobody would look for.

    The key contains kind and name, so that `template_of` can rebuild the question.
    """
    if sign(name) != name or not name or not any(map(str.isalpha, name)):
        return None
    key = f"{kind}{_SEPARATOR}{name}"
    if re.fullmatch(_STREETS, kind):
        return QuestionTemplate(
            _STREET_KEY + name,
            f"Does a sign near you say that this is {name}?",
            _STREETS,
            re.escape(name.casefold()),
            STREET_M,
            NAME_SIGN,
            name=name,
        )
    kind_question = _kind_question(kind)
    if kind_question is None or kind_question.noun in name.casefold():
        return None
    return QuestionTemplate(
        key,
        f"Is there {with_article(kind_question.noun)} called {name} within 50 metres?",
        re.escape(kind),
        re.escape(name.casefold()),
        _NEAR_M,
        NAME_SIGN,
        name=name,
    )


@cache
def _kind_question(kind: str) -> QuestionTemplate | None:
    """The question without a name whose noun fits a named thing of this kind."""
    return next(
        (template for template in kind_questions() if template.noun and template.covers(kind)), None
    )


def template_of(key: str) -> QuestionTemplate | None:
    """The question of a `QuestionTemplate.key`; None for any other text."""
    of_kind = next((template for template in kind_questions() if template.key == key), None)
    if of_kind is not None:
        return of_kind
    kind, separator, name = key.partition(_SEPARATOR)
    template = name_question(kind, name) if separator else None
    return template if template is not None and template.key == key else None
