"""The tables of other languages: one file for each, `words/CODE.csv`.

Columns:

* `said`: words of the language; several forms are separated by `|`
* `english`: the English for it; "" for a word that needs none. In rows `also`, alternatives are
  separated by `|`
* `role`: see `Role`

A row with the role `setting` describes the language: `name` is its English name, `stemmer` a
stemmer of Snowball or "", `adjectives` is `after` where they follow the noun, `relations` is
`after` where they follow it, and `denials` likewise, `genitive` is the end of most words that
belong to such a relation, `at` is what that means between two things, `compounds` is `yes` where
nouns are written as one word, `nouns` is `capital` where they have one, `spaces` is `no` where
words are not separated, `names` is `basic` where names of streets are inflected and maps have their
basic form, and `stem end` is the end of an inflected stem and what it is in the basic form
("ks=s": "keskuksen" is "keskus" in Finnish).
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Literal, cast, get_args

TABLES = Path(__file__).with_name("words")

Role = Literal[
    "setting", "function", "relation", "denial", "number", "adjective", "noun", "kind", "also"
]
"""`function`: articles, pronouns, conjunctions, common verbs. `relation`: prepositions and other
words for where something is. `denial`: "no", "without". `kind`: the name of a kind, from
`schema_names`. `also`: a term for a kind, used only in galleries that have the kind."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    said: str
    english: str
    role: Role


_FROM_SCHEMA = (",kind\n", ",also\n")


def read_rows(path: Path, *, by_hand: bool = False) -> list[Row]:
    """The rows of a table, or only those written by hand, which come first.

    Raises ValueError for an invalid row.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        wanted = takewhile(lambda line: not line.endswith(_FROM_SCHEMA), lines)
        cells = list(csv.reader(wanted if by_hand else lines, strict=True))[1:]
    if wrong := [row for row in cells if len(row) != 3 or row[2] not in get_args(Role)]:
        raise ValueError(f"{path.name}: invalid row {','.join(wrong[0])}")
    return [Row(said, english, cast(Role, role)) for said, english, role in cells]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Writes a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("said", "english", "role"))
        writer.writerows((row.said, row.english, row.role) for row in rows)
