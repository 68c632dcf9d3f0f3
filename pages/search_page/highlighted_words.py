"""A description with its phrases marked by what the map says; the marks do not rely on colour."""

from collections.abc import Sequence

from core.maps import safe_html
from core.records import Entry, Standing
from pages.search_page.ledger_table import STANDINGS

MOST_CHARS = 1500
_MARKS: dict[Standing, str] = {
    "supported": "sw-yes",
    "contradicted": "sw-against",
    "missing": "sw-no",
    "unchecked": "sw-open",
}


def coloured(text: str, ledger: Sequence[Entry], truncated: int | None = None) -> str:
    """HTML of a description, its phrases in `<mark>`; what was not read or is too long is cut."""
    end = min(len(text), MOST_CHARS, truncated if truncated is not None else len(text))
    parts, at = [], 0
    for entry in sorted(ledger, key=lambda one: (one.evidence.start, -one.evidence.end)):
        start, stop = max(entry.evidence.start, 0), min(entry.evidence.end, end)
        if start < at or stop <= start:
            continue
        parts.append(safe_html(text[at:start]))
        parts.append(
            f'<mark class="{_MARKS[entry.standing]}">{safe_html(text[start:stop])}'
            f'<span class="sw-unseen"> ({STANDINGS[entry.standing]})</span></mark>'
        )
        at = stop
    parts.append(safe_html(text[at:end]))
    return "".join(parts) + (" …" if end < len(text) else "")
