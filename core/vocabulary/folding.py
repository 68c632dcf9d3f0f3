"""Words as search compares them: folded to ASCII, without stop words."""

import re
from functools import lru_cache

from anyascii import anyascii

WORD = re.compile(r"[a-z0-9]+")
"""A word of a folded text."""
_APOSTROPHES = "'’ʼ`´"
_MOST_LETTERS = 10_000
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
a about above across after again all almost along also always am an and any are around as at away
back be because been before behind being below beside between big bit both but by came can close
come comes could day did direction do does doing down each either end ends enough even ever every
everything far feel few find first for from front full get gets go goes going gone good got had
half hard has have he head heading her here him his how i if im in inside into is it its ive just
keep kind know last left let lets like little long look looking looks lot lots made make many
maybe me meet meeting middle more most much my near nearby nearly next no not nothing now of off
old on once one only onto open opposite or other our out outside over own past people perhaps
place please point pretty quite rather really right round said same say says see seen several she
short side sides since sit sits sitting small so some somebody someone something sort spot stand
standing stands start starts still stuff such take takes tall than that the their them then there
these they thing things think this those though through till to too top toward towards turn two
under until up upon us very walk walking want was way we well went were what when where which
while who whole why will with without would yes yet you your
""",
    )
)
"""Words too common in any text to be searched."""


def fold(text: str) -> str:
    """Converts to lower-case ASCII: no accents, no apostrophes, other scripts transliterated."""
    return _folded_name(text) if len(text) <= _NAME else _folded(text)


class _Letters(dict[int, str | None]):
    """What each character becomes, noted when it is first met: a table for `str.translate`."""

    def __missing__(self, code: int) -> str:
        ascii_letters = anyascii(chr(code)).lower()
        if len(self) < _MOST_LETTERS:
            self[code] = ascii_letters
        return ascii_letters


_LETTERS = _Letters(dict.fromkeys(map(ord, _APOSTROPHES)))


def _folded(text: str) -> str:
    return text.translate(_LETTERS)


_NAME = 80
"""Texts up to this length are mostly names of a gallery, which every search folds again."""
_folded_name = lru_cache(maxsize=50_000)(_folded)


def words_of(text: str) -> list[str]:
    """Folded words of a text in order, without stop words, at most 400."""
    return [word for word in WORD.findall(fold(text)) if word not in STOP_WORDS][:400]
