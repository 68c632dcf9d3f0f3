"""The table of verdicts that an annotator can give on a case."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

CaseVerdict: TypeAlias = str
"""A key of `CASE_VERDICTS`."""


@dataclass(frozen=True, slots=True)
class VerdictKind:
    """A verdict: `title` is shown, stored and exported; the digit `key` is its shortcut."""

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
"""All verdicts by title, in the order in which they are shown. A new verdict is a new row: stores,
pages, agreement and exports read this table. Existing titles must stay, since stores have them."""

Kind = Literal["failure", "near miss", "control"]
"""The reason why a case is in the queue, see `selection`. A control is a success."""

Order = Literal["hardest", "shuffled"]
"""The order of an annotator's cases: hardest first, or shuffled differently for each annotator."""
ORDERS: tuple[Order, ...] = get_args(Order)
