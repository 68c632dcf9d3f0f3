"""The words about a thing that the map does not show: "wooden" for a church without a material.

The thing is there, so that the phrase is supported; whether it looks as it is said to, nobody
can tell from the map.
"""

from core.explain.ledger.claims import Look, bare_words, looks_in
from core.geo import compass
from core.records import Evidence
from core.retrieval.head_nouns import head_of_phrase, singular
from core.retrieval.phrases import Phrase
from core.vocabulary.attributes import LARGE, SMALL
from core.vocabulary.folding import WORD

_LIKE_THIS = frozenset(
    WORD.findall(
        "abandoned ancient broken empty fancy flat high historic long low modern new old ornate "
        "pale round shabby short steep tall triangular ugly"
    )
)
_KNOWN_M = 3.0
"""The direction of a nearer thing is unknown."""


def unshown_words(phrase: Phrase, evidence: Evidence) -> tuple[str, ...]:
    """The adjectives before the noun of a supported phrase that its fact does not show, in order.

    The direction of a thing right here is not shown either: "to the north".
    """
    head = head_of_phrase(phrase.text)
    if head is None or not evidence.supported:
        return ()
    fact = evidence.fact.partition(": ")[0]
    shown, looks = set(bare_words(fact)), looks_in(fact)
    said = bare_words(phrase.text)
    noun = next((at for at, word in enumerate(said) if singular(word) == head.noun), 0)
    words = [word for word in dict.fromkeys(said[:noun]) if not _is_shown(word, shown, looks)]
    if phrase.bearing_deg is not None and (evidence.distance_m or 0) < _KNOWN_M:
        words.append(f"to the {compass(phrase.bearing_deg)}")
    return tuple(words)


def _is_shown(word: str, shown: set[str], looks: list[Look]) -> bool:
    """Whether a fact shows a word, or it is no adjective that a map could show."""
    if word in shown or singular(word) in shown or word in SMALL | LARGE:
        return True  # how big a thing must be to be called big, nobody can tell
    stated = looks_in(word)
    if not stated:
        return word not in _LIKE_THIS
    return any(one.family == stated[0].family and not one.excludes(stated[0]) for one in looks)
