"""Words of titles: a kind behind a name that says little."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from core.vocabulary.folding import WORD, fold
from core.vocabulary.languages.place_words import place_words

_EXPLAINED: Final[Mapping[str, str]] = {
    "railway station": "station",
    "metro station entrance": "station",
    "statue": "monument",
    "sculpture": "monument",
    "work of art": "monument",
    "bust": "monument",
    "tomb": "cemetery",
}
"""Kinds whose names alone say little, and the noun of `place_words` that says as much."""


@lru_cache(maxsize=4096)
def explained(name: str, kind: str) -> str:
    """The name of a thing, with its kind where the name alone says little.

    "Monaco - Monte Carlo (railway station)", but "Hauptbahnhof".
    """
    short = next((one for one in _EXPLAINED if f" {kind}".endswith(f" {one}")), "")
    if not short:
        return name
    words = WORD.findall(fold(name))
    nouns = set(WORD.findall(short)) | {_EXPLAINED[short]}
    for said in place_words()[_EXPLAINED[short]].values():
        nouns.update(said.words)
        if any(word.endswith(end) for word in words for end in (*said.words, *said.ends)):
            return name
    return name if nouns.intersection(words) else f"{name} ({short})"
