"""The lexical index: from words to facts, with BM25 weights and tolerance of typos (SQLite FTS5).

Words are folded to ASCII (anyascii transliterates every script), stemmed by FTS5's Porter
tokenizer and weighted by its BM25 (Robertson & Zaragoza 2009), term by term, so that the caller
can combine the weights with distances.
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from core.arrays import F32, I32
from core.errors import GalleryError
from core.vocabulary.folding import WORD, fold

_SCHEMA = """
CREATE VIRTUAL TABLE facts USING fts5(name, kind, tokenize='porter ascii');
CREATE TABLE words(word TEXT PRIMARY KEY, facts INTEGER NOT NULL) WITHOUT ROWID;
"""
_OPENING = "PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -256;"
"""Pages are read from the mapped file, which processes share, rather than copied."""
_MIN_TYPO_SIMILARITY = 82.0
"""Least similarity (percent of equal letters) of a misspelt word and a word of the map."""
_TYPO_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class Postings:
    """The facts with one word: row numbers [M] and BM25 weights [M]."""

    facts: I32
    weights: F32


_EMPTY = Postings(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))


def build(path: Path, names: Sequence[Sequence[str]], kinds: Sequence[str]) -> Path:
    """Writes the index of F facts, each with its names and its kind; returns its path."""
    fact_counts: dict[str, int] = {}
    rows = []
    for row, (names_of_fact, kind) in enumerate(zip(names, kinds, strict=True)):
        naming = " ".join(fold(name) for name in names_of_fact)
        rows.append((row, naming, fold(kind)))
        for word in set(WORD.findall(naming)):
            fact_counts[word] = fact_counts.get(word, 0) + 1
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.executescript(_SCHEMA)
            connection.executemany("INSERT INTO facts(rowid, name, kind) VALUES (?, ?, ?)", rows)
            connection.executemany("INSERT INTO words VALUES (?, ?)", sorted(fact_counts.items()))
            connection.execute("INSERT INTO facts(facts) VALUES ('optimize')")
        connection.execute("VACUUM")
    finally:
        connection.close()
    return path


class NameIndex:
    """An index opened for reading. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._rows("SELECT word FROM words LIMIT 1")
        self.postings = lru_cache(maxsize=4096)(self._postings)
        self.spellings = lru_cache(maxsize=4096)(self._spellings)

    @cached_property
    def long_words(self) -> list[str]:
        """The words of names that may have been misspelt."""
        rows = self._rows("SELECT word FROM words ORDER BY word")
        return [word for (word,) in rows if len(word) >= 4]

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises GalleryError for an index that is gone or damaged."""
        try:
            return self._connection().execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise GalleryError(f"the lexical index {self.path} is damaged ({error})") from error

    def kinds(self) -> list[str]:
        """What was indexed as the kind of each fact, in order."""
        return [kind for (kind,) in self._rows("SELECT kind FROM facts ORDER BY rowid")]

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True)
            connection.executescript(_OPENING)
            self._local.connection = connection
        return connection

    def _postings(self, word: str, column: str) -> Postings:
        """The facts with the word in `column` ("name" or "kind"), with BM25 weights > 0."""
        weights = "1.0, 0.0" if column == "name" else "0.0, 1.0"
        rows = self._rows(
            f"SELECT rowid, -bm25(facts, {weights}) FROM facts WHERE facts MATCH ?",
            f'{column} : "{word}"',
        )
        if not rows:
            return _EMPTY
        facts, scores = zip(*rows, strict=True)
        return Postings(np.array(facts, dtype=np.int32), np.array(scores, dtype=np.float32))

    def _spellings(self, word: str) -> tuple[tuple[str, float], ...]:
        """The word itself if the map has it, else similar words of the map, each with a weight."""
        if self.postings(word, "name").facts.size or self.postings(word, "kind").facts.size:
            return ((word, 1.0),)
        if len(word) < 5:
            return ()
        similar = process.extract(
            word, self.long_words, scorer=fuzz.ratio, score_cutoff=_MIN_TYPO_SIMILARITY, limit=3
        )
        return tuple((spelling, _TYPO_WEIGHT * percent / 100) for spelling, percent, _ in similar)

    def __len__(self) -> int:
        """The number of facts."""
        ((facts,),) = self._rows("SELECT count(*) FROM facts")
        return int(facts)

    def vocabulary(self) -> list[str]:
        """All different words of names and kinds, folded, sorted."""
        words = {word for (word,) in self._rows("SELECT word FROM words")}
        for (kind,) in self._rows("SELECT DISTINCT kind FROM facts"):
            words.update(WORD.findall(kind))
        return sorted(words)
