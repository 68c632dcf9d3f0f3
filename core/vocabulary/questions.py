"""The questions that a person in the street can answer, `questions.csv`: one row each.

Columns: `key` (kinds name it in their column `asked`), `text`, `within_m` (from how far a thing
makes the answer yes), `trust` (how well people answer: `sure`, `usual`, `loose`), `noun` (what a
thing with a name may be called; empty where its name is on no sign) and `hints` (a pattern of
folded words by which a description has answered it already).
"""

import csv
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("questions.csv")


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One row of the table."""

    key: str
    text: str
    within_m: float
    trust: str
    noun: str
    hints: str


def read_table(path: Path) -> tuple[QuestionRow, ...]:
    """The rows of a table, in order."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, strict=True))
    return tuple(
        QuestionRow(
            row["key"],
            row["text"],
            float(row["within_m"]),
            row["trust"],
            row["noun"],
            row["hints"],
        )
        for row in rows
    )


QUESTIONS = read_table(TABLE)
"""All questions, in the order in which they are asked where two tell as much."""
