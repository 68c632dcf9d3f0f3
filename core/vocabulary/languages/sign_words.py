"""Words as signs have them, from `sign_words.csv`: trades, and words that mean something else in
running text, such as "BANCO". They are neither translated in descriptions nor tell a language.

Columns: `language`, the code of one of the tables; `said`, forms separated by `|`; `english`, a
kind of thing.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from core.vocabulary.folding import fold
from core.vocabulary.languages.lexicon import TOKEN

TABLE: Final = Path(__file__).with_name("sign_words.csv")


@dataclass(frozen=True, slots=True)
class SignWord:
    """The kind of thing that a word on a sign names, and the code of its language."""

    english: str
    language: str


@cache
def sign_words() -> Mapping[str, SignWord]:
    """The words by their folded spelling, separated by single blanks. Where two languages share
    one, the first in the table has it."""
    found: dict[str, SignWord] = {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, strict=True):
            for form in row["said"].split("|"):
                word = SignWord(row["english"], row["language"])
                found.setdefault(fold(" ".join(TOKEN.findall(form))), word)
    return found
