"""What a phrase claims that a map can contradict: absences, storeys, looks. Knows no gallery."""

import re
from dataclasses import dataclass

from core.vocabulary.attributes import LOOKS, NUMBER_WORDS
from core.vocabulary.folding import STOP_WORDS, WORD, fold

_DENIED = re.compile(
    r"^(?:there (?:is|are) )?(?:no|without(?: any)?|not (?:any|one|a single|an?))\s+(?!single\b)"
    r"([a-z]+(?:[ -][a-z]+)??)(?:\s+(?:at all|here|around|in sight|nearby|anywhere))*$"
)
_NUMBERS = {word: number for number, word in enumerate(NUMBER_WORDS) if number} | {"single": 1}
_STOREYS = re.compile(
    r"\b(\d{1,2}|" + "|".join(_NUMBERS) + r")[ -](?:store?ys?|storied|storeyed|floors?|"
    r"levels?)(?: |-|$)(?!up|down|above|below|further)"
)


@dataclass(frozen=True, slots=True)
class Look:
    """A word for how a thing looks, and which family of `LOOKS` it is of."""

    word: str
    family: int

    def excludes(self, other: "Look") -> bool:
        """Whether nothing can look like both."""
        return self.family == other.family and not (
            LOOKS[self.family][self.word] & LOOKS[self.family][other.word]
        )


def denied(phrase: str) -> str:
    """What the phrase says is not there ("no shops at all" → "shops"), or ""."""
    found = _DENIED.search(fold(phrase))
    return found.group(1) if found else ""


def storeys(phrase: str) -> int:
    """How many storeys the phrase gives a building, 0 where it says nothing certain."""
    found = _STOREYS.findall(fold(phrase))
    if len(found) != 1:
        return 0
    return _NUMBERS.get(found[0]) or int(found[0])


def looks_in(text: str) -> list[Look]:
    """The words for looks in a text, the longer ones first ("light grey" is not "grey")."""
    found = []
    for number, family in enumerate(LOOKS):
        folded = " ".join(WORD.findall(fold(text)))
        for word in sorted(family, key=len, reverse=True):
            if re.search(rf"\b{word}\b", folded):
                folded = re.sub(rf"\b{word}\b", "_", folded)
                found.append(Look(word, number))
    return found


def looks_of(phrase: str, head: str) -> list[Look]:
    """The looks said of the thing called `head`: words among the three right before it."""
    words = WORD.findall(fold(phrase))
    singular = [word.removesuffix("s") for word in words]
    if head.removesuffix("s") not in singular:
        return []
    at = singular.index(head.removesuffix("s"))
    return looks_in(" ".join(words[max(0, at - 3) : at]))


def bare_words(text: str) -> list[str]:
    """All folded words of a text, function words as well."""
    return WORD.findall(fold(text))


def is_telling(name: tuple[str, ...], common: frozenset[str]) -> bool:
    """Whether a name has a word of its own, no function word and none of the `common` ones."""
    return any(
        len(word) >= 4
        and word not in STOP_WORDS
        and word not in common
        and word.removesuffix("s") not in common
        for word in name
    )
