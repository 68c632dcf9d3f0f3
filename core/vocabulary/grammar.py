"""Articles and plurals of English nouns, and short forms of names."""

import re

_JOINT = re.compile(r" (?:full of|of|for|with|under|in|around) ")
_SIGN_CHARS = 40
_VOWEL = re.compile(r"(?!uni|use|usa|uti|one\b|one-|eu|u-)[aeiou]|hour", re.IGNORECASE)


def with_article(text: str) -> str:
    """Puts the indefinite article before a text."""
    return f"{'an' if _VOWEL.match(text) else 'a'} {text}"


def plural(kind: str) -> str:
    """Regular plural of a kind's head noun: "rows of trees"."""
    joint = _JOINT.search(kind)
    head, rest = (kind[: joint.start()], kind[joint.start() :]) if joint else (kind, "")
    if head.endswith(("x", "ch", "sh", "ss")):
        head += "es"
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        head = f"{head[:-1]}ies"
    elif not head.endswith("s"):
        head += "s"
    return head + rest


def quoted(text: str) -> str:
    """A text in quotation marks; those inside it become single ones."""
    inner = text.replace("“", "‘").replace("”", "’")
    return f"“{inner}”"


def sign(name: str) -> str:
    """The part of a name that a person would repeat; "" for one of over 40 characters."""
    first = name.split(";")[0].strip()
    return first if len(first) <= _SIGN_CHARS else ""


def join_and(parts: list[str]) -> str:
    """Joins parts of a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
