"""Text for Streamlit's labels, which are Markdown: whatever it holds is shown as it is."""

import string

_MEANING = {ord(sign): f"\\{sign}" for sign in string.punctuation}


def plain(text: str, most: int = 80) -> str:
    """One line of text without any meaning in Markdown, cut at a length."""
    line = " ".join(text.split())
    short = line if len(line) <= most else line[: most - 1].rstrip() + "…"
    return short.translate(_MEANING)
