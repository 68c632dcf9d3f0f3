"""The words of one language, ready for look-up: by spelling, by stem, and in compounds."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Protocol

from core.vocabulary.folding import fold
from core.vocabulary.languages.tables import TABLES, Role, Row, read_rows

TOKEN: Final = re.compile(r"[^\W_](?:\w|[\u0300-\u036f])*")
CONTENT: Final[frozenset[Role]] = frozenset({"noun", "kind", "also"})
"""Roles of words for things."""
_HEADS: Final[frozenset[Role]] = frozenset({"noun", "kind"})
_PREFIXES: Final[frozenset[Role]] = frozenset({"noun", "adjective", "number"})
_INFLECTED: Final[frozenset[Role]] = frozenset({"noun", "kind", "adjective"})
"""Roles of words that are found by their stems; terms `also` are too many and too far-fetched."""
LONGEST: Final = 5
"""Most words of an entry."""
_LEAST_HEAD, _LEAST_PREFIX, _LEAST_STEM = 4, 3, 3
_LEAST_THING = 6
"""Shorter words are words of other languages, or names."""
_JOINTS = ("", "s", "n", "en", "e", "es", "er")
"""Letters between the parts of a compound."""
_ONSET: Final = re.compile(r"[bcdfgkpt][lr]$")
"""Letters that begin a syllable: no word ends in them, so that "Rennstr-ecke" is cut wrongly."""
_STREETS: Final = frozenset({"street", "square", "bridge", "avenue", "lane", "path"})
"""Heads of compounds that are mostly names: "Turmstraße"."""


class Stemmer(Protocol):
    """A stemmer of Snowball."""

    def stemWord(self, word: str) -> str:  # noqa: N802 (the library's name)
        """The stem of a word in lower case."""
        ...


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """An entry: alternatives in English, the first preferred, and its role.

    `said` are its forms, separated by "|". `name`: what the word is as the name that it probably
    is, so that it stays beside its English; else "".
    """

    english: tuple[str, ...]
    role: Role
    said: str = ""
    name: str = ""


class Lexicon:
    """The words of one language."""

    def __init__(self, code: str, rows: Sequence[Row]) -> None:
        self.code = code
        self.settings = {row.said: row.english for row in rows if row.role == "setting"}
        self.name = self.settings["name"]
        self.spaced = self.settings.get("spaces") != "no"
        self._stemmer = _stemmer(self.settings.get("stemmer", ""))
        self._stem_end, _, self._told_end = self.settings.get("stem end", "").partition("=")
        self._stem = lru_cache(maxsize=65_536)(self._uncached_stem)
        self._by_spelling: dict[tuple[str, ...], LexiconEntry] = {}
        self._accented: dict[tuple[str, ...], LexiconEntry] = {}
        self._by_stem: dict[tuple[str, ...], LexiconEntry] = {}
        self._unstemmed: defaultdict[str, list[tuple[list[str], LexiconEntry]]] = defaultdict(list)
        for row in rows:
            if row.role != "setting":
                self._add(row)

    def _add(self, row: Row) -> None:
        entry = LexiconEntry(tuple(row.english.split("|")), row.role, row.said)
        for form in row.said.split("|"):
            words = TOKEN.findall(form) if self.spaced else [form]
            if words and len(words) <= LONGEST:
                keys = tuple(map(self.key, words))
                self._by_spelling.setdefault(keys, entry)
                if (written := tuple(map(_as_written, words))) != keys:
                    self._accented.setdefault(written, entry)
                if row.role in _INFLECTED:
                    self._unstemmed[keys[0][:_LEAST_STEM]].append((words, entry))

    def key(self, word: str) -> str:
        """A word as it is looked up: without accents, in lower case."""
        return fold(word) if self.spaced else unicodedata.normalize("NFKC", word).lower()

    def _uncached_stem(self, word: str) -> str:
        lower = unicodedata.normalize("NFC", word).lower()
        if self._stemmer is None:
            return self.key(lower)
        stem = self._stemmer.stemWord(lower)
        if self._stem_end and stem.endswith(self._stem_end):  # "keskus", in Finnish "keskuksen"
            stem = stem.removesuffix(self._stem_end) + self._told_end
        return self.key(stem if len(stem) >= _LEAST_STEM else lower)

    def entry(self, words: Sequence[str]) -> LexiconEntry | None:
        """The entry of words, by spelling, else by their stems. Accents that are written count
        first: "bänk" and "bank" in Swedish."""
        exact = self._by_spelling.get(tuple(map(self.key, words)))
        if exact is not None:
            exact = self._accented.get(tuple(map(_as_written, words)), exact)
        if exact is not None and exact.role != "also":
            return exact
        stemmed = self._stemmed(words)
        return stemmed if stemmed is not None and (not exact or stemmed.role in _HEADS) else exact

    def _stemmed(self, words: Sequence[str]) -> LexiconEntry | None:
        """The entry by the stems of words. A term `also` comes after it: "ristoranti" are
        restaurants and no food court."""
        # stems are worked out for the rows that begin alike, and once: all of them take 0.4 s
        for row_words, entry in self._unstemmed.pop(self.key(words[0])[:_LEAST_STEM], ()):
            self._by_stem.setdefault(tuple(map(self._stem, row_words)), entry)
        return self._by_stem.get(tuple(map(self._stem, words)))

    def has_spelling(self, word: str) -> bool:
        """Whether a single word has an entry with just its spelling."""
        return (self.key(word),) in self._by_spelling

    def is_thing(self, word: str, *, inflected: bool = False) -> bool:
        """Whether a long word is a noun or the name of a kind, with just its spelling or, where it
        may be `inflected`, by its stem."""
        entry = self.entry([word]) if inflected else self._by_spelling.get((self.key(word),))
        return len(word) >= _LEAST_THING and entry is not None and entry.role in _HEADS

    def compound(self, word: str) -> LexiconEntry | None:
        """The entry of an unknown compound, by its longest known head.

        "Backsteinkirche" → "brick church"; where the rest is unknown, only the head.
        """
        if self.settings.get("compounds") != "yes":
            return None
        for start in range(_LEAST_PREFIX, len(word) - _LEAST_HEAD + 1):
            head = self.entry([word[start:]])
            if head is None or head.role not in _HEADS or not head.english[0]:
                continue
            prefix = self._prefix(word[:start])
            if prefix is None and _ONSET.search(self.key(word[:start])):
                continue
            if prefix is None or head.english[0] in _STREETS:
                name = word[:start] + self._basic(word[start:], head)
                return LexiconEntry(head.english[:1], head.role, name=name)
            return LexiconEntry((f"{prefix} {head.english[0]}",), head.role)
        return None

    def _basic(self, head: str, entry: LexiconEntry) -> str:
        """The end of a name as a map has it: "Aleksanterinkadun" is Aleksanterinkatu in Finnish."""
        if self.settings.get("names") != "basic":
            return head
        return next((form for form in entry.said.split("|") if form[:2] == head[:2]), head)

    def _prefix(self, text: str) -> str | None:
        """The English for the first part of a compound."""
        for joint in _JOINTS:
            stripped = text.removesuffix(joint)
            if len(stripped) < _LEAST_PREFIX or (joint and stripped == text):
                continue
            entry = self.entry([stripped])
            if entry and entry.role in _PREFIXES and entry.english[0]:
                return entry.english[0]
        return None

    def longest_at(self, text: str, start: int) -> int:
        """End of the longest entry that begins at `start`, for a language without spaces."""
        for end in range(min(len(text), start + 2 * LONGEST), start, -1):
            if (self.key(text[start:end]),) in self._by_spelling:
                return end
        return start


def _as_written(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower()


def _stemmer(name: str) -> Stemmer | None:
    if not name:
        return None
    import snowballstemmer  # late: an English description needs none

    stemmer: Stemmer = snowballstemmer.stemmer(name)
    return stemmer


CODES: Final = tuple(sorted(path.stem for path in TABLES.glob("*.csv")))
"""The languages that have a table."""


@cache
def lexicon(code: str) -> Lexicon:
    """The words of a language, read once."""
    return Lexicon(code, read_rows(TABLES / f"{code}.csv"))
