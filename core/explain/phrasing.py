"""Facts, names and places as parts of a sentence, plain text in one line. Knows no gallery."""

import re
import unicodedata

from core.vocabulary import grammar
from core.vocabulary.attributes import NATIONS

UNDERFOOT_M = 12.0
"""What lies this near has no direction."""
_JOINTS = re.compile(r" (?:of|for|with|in|beside|under) ")
_PAVED = re.compile(r"^(.*)paved with slabs (.+)$")
_UNCOUNTED = frozenset({"parking", "golf"})
_AN_NUMBER = re.compile(r"8|1[18]\b")
_COUNTED = re.compile(r"^(?:two|several|many) ")


def one_line(text: str, most: int) -> str:
    """A text from a user or a file in one line of at most `most` characters, without characters
    that steer a terminal or turn the direction of writing."""
    seen = "".join(
        sign if unicodedata.category(sign)[0] != "C" else " " if sign.isspace() else ""
        for sign in text
    )
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def head_of(kind: str) -> str:
    """The noun of a kind: "row of trees" → "row", "bus stop" → "stop"."""
    return _JOINTS.split(kind)[0].split(" ")[-1]


def with_article(kind: str) -> str:
    """A kind as one thing of many: "a bench", "an old gate", "steps", "several benches"."""
    head = head_of(kind)
    if head in _UNCOUNTED:
        return kind
    if kind[:1].isdigit():
        return f"{'an' if _AN_NUMBER.match(kind) else 'a'} {kind}"
    several = head.endswith("s") and not head.endswith("ss")
    if several or _COUNTED.match(kind) or not kind[:1].islower():
        return kind
    return grammar.with_article(kind)


def noun_phrase(fact: str) -> str:
    """The text of a fact as a thing: its name and kind, or its kind with an article."""
    said, colon, name = fact.partition(": ")
    if said == "address":
        return f"the address {one_line(name, 60)}"
    said = _PAVED.sub(r"\1\2, paved with slabs", said)
    said = NATIONS.sub(lambda one: one[0].title(), said)
    if colon and said in ("large", "small"):
        return one_line(name, 60)
    if colon:
        return f"{one_line(name, 60)} ({one_line(said, 50)})"
    said = one_line(said, 90)
    return f"the {said}" if said.startswith("corner of ") else with_article(said)


def distance_phrase(distance_m: float, direction: str) -> str:
    """Distance and direction: "right here", "40 m to the north"."""
    if distance_m < UNDERFOOT_M:
        return "right here"
    step = 1 if distance_m < 100 else 10
    return f"{round(distance_m / step) * step} m to the {direction}"


def join_and(parts: list[str]) -> str:
    """Parts of a sentence in a row: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
