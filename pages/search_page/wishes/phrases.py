"""The phrases of a description as chips: how each counts, and how it may count."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from core.records import LedgerEntry, Standing, Steering
from core.retrieval.query_encoding import EncodedQuery, is_denied

CHOICES: Final = {
    "": "As it is",
    "twice": "Counts double",
    "must": "Must be there",
    "minus": "Leave out",
}
"""How a phrase counts: the field of `Steering` that holds it, and the words for people."""
ABSENT: Final = "absent"
"""The text says that the thing is not there; as a choice, it shall say so."""
PRESENT: Final = "present"
"""The choice to say that a thing is there after all."""
_ARTICLE = r"(?:\b(?:an?|the|some)\s+)?"
_NO = re.compile(r"(?:there (?:is|are) )?(?:no|without(?: any| an?)?)\s+(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chip:
    """A phrase from `start` of the description on, -1 for one that it lacks. `state` is a key of
    `CHOICES` or `ABSENT`; `standing` is that at the first place, None for unknown."""

    phrase: str
    start: int
    state: str
    standing: Standing | None
    choices: tuple[str, ...]


def weight_of(wishes: Steering, phrase: str) -> str:
    """The field of `Steering` that holds a phrase, with or without its article, "" for none."""
    for name in filter(None, CHOICES):
        if _bare(phrase) in map(_bare, getattr(wishes, name)):
            return name
    return ""


def about_phrases(wishes: Steering) -> Steering:
    """The wishes that count in any city: those about phrases, not about its places."""
    return replace(wishes, like=(), unlike=(), passed="")


def _bare(phrase: str) -> str:
    """A phrase without its article, to compare it with others."""
    return " ".join(re.sub(f"^{_ARTICLE}", "", phrase.casefold()).split())


def weighed(wishes: Steering, phrase: str, choice: str) -> Steering:
    """The wishes with a phrase in one field only, or in none for ""."""
    lists: dict[str, Any] = {
        name: tuple(one for one in getattr(wishes, name) if _bare(one) != _bare(phrase))
        for name in CHOICES
        if name
    }
    if choice:
        lists[choice] = (*lists[choice], phrase)
    return replace(wishes, **lists)


def denied(text: str, phrase: str) -> str:
    """The text with "no" before a phrase, in place of its article; as it is without the phrase."""
    bare = re.sub(f"^{_ARTICLE}", "", phrase, flags=re.IGNORECASE)
    wanted = re.compile(rf"{_ARTICLE}(?<!\w){re.escape(bare)}", re.IGNORECASE)
    return wanted.sub(lambda _: f"no {bare}", text, count=1)


def affirmed(text: str, phrase: str, start: int) -> str:
    """The text without the "no" of a phrase that begins at `start`; as it is without the phrase."""
    if start < 0 or not text.startswith(phrase, start):
        return text
    return f"{text[:start]}{_NO.sub('', phrase, count=1)}{text[start + len(phrase) :]}"


def chips_of(
    text: str, wishes: Steering, encoded_query: EncodedQuery | None, ledger: Sequence[LedgerEntry]
) -> tuple[Chip, ...]:
    """The phrases that were read and those of the wishes, in the order of the description.

    `ledger` is that of the first place, empty for none.
    """
    standings = {one.evidence.start: one.standing for one in ledger}
    chips, english = dict[str, Chip](), True
    if encoded_query is not None:
        english = encoded_query.gloss is None
        for one in encoded_query.phrases:
            phrase, start, _ = encoded_query.own_words(one)
            state = weight_of(wishes, phrase) or (ABSENT if is_denied(one) else "")
            choices = _choices(phrase, is_denied(one), english)
            chips.setdefault(
                _bare(phrase), Chip(phrase, start, state, standings.get(start), choices)
            )
    for phrase in (*wishes.must, *wishes.twice, *wishes.minus):
        found = re.search(r"\s+".join(map(re.escape, phrase.split())), text, re.IGNORECASE)
        start, state = found.start() if found else -1, weight_of(wishes, phrase)
        choices = _choices(phrase, bool(_NO.match(phrase)), english and found is not None)
        chips.setdefault(_bare(phrase), Chip(phrase, start, state, None, choices))
    return tuple(sorted(chips.values(), key=lambda one: (one.start < 0, one.start)))


def _choices(phrase: str, is_no: bool, english: bool) -> tuple[str, ...]:
    """What a phrase can become: only an English one can be denied, since "no" is English."""
    if is_no:
        return ("", "minus", *([PRESENT] if english and _NO.match(phrase) else []))
    return (*CHOICES, *([ABSENT] if english else []))
