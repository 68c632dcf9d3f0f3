"""Names of kinds in other languages, from the presets of OpenStreetMap's editor iD.

The package `@openstreetmap/id-tagging-schema` (ISC licence) holds the names and search terms of its
presets in many languages. This program rewrites the rows `kind` and `also` of the tables; all other
rows are written by hand and stay:

    npm pack @openstreetmap/id-tagging-schema@7.2.0 && tar xzf openstreetmap-id-*.tgz
    python -m core.vocabulary.languages.schema_names package
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import KINDS, TAGGED
from core.vocabulary.languages.lexicon import TOKEN
from core.vocabulary.languages.tables import TABLES, Row, read_rows, write_rows

_MOST_WORDS, _MOST_KINDS = 3, 2
"""Longer names are descriptions; a term of more kinds than this means none of them."""
_ALIKE = 4
_ASIDE = re.compile(r"\s*[(（\[].*?[)）\]]|\s+-\s.*$")
_PARTS = re.compile(r"\s*[/,;／、]\s*")
_FAMILIES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("leisure", "pitch"): ("sport", "{} sports pitch"),
    ("amenity", "restaurant"): ("cuisine", "{} restaurant"),
}
"""Tags of kinds that are composed with the value of another key."""


def kind_of(tags: Mapping[str, str]) -> str:
    """The noun of a preset's kind; "" for a preset with a tag that the table of kinds lacks."""
    for (key, value), (other, pattern) in _FAMILIES.items():
        if tags.get(key) == value and other in tags:
            return pattern.format(tags[other].replace("_", " "))
    rows = [TAGGED.get(key, {}).get(value) for key, value in tags.items()]
    last = rows[-1] if rows else None
    return last.noun if last else ""


def names_of(preset: Mapping[str, Any]) -> list[str]:
    """The names of a preset without remarks in brackets: "Banco / Asiento" → two."""
    text = _ASIDE.sub("", preset.get("name", ""))
    names = [*_PARTS.split(text), *_listed(preset.get("aliases", []))]
    return [name for name in names if _is_usable(name)]


def _listed(names: str | list[str]) -> list[str]:
    return re.split(r"[,\n]", names) if isinstance(names, str) else names


def _is_usable(name: str) -> bool:
    return "{" not in name and 0 < len(WORD.findall(fold(name))) <= _MOST_WORDS


def _terms_of(preset: Mapping[str, Any]) -> list[str]:
    terms = [term.strip() for term in _listed(preset.get("terms", []))]
    return [term for term in terms if _is_usable(term) and len(term) > 1]


def rows_from(
    presets: Mapping[str, Mapping[str, Any]], translated: Mapping[str, Mapping[str, Any]]
) -> Iterator[Row]:
    """The rows of a language: the presets' names as `kind`, their other terms as `also`."""
    english = {word for kind in KINDS for word in WORD.findall(fold(kind))}
    named: dict[str, str] = {}
    others: defaultdict[str, list[str]] = defaultdict(list)
    names_of_kind: defaultdict[str, list[str]] = defaultdict(list)
    for preset_id, preset in sorted(presets.items(), key=lambda one: one[0].count("/")):
        kind, translation = kind_of(preset.get("tags", {})), translated.get(preset_id)
        if not kind or not translation:
            continue
        for name in names_of(translation):
            named.setdefault(name.lower(), kind)
            names_of_kind[kind].append(name)
        for term in _terms_of(translation):
            if fold(term) not in english and kind not in others[term.lower()]:
                others[term.lower()].append(kind)
    for name, kind in sorted(named.items()):
        yield Row(name, kind, "kind")
    for term, kinds in sorted(others.items()):
        akin = [kind for kind in kinds if _ends_of(term) & _ends_of(*names_of_kind[kind])]
        if term not in named and 0 < len(akin) <= _MOST_KINDS:
            yield Row(term, "|".join(akin), "also")


def _ends_of(*names: str) -> set[str]:
    """The first and the last letters of every word of names, marked as such.

    Search terms are often no synonyms ("birthday" for a place for events). Those with a beginning
    or an end in common with a name of their kind are.
    """
    words = [word for name in names for word in TOKEN.findall(name.lower())]
    long = [word for word in words if len(word) >= _ALIKE]
    return {f"{word[:_ALIKE]}-" for word in long} | {f"-{word[-_ALIKE:]}" for word in long}


def rewrite(package: Path, table: Path) -> int:
    """Rewrites the rows of one table that come from the package; returns their number."""
    code = table.stem
    presets = json.loads((package / "dist" / "presets.json").read_text(encoding="utf-8"))
    path = package / "dist" / "translations" / f"{code}.json"
    translated = json.loads(path.read_text(encoding="utf-8"))[code]["presets"]["presets"]
    by_hand = [row for row in read_rows(table) if row.role not in ("kind", "also")]
    rows = list(rows_from(presets, translated))
    write_rows(table, [*by_hand, *rows])
    return len(rows)


def main(arguments: list[str]) -> None:
    """Rewrites every table from the package in the given folder."""
    for table in sorted(TABLES.glob("*.csv")):
        count = rewrite(Path(arguments[0]), table)
        sys.stderr.write(f"{table.name}: {count} names\n")


if __name__ == "__main__":
    main(sys.argv[1:])
