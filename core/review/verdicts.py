"""The verdicts that an annotator may give on a case, each with its key; knows no store."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

CaseVerdict: TypeAlias = str
"""A key of `CASE_VERDICTS`."""


@dataclass(frozen=True, slots=True)
class VerdictKind:
    """A verdict: its `title` is shown, stored and exported, the digit `key` chooses it."""

    title: CaseVerdict
    key: str


CASE_VERDICTS: Final[dict[CaseVerdict, VerdictKind]] = {
    kind.title: kind
    for kind in (
        VerdictKind("right place, another name for it", "1"),
        VerdictKind("same street or place, wrong tile", "2"),
        VerdictKind("several places fit", "3"),
        VerdictKind("description wrong", "4"),
        VerdictKind("description too vague", "5"),
        VerdictKind("map or picture out of date", "6"),
        VerdictKind("model error", "7"),
        VerdictKind("cannot tell", "0"),
    )
}
"""Every verdict by its title, in the order in which it is shown. A new one is a new row: stores,
pages, agreement and exports read this table. A title that stores hold already must stay."""

Kind = Literal["failure", "near miss", "control"]
"""Why a case is in the queue: see `selection`. A control is a success among the failures."""

Order = Literal["hardest", "shuffled"]
"""How an annotator meets the cases: hardest first or shuffled, either in an order of their own."""
ORDERS: tuple[Order, ...] = get_args(Order)
