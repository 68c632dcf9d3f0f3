"""What may be told after an answer, and what of it the store has: strips and tables as HTML."""

from collections.abc import Sequence

from core.cases.case import Entry, Progress, Reveal
from core.maps import safe_html
from pages.search_page.confidence_banner import percent

_LONGEST_NOTE = 300


def strip(name: str, reveal: Reveal, same: bool) -> str:
    """The case just answered, in one strip: own verdict, rank, suggestion, what others said. All
    but the first is held back where the card that lies there is of the `same` words."""
    own = next(
        (one for one in reversed(reveal.entries) if one.annotator == name and one.standing), None
    )
    said = f"You said <b>{safe_html(own.verdict or '')}</b>." if own else ""
    parts = [
        said,
        f"It is a {safe_html(reveal.kind)}, {rank(reveal)}.",
        cause(reveal),
        _others(name, reveal.entries),
    ]
    if same:
        parts = [said, "Its rank stays hidden: this is another model's answer to the same words."]
    told = " ".join(part for part in parts if part)
    return (
        f'<aside class="sw-last" aria-label="The case before"><b>The case before</b> '
        f"{told} <span>Saved.</span></aside>"
    )


def rank(reveal: Reveal) -> str:
    """The rank of the truth, and how sure the answer was."""
    told = (
        "the truth beyond the first five"
        if reveal.rank is None
        else f"the truth on rank {reveal.rank:,}"
    )
    if reveal.confidence is None:
        return told
    return f"{told}, the answer {percent(reveal.confidence)} sure"


def cause(reveal: Reveal) -> str:
    """What measurable signals speak for."""
    found = reveal.suggestion
    if found is None:
        return "Nothing failed here, so no cause is suggested."
    return f"Suggested: <b>{safe_html(found.verdict)}</b> ({safe_html(found.why)})."


def _others(name: str, entries: Sequence[Entry]) -> str:
    said = [
        f"{safe_html(one.annotator)}: {safe_html(one.verdict or '')}"
        for one in entries
        if one.standing and not one.final and one.annotator != name
    ]
    return f"Others said: {'; '.join(said)}." if said else "Nobody else has answered it yet."


def entries(history: Sequence[Entry]) -> str:
    """Every standing verdict on a case with its note."""
    rows = "".join(
        f'<tr><th scope="row" dir="auto">{safe_html(one.annotator)}</th>'
        f"<td>{safe_html(one.verdict or '')}{' (adjudicated)' * one.final}</td>"
        f'<td dir="auto">{safe_html(one.note[:_LONGEST_NOTE])}</td></tr>'
        for one in history
        if one.standing
    )
    return (
        '<div class="sw-table"><table><caption>Who said what</caption><thead><tr>'
        '<th scope="col">Annotator</th><th scope="col">Verdict</th><th scope="col">Note</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def progress(now: Progress) -> str:
    """How far and how fast, as a bar and in words."""
    share = now.answered / now.total if now.total else 0
    left = f", {now.skipped:,} skipped" if now.skipped else ""
    pace = f" · {now.pace_s:.0f} s a case" if now.pace_s is not None else ""
    return (
        f'<div class="sw-progress"><span class="sw-bar" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="{now.total}" aria-valuenow="{now.answered}" aria-label="Cases answered">'
        f'<span style="width:{share:.1%}"></span></span>'
        f"<p>{now.answered:,} of {now.total:,} answered{left}{pace}</p>"
        '<p class="sw-hint"><kbd>Page Down</kbd> reads on</p></div>'
    )
