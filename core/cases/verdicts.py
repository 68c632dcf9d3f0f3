"""What an annotator may say about a case, and the key that says it; knows no store."""

from typing import Literal, get_args

CaseVerdict = Literal[
    "right place, another name for it",
    "same street or place, wrong tile",
    "several places fit",
    "description wrong",
    "description too vague",
    "map or picture out of date",
    "model error",
    "cannot tell",
]
CASE_VERDICTS: tuple[CaseVerdict, ...] = get_args(CaseVerdict)
VERDICT_KEYS: dict[CaseVerdict, str] = dict(zip(CASE_VERDICTS, "12345670", strict=True))
"""One key each; 0 cannot tell."""

Kind = Literal["failure", "near miss", "control"]
"""Why a case is in the queue: see `selection`. A control is a success among the failures."""
KINDS: tuple[Kind, ...] = get_args(Kind)

Order = Literal["hardest", "shuffled"]
"""How an annotator meets the cases: hardest first or shuffled, either in an order of their own."""
ORDERS: tuple[Order, ...] = get_args(Order)
