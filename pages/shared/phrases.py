"""A description with its phrases marked by what the map says; the marks do not rely on colour."""

from collections.abc import Sequence

from core.maps import safe_html
from core.records import Evidence

_MOST_CHARS = 1500
_MARKS = {True: ("sw-yes", "found on the map"), False: ("sw-no", "not found on the map")}


def coloured(text: str, evidence: Sequence[Evidence], truncated: int | None = None) -> str:
    """HTML of a description, its phrases in `<mark>`; what was not read or is too long is cut."""
    end = min(len(text), _MOST_CHARS, truncated if truncated is not None else len(text))
    parts, at = [], 0
    for one in sorted(evidence, key=lambda each: (each.start, -each.end)):
        start, stop = max(one.start, 0), min(one.end, end)
        if start < at or stop <= start:
            continue
        name, words = _MARKS[one.supported]
        parts.append(safe_html(text[at:start]))
        parts.append(
            f'<mark class="{name}">{safe_html(text[start:stop])}'
            f'<span class="sw-unseen"> ({words})</span></mark>'
        )
        at = stop
    parts.append(safe_html(text[at:end]))
    return "".join(parts) + (" …" if end < len(text) else "")
