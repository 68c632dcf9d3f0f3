"""Text and data on their way to a browser: two functions, and neither lets through a character that
HTML, JavaScript, a template literal or streamlit-folium's own rewriting gives a meaning to."""

import json
import unicodedata
from urllib.parse import quote

_PLAIN = frozenset(" .,:;()-")
_BREAKS = frozenset("\n\t")
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def safe_html(text: str) -> str:
    """Any text as HTML: letters, digits and plain punctuation stay, all else becomes `&#n;`.

    Control characters, and those that turn the writing direction of what follows, are dropped.
    """
    return "".join(
        character if character in _PLAIN or character.isalnum() else f"&#{ord(character)};"
        for character in text
        if character in _BREAKS or not _is_hidden(character)
    )


def _is_hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or unicodedata.bidirectional(character) in _TURNS
    )


def script_data(value: object) -> str:
    """JSON-able data as a JavaScript expression of letters, digits and `%` signs only.

    The underscore is encoded too: streamlit-folium renames what looks like folium's variables.
    """
    coded = quote(json.dumps(value), safe="").replace("_", "%5F").replace("~", "%7E")
    return f'JSON.parse(decodeURIComponent("{coded}"))'
