"""The table of clarifying questions, `questions.csv`: one row for each.

Columns: `key` (as in the column `asked` of the kinds), `text`, `within_m` (distance up to which a
thing makes the answer yes), `trust` (how reliably people answer: `sure`, `usual`, `loose`), `noun`
(for a question about a name; empty if such things have no sign with their name) and `hints` (a
pattern of folded words: a description with one of them has already answered the question).
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
"""All questions; of two with equal information gain the earlier one is asked."""
