"""Relations: the role that a description gives to each thing it names.

"Meet me at the bar across from the bank, two blocks north of the park": the bar is the target, the
bank is across, the park is blocks away. A cue before a thing ("across from …") holds for the things
behind it, up to the next cue or the end of the sentence. A cue behind a thing ("… is across the
street") holds for the things before it. Compass directions are read by `phrases`. The method is our
own; the roles are those of RVS (Rendezvous).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.vocabulary.relation_cues import COUNTS, CUES_AFTER, CUES_BEFORE, Role

_BLOCK_M, _MOST_BLOCKS = 40.0, 2.5
"""A block is half of a short one here, since people count roughly, and more than some are not
counted. Of names in RVS train that are one block away, a twentieth is within 81 m of the place,
none within 40 m; of two blocks, a twentieth within 155 m; of three, a tenth within 150 m."""


@dataclass(frozen=True, slots=True)
class Relation:
    """The role of a thing; `blocks` is the number of blocks to it, 0 where none is given, or only
    to something before it: "two blocks from the bank on Main Street"."""

    role: Role
    blocks: float = 0.0

    @property
    def least_m(self) -> float:
        """The metres that a thing is away at least; 0 where it may be right here."""
        return _BLOCK_M * min(self.blocks, _MOST_BLOCKS)


SEEN = Relation("seen")
_PLACING: Final[frozenset[Role]] = frozenset(
    {"beside", "across", "same block", "blocks away", "between", "corner"}
)
"""Roles by which a description says how far its writer is from a thing."""
_SENTENCE = re.compile(r"(?<=[\w)\"'’][.!?;])\s+|\n+")


_WRITER = re.compile(
    r"\b(?:I|me|we|us|here|my|our|you|your)\b(?!['’]?\s+(?:can |could )?(?:see|saw|notice)\b)"
)
_ANOTHER = re.compile(
    r"\b(?:it|them|this|there|my \w+|next door|adjacent)\b(?! street| road)", re.I
)
_OF_FLATS = re.compile(r"\bblocks? of$", re.IGNORECASE)
_OTHER_PLACE = re.compile(
    r"[,;]|\b(?:on|at|in|by|with|where|that|which|you|your|is|are|then)\b", re.IGNORECASE
)
_JOINED = re.compile(r"^[^,;]*\b(?:and|or)\b[^,;]*$")


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    relation: Relation
    is_forward: bool


def relations_of(
    text: str, spans: Sequence[tuple[int, int]], directed: Sequence[bool] | None = None
) -> list[Relation]:
    """The relation of each thing, given by its span `text[start:end]`.

    `directed` tells which things have a compass direction.
    """
    sides = None if directed is None else tuple(map(bool, directed))
    return list(_relations(text, tuple(map(tuple, spans)), sides))


@lru_cache(maxsize=64)
def _relations(
    text: str, spans: tuple[tuple[int, ...], ...], directed: tuple[bool, ...] | None
) -> tuple[Relation, ...]:
    """The same, once for all regions that a description is searched in."""
    cues = _cues(text)
    stops = [0, *(match.start() for match in _SENTENCE.finditer(text)), len(text)]
    relations = []
    for number, (start, end) in enumerate(spans):
        relation = _relation(text, start, end, cues, stops)
        if directed is not None and directed[number] and relation.role in ("seen", "target"):
            relation = Relation("directed")
        relations.append(relation)
    return tuple(relations)


def tells_writer(text: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether a text relates each thing to the writer, and not to another thing.

    A cue behind a thing does so unless it names another one ("across the street", "nearby", but not
    "next to it" or "next door"). A cue in front
    does so for the things right behind it, where a person is named before ("I am next to a shop",
    "meet me at the bar across from the bank"), and nothing else is in between than where that
    person is.
    """
    cues = _cues(text)
    stops = [0, *(match.start() for match in _SENTENCE.finditer(text)), len(text)]
    roles = [one.role for one in relations_of(text, spans)]
    return [_is_told(text, number, spans, roles, cues, stops) for number in range(len(spans))]


def places_writer(text: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether a text says where its writer is by each thing: "two blocks from the market hall",
    "I am next to a church". A cue of distance stands right before the thing, and before the cue
    the sentence names nothing that it could be about instead ("a pub opposite the church")."""
    cues = _cues(text)
    stops = [0, *(match.start() for match in _SENTENCE.finditer(text))]
    return [_is_placing(text, span, spans, cues, stops) for span in spans]


def _is_placing(
    text: str,
    span: tuple[int, int],
    spans: Sequence[tuple[int, int]],
    cues: Sequence[_Found],
    stops: Sequence[int],
) -> bool:
    """The same for one thing."""
    start, end = span
    low = max(stop for stop in stops if stop <= start)
    before = [cue for cue in cues if cue.is_forward and low <= cue.start and cue.end < end]
    before = [cue for cue in before if cue.start <= start]
    if not before or before[-1].relation.role not in _PLACING:
        return False
    cue = before[-1]
    between = text[cue.end : max(start, cue.end)]
    others = [other for other, _ in spans if low <= other < start]
    if others and cue.relation.role in ("between", "corner"):  # "between a church and a school"
        return cue.end <= min(others) and _JOINED.search(between) is not None
    return not others and _is_next(between)


def _is_told(
    text: str,
    number: int,
    spans: Sequence[tuple[int, int]],
    roles: Sequence[Role],
    cues: Sequence[_Found],
    stops: Sequence[int],
) -> bool:
    """The same for one thing."""
    start, end = spans[number]
    low = max(stop for stop in stops if stop <= start)
    high = min(stop for stop in stops if stop >= min(end, stops[-1]))
    ours = [cue for cue in cues if cue.relation.role == roles[number] and low <= cue.start < high]
    behind = [cue for cue in ours if not cue.is_forward and cue.start > start]
    if behind:
        return _ANOTHER.search(text[behind[0].start : behind[0].end]) is None
    before = [cue for cue in ours if cue.is_forward and cue.start <= start]
    if not before:
        return False
    cue = before[-1]
    others = [other for other in range(len(spans)) if other != number]
    between = text[cue.end : max(start, cue.end)]
    if any(cue.end <= spans[other][0] < start for other in others) and not _JOINED.search(between):
        return False
    person = _WRITER.search(text, low, cue.end)
    return person is not None and all(
        roles[other] == "target"
        for other in others
        if person.end() <= spans[other][0] and spans[other][1] <= cue.start
    )


@lru_cache(maxsize=64)
def _cues(text: str) -> tuple[_Found, ...]:
    """The cues in a text by position; of several that overlap one counts. Read once for all regions
    of a search, whose things lie at other spans."""
    cues = [
        _Found(match.start(), match.end(), Relation(cue.role, _blocks(match)), is_forward)
        for kind, is_forward in ((CUES_BEFORE, True), (CUES_AFTER, False))
        for cue in kind
        for match in cue.pattern.finditer(text)
    ]
    taken: list[_Found] = []
    occupied = bytearray(len(text))
    for cue in cues:  # cues before things, and earlier rows of the table, win
        if not any(occupied[cue.start : cue.end]):
            occupied[cue.start : cue.end] = b"\1" * (cue.end - cue.start)
            taken.append(cue)
    return tuple(sorted(taken, key=lambda cue: cue.start))


def _blocks(match: re.Match[str]) -> float:
    count = (match.groupdict().get("count") or "").lower()
    if not count or _OF_FLATS.search(match.group()):
        return 0.0
    return float(count) if count.isdigit() else COUNTS[count]


def _relation(
    text: str, start: int, end: int, cues: Sequence[_Found], stops: Sequence[int]
) -> Relation:
    """The relation by the nearest cue of the same sentence, in front, inside or behind."""
    low = max(stop for stop in stops if stop <= start)
    high = min(stop for stop in stops if stop >= min(end, stops[-1]))
    middle = (start + end) / 2
    before = [
        cue
        for cue in cues
        if low <= cue.start
        and (cue.end <= start + 1 or (start <= cue.start < middle and cue.end < end))
        and cue.is_forward
    ]
    behind = [
        cue
        for cue in cues
        if start < cue.start < high
        and not cue.is_forward
        and not re.search(r"[,;]|\band\b", text[end : max(cue.start, end)])
    ]
    if any(cue.relation.role == "too far" for cue in behind):
        return Relation("too far")
    if behind and (not before or before[-1].relation.role == "target"):
        return behind[0].relation
    if not before:
        return SEEN
    cue = before[-1]
    return (
        cue.relation
        if _is_next(text[cue.end : max(start, cue.end)])
        else Relation(cue.relation.role)
    )


def _is_next(between: str) -> bool:
    """Whether nothing but an article and the like is between a cue and a thing."""
    return _OTHER_PLACE.search(between) is None
