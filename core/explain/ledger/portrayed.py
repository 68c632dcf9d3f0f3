"""What a work of art or a memorial is of: "equestrian statue", "memorial to the sailors".

A bare statue is no evidence for it: the map has a statue, and nobody can tell whose.
"""

import re
from collections.abc import Iterable

from core.explain.ledger.claims import bare_words, looks_in
from core.retrieval.head_nouns import ADJECTIVES, NOUNS, head_of_phrase, singular
from core.retrieval.proper_names import is_style
from core.vocabulary.attributes import NUMBER_WORDS
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import STOP_WORDS, fold

_PORTRAYING = frozenset(
    bare_words("bust memorial monument mosaic mural plaque relief sculpture statue")
)
_SUBJECT = re.compile(
    r"\b(?:(?<!full )(?<!made )(?<!out )of|to|for|about|honou?ring|depicting|showing|"
    r"commemorating|representing|in memory of)\b"
    r"\s+(.+?)(?=$|[,;]|\b(?:on|in|at|with|near|next|by|beside|behind|above|below|under|from|and|"
    r"that|which|who|whose|outside|opposite|facing|made|holding|sitting|standing|riding|across|"
    r"off|to the|just)\b)"
)
_BEINGS = frozenset(
    bare_words(
        "angel animal bear bird boy cat child children cow deer dog dragon eagle elephant emperor "
        "fish general girl god goddess hero horse hunter king lion mother poet prince princess "
        "queen rider sailor saint soldier victim war wolf worker writer"
    )
)
_SOMEBODY = frozenset(bare_words("figure figures lady man men nude people person woman women"))
"""Words that do not tell who it is."""


def lacks_subject(phrase: str, fact: str, names: Iterable[str] = (), *, own: bool = True) -> bool:
    """Whether a phrase says what a thing portrays or honours, and neither a fact nor its `names`
    have a word of it. A statue with a name may well be the "statue of a king". `own` is False for a
    translation, whose unusual words are those that were not understood."""
    if ": " in fact:
        return False
    head = head_of_phrase(phrase)
    if head is None or head.noun not in _PORTRAYING:
        return False
    words = {
        form
        for text in (fact, *names)
        for word in bare_words(text)
        for form in (word, singular(word))
    }
    before = {word for word in head.modifiers if _names_a_thing(word, own)}
    folded = fold(phrase)
    match = _SUBJECT.search(folded, max(folded.find(head.noun), 0))
    after = {word for word in bare_words(match[1]) if _names_a_thing(word, own)} if match else set()
    said = before | after
    return bool(said) and words.isdisjoint(form for word in said for form in (word, singular(word)))


def _tells(word: str) -> bool:
    """Whether a word tells what a thing is of, rather than how that looks."""
    return not (
        word in STOP_WORDS | ADJECTIVES | _SOMEBODY or word in NUMBER_WORDS or looks_in(word)
    )


def _names_a_thing(word: str, own: bool) -> bool:
    """Whether a word names another thing than the noun: a being, a kind, or something unusual."""
    if not _tells(word) or is_style(word):
        return False
    one = singular(word)
    return one in _BEINGS or one in NOUNS or (own and not is_common(word))
