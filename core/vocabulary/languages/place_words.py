"""Words for places as names in other languages have them, from `place_words.csv`.

"Plaza Zabala" is a square, whatever its tags say, and "Treptower Tor" a gate. Columns: `english`,
a noun; `language`, the code of one of the tables; `said`, forms separated by `|`: words, or with
a hyphen before them the ends of compounds ("-tori" in "Narinkkatori").
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from core.vocabulary.folding import fold

TABLE: Final = Path(__file__).with_name("place_words.csv")


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """The folded words of one language for one noun, and the ends of its compounds."""

    words: tuple[str, ...]
    ends: tuple[str, ...]


@cache
def place_words() -> Mapping[str, Mapping[str, PlaceWords]]:
    """English noun → code of a language → its words."""
    found: defaultdict[str, dict[str, PlaceWords]] = defaultdict(dict)
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, strict=True):
            forms = row["said"].split("|")
            found[row["english"]][row["language"]] = PlaceWords(
                tuple(fold(form) for form in forms if form[0] != "-"),
                tuple(fold(form[1:]) for form in forms if form[0] == "-"),
            )
    return found


@cache
def telling_words() -> Mapping[str, frozenset[str]]:
    """Code of a language → the words that no other language of the table has."""
    of: defaultdict[str, set[str]] = defaultdict(set)
    for languages in place_words().values():
        for code, words in languages.items():
            of[code].update(words.words)
    return {
        code: frozenset(words - set().union(*(of[other] for other in of if other != code)))
        for code, words in of.items()
    }
