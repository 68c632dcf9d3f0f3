"""Past verdicts as HTML: the previous case, a case's verdicts, and the progress."""

from collections.abc import Sequence

from markupsafe import Markup

from core.review.model import Progress, Reveal, VerdictEntry
from core.review.verdicts import Kind
from core.vocabulary.chances import percent
from pages.ui.templates import render

_OUTCOMES: dict[Kind, str] = {
    "failure": "The search failed",
    "near miss": "The search came close",
    "control": "The search succeeded",
}


def previous(name: str, reveal: Reveal, same: bool) -> str:
    """The case just answered: own verdict, outcome, suggestion, other verdicts. All but the first
    stay hidden while the card on the desk has the `same` words."""
    current = [one for one in reveal.entries if one.standing]
    return render(
        "previous_case",
        own=next((one for one in reversed(current) if one.annotator == name), None),
        same=same,
        outcome=_OUTCOMES[reveal.kind],
        rank=rank(reveal),
        cause=cause(reveal),
        others=[one for one in current if not one.final and one.annotator != name],
    )


def rank(reveal: Reveal) -> str:
    """The rank of the true tile, and the confidence of the answer."""
    told = (
        "the true tile is not among the first five"
        if reveal.rank is None
        else f"the true tile is at rank {reveal.rank:,}"
    )
    if reveal.confidence is None:
        return told
    return f"{told}, and the answer had a chance of {percent(reveal.confidence)}"


def cause(reveal: Reveal) -> Markup:
    """HTML of the cause that measurable signals suggest."""
    return render("case_cause", suggestion=reveal.suggestion)


def verdicts(entries: Sequence[VerdictEntry], reveal: Reveal) -> str:
    """HTML of every current verdict on a case with its note, and of its rank and cause."""
    current = [one for one in entries if one.standing]
    return render("case_verdicts", entries=current, rank=rank(reveal), cause=cause(reveal))


def progress(now: Progress) -> str:
    """HTML of how far and how fast, as a bar and in words."""
    share = now.answered / now.total if now.total else 0
    return render("review_progress", now=now, share=share)
