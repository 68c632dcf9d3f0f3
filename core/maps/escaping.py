"""Escaping of text and data for the browser.

Neither function passes a character with a meaning in HTML, JavaScript, a template literal or
streamlit-folium's own rewriting.
"""

import json
import unicodedata
from urllib.parse import quote

_PLAIN = frozenset(" .,:;()-")
_BREAKS = frozenset("\n\t")
_DIRECTION_MARKS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def safe_html(text: str) -> str:
    """A text as HTML: letters, digits and plain punctuation stay, all others become `&#n;`.

    Control characters, and those that change the writing direction, are dropped.
    """
    return "".join(
        character if character in _PLAIN or character.isalnum() else f"&#{ord(character)};"
        for character in text
        if character in _BREAKS or not _is_hidden(character)
    )


def _is_hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or unicodedata.bidirectional(character) in _DIRECTION_MARKS
    )


def script_data(value: object) -> str:
    """JSON data as a JavaScript expression whose text has only letters, digits and `%` signs.

    Underscores are encoded too, since streamlit-folium renames text that looks like a variable of
    folium.
    """
    coded = quote(json.dumps(value), safe="").replace("_", "%5F").replace("~", "%7E")
    return f'JSON.parse(decodeURIComponent("{coded}"))'
