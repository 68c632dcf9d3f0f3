"""Text for Streamlit's labels, most of which are Markdown: shown as it is."""

import string

_MEANING = {ord(sign): f"\\{sign}" for sign in string.punctuation}


def one_line(text: str, most: int = 80) -> str:
    """One line of text, cut at a length; for the labels that are not Markdown."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def plain(text: str, most: int = 80) -> str:
    """One line of text without any meaning in Markdown, cut at a length."""
    return one_line(text, most).translate(_MEANING)
