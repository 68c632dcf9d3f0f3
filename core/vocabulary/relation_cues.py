"""Words for how one thing lies to another: "across from", "next to", "two blocks north of"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

Role = Literal[
    "seen",
    "target",
    "beside",
    "across",
    "same block",
    "blocks away",
    "between",
    "corner",
    "past",
    "directed",
    "too far",
    "elsewhere",
]
"""The role of a thing in a description: `target` is where the writer is; `too far` is a thing that
is passed by mistake only; `elsewhere` is where the reader is; `directed` has a compass direction
only, and `seen` no cue at all."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)

COUNTS: Final[Mapping[str, float]] = {
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "half a": 0.5,
    "half an": 0.5,
    "two": 2.0,
    "couple": 2.0,
    "three": 3.0,
    "few": 3.0,
    "several": 4.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "seven": 7.0,
    "eight": 8.0,
    "nine": 9.0,
    "ten": 10.0,
}
"""Words for numbers of blocks."""

_COMPASS = r"(?:(?:north|south)(?:[- ]?(?:east|west))?|east|west)(?:ern)?"
_COUNT = rf"(?P<count>\d{{1,2}}|{'|'.join(sorted(COUNTS, key=len, reverse=True))})"
_BLOCKS = rf"{_COUNT}(?:\s+(?:of|full|short|long|more|and a half|city))*\s+blocks?"
BLOCKS_FROM: Final = (
    rf"{_BLOCKS.replace('?P<count>', '?:')}(?:\s+(?:away|over|up|down|just))*\s+(?:from|off)"
)
"""Blocks without a direction: "two blocks away from"."""
_HERE = r"(?:me|here|us|it|this|there|where i am|my \w+|them)\b"
_STREET = r"(?:street|road|avenue|way|square|river|water|park|plaza)"
_ONWARD = r"(?:away|over|up|down|due|just|to the|to my|and)"


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern of words that gives things a role. A cue of blocks has a group `count`."""

    role: Role
    pattern: re.Pattern[str]


def _cue(role: Role, *patterns: str) -> Cue:
    return Cue(role, re.compile(rf"\b(?:{'|'.join(patterns)})", re.IGNORECASE))


CUES_BEFORE: Final[tuple[Cue, ...]] = (
    _cue(
        "too far",
        r"(?:if|when|once|should) you(?:['’]\w+)?\s[^.;!?]{0,24}?\b(?:reach|see|hit|pass|passed|"
        r"come to|get to|arrive at|find|are at|cross)\b(?=[^.!?]{0,90}\btoo far\b)",
    ),
    _cue(
        "elsewhere",
        r"(?:from|near|at|in) your (?:current |starting )?(?:spot|position|location|place|end)\b"
        r"(?: (?:at|in|near|by))?",
        r"you(?:['’]re| are)(?: currently| now)? (?:at|on|in|near|by)\b",
        r"starting (?:at|from)\b",
    ),
    _cue(
        "blocks away",
        rf"{_BLOCKS}(?:\s+(?:{_ONWARD}|{_COMPASS}))*\s+"
        rf"(?:of|from|past|to|after|before|behind|above|below|off)\b(?!\s+{_HERE})",
    ),
    _cue(
        "across",
        rf"(?:across|over)(?: (?:the|a|an|this|that|\w+) (?:\w+ )?{_STREET})? from\b(?!\s+{_HERE})",
        rf"opposite(?: (?:of|from|to|side of the {_STREET} (?:from|as|to)))?\b(?!\s+{_HERE})",
        r"(?:on |at )?the (?:other|far|opposite) side of\b",
        r"facing\b",
        rf"across (?:the|a) {_STREET} (?:(?:there )?(?:is|are)|you will see|from {_HERE})",
    ),
    _cue(
        "same block",
        r"(?:on|in|at|is|of)?\s*(?:the|this) (?:very )?same (?:\w+ )?(?:block|street|side)"
        r"(?: of the \w+)? (?:as|with|of|that has|where)\b",
        r"(?:on|in) (?:the|a|my|this|our|that) block "
        r"(?:with|of|that has|are|is|there (?:is|are))\b",
    ),
    _cue("between", r"(?:in[- ]?)?between\b", r"halfway (?:between|from)\b", r"sandwiched by\b"),
    _cue(
        "corner",
        r"(?:corner|intersection|crossing|junction|crossroads?|cross) "
        r"(?:of|with|at|between|where)\b",
        r"intersects?(?: with)?\b",
        r"(?:near|at|on|by) the corner\b",
    ),
    _cue(
        "beside",
        rf"(?:next (?:door )?to|besides?|by|near(?:by| to)?|close to|adjacent (?:to|and)|"
        r"alongside|attached to|around the corner (?:from|of)|in front of|outside(?: of)?|behind|"
        rf"at the back of|surrounded by|(?:just|right) off)\b(?!\s+{_HERE})",
        r"a (?:few|couple(?: of)?) (?:doors?|steps|paces|buildings|stores|shops|feet|meters|yards|"
        rf"spots)\s*(?:down|away|over|up|{_COMPASS})?\s*(?:from|of|to|past)\b(?!\s+{_HERE})",
        r"(?:one|a|two) (?:doors?|buildings?|stores?|shops?)\s*(?:down|away|over|up)?\s*"
        rf"(?:from|of)\b(?!\s+{_HERE})",
    ),
    _cue(
        "past",
        r"(?:pass(?:es|ing|ed)?|past|after|beyond|before|towards?)\b",
        r"(?:until|when) you (?:\w+ )?(?:reach|see|get to|hit|come to|find|are at)\b",
        r"you(?:['’]ll| will) (?:see|pass|find|reach|cross)\b",
    ),
    _cue(
        "target",
        r"(?:meet|come|let['’]?s meet|find me|see me|see you|i['’]?m|i am|we['’]?re|we are|"
        r"waiting|standing|located|look for|destination is|will be|i['’]?ll be|go|head)\b"
        r"[^.;!?\n]{0,40}?\b(?:at|inside|in|to|for|on|by)\b"
        rf"(?! (?:your|the (?:north|south|east|west)|{_COMPASS}))",
        r"you are headed to\b",
        r"you(?:['’]ll| will) find me\b",
    ),
)
"""Cues that stand before the things they are about; an earlier row wins over a later one."""

CUES_AFTER: Final[tuple[Cue, ...]] = (
    _cue(
        "too far",
        r"(?:you(?:['’]ve| have|['’]ll have)?|that(?:['’]s| is)|is|are|went|gone|go|going)\b"
        r"[^.!?]{0,20}\btoo far\b",
    ),
    _cue(
        "blocks away",
        rf"{_BLOCKS}(?:\s+(?:{_ONWARD}|{_COMPASS}))*(?:\s+(?:of|from|away)(?: {_HERE})?)?",
    ),
    _cue(
        "across",
        rf"(?:across|over) (?:the|a|this|my) (?:\w+ )?{_STREET}(?: from {_HERE})?",
        rf"across from {_HERE}",
        rf"(?:on |at )?the (?:other|far|opposite) side(?: of the {_STREET})?",
        rf"opposite(?: {_HERE})?",
        r"on the opposite block",
    ),
    _cue(
        "same block",
        r"(?:all )?(?:on|in|at|of)?\s*(?:the|this|my|our) same (?:\w+ )?(?:block|street|side)",
        r"in the block",
        r"on (?:my|this|the) block",
    ),
    _cue(
        "beside",
        rf"next (?:door )?to {_HERE}",
        r"nearby|close by|next door|adjacent|around the corner",
        rf"(?:beside|near) {_HERE}",
    ),
)
"""Cues that stand behind the things they are about."""

ROLE_WORDS: Final[Mapping[str, str]] = {
    "beside": "next to you",
    "across": "across from you",
    "same block": "on your block",
    "blocks away": "some blocks away",
    "between": "at one side of you",
    "corner": "at the corner",
    "past": "on the way",
    "too far": "too far",
    "elsewhere": "where the way begins",
}
"""A role as the description tells it, in words that follow "said to be"; the others need none."""
