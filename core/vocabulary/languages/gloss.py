"""A description in English, word by word, with the place of each word in the original.

Word order changes only where it would change what belongs together: adjectives go before their
noun, and relations before theirs ("kirkon vieressä" → "next to church").
"""

import re
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.vocabulary.languages.lexicon import CONTENT, LONGEST, TOKEN, Lexicon
from core.vocabulary.languages.tables import Role

_INSIDE = re.compile(r"[\s'’`´-]*")
"""What may stand between the words of one entry."""
_STOPS = str.maketrans("、，。！？；：", ",,.!?;:")
"""Punctuation of Japanese texts, in that of English ones."""
_BARE = frozenset({"in", "on", "at", "with"})
"""Relations that tell nobody whether they were understood."""
_THINGS: frozenset[str] = CONTENT | {"name", "unknown"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the original, `start` to `end`, and its English.

    `role` is that of the table's row, "name" for a name, "unknown" for a word that no table has.
    `breaks` is the punctuation before it.
    """

    english: str
    start: int
    end: int
    role: Role | str
    breaks: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece in the English text: `english[start:end]`."""

    piece: Piece
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gloss:
    """A description in English. `placed` are its pieces in the order of the English."""

    language: str
    name: str
    original: str
    english: str
    placed: tuple[Placed, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `english[start:end]` stands for."""
        pieces = [one.piece for one in self.placed if one.start < end and start < one.end]
        if not pieces:
            return (0, len(self.original))
        return min(piece.start for piece in pieces), max(piece.end for piece in pieces)

    def kept_words(self, excluded: Sequence[tuple[int, int]] = ()) -> list[str]:
        """The original words for things, outside stretches of the English: names may hold them.

        "am Markt" finds the Marktplatz as well as a market.
        """
        words = (
            self.original[one.piece.start : one.piece.end]
            for one in self.placed
            if one.piece.role in CONTENT
            and not any(one.start < end and start < one.end for start, end in excluded)
        )
        return list(dict.fromkeys(words))

    @property
    def understood(self) -> tuple[str, ...]:
        """The English of the words that were understood; things with their adjectives."""
        parts: list[str] = []
        joins = False
        for piece in (one.piece for one in self.placed):
            if piece.role in ("function", "unknown", "name") or piece.english in _BARE:
                joins = False
                continue
            if joins and not piece.breaks and piece.role in (*CONTENT, "adjective"):
                parts[-1] += f" {piece.english}"
            else:
                parts.append(piece.english)
            joins = piece.role in ("adjective", "number", "denial")
        return tuple(dict.fromkeys(parts))

    @property
    def not_understood(self) -> tuple[str, ...]:
        """The words of the original that no table and no name explains."""
        words = (
            self.original[one.piece.start : one.piece.end]
            for one in self.placed
            if one.piece.role == "unknown"
        )
        return tuple(dict.fromkeys(words))


def gloss(
    text: str,
    lexicon: Lexicon,
    kinds: Container[str] | None = None,
    names: Collection[tuple[int, int]] = (),
    is_name: Callable[[str], bool] = lambda _: False,
) -> Gloss:
    """The English of a text.

    `kinds` are those that the gallery has: only they are meant by rows `also`; None allows all.
    `names` are stretches that stay as they are; `is_name` tells whether an unknown word is a name.
    """
    pieces = [
        replace(piece, role="name") if piece.role == "unknown" and is_name(piece.english) else piece
        for piece in _pieces(text, lexicon, kinds, sorted(names))
    ]
    runs: list[list[Piece]] = []
    for piece in pieces:
        if piece.breaks or not runs:
            runs.append([])
        runs[-1].append(piece)
    english = ""
    placed: list[Placed] = []
    for run in runs:
        english += run[0].breaks
        for piece in _ordered(run, lexicon, text):
            if not piece.english:
                continue
            if english and not english[-1].isspace():
                english += _between(text, placed[-1].piece, piece) if placed else " "
            placed.append(Placed(piece, len(english), len(english) + len(piece.english)))
            english += piece.english
    return Gloss(lexicon.code, lexicon.name, text, english, tuple(placed))


def _between(text: str, before: Piece, piece: Piece) -> str:
    """The space between two pieces, or the hyphen between parts of a name."""
    gap = text[before.end : piece.start]
    verbatim = {before.role, piece.role} <= {"name", "unknown"} and _INSIDE.fullmatch(gap)
    return gap if verbatim and gap else " "


def _tokens(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """The words of a text: by spaces, or the longest entries where there are none."""
    for match in TOKEN.finditer(text):
        start, unknown = match.start(), match.start()
        if lexicon.spaced:
            yield match.span()
            continue
        while start < match.end():
            end = min(lexicon.longest_at(text, start), match.end())
            if end == start:
                start += 1
                continue
            if unknown < start:
                yield unknown, start
            yield start, end
            start = unknown = end
        if unknown < match.end():
            yield unknown, match.end()


_DIRECTIONS = frozenset(f"to the {word}" for word in ("north", "south", "east", "west"))
_ENDS = CONTENT | {"direction"}
"""After these an indefinite article begins another thing."""


def _pieces(
    text: str,
    lexicon: Lexicon,
    kinds: Container[str] | None,
    names: list[tuple[int, int]],
) -> Iterator[Piece]:
    tokens, place, before = list(_tokens(text, lexicon)), 0, 0
    articles, last = lexicon.settings.get("articles", "").split(), ""
    while place < len(tokens):
        start, end = tokens[place]
        gap = text[before:start]
        breaks = "" if _INSIDE.fullmatch(gap) else f"{gap.strip().translate(_STOPS)} "
        name = next((span for span in names if span[0] <= start < span[1]), None)
        if name is not None:
            end, role, english = name[1], "name", text[start : name[1]]
            while place < len(tokens) and tokens[place][0] < end:
                place += 1
        else:
            count, role, english = _entry(text, tokens[place:], lexicon, kinds)
            end = tokens[place + count - 1][1]
            place += count
        if not breaks and last in _ENDS and text[start:end].lower() in articles:
            breaks = ", "  # "neben der Kirche ein Turm", "al norte una torre": another thing
        yield Piece(english, start, end, role, breaks if before else "")
        before = end
        if english:
            last = "direction" if english in _DIRECTIONS else role


def _entry(
    text: str, tokens: list[tuple[int, int]], lexicon: Lexicon, kinds: Container[str] | None
) -> tuple[int, str, str]:
    """The number of words of the longest entry that begins here, its role and its English."""
    for count in range(min(LONGEST, len(tokens)), 0, -1):
        span = tokens[:count]
        if any(not _INSIDE.fullmatch(text[a[1] : b[0]]) for a, b in pairwise(span)):
            continue
        entry = lexicon.entry([text[start:end] for start, end in span])
        if entry is None:
            continue
        if entry.role == "also":
            meant = [kind for kind in entry.english if kinds is None or kind in kinds]
            if not meant:
                continue
            return count, entry.role, meant[0]
        return count, entry.role, entry.english[0]
    word = text[tokens[0][0] : tokens[0][1]]
    if compound := lexicon.compound(word):
        english = compound.english[0]
        return 1, compound.role, f"{compound.name} {english}" if compound.name else english
    return 1, "name" if word.isdigit() else "unknown", word


def _ordered(run: list[Piece], lexicon: Lexicon, text: str) -> list[Piece]:
    """The pieces of a stretch of a text without punctuation, in English order."""
    pieces = _placed([replace(piece, breaks="") for piece in run], lexicon.settings.get("at", "at"))
    pieces[0] = replace(pieces[0], breaks=run[0].breaks)
    if lexicon.settings.get("adjectives") == "after":
        pieces = _adjectives_first(pieces)
    if lexicon.settings.get("relations") == "after":
        roles = (
            {"relation", "denial"} if lexicon.settings.get("denials") == "after" else {"relation"}
        )
        ending = lexicon.settings.get("genitive", "")
        belongs = [bool(ending) and text[: one.end].endswith(ending) for one in pieces]
        pieces = _relations_first(pieces, roles, belongs if ending else None)
    return pieces


def _placed(pieces: list[Piece], at: str) -> list[Piece]:
    """The pieces with "at" between two things as the language's `at`: "near" parts them, as in
    "Kirche am Park"; and crossroads are those of the name behind."""
    placed = list(pieces)
    for row in range(1, len(pieces) - 1):
        rest = (one for one in pieces[row + 1 :] if one.role not in ("adjective", "number"))
        behind = next((one for one in rest if one.english), None)
        between = {pieces[row - 1].role, behind.role if behind else ""} <= CONTENT
        if pieces[row].english == "at" and between:
            placed[row] = replace(pieces[row], english=at)
    for row, (piece, behind) in enumerate(pairwise(pieces)):
        if piece.english == "crossroads" and behind.role == "name":  # "Kreuzung Mühlenweg und …"
            placed[row] = replace(piece, english="crossroads of")
    return placed


def _adjectives_first(pieces: list[Piece]) -> list[Piece]:
    ordered: list[Piece] = []
    noun: int | None = None
    for piece in pieces:
        if piece.role == "adjective" and noun is not None:
            ordered.insert(noun, piece)
            noun += 1
            continue
        ordered.append(piece)
        noun = len(ordered) - 1 if piece.role in CONTENT else None
    return ordered


def _relations_first(
    pieces: list[Piece], roles: set[str], belongs: Sequence[bool] | None
) -> list[Piece]:
    """Puts each relation before its thing, and what lies there before both: "church next to park"
    for "kirkko puiston vieressä" and for "puiston vieressä kirkko".

    `belongs` tells which pieces have the case that a relation's thing has, None where there is
    none: the others before it are things of their own.
    """
    ordered: list[Piece] = []
    agrees: list[bool] = []
    begin, chunk = 0, None
    for row, piece in enumerate(pieces):
        agrees.append(belongs is None or belongs[row])
        if piece.role in roles and begin < len(ordered):
            denied = begin > 0 and ordered[begin - 1].role == "denial"
            # "ei puistoa lähellä": what is denied stays beside its denial, "no park near"
            at = len(ordered) if denied else _thing_start(ordered, agrees, begin)
            ordered.insert(at, piece)
            agrees.insert(at, agrees.pop())
            begin, chunk = len(ordered), None if denied else at
            continue
        ordered.append(piece)
        if not (
            piece.role in _THINGS or piece.role in ("adjective", "number") or not piece.english
        ):
            _thing_first(ordered, chunk, begin, len(ordered) - 1)
            begin, chunk = len(ordered), None
    _thing_first(ordered, chunk, begin, len(ordered))
    return ordered


def _thing_start(pieces: list[Piece], agrees: list[bool], begin: int) -> int:
    """Where the thing of a relation behind `pieces` begins, from `begin` on."""
    things = [row for row in range(begin, len(pieces)) if pieces[row].role in _THINGS]
    if len(things) < 2:
        return begin
    start = things[-1]
    while start > begin and (
        agrees[start - 1] or pieces[start - 1].role in ("adjective", "number")
    ):
        start -= 1
    return start


def _thing_first(pieces: list[Piece], chunk: int | None, begin: int, end: int) -> None:
    """Moves a thing before the relation at `chunk` that ends at its `begin`, unless that already
    has one."""
    if chunk is None or (chunk > 0 and pieces[chunk - 1].role in _THINGS):
        return
    if any(piece.role in _THINGS for piece in pieces[begin:end]):
        pieces[chunk:end] = pieces[begin:end] + pieces[chunk:begin]
