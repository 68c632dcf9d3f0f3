"""Past verdicts as HTML: the previous case, a case's verdicts, and the progress."""

from collections.abc import Sequence

from markupsafe import Markup

from core.review.model import Progress, Reveal, VerdictEntry
from pages.ui.numbers import percent
from pages.ui.templates import render


def previous(name: str, reveal: Reveal, same: bool) -> str:
    """The case just answered: own verdict, rank, suggestion, other verdicts. All but the first
    stay hidden while the card on the desk has the `same` words."""
    current = [one for one in reveal.entries if one.standing]
    return render(
        "previous_case",
        own=next((one for one in reversed(current) if one.annotator == name), None),
        same=same,
        kind=reveal.kind,
        rank=rank(reveal),
        cause=cause(reveal),
        others=[one for one in current if not one.final and one.annotator != name],
    )


def rank(reveal: Reveal) -> str:
    """The rank of the truth, and the confidence of the answer."""
    told = (
        "the truth is beyond the first five places"
        if reveal.rank is None
        else f"the truth is at rank {reveal.rank:,}"
    )
    if reveal.confidence is None:
        return told
    return f"{told}, the answer was {percent(reveal.confidence)} sure"


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
