"""What a phrase claims that a map can contradict: absences, storeys, looks. Knows no gallery."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.names import STOP_WORDS, fold

_WORD = re.compile(r"[a-z0-9]+")
_DENIED = re.compile(
    r"^(?:there (?:is|are) )?(?:no|without(?: any)?|not (?:any|one|a single|an?))\s+(?!single\b)"
    r"([a-z]+(?:[ -][a-z]+)??)(?:\s+(?:at all|here|around|in sight|nearby|anywhere))*$"
)
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "single": 1,
}
_STOREYS = re.compile(
    r"\b(\d{1,2}|" + "|".join(_NUMBERS) + r")[ -](?:store?ys?|storied|storeyed|floors?|"
    r"levels?)(?: |-|$)(?!up|down|above|below|further)"
)

Looks = Mapping[str, frozenset[str]]


def _looks(**words: str) -> Looks:
    return {word.replace("_", " "): frozenset(said.split()) for word, said in words.items()}


LOOKS: tuple[Looks, ...] = (
    _looks(
        white="pale",
        cream="pale yellow",
        beige="pale yellow brown",
        ochre="yellow brown",
        grey="grey",
        gray="grey",
        light_grey="grey pale",
        silver="grey pale",
        black="dark",
        yellow="yellow",
        red="red",
        dark_red="red brown",
        brown="brown red",
        orange="red yellow brown",
        pink="red pale",
        green="green",
        turquoise="green blue",
        blue="blue",
        light_blue="blue pale",
    ),
    _looks(
        cobbled="stones",
        cobblestone="stones",
        cobblestoned="stones",
        sett="stones",
        paved="stones hard",
        asphalt="hard",
        tarmac="hard",
        concrete="hard",
        gravel="loose",
        sandy="loose",
        dirt="loose",
        unpaved="loose",
        grassy="grass",
    ),
    _looks(
        brick="brick",
        wooden="wood",
        wood="wood",
        timber="wood",
        stone="stone",
        granite="stone",
        marble="stone",
        sandstone="stone",
        limestone="stone",
        glass="glass",
        metal="metal",
        steel="metal",
        concrete="concrete",
    ),
    _looks(domed="round", onion_domed="round", flat_roofed="flat", pyramid_roofed="steep"),
)
"""Words that exclude each other where they share no class: colours, surfaces, materials, roofs."""


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
        folded = " ".join(_WORD.findall(fold(text)))
        for word in sorted(family, key=len, reverse=True):
            if re.search(rf"\b{word}\b", folded):
                folded = re.sub(rf"\b{word}\b", "_", folded)
                found.append(Look(word, number))
    return found


def looks_of(phrase: str, head: str) -> list[Look]:
    """The looks said of the thing called `head`: words among the three right before it."""
    words = _WORD.findall(fold(phrase))
    singular = [word.removesuffix("s") for word in words]
    if head.removesuffix("s") not in singular:
        return []
    at = singular.index(head.removesuffix("s"))
    return looks_in(" ".join(words[max(0, at - 3) : at]))


def bare_words(text: str) -> list[str]:
    """All folded words of a text, function words as well."""
    return _WORD.findall(fold(text))


def is_telling(name: tuple[str, ...], common: frozenset[str]) -> bool:
    """Whether a name has a word of its own, no function word and none of the `common` ones."""
    return any(
        len(word) >= 4
        and word not in STOP_WORDS
        and word not in common
        and word.removesuffix("s") not in common
        for word in name
    )
