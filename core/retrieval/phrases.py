"""Splits a description into phrases that can be matched with the map one by one.

A phrase may have a direction ("a church to the north", "one block south of the bank"): it is kept
as the compass bearing from the describer to the thing. A denial ("no trams") is a phrase of its
own.
"""

import re
from dataclasses import dataclass

from core.retrieval.head_nouns import says_no_thing
from core.retrieval.negation import Denial, denials_in
from core.vocabulary.attributes import MODIFIERS, NUMBER_WORDS
from core.vocabulary.directions import BEARINGS
from core.vocabulary.relation_cues import BLOCKS_FROM

_DIRECTION = r"(?P<direction{0}>(?:north|south)(?:[- ]?(?:east|west))?|east|west)(?:ern)?"
_HERE = r"(?:me|here|us|it|this|where i am|my (?:spot|position|location))"

_PLACES = ("side", "end", "middle", "road", "street", "st", "trees")
"""Words for a place, behind which an article begins the thing that is there."""
_ARTICLE = r"\s+(?=an?\s(?!bit|few|little|couple|block|minute|half|good|long way|short))"
"""The gap before an article of a thing, not of a distance: "a few steps"."""
_BREAK = re.compile(
    # a run of marks is matched from its first mark only: else long runs take quadratic time
    r"(?<![.;:!?\n\r,()\[\]{}«»“”\"|/])[.;:!?\n\r,()\[\]{}«»“”\"|/]++(?:\s|$)|"
    r"\s[-–—]{1,3}\s|"
    # "north of the bank": the bank lies to the south of the describer
    r"\b(?:(?:is|are|lies|directly|just|right|a bit|slightly|due|(?:one|two|three|a|\d) blocks?|"
    r"(?:to|on) (?:the|my))\s+){0,6}" + _DIRECTION.format(1) + r"(?: side)? (?:of|from)\b|"
    r"\b(?:and|but|with|while|where|which|then|plus|next to|right by|close to|near to|near|nearby|"
    r"opposite|behind|in front of|across (?:the (?:street|road) )?from|beside|besides|"
    r"between|just past|past|along|facing|overlooking|surrounded by|"
    r"adjacent to|adjoining|bordered by|bounded by|flanked by|lined (?:with|by)|featuring|"
    r"consisting of|including|"
    # "next to the pharmacy there is a pub", "opposite I can see a church"
    r"(?:there(?:['’]?s|\s+(?:is|are|was|were))|(?:you|we|i)(?:['’]ll|\s+can|\s+will)?\s+"
    r"(?:also\s+)?(?:see|find|notice|spot))|"
    r"(?:to|on) (?:the|my|your) (?:left|right)(?: side)?(?: of)?)\b|"
    # "on the other side a bay", "across the road a wood"
    + "(?:"
    + "|".join(rf"(?<=\b{word})" for word in _PLACES)
    + ")"
    + _ARTICLE
    + r"|\b"
    + BLOCKS_FROM
    + r"\b",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(
    r"\w*str\.(?=\s+(?:\d|nr\b))|"
    r"\b(?:(?:nr|no|nos|number|av|ave|avda|blvd|rd|sq|pl|house)\.(?=\s+\d)|"
    r"(?:st|ste|sta|dr|mt|pl|av|avda|gen|pte|cnel|san|sto|rue|ul|nab|prof)\.(?=\s+(?-i:[A-ZÀ-ÞА-Я])))",
    re.IGNORECASE,
)
"""A full stop that ends no sentence: "Nr. 22", "St. John"."""
_PLACING = re.compile(
    r"next to|right by|close to|near(?: to)?|opposite|behind|in front of|across from|besides?|"
    r"between|(?:just )?past|along|adjacent to|.* (?:left|right|side) of|.* blocks? .*"
)
_INVERTED = re.compile(
    r"\b(?:is|are|was|were|stands?|sits?|lies|runs)\s+(?=(?:a|an|the|some|two|three|four|several|"
    r"many|another|one|my)\b)",
    re.IGNORECASE,
)
"""The verb of "next to the pharmacy is a pub", where the second thing begins."""
_SECOND = re.compile(
    r"(?<=\w\w\w)(?<!ing)(?<!\b(?:and|for|has|its|not|off|the|was|are|but|who))"
    r"(?<!\b(?:with|like|from|into|over|onto|such|half|than|that|what|have|also|only|just|upon))"
    r"(?<!\b(?:under|above|below|being|after|about|quite|makes|looks|round))" + _ARTICLE,
    re.IGNORECASE,
)
"""Where the second thing begins in "next to the city gate a brick tower"."""
_TRAILING = re.compile(
    r"[\s,]+(?:(?:right|just|directly|immediately|straight|almost|exactly|located|situated|standing|"
    r"is|are|was|stands?|sits?|lies|of|at|on|in|to|the|an|by|from|also|not|and|that|which|"
    r"there|it|runs?|leading|up|(?<!\d )[ai]|you)\b[\s,]*)+$",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\s(?:in|on|at|of|to|from|by|for|into|through|towards?|over|under|above|below|around|inside|"
    r"outside|beyond|within|toward|that|as)\s",
    re.IGNORECASE,
)
"""Where a long stretch is cut rather than anywhere."""
_TAIL = re.compile(
    r"[\s,]{0,4}\b(?:(?:is|are|lies|stands|just|directly|due|about|a|one|two|three|blocks?)\s+){0,6}"
    r"(?:(?:to|on|in|at|towards?) )?(?:(?:the|my|our|its) )?"
    + _DIRECTION.format(2)
    + r"(?:[- ](?:side|end|hand side))?(?: in the same block)?$",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"^" + _DIRECTION.format(3) + r"(?: of here|[- ](?:side|end))?,? "
    r"(?:(?:is|are|has|lies|stands|opens|(?:there|you) (?:is|are|see))"
    r" (?:an?|the|some|two|three)? ?|(?:an?|some) |(?=(?:two|three|four|several|many) ))",
    re.IGNORECASE,
)
"""A direction before its thing: "to the west is a cafe", "west side a low building"."""
_ALONE = re.compile(
    r"\s*(?:(?:to|on|in|at|towards?) )?(?:(?:the|my|your|its) )?"
    + _DIRECTION.format(4)
    + r"(?:[- ](?:side|end|hand side))?\s*",
    re.IGNORECASE,
)
"""A direction whose thing is the next phrase: "to the north, a tower", "West side: long blocks"."""
_BEFORE_THING = re.compile(r"[,:]?\s*|there.*|(?:you|we|i)\b.*", re.IGNORECASE)
_BEGINS = re.compile(r"[.;:!?\n\r,(]+\s*|while|but|then", re.IGNORECASE)
_IN_NAME = re.compile(r"\b[A-ZÀ-Þ][\w'’-]+ (?:(?:North|South)(?:[- ]?(?:east|west))?|East|West)$")
"""A direction that is part of a name: "Central Park West"."""
_OF_ME = re.compile(r"^\s*" + _HERE + r"\b", re.IGNORECASE)
_OF_YOU = re.compile(
    r"^\s*(?:you|your (?:current |starting )?(?:spot|position|location|place))\b", re.IGNORECASE
)
_LEAD = re.compile(
    r"^(?:(?:i['’]?m|i|we['’]re|we|you['’]ll|you|there['’]s|there|it['’]s|its|it|that['’]s|is|are|them|"
    r"was|the|an|a|my|your|this|that|of|to|at|in|on|by|from|me|meet|see|can|here|am|"
    r"standing|looking|walking|going|go|head|let['’]s|will|be|just|right|also|so|"
    r"(?:scene|picture|photo|photograph|image|view) shows)(?=[\s,]|$)[\s,]*)+",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"\b([^\W\d_]+)\s*$")
_FIRST_WORD = re.compile(r"\s*([^\W\d_]+)\b")
_LONGEST_MODIFIER = 14
_NUMBERS = frozenset(NUMBER_WORDS)
MAX_PHRASES = 60
_LONGEST_WORDS = 14
_LONGEST_CHARS = 200
_LOOKAHEAD_CHARS = 40
_LONGEST_ABBREVIATION = 12
_LONGEST_TRAILING = 60


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the description: `text` equals `description[start:end]`.

    `bearing_deg` is the described bearing of the thing, None for none. `denial` is set for a phrase
    that denies things.
    """

    text: str
    start: int
    end: int
    bearing_deg: float | None = None
    denial: Denial | None = None


def split_phrases(description: str) -> list[Phrase]:
    """Phrases in order of appearance, at most `MAX_PHRASES`, each with a letter or digit."""
    phrases, done = list[Phrase](), 0
    for denial in denials_in(description):
        phrases += _affirmed(description, done, denial.start)
        stretch = description[denial.start : denial.end]
        phrases.append(Phrase(stretch, denial.start, denial.end, denial=denial))
        done = denial.end
    phrases = [*phrases, *_affirmed(description, done, len(description))]
    things = [phrase for phrase in phrases if phrase.denial or not says_no_thing(phrase.text)]
    return (things or phrases)[:MAX_PHRASES]


def _affirmed(description: str, begin: int, stop: int) -> list[Phrase]:
    """The phrases of a stretch without denials."""
    cuts = _cuts(description, begin, stop)
    starts = [begin, *(cut.end() for cut in cuts)]
    ends = [*(cut.start() for cut in cuts), stop]
    phrases = []
    placed: float | None = None
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        before = _bearing(cuts[number - 1]) if number else None
        after = _bearing(cuts[number]) if number < len(cuts) else None
        bearing, placed = placed, _placing(description, cuts, number, start, end)
        if placed is not None:
            continue
        if before is not None:
            following = description[start : start + _LOOKAHEAD_CHARS]
            if of_reader := _OF_YOU.match(following):  # the position of the reader is unknown
                start += of_reader.end()
            elif of_me := _OF_ME.match(following):
                start += of_me.end()
                bearing = before
            else:
                bearing = (before + 180) % 360
        if after is not None and _OF_ME.match(
            description[cuts[number].end() : cuts[number].end() + _LOOKAHEAD_CHARS]
        ):
            bearing = after
        for piece_start, piece_end in _wrapped(description, start, end):
            phrase = _trimmed(description, piece_start, piece_end, bearing)
            if phrase is not None:
                phrases.append(phrase)
    return phrases


def _placing(
    description: str, cuts: list[re.Match[str]], number: int, start: int, end: int
) -> float | None:
    """The bearing that a stretch between two cuts gives to the next one: it begins a clause, and is
    a direction and nothing more."""
    alone = _ALONE.fullmatch(description, start, end)
    if alone is None or number == len(cuts) or not _BEFORE_THING.fullmatch(cuts[number].group()):
        return None
    if number and not _BEGINS.fullmatch(cuts[number - 1].group()):
        return None
    return _degrees(alone.group("direction4"))


def _degrees(direction: str) -> float:
    return BEARINGS[re.sub(r"[- ]", "", direction.lower())]


def _cuts(description: str, begin: int, stop: int) -> list[re.Match[str]]:
    """Where phrases end: at marks and relations, and at the verb after "next to the pharmacy"."""
    cuts: list[re.Match[str]] = []
    for cut in _BREAK.finditer(description, begin, stop):
        if cut.group()[0] == "." and _is_abbreviated(description, cut.start()):
            continue
        if _is_between_modifiers(description, cut):
            continue
        cuts += [*_second_thing(description, cuts, begin, cut.start()), cut]
    return [*cuts, *_second_thing(description, cuts, begin, stop)]


def _is_between_modifiers(description: str, cut: re.Match[str]) -> bool:
    """Whether a comma or "and" joins two words for one thing: "short, wide street"."""
    if cut.group().strip().lower() not in (",", "and"):
        return False
    before = _LAST_WORD.search(description, max(0, cut.start() - _LONGEST_MODIFIER), cut.start())
    after = _FIRST_WORD.match(description, cut.end())
    if before is None or after is None:
        return False
    both = {before.group(1).lower(), after.group(1).lower()}
    return both <= MODIFIERS or both <= _NUMBERS


def _is_abbreviated(description: str, stop: int) -> bool:
    """Whether a full stop belongs to an abbreviation."""
    start = max(0, stop - _LONGEST_ABBREVIATION)
    around = description[start : stop + _LONGEST_ABBREVIATION]
    return any(match.end() == stop - start + 1 for match in _ABBREVIATED.finditer(around))


def _second_thing(
    description: str, cuts: list[re.Match[str]], begin: int, stop: int
) -> list[re.Match[str]]:
    """Where the thing begins in a stretch whose place comes first, if the last cut is such a
    relation: at a verb, or at a new article."""
    last = " ".join(cuts[-1].group().lower().split()) if cuts else ""
    if not _PLACING.fullmatch(last):
        return []
    start = max(begin, cuts[-1].end())
    second = _INVERTED.search(description, start, stop) or _SECOND.search(description, start, stop)
    return [second] if second else []


def _bearing(cut: re.Match[str]) -> float | None:
    word = cut.groupdict().get("direction1")
    return _degrees(word) if word else None


def _wrapped(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts a stretch of more than `_LONGEST_WORDS` words, before a preposition where there is one
    in the second half of that length."""
    words = [match.span() for match in re.finditer(r"\S+", text[start:end])]
    pieces, first = [], 0
    while first < len(words):
        last = min(first + _LONGEST_WORDS, len(words))
        if last < len(words):
            half = words[first + _LONGEST_WORDS // 2][0]
            weak = list(_WEAK.finditer(text, start + half, start + words[last - 1][1]))
            if weak:
                at = weak[-1].start() - start
                last = next(row for row in range(first, last) if words[row][1] >= at) + 1
        pieces.append((start + words[first][0], start + words[last - 1][1]))
        first = last
    return pieces


def _trimmed(text: str, start: int, end: int, bearing: float | None) -> Phrase | None:
    end = min(end, start + _LONGEST_CHARS)
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    if start == end:
        return None
    stripped = text[start:end]
    tail = _TAIL.search(stripped)
    if tail and tail.start() > 0 and bearing is None and not _IN_NAME.search(stripped):
        bearing = _degrees(tail.group("direction2"))
        stripped = stripped[: tail.start()]
    if trailing := _TRAILING.search(stripped[-_LONGEST_TRAILING:]):
        stripped = stripped[: len(stripped) - len(trailing.group())]
    lead = _LEAD.match(stripped)
    if lead and lead.end() < len(stripped):
        start += lead.end()
        stripped = stripped[lead.end() :]
    elif lead:
        return None
    if bearing is None and (first := _FIRST.match(stripped)) and first.end() < len(stripped):
        bearing = _degrees(first.group("direction3"))
        start, stripped = start + first.end(), stripped[first.end() :]
    return Phrase(stripped, start, start + len(stripped), bearing)
