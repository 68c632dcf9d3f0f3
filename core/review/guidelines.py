"""Definitions of the verdicts as the annotators of a store agreed on them.

Every wording is a row of its own, so that nothing is lost; the last one of a verdict counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from core.errors import CasesError
from core.review.field_checks import annotator_name, checked_verdict, clean, stamp
from core.review.schema import guidelines
from core.review.store import Store
from core.review.verdicts import CASE_VERDICTS, CaseVerdict

MAX_CHARS = 600
"""Most characters of a definition."""


@dataclass(frozen=True, slots=True)
class Guideline:
    """The definition of a verdict. `author` and `at` are "" for the one that comes with the app."""

    verdict: CaseVerdict
    text: str
    author: str = ""
    at: str = ""


def guidelines_of(store: Store) -> Mapping[CaseVerdict, Guideline]:
    """The definition of every verdict, in the order in which verdicts are shown."""
    found = {kind.title: Guideline(kind.title, kind.meaning) for kind in CASE_VERDICTS.values()}

    def work(connection: Connection) -> list[Guideline]:
        columns = (guidelines.c[name] for name in ("verdict", "text", "author", "at"))
        query = select(*columns)
        return [
            Guideline(*(str(value) for value in row))
            for row in connection.execute(query.order_by(guidelines.c.seq))
        ]

    for row in store.database.read(work):
        if row.verdict in found:
            own = CASE_VERDICTS[row.verdict].meaning
            found[row.verdict] = row if row.text else Guideline(row.verdict, own)
    return found


def reword(store: Store, verdict: str, text: str, author: str, at: datetime) -> bool:
    """Writes another definition of a verdict; an empty one brings back the app's own.

    False, and nothing written, if it says that already. Raises CasesError for an unknown verdict,
    for an empty name, and for more than `MAX_CHARS`.
    """
    wording = " ".join(clean(text).split())
    if len(wording) > MAX_CHARS:
        raise CasesError(
            f"the definition has {len(wording):,} characters, at most {MAX_CHARS} are allowed; "
            "shorten it"
        )
    row = {
        "verdict": checked_verdict(verdict),
        "text": wording,
        "author": annotator_name(author),
        "at": stamp(at),
    }
    own = CASE_VERDICTS[verdict].meaning
    if (wording or own) == guidelines_of(store)[verdict].text:
        return False
    row["text"] = "" if wording == own else wording
    store.database.write(lambda connection: connection.execute(guidelines.insert(), row))
    return True
