"""A description with its words or phrases marked; the marks do not rely on colour alone."""

from collections.abc import Sequence

from markupsafe import Markup

from core.records import LedgerEntry, Relevance, Standing
from pages.ui.templates import render

MOST_CHARS = 1500
STANDINGS: dict[Standing, str] = {
    "supported": "found on the map",
    "contradicted": "the map says otherwise",
    "missing": "not found on the map",
    "unchecked": "no map can tell",
}
_MARKS: dict[Standing, str] = {
    "supported": "sw-yes",
    "contradicted": "sw-against",
    "missing": "sw-no",
    "unchecked": "sw-open",
}
_READ_ALOUD_FROM = 0.3


def by_standing(text: str, ledger: Sequence[LedgerEntry], truncated: int | None = None) -> Markup:
    """The text, each phrase marked by what the map says; cut where reading stopped."""
    end = min(len(text), MOST_CHARS, truncated if truncated is not None else len(text))
    parts: list[dict[str, object]] = []
    at = 0
    for entry in sorted(ledger, key=lambda one: (one.evidence.start, -one.evidence.end)):
        start, stop = max(entry.evidence.start, 0), min(entry.evidence.end, end)
        if start < at or stop <= start:
            continue
        parts.append({"before": text[at:start], "text": text[start:stop]})
        parts[-1] |= {"mark": _MARKS[entry.standing], "standing": STANDINGS[entry.standing]}
        at = stop
    return render("words_by_standing", parts=parts, rest=text[at:end], cut=end < len(text))


def by_relevance(text: str, relevance: Relevance) -> Markup:
    """The text, each word under a tint as strong as its relevance, which is also read aloud."""
    parts, at, end = [], 0, min(len(text), MOST_CHARS)
    for word in relevance.words:
        if word.start < at or word.end > end:
            continue
        parts.append(
            {
                "before": text[at : word.start],
                "text": text[word.start : word.end],
                "relevance": word.relevance,
                "aloud": word.relevance >= _READ_ALOUD_FROM,
            }
        )
        at = word.end
    return render("words_by_relevance", parts=parts, rest=text[at:end], cut=end < len(text))
