"""The streets, addresses and names of a gallery, by the tokens of `core.vocabulary.street_words`.

A street is known from its line, its corners, the tiles on it and the addresses along it. A gallery
made of points only knows its streets from addresses.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from core.gallery.array_file import ArrayFile, PreparedArrays
from core.gallery.array_store import packed_strings
from core.gallery.opened import Gallery
from core.retrieval.channels.packed_places import (
    MentionedPlace,
    PackedPlaces,
    PlaceKind,
    packed_places,
)
from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import STOPS
from core.vocabulary.street_words import (
    HouseNumber,
    has_street_word,
    house_numbers,
    is_connector,
    local_letters,
    split_numbers,
    street_tokens,
    variants,
)

Tokens = tuple[str, ...]

LONGEST = 8
"""Most tokens of a name that can be mentioned."""
_MOST_STREETS = 3
"""A thing with addresses in more streets than this is several things that share a text."""
CORNER, _ADDRESS = "street corner", "address"
_FILE, _VERSION = "places", 1
"""The file beside a gallery that has its places. Another version is not read: raise it with every
change to the tokens of a name or to what is collected."""


@dataclass(slots=True)
class _Street:
    name: str = ""
    facts: list[int] = field(default_factory=list)
    tiles: list[int] = field(default_factory=list)
    numbers: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Address:
    """An address among the names of a fact, split into street and house numbers as written."""

    fact: int
    name: str
    street: Tokens
    numbers: str


class _Numbers(Mapping[HouseNumber, Sequence[int]]):
    """The facts of a street by house number. The numbers, `written` each with its fact, are read
    when somebody asks for them: a town has thousands, a description names one street."""

    def __init__(self, written: Sequence[tuple[str, int]]) -> None:
        self._written = written

    @cached_property
    def _facts(self) -> dict[HouseNumber, list[int]]:
        facts: dict[HouseNumber, list[int]] = {}
        for written, fact in self._written:
            for number in house_numbers(written):
                facts.setdefault(number, []).append(fact)
        return facts

    def __getitem__(self, number: HouseNumber) -> Sequence[int]:
        return self._facts[number]

    def __iter__(self) -> Iterator[HouseNumber]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class NamedPlaces:
    """The places of a gallery that a description can mention.

    `options` maps tokens to places (rows of `places`), each with the certainty, 0..1, that these
    tokens mean it. `letters` are the one-letter abbreviations that hold in this town.

    They are read where they were prepared, with a packed gallery or by
    `core.retrieval.stored_places`; else, or `anew`, they are collected, which takes a tenth of a
    second for a town.
    """

    def __init__(self, gallery: Gallery, *, anew: bool = False) -> None:
        self._facts = gallery.facts
        self._own_names = [
            WORD.findall(fold(name)) for name in (gallery.card.title, gallery.card.name)
        ]
        self.tokens = lru_cache(maxsize=None)(self._tokens_of)
        self.places: Sequence[MentionedPlace]
        self.options: dict[Tokens, dict[int, float]] = defaultdict(dict)
        prepared = None if anew else gallery.prepared or _stored(gallery)
        if prepared is None:
            self._collect(gallery)
        else:
            self._read(prepared)
        self.longest_from: dict[str, int] = {}
        """The number of tokens of the longest place that begins with a token."""
        for tokens in filter(None, self.options):
            longest = max(self.longest_from.get(tokens[0], 0), len(tokens))
            self.longest_from[tokens[0]] = min(longest, LONGEST)

    def _read(self, prepared: PreparedArrays) -> None:
        """Takes the places from arrays as `arrays` returned them."""
        self.letters = frozenset(prepared.strings("place_letter"))
        self.places = PackedPlaces(prepared)
        keys = prepared.strings("option_tokens")
        ends, rows = prepared["option_end"].tolist(), prepared["option_place"].tolist()
        sure = prepared["option_certainty"].tolist()
        for row, key in enumerate(keys):
            part = slice(ends[row], ends[row + 1])
            known = dict(zip(rows[part], sure[part], strict=True))
            self.options[tuple(key.split(" "))] = known

    def arrays(self) -> dict[str, Any]:
        """What is made once for a gallery, to be packed with it."""
        known = list(self.options.values())
        return {
            **packed_strings("place_letter", sorted(self.letters)),
            **packed_strings("option_tokens", [" ".join(tokens) for tokens in self.options]),
            "option_end": np.cumsum([0, *map(len, known)]).astype(np.uint32),
            "option_place": np.array([row for of in known for row in of], dtype=np.uint32),
            "option_certainty": np.array([sure for of in known for sure in of.values()], float),
            **packed_places(self.places),
        }

    def _collect(self, gallery: Gallery) -> None:
        """Collects the places from the facts and streets."""
        lines = list(self._on_streets(set(gallery.streets) - {""}))
        words = {
            word
            for name in {*gallery.streets, *(name for _, name in lines)}
            for word in WORD.findall(fold(name))
        }
        self.letters = local_letters(words)
        self._found = list[MentionedPlace]()
        self.places = self._found
        streets: dict[Tokens, _Street] = defaultdict(_Street)
        for tile, name in enumerate(gallery.streets):
            street = streets[self.tokens(name)]
            street.name = name
            street.tiles.append(tile)
        for fact, name in lines:
            street = streets[self.tokens(name)]
            street.name = name
            street.facts.append(fact)
        for address in self._addresses(set(streets)):
            street = streets[address.street]
            street.name = street.name or address.name
            street.facts.append(address.fact)
            street.numbers.append((address.numbers, address.fact))
        streets.pop((), None)
        self._add_streets(streets)
        self._add_names()

    def _tokens_of(self, name: str) -> Tokens:
        return tuple(
            token for token in street_tokens(name, self.letters) if not is_connector(token)
        )

    def is_own_town(self, words: list[str]) -> bool:
        """Whether folded words are the gallery's own name or title."""
        return words in self._own_names

    def _on_streets(self, streets: set[str]) -> Iterator[tuple[int, str]]:
        """The facts of street lines and corners, each with every name of the street."""
        kinds, names = self._facts.kind, self._facts.names
        streets = streets | {
            name
            for kind, of_corner in zip(kinds, names, strict=True)
            if kind == CORNER
            for name in of_corner
        }
        for fact, (kind, of_fact) in enumerate(zip(kinds, names, strict=True)):
            is_line = kind != _ADDRESS and bool(of_fact) and of_fact[0] in streets
            if kind == CORNER or is_line:
                yield from ((fact, name) for name in of_fact)

    def _addresses(self, streets: set[Tokens]) -> Iterator[_Address]:
        """The addresses among the facts' names.

        Facts of the kind "address" are certain. Another name that the fact's text does not show is
        an address if its street is known otherwise, has a word for a street, or has two numbers.
        """
        certain: list[_Address] = []
        possible: list[_Address] = []
        for fact, name in self._hidden_names():
            street, numbers = split_numbers(name)
            address = _Address(fact, street, self.tokens(street), numbers)
            (certain if self._facts.kind[fact] == _ADDRESS else possible).append(address)
        streets = streets | {address.street for address in certain}
        streets |= {
            tokens for tokens in {one.street for one in possible} if has_street_word(tokens)
        }
        numbers_of: dict[Tokens, set[HouseNumber]] = defaultdict(set)
        for address in possible:
            if address.street not in streets:
                numbers_of[address.street].update(house_numbers(address.numbers))
        yield from certain
        for address in possible:
            if address.street in streets or len(numbers_of[address.street]) > 1:
                yield address

    def _hidden_names(self) -> Iterator[tuple[int, str]]:
        """Names that the facts' texts do not show, and the names of addresses.

        A text that several things share gathers their addresses and lies in no single street.
        """
        table = self._facts
        for fact, (text, kind, names) in enumerate(
            zip(table.text, table.kind, table.names, strict=True)
        ):
            if kind == _ADDRESS:
                yield from ((fact, name) for name in names[:1])
            elif names and kind != CORNER:
                hidden = [name for name in names if name not in text]
                if len({split_numbers(name)[0] for name in hidden}) <= _MOST_STREETS:
                    yield from ((fact, name) for name in hidden)

    def _add_streets(self, streets: dict[Tokens, _Street]) -> None:
        for tokens, street in streets.items():
            row = self._add("street", street.name, street.facts, street.tiles, street.numbers)
            for variant in variants(tokens):
                known = self.options[variant.tokens]
                known[row] = max(known.get(row, 0.0), variant.certainty)

    def _add_names(self) -> None:
        """Adds the names that the facts' texts show, unless they are streets."""
        facts_of: dict[Tokens, list[int]] = defaultdict(list)
        spelling: dict[Tokens, str] = {}
        for fact, (text, kind, names) in enumerate(
            zip(self._facts.text, self._facts.kind, self._facts.names, strict=True)
        ):
            if kind not in (_ADDRESS, CORNER):
                for name in names:
                    if name in text:
                        facts_of[self.tokens(name)].append(fact)
                        spelling.setdefault(self.tokens(name), name)
        for tokens, facts in facts_of.items():
            if not 0 < len(tokens) <= LONGEST:
                continue
            whole = max(self.options.get(tokens, {}).values(), default=0.0) == 1
            if tokens not in self.options or (not whole and any(map(self._is_thing, facts))):
                self.options[tokens][self._add("name", spelling[tokens], facts, (), ())] = 1.0

    def _is_thing(self, fact: int) -> bool:
        """Whether a fact is a thing of its own, whose name is not only short for that of a street
        ("Kiessee", "Kiesseestraße"): no district, and no stop or entrance, which are called after
        what they are at."""
        kind = self._facts.kind[fact]
        return bool(kind) and not kind.endswith(STOPS) and not kind.startswith("entrance")

    def _add(
        self,
        kind: PlaceKind,
        name: str,
        facts: Iterable[int],
        tiles: Iterable[int],
        numbers: Sequence[tuple[str, int]],
    ) -> int:
        """Adds a place and returns its row."""
        rows = np.array(sorted(set(facts)), dtype=np.int64)
        self._found.append(
            MentionedPlace(
                kind, name, rows, np.array(list(tiles), dtype=np.int64), _Numbers(numbers)
            )
        )
        return len(self._found) - 1


def places_file(gallery: Gallery) -> ArrayFile | None:
    """The file with the places of a gallery, None for one without files of its own."""
    return gallery.array_file(_FILE, _VERSION)


def _stored(gallery: Gallery) -> PreparedArrays | None:
    file = places_file(gallery)
    return None if file is None else file.read()
