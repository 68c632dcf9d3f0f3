"""Things whose name in the town's own language tells what they are: "Plaza Zabala", for "square".

The map may have such a place as a park, as a street or as nothing but a name.
"""

import re
from functools import cache, cached_property, lru_cache

import numpy as np

from core.arrays import I64, Bools
from core.gallery.opened import Gallery
from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import SAID_KINDS, STATUES, has_trait
from core.vocabulary.languages.place_words import PlaceWords, place_words, telling_words

_FEWEST, _LEAST_SHARE = 5, 0.3
"""A language is that of a town if so many named things have its words, and so many of those that
have words of the commonest one. Our choice."""
_ON_STREETS = frozenset({"square", "market"})
"""What streets are called after because they are it; a street named after a church is none."""
_PLACES = re.compile(
    r"(?:.* )?(?:square|church|cathedral|chapel|museum|theatre|library|(?:railway|bus) station|"
    r"cemetery|fountain|bridge|gate|tower|market|castle|fort|palace|monument|memorial|statue|"
    r"sculpture|lighthouse)|park|garden|recreation ground|village green|tourist attraction|"
    r"historic.*|place of worship|marina|harbour|town hall|courthouse|public building|"
    r"concert hall|arts centre|viewpoint.*|monastery|church grounds|ruins|old city wall"
)
"""Kinds of things that are the place that their name tells, or that the map has in the place of
it. A bakery, a car park or a bus stop is only called after it."""
_ARTICLES = frozenset({"la", "le", "les", "l", "el", "los", "las", "o", "os", "as", "il", "lo"})
_HEAD_FIRST = frozenset({"fr", "es", "pt", "it"})
"""Languages whose names begin with the noun: "Palais" is not what "Place du Palais" is."""


class LocalNames:
    """The names of one gallery. `group` [F] is the row of each fact among the `kinds`."""

    def __init__(self, gallery: Gallery, kinds: list[str], group: I64) -> None:
        self._index, self._names = gallery.names, gallery.facts.names
        self._ways = np.array(
            [has_trait(one, "way") and one != "street corner" for one in kinds], dtype=bool
        )[group]
        self._places = np.array(
            [not one or _PLACES.fullmatch(one) is not None for one in kinds], dtype=bool
        )[group]
        self.facts = lru_cache(maxsize=256)(self._facts)
        self.having = lru_cache(maxsize=256)(self._mask)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The codes of the languages of the town's names."""
        counts = {
            code: sum(np.count_nonzero(self._places[self._having(word)]) for word in words)
            for code, words in telling_words().items()
        }
        most = max(counts.values())
        return frozenset(
            code for code, count in counts.items() if count >= max(_FEWEST, _LEAST_SHARE * most)
        )

    def _having(self, word: str) -> I64:
        """The facts with a word in a name."""
        facts: I64 = self._index.postings(word, "name").facts.astype(np.int64)
        return facts

    def _facts(self, noun: str) -> I64:
        """The things whose name says that they are a noun."""
        found = {
            fact
            for own in _nouns_of(noun)
            for code, of_noun in place_words()[own].items()
            if code in self.languages
            for word in self._spelled(of_noun)
            for fact in self._having(word).tolist()
            if (self._places[fact] or (self._ways[fact] and own in _ON_STREETS))
            and any(_is_head(of_noun, name, code) for name in self._names[fact])
        }
        return np.array(sorted(found), dtype=np.int64)

    def _mask(self, noun: str) -> Bools:
        """The same things as a mask [F]."""
        mask = np.zeros(len(self._places), dtype=bool)
        mask[self.facts(noun)] = True
        return mask

    def _spelled(self, of_noun: PlaceWords) -> set[str]:
        """The words of a noun that the names may have, compounds among them."""
        if not of_noun.ends:
            return set(of_noun.words)
        compounds = (word for word in self._index.long_words if word.endswith(of_noun.ends))
        return {*of_noun.words, *compounds}


@cache
def _nouns_of(noun: str) -> tuple[str, ...]:
    """The nouns of the table that a noun is, or is another word for: a gateway is a gate. Statues
    are called monuments."""
    kinds = {noun, *(kind for kind, said in SAID_KINDS.items() if noun in said)}
    if noun in STATUES:
        kinds |= STATUES
    return tuple(own for own in place_words() if own in kinds)


def _is_head(of_noun: PlaceWords, name: str, code: str) -> bool:
    """Whether a name says that its thing is a noun: "Treptower Tor", and not "Am Tor 3 links"."""
    words = [word for word in WORD.findall(fold(name)) if word not in _ARTICLES]
    heads = words[:1] if code in _HEAD_FIRST else [*words[:1], *words[-1:]]
    return any(
        word in of_noun.words or (of_noun.ends and word.endswith(of_noun.ends)) for word in heads
    )
