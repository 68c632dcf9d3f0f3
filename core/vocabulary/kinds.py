"""The table of kinds, `kinds.csv`: one row for each kind of thing on a map.

Columns; all but the first may be empty:

* `noun`: the usual noun, in the singular; with braces, a family (below)
* `tags`: OpenStreetMap tags of the kind, `key=value`, separated by blanks
* `also`: synonyms for search; galleries store them
* `seen`: how far it is visible: `near`, `far`, `never`, or empty for in between
* `mention`: relative probability that a description mentions it; empty is 1
* `sort`: a description mentions few things of one sort: `street`, `grass`, `house`
* `traits`: see `Trait`; separated by blanks
* `asked`: keys of the questions that it answers with yes, separated by `|`
* `mark`: its pictogram on the map, a `name` in `core.render.marks.POIS`
* `called`: words that people use, the plainest first, separated by `|`; `~` before a phrase means
  no article (plural or uncounted), `*` follows the noun that takes the plural if it is not the
  last; a phrase listed twice is written twice as often. SHARED with the description generator.

Lines that begin with `#` are headings. The row without a noun lists tags that are not worth a word.

A family is a row for composed kinds ("thai restaurant"): in its noun, `{}` stands for any words and
`{a|b}` for one of these; in `called`, `{0}` is the content of the first braces. The first family
that fits wins. A kind without a row inherits `far`, traits and `mention` from the nouns in it: an
"old stone bridge" is visible from as far as a bridge.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from core.vocabulary.attributes import NATIONS

TABLE = Path(__file__).with_name("kinds.csv")

Reach = Literal["", "near", "far", "never"]
Trait = Literal[
    "uncounted", "setting", "plain", "open", "way", "passed", "long", "patchy", "region"
]
"""`uncounted`: takes the verb "are" and no article. `setting`: a place that other things stand in
or beside. `plain`: worth a fact only with a name or an adjective. `open`: a building that does not
block the view. `way`: never counted. `passed`: so common that "beside a square" is not worth a
fact. `long`: its nearest point says little about its position. `patchy`: often missing on maps, so
that those on the map contradict nothing. `region`: too large to have one position."""

STRIKING = 1.6
"""`mention` of kinds that most people would mention."""
_INHERITED: frozenset[Trait] = frozenset({"way", "passed", "long", "patchy", "region"})


@dataclass(frozen=True, slots=True)
class KindRow:
    """A row of the table, or one composed for a kind without a row."""

    noun: str
    tags: tuple[tuple[str, str], ...] = ()
    also: str = ""
    seen: Reach = ""
    mention: float = 1.0
    sort: str = ""
    traits: frozenset[Trait] = frozenset()
    asked: tuple[str, ...] = ()
    mark: str = ""
    called: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The noun and, after " / ", the synonyms."""
        return f"{self.noun} / {self.also}" if self.also else self.noun


@dataclass(frozen=True, slots=True)
class Family:
    """A row whose noun is a pattern."""

    pattern: re.Pattern[str]
    row: KindRow


def _parts(cell: str, mark: str | None = "|") -> tuple[str, ...]:
    return tuple(cell.split(mark)) if cell else ()


def read_table(path: Path) -> list[KindRow]:
    """Reads the rows of a table, in order. Raises ValueError for an invalid cell."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, strict=True) if row["noun"][:2] != "# "]
    return [_kind(row) for row in rows]


def _kind(row: Mapping[str, str]) -> KindRow:
    traits, tags = _parts(row["traits"], None), [tag.split("=") for tag in row["tags"].split()]
    unknown = [trait for trait in traits if trait not in get_args(Trait)]
    if None in row or None in row.values() or unknown or row["seen"] not in get_args(Reach):
        raise ValueError(f"kinds.csv: invalid cell in the row {','.join(map(str, row.values()))}")
    return KindRow(
        noun=row["noun"],
        tags=tuple((key, value) for key, value in tags),
        also=row["also"],
        seen=cast(Reach, row["seen"]),
        mention=float(row["mention"] or 1),
        sort=row["sort"],
        traits=frozenset(cast(tuple[Trait, ...], traits)),
        asked=_parts(row["asked"]),
        mark=row["mark"],
        called=_parts(row["called"]),
    )


def _pattern(noun: str) -> re.Pattern[str]:
    """Pattern of the kinds of a family, with a group for each pair of braces."""
    return re.compile(noun.replace("{}", "(.+)").replace("{", "(").replace("}", ")"))


_ROWS = read_table(TABLE)

KINDS: Mapping[str, KindRow] = MappingProxyType(
    {row.noun: row for row in _ROWS if row.noun and "{" not in row.noun}
)
"""The kinds that have a row, by noun."""

FAMILIES: tuple[Family, ...] = tuple(
    Family(_pattern(row.noun), row) for row in _ROWS if "{" in row.noun
)

SAID_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {noun: row.called for noun, row in KINDS.items() if row.called}
)
"""Words that people use, the plainest first. Shared with the description generator."""

UNCOUNTED = frozenset(noun for noun, row in KINDS.items() if "uncounted" in row.traits)
"""Kinds without an article."""


def _tagged() -> Mapping[str, Mapping[str, KindRow]]:
    rows: defaultdict[str, dict[str, KindRow]] = defaultdict(dict)
    for row in _ROWS:
        for key, value in row.tags:
            rows[key][value] = row
    return MappingProxyType(dict(rows))


TAGGED: Mapping[str, Mapping[str, KindRow]] = _tagged()
"""The row of each tag: key → value → row; a row without a noun is not worth a word."""


def family_of(kind: str) -> Family | None:
    """The first family of a kind; None if the kind has a row or no family."""
    if kind in KINDS:
        return None
    return next((family for family in FAMILIES if family.pattern.fullmatch(kind)), None)


@lru_cache(maxsize=65_536)
def kind_named(noun: str) -> KindRow:
    """The row of a kind; for a kind without one, composed from its family and the nouns in it."""
    if noun in KINDS:
        return KINDS[noun]
    family = family_of(noun)
    row = family.row if family else KindRow(noun)
    inner = list(_nouns_in(noun))
    is_far = row.seen == "far" or any(part.seen == "far" for part in inner)
    is_striking = any(part.mention >= STRIKING for part in inner)
    return KindRow(
        noun=noun,
        seen="far" if is_far and row.seen != "near" else row.seen,
        mention=STRIKING if is_striking and row.mention == 1 else row.mention,
        traits=row.traits.union(*(part.traits & _INHERITED for part in inner)),
        asked=row.asked,
    )


def _nouns_in(kind: str) -> Iterator[KindRow]:
    """Rows whose nouns are among the words of a kind, without nouns inside a longer one."""
    words, done = kind.split(), 0
    for start in range(len(words)):
        for end in range(len(words), max(start, done), -1):
            if row := KINDS.get(" ".join(words[start:end])):
                yield row
                done = end
                break


def has_trait(kind: str, trait: Trait) -> bool:
    """Whether a kind has a trait."""
    return trait in kind_named(kind).traits


def kinds_with(trait: Trait) -> frozenset[str]:
    """The nouns whose rows have a trait."""
    return frozenset(noun for noun, row in KINDS.items() if trait in row.traits)


def calls(kind: str) -> list[str]:
    """Words that people use for a kind, the plainest first; none if it may be a proper name.

    Shared with the description generator.
    """
    if kind in SAID_KINDS:
        return list(SAID_KINDS[kind])
    if any(letter.isupper() for letter in kind):
        return []
    for family in FAMILIES:
        if family.row.called and (match := family.pattern.fullmatch(kind)):
            parts = [NATIONS.sub(lambda nation: nation[0].title(), part) for part in match.groups()]
            return "|".join(family.row.called).format(*parts).split("|")
    return [f"~{kind}" if kind in UNCOUNTED else kind]


@cache
def answering(question: str) -> str:
    """Pattern of the kinds that answer a question with yes; "" if no row does."""
    nouns = [re.escape(noun) for noun, row in KINDS.items() if question in row.asked]
    return "|".join(
        [*nouns, *(family.pattern.pattern for family in FAMILIES if question in family.row.asked)]
    )


STOPS = ("stop", "public transport platform", "station entrance", "bike rental station")
"""How kinds end whose names are those of what they are at."""
CHURCHES = frozenset({"church", "cathedral", "chapel", "basilica", "minster"})
STATUES = frozenset({"statue", "bust", "sculpture", "artwork", "monument", "memorial", "mausoleum"})
_AKIN = (
    STATUES,
    CHURCHES,
    frozenset({"station", "platform"}),
)
"""Nouns that maps use for one another."""


def are_akin(noun: str, kind: str) -> bool:
    """Whether maps may call by this kind what people call by the noun: a statue is a memorial."""
    own = kind.rpartition(" ")[2]
    return any(noun in nouns and own in nouns for nouns in _AKIN)


def marked(mark: str, key: str) -> frozenset[str]:
    """Values of a tag whose kinds have the pictogram `mark`."""
    return frozenset(value for value, row in TAGGED[key].items() if row.mark == mark)
