"""Claims of a phrase that a map can contradict: absences, numbers of storeys, looks."""

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
    """A word for the look of a thing, and the number of its family in `LOOKS`."""

    word: str
    family: int

    def excludes(self, other: "Look") -> bool:
        """Whether no thing can look like both."""
        return self.family == other.family and not (
            LOOKS[self.family][self.word] & LOOKS[self.family][other.word]
        )


def denied(phrase: str) -> str:
    """The thing that the phrase denies ("no shops at all" → "shops"), or ""."""
    match = _DENIED.search(fold(phrase))
    return match.group(1) if match else ""


def storeys(phrase: str) -> int:
    """The number of storeys in the phrase, 0 for none or several."""
    numbers = _STOREYS.findall(fold(phrase))
    if len(numbers) != 1:
        return 0
    return _NUMBERS.get(numbers[0]) or int(numbers[0])


def looks_in(text: str) -> list[Look]:
    """The words for looks in a text, longer ones first ("light grey" is not "grey")."""
    looks = []
    for number, family in enumerate(LOOKS):
        folded = " ".join(WORD.findall(fold(text)))
        for word in sorted(family, key=len, reverse=True):
            if re.search(rf"\b{word}\b", folded):
                folded = re.sub(rf"\b{word}\b", "_", folded)
                looks.append(Look(word, number))
    return looks


def looks_of(phrase: str, head: str) -> list[Look]:
    """The looks of the thing called `head`: words among the three right before it."""
    words = WORD.findall(fold(phrase))
    singular = [word.removesuffix("s") for word in words]
    if head.removesuffix("s") not in singular:
        return []
    at = singular.index(head.removesuffix("s"))
    return looks_in(" ".join(words[max(0, at - 3) : at]))


def bare_words(text: str) -> list[str]:
    """All folded words of a text, including function words."""
    return WORD.findall(fold(text))


def is_distinctive(name: tuple[str, ...], common: frozenset[str]) -> bool:
    """Whether a name has a distinctive word: no function word and none of the `common` ones."""
    return any(
        len(word) >= 4
        and word not in STOP_WORDS
        and word not in common
        and word.removesuffix("s") not in common
        and word.removesuffix("es") not in common
        for word in name
    )
