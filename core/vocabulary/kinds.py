"""The table of kinds, `kinds.csv`: one row for each kind of thing that a map knows.

Columns; all but the first may be empty:

* `noun`: what a person would call it, in the singular; with braces, a family (below)
* `tags`: OpenStreetMap tags of which the noun is made, `key=value`, parted by blanks
* `also`: other words by which search finds it; galleries keep them
* `seen`: from how far a person mentions it: `near`, `far`, `never`, or empty for in between
* `mention`: how likely it is mentioned beside others; empty is 1
* `sort`: kinds of one sort are mentioned as one: `street`, `grass`, `house`
* `traits`: see `Trait`; parted by blanks
* `asked`: keys of the questions that it answers with yes, parted by `|`
* `mark`: its pictogram on the map, a `name` in `core.render.marks.POIS`
* `called`: what people call it, the plainest first, parted by `|`; `~` in front marks what is said
  without an article (plural or uncounted), `*` stands behind the noun that takes the plural where
  it is not the last; a phrase that stands twice is written twice as often. SHARED with the program
  that writes descriptions.

Lines that begin with `#` are headings. The row without a noun lists tags that are not worth a word.

A family is a row for kinds that are made up as they are met ("thai restaurant"): `{}` in its noun
stands for any words, `{a|b}` for one of these; in `called`, `{0}` is what the first braces held.
The first family that fits wins. A kind without a row has the `far`, the traits and the likeliness
of the nouns in it: "old stone bridge" is seen from as far as a bridge.
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
"""`uncounted`: its verb is "are" and it takes no article. `setting`: a place that other things
stand in or beside. `plain`: worth a fact only with a name or an adjective. `open`: a building that
does not stop the eye. `way`: is never counted. `passed`: so common that standing beside a square
says nothing. `long`: its nearest point says little of where it lies. `patchy`: the map leaves many
out, so that those it has contradict nothing. `region`: too large to be in one spot."""

STRIKING = 1.6
"""`mention` of what most people would tell of."""
_INHERITED: frozenset[Trait] = frozenset({"way", "passed", "long", "patchy", "region"})


@dataclass(frozen=True, slots=True)
class KindRow:
    """One row of the table, or the likeness of one for a kind that has none."""

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
        """The noun and, behind " / ", the other words."""
        return f"{self.noun} / {self.also}" if self.also else self.noun


@dataclass(frozen=True, slots=True)
class Family:
    """A row whose noun is a pattern."""

    pattern: re.Pattern[str]
    row: KindRow


def _parts(cell: str, mark: str | None = "|") -> tuple[str, ...]:
    return tuple(cell.split(mark)) if cell else ()


def read_table(path: Path) -> list[KindRow]:
    """The rows of a table, in order. Raises ValueError for a cell that means nothing."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, strict=True) if row["noun"][:2] != "# "]
    return [_kind(row) for row in rows]


def _kind(row: Mapping[str, str]) -> KindRow:
    traits, tags = _parts(row["traits"], None), [tag.split("=") for tag in row["tags"].split()]
    unknown = [trait for trait in traits if trait not in get_args(Trait)]
    if None in row or None in row.values() or unknown or row["seen"] not in get_args(Reach):
        raise ValueError(f"kinds.csv: a wrong cell in the row {','.join(map(str, row.values()))}")
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
    """A family's noun as a pattern of whole kinds, with one group for each pair of braces."""
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
"""What people call things, the plainest first. Shared with the program that writes descriptions."""

UNCOUNTED = frozenset(noun for noun, row in KINDS.items() if "uncounted" in row.traits)
"""Kinds that are said without an article."""


def _tagged() -> Mapping[str, Mapping[str, KindRow]]:
    found: defaultdict[str, dict[str, KindRow]] = defaultdict(dict)
    for row in _ROWS:
        for key, value in row.tags:
            found[key][value] = row
    return MappingProxyType(dict(found))


TAGGED: Mapping[str, Mapping[str, KindRow]] = _tagged()
"""The row of each tag: key → value → row; one without a noun where nothing is worth a word."""


def family_of(kind: str) -> Family | None:
    """The first family that a kind is of, None where it has a row or is of none."""
    if kind in KINDS:
        return None
    return next((family for family in FAMILIES if family.pattern.fullmatch(kind)), None)


@lru_cache(maxsize=65_536)
def kind_named(noun: str) -> KindRow:
    """The row of a kind; for one without a row, what its family and the nouns in it make of it."""
    if noun in KINDS:
        return KINDS[noun]
    family = family_of(noun)
    row = family.row if family else KindRow(noun)
    inner = list(_nouns_in(noun))
    is_far = row.seen == "far" or any(each.seen == "far" for each in inner)
    is_striking = any(each.mention >= STRIKING for each in inner)
    return KindRow(
        noun=noun,
        seen="far" if is_far and row.seen != "near" else row.seen,
        mention=STRIKING if is_striking and row.mention == 1 else row.mention,
        traits=row.traits.union(*(each.traits & _INHERITED for each in inner)),
        asked=row.asked,
    )


def _nouns_in(kind: str) -> Iterator[KindRow]:
    """The rows whose nouns are among the words of a kind, without those inside a longer one."""
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
    """What people call a kind, the plainest first; none for one that may be a proper name.

    Shared with the program that writes descriptions.
    """
    if kind in SAID_KINDS:
        return list(SAID_KINDS[kind])
    if any(letter.isupper() for letter in kind):
        return []
    for family in FAMILIES:
        if family.row.called and (match := family.pattern.fullmatch(kind)):
            parts = [NATIONS.sub(lambda one: one[0].title(), part) for part in match.groups()]
            return "|".join(family.row.called).format(*parts).split("|")
    return [f"~{kind}" if kind in UNCOUNTED else kind]


@cache
def answering(question: str) -> str:
    """A pattern of the whole kinds that answer a question with yes; "" where no row does."""
    nouns = [re.escape(noun) for noun, row in KINDS.items() if question in row.asked]
    return "|".join(
        [*nouns, *(one.pattern.pattern for one in FAMILIES if question in one.row.asked)]
    )


def marked(mark: str, key: str) -> frozenset[str]:
    """The values of a tag whose kinds have a pictogram."""
    return frozenset(value for value, row in TAGGED[key].items() if row.mark == mark)
