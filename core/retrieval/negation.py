"""Denials in a description: "no trams", "without benches", "not near the casino".

A denial is kept only where its things could be on a map: kinds of the table, groups of them, or
names. "No people" and "not sure" stay ordinary words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.retrieval.head_nouns import head_of_phrase
from core.vocabulary.denied import GROUPS
from core.vocabulary.folding import WORD, fold

Scope = Literal["here", "around", "near", "far", "at", "else"]
"""Where the things are denied: in view, anywhere around, near, within a long way, right at the
spot. `else`: all but the things are denied."""

_ARTICLE = r"(?:any|an|a|the|one|some|single|more|other|real|actual|visible)"
_ITEM_END = (
    r"in|on|at|near|nearby|next|to|from|with|but|and|or|nor|just|only|that|which|where|who|is|are|"
    r"was|were|so|because|behind|opposite|between|here|anywhere|around|there|this|these|then|"
    r"beside|besides|along|i|i'm|we|you|it|its|as|like|unless|except|until|before|after|by|for|"
    r"either|visible|whatsoever|within|if|when|while|not|no|without|neither|can|directly|right|left|called|named|"
    r"runs?|goes|pass(?:es)?|grows?|exists?"
)
_STREET_TYPE = r"(?:street|st|avenue|ave|road|rd)"
_WORD = r"[^\W\d_][\w'’.-]*\w|[^\W\d_]|" rf"\d{{1,3}}(?:st|nd|rd|th)(?=\s+{_STREET_TYPE}\b)"
_ITEM = rf"(?:(?:{_ARTICLE}|of)\s+)*(?!(?:{_ITEM_END})\b)(?:{_WORD})" + (
    rf"(?:\s+(?!(?:{_ITEM_END})\b)(?:{_WORD}))" "{0,3}"
)
_BARE_ITEM = rf"(?!{_ARTICLE}\b|there\b|lots\b|just\b|only\b){_ITEM}"
_ITEMS = (
    rf"(?P<items>{_ITEM}(?:(?:\s*,\s*{_BARE_ITEM})+,?\s+(?:or|nor)\s+{_ITEM}"
    rf"|(?:\s*,?\s+(?:or|nor)\s+{_ITEM})+|\s+and\s+{_BARE_ITEM})?)"
)
_AROUND = (
    r"anywhere(?: near(?:by)?| around)?|around|in sight|within sight|in view|nearby|close by|"
    r"to be (?:seen|found)|whatsoever|visible"
)
_TAIL = (
    rf"(?P<tail>(?:\s+(?:at all|either|(?P<around>{_AROUND})|here|there|near|"
    r"runs?|pass(?:es)?|goes|grows?|exists?|"
    r"(?:near|around|by|next to|beside)\s+(?:here|it|me|us|them|this|there|where I am|my spot)|"
    r"(?:here|it|me|us|them)|(?:on|in|along|at) (?:this|either|my|the) "
    r"(?:side|street|square|road|area|place|neighbou?rhood|block)|for miles))*)\b"
)
_SUBJECT = (
    r"(?:(?:there|i|we|you|one|it|that|which|this)(?:['’](?:s|ve|d|re))?\s+|that['’]s\s+|and\s+)?"
)
_VERB = r"(?:see|spot|find|have|got|notice|seem to be|appear to be|look like there is)"
_NOT = (
    r"(?:(?:is|are|was|were|do|does|did|can|could|have|has|had|ca|wo|should)"
    r"(?:n['’]?t|\s+not)|cannot|not)"
)
_NO = r"(?:no|zero|(?:hardly|scarcely|barely) (?:any|an?)|none of (?:the|these|those|its|your))"
_NO_THING = (
    r"(?!(?:longer|one|doubt|idea|wonder|more than|less than|fewer than|bigger|further|farther|"
    r"matter|way|problem|need|reason|thanks|clue|sense|other way|exception|time|"
    r"(?:parking|entry|smoking|entrance|stopping) (?:sign|zone)s?)\b)(?!\.?\s*\d)"
)
_NEAR = (
    r"(?:near(?:by)? to|near|anywhere near|close to|next to|beside|by|opposite|alongside|"
    r"across from|facing|in front of|behind|around the corner from|within (?:sight|view|reach) of)"
)
_NOT_ITS_LOOKS = (
    r"(?!(?:single|lot|bit|few|very|too|so|really|particularly|big|large|huge|great|tall|high|wide|"
    r"long|busy|modern|new|old|typical|normal|usual|real)\b)"
)
"""What follows "not a" where a thing is there and only looks otherwise: "not a big church"."""
_CUES: tuple[tuple[Scope, str], ...] = (
    (
        "else",
        r"\bnothing (?:else )?(?:but|except(?: for)?|other than|apart from)\s+" + _ITEMS + _TAIL,
    ),
    ("here", r"\bnothing\s+(?:is\s+)?(?P<items>green)" + _TAIL),
    (
        "here",
        rf"(?:^|(?<=[,;.!]\s)|\b(?:and|but)\s+)(?P<items>{_ITEM})\s+(?:(?:is|are)n['’]?t|"
        rf"(?:is|are)\s+(?:not|nowhere))\s+(?P<around>{_AROUND}|near)\b",
    ),
    ("here", r"\b(?P<items>tree)less\b" + _TAIL),
    ("here", rf"\bneither\s+(?P<items>{_ITEM}\s*,?\s+n?or\s+{_ITEM})" + _TAIL),
    (
        "far",
        r"\b(?<!not )(?<!n't )(?<!n’t )(?<!not too )(?<!not very )(?<!not so )(?<!too )"
        r"(?:nowhere (?:near|close to)|(?:very |quite |really )?far (?:away )?from|"
        r"well away from|a long way from)\s+" + _ITEMS + _TAIL,
    ),
    (
        "near",
        rf"{_SUBJECT}\b(?:{_NOT}|i['’]m not)\s+(?:really |very |actually |even )?{_NEAR}\s+"
        + _ITEMS
        + _TAIL,
    ),
    (
        "at",
        rf"{_SUBJECT}\b(?:{_NOT}|i['’]m not)\s+(?:really |actually |even )?"
        r"(?:inside|in|on|at(?! all))\s+" + _ITEMS + _TAIL,
    ),
    (
        "here",
        rf"{_SUBJECT}\b{_NOT}\s+(?:(?:{_VERB})\s+)?"
        r"(?:(?:any|a single|one|even an?|so much as an?)(?: sign of| trace of)?\s+)"
        + _ITEMS
        + _TAIL,
    ),
    ("here", rf"\bnot\s+an?\s+{_ITEMS}{_TAIL}(?:(?<=anywhere)|(?<=in sight)|(?<=to be seen))"),
    ("at", rf"(?:^|(?<=[,;.!]\s))(?:but\s+|and\s+)?not\s+an?\s+{_NOT_ITS_LOOKS}" + _ITEMS + _TAIL),
    (
        "here",
        rf"(?:{_SUBJECT}\b{_NOT}\s+{_VERB}|\bthere\s+{_NOT})\s+" + _ITEMS + _TAIL,
    ),
    (
        "here",
        rf"(?:\bthere(?:['’]s|\s+(?:is|are|was|were))\s+|\b(?:i|we|you)\s+(?:can\s+)?see\s+|"
        rf"\b(?:has|have|with)\s+)?\b{_NO}\s+{_NO_THING}(?:(?:sign|trace|hint) of\s+|such\s+)?"
        + _ITEMS
        + _TAIL,
    ),
    (
        "here",
        r"\b(?:without|lacks|lacking|devoid of|free of|lack of|absence of)\s+"
        r"(?!(?:a |any )?(?:doubt|stopping|turning|leaving|going|seeing|looking|walking|"
        r"passing|entering|reaching|borders)\b)"
        r"(?!crossing (?:the|any|a)\b)" + _ITEMS + _TAIL,
    ),
)
"""The cues of a denial with its scope, the more specific first."""


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[Scope, re.Pattern[str]], ...]:
    """The cues as patterns. They take a tenth of a second to make, and most texts deny nothing."""
    return tuple((scope, re.compile(cue, re.IGNORECASE)) for scope, cue in _CUES)


_BETWEEN_ITEMS = re.compile(
    r"\s*,\s*(?:(?:and|or|nor)\s+)?(?:no\s+)?|\s+(?:or|nor|and)\s+(?:no\s+)?"
)
_UNMAPPED = re.compile(
    r"^(?:same|other|opposite|first|second|next|exact|very|end|middle)\b|"
    r"\b(?:cars?|traffic|people|persons?|vehicles?|streets?|roads?|corners?|blocks?|spaces?|places?|"
    r"sides?|ways?|roofs?|towers?|doors?|floors?|ends?|parking|(?:^|city |town )cent(?:re|er)|"
    r"downtown|city|town|village|suburbs?|district)$|^corner of\b",
    re.IGNORECASE,
)
"""Nouns of the table whose absence no map shows: things that come and go, parts of other things,
and what is everywhere."""
_TITLED = re.compile(r"(?:\d+\w+|\w+)(?: \w+)* (?:Street|Road|Corner|Place|Way|Tower|Block)$")
"""A name of one of these: "Myasnitskaya Street"."""
_NUMBERED = re.compile(rf"(?:\w+ )?\d+(?:st|nd|rd|th) {_STREET_TYPE}$", re.IGNORECASE)
_LEADING = re.compile(rf"^(?:(?:{_ARTICLE}|of)\s+)+", re.IGNORECASE)
_CUE = re.compile(
    r"\b(?:no|not|zero|none|hardly|scarcely|barely|treeless|without|neither|nor|nothing|nowhere|lack\w*|"
    r"absence|devoid|free|far|away|cannot)"
    r"\b|n['’]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Denial:
    """A stretch of the description that denies `things`, as written, and the scope of it."""

    start: int
    end: int
    things: tuple[str, ...]
    scope: Scope

    @property
    def affirms(self) -> bool:
        """Whether its things are there: "nothing but houses"."""
        return self.scope == "else"


def denials_in(text: str) -> tuple[Denial, ...]:
    """The denials of things that a map could show, in order, none inside another."""
    if not _CUE.search(text):
        return ()
    taken: list[Denial] = []
    for scope, pattern in _patterns():
        for match in pattern.finditer(text):
            if _is_in_name(text, match):
                continue
            free = all(match.end() <= one.start or one.end <= match.start() for one in taken)
            things = tuple(_things(text, match))
            if free and things:
                taken.append(Denial(_start(match), match.end(), things, _scope(scope, match)))
    return tuple(sorted(taken, key=lambda denial: denial.start))


def _start(match: re.Match[str]) -> int:
    """The start of a match, without the blanks, "and" and "with" before it."""
    lead = re.match(r"\s*(?:(?:and|with)\s+)*", match.group(), re.IGNORECASE)
    return match.start() + (lead.end() if lead else 0)


def _is_in_name(text: str, match: re.Match[str]) -> bool:
    """Whether the cue is a part of a name: "the No Evil Eye cinema", "Doctors Without Borders"."""
    cue = _CUE.search(match.group())
    if cue is None or not cue.group().istitle():
        return False
    before = text[: match.start() + cue.start()].rstrip(" \"'(“‘-–")
    is_first = not before or before[-1] in ".!?\n:;"
    return not is_first or match.group("items")[:1].isupper()


def _scope(scope: Scope, match: re.Match[str]) -> Scope:
    return "around" if scope == "here" and match.group("around") else scope


def _things(text: str, match: re.Match[str]) -> Iterator[str]:
    """The things of a denial that a map could show."""
    start, items = match.start("items"), match.group("items")
    edges = [
        0,
        *(edge for cut in _BETWEEN_ITEMS.finditer(items) for edge in cut.span()),
        len(items),
    ]
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        thing = _LEADING.sub("", items[begin:end]).strip()
        if thing and could_be_mapped(thing, text, start + begin):
            yield thing


def group_of(thing: str) -> tuple[str, ...]:
    """The questions (`core.vocabulary.questions`) whose kinds a thing stands for; none for most."""
    words = " ".join(WORD.findall(fold(thing)))
    return GROUPS.get(words) or GROUPS.get(words.removesuffix("s"), ())


def is_numbered_street(thing: str) -> bool:
    """Whether a thing is a street that is called by its number: "7th Avenue"."""
    return _NUMBERED.match(thing) is not None


def could_be_mapped(thing: str, text: str = "", start: int = 0) -> bool:
    """Whether a thing is a kind, a group of kinds, or written as a name at `text[start:]`."""
    if is_numbered_street(thing):
        return True
    is_name = thing[:1].isupper() and bool(text[:start].strip())
    if _UNMAPPED.search(thing) and not (group_of(thing) or (is_name and _TITLED.match(thing))):
        return False
    if group_of(thing) or head_of_phrase(thing) is not None:
        return True
    return is_name


def without(text: str, start: int, end: int) -> str:
    """The text with blanks in place of a stretch; all offsets stay valid."""
    return text[:start] + " " * (end - start) + text[end:]


def blanked(text: str, denials: tuple[Denial, ...]) -> str:
    """The text with blanks in place of what is denied; all offsets stay valid."""
    for denial in denials:
        if not denial.affirms:
            text = without(text, denial.start, denial.end)
    return text
