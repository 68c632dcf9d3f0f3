"""The table of verdicts that an annotator can give on a case."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

CaseVerdict: TypeAlias = str
"""A key of `CASE_VERDICTS`."""


@dataclass(frozen=True, slots=True)
class VerdictKind:
    """A verdict: `title` is shown, stored and exported; the digit `key` is its shortcut.

    `meaning` is its definition, for annotators; a store may hold another wording, see `guidelines`.
    """

    title: CaseVerdict
    key: str
    meaning: str = ""


CASE_VERDICTS: Final[dict[CaseVerdict, VerdictKind]] = {
    kind.title: kind
    for kind in (
        VerdictKind(
            "right place, another name for it",
            "1",
            "The answer shows the place that is described; only the tile or the name "
            "differs. A person who goes there has arrived.",
        ),
        VerdictKind(
            "same street or place, wrong tile",
            "2",
            "The answer lies on the same street or square, but too far along it. Everything "
            "described is near, not there.",
        ),
        VerdictKind(
            "several places fit",
            "3",
            "The words fit the answer as well as the truth. A careful reader could not choose.",
        ),
        VerdictKind(
            "description wrong",
            "4",
            "The words say something that is not so at the truth: a wrong name, side, "
            "colour or number.",
        ),
        VerdictKind(
            "description too vague",
            "5",
            "The words are right, but fit very many places. Nothing in them tells the truth "
            "from the rest.",
        ),
        VerdictKind(
            "map or picture out of date",
            "6",
            "The words are right, but map or picture lack what is described, or show what is gone.",
        ),
        VerdictKind(
            "model error",
            "7",
            "The words are right and enough, the map has what they tell, and the search "
            "still chose another place.",
        ),
        VerdictKind(
            "cannot tell",
            "0",
            "You looked, and none of the other verdicts is clearly right. Say why in the note.",
        ),
    )
}
"""All verdicts by title, in the order in which they are shown. A new verdict is a new row: stores,
pages, agreement and exports read this table. Existing titles must stay, since stores have them."""

Kind = Literal["failure", "near miss", "control"]
"""The reason why a case is in the queue, see `selection`. A control is a success."""

Order = Literal["hardest", "shuffled"]
"""The order of an annotator's cases: hardest first, or shuffled differently for each annotator."""
ORDERS: tuple[Order, ...] = get_args(Order)
