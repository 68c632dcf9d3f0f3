"""The stretches of a description that are about one thing each, with the directions that hold on.

In "to the south, behind a hedge, a long hall with a blue roof", the hedge and the hall lie to the
south, and the roof is the hall's. A direction after a thing ("a church to the north") is its own.
"""

import re
from dataclasses import dataclass

import numpy as np

from core.arrays import F32
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.attributes import COLOUR_LOOKS
from core.vocabulary.directions import BEARINGS
from core.vocabulary.folding import WORD, fold

_WITH = re.compile(r"\s*with\s*(?:an?|the|some|its|their|long|big)?\s*", re.IGNORECASE)
_AXIS = re.compile(
    r"\b(?:north[- ](?:to[- ])?south|south[- ](?:to[- ])?north|east[- ](?:to[- ])?west|"
    r"west[- ](?:to[- ])?east|from (?:the )?[a-z-]+ to (?:the )?[a-z-]+)\b",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?P<before>going|leading|leads|runs?|running|goes|heading|onto)?"
    r"[\s-]*\b(?P<word>(?:north|south)(?:[- ]?(?:east|west))?|east|west)(?:ern)?\b",
    re.IGNORECASE,
)
_TURN = (
    r"(?:further |the |far |to the |in the |on the )*(?:north|south|east|west)"
    r"(?:[- ]?(?:east|west))?(?:ern)?(?: (?:side|corner|edge|end))?"
)
_LEADING = re.compile(_TURN + r"\b", re.IGNORECASE)
_ONLY_DIRECTION = re.compile(_TURN, re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;!?]")
_PASSING = re.compile(r"\b(?:cars?|vehicles?|lorr(?:y|ies)|trucks?|vans?|buses)\b", re.IGNORECASE)
_STANDING = re.compile(
    r"\b(?:park|parks|lot|yard|dealer|depot|bays?|spaces?|parking)\b", re.IGNORECASE
)
_SAYS_NOTHING = frozenset(
    WORD.findall(
        "a an the of to me my i is are it its this that there here some one ones two three four on "
        "in at by with and or both each them their they what looks look like something scene "
        "picture shows show side sides far way short more other another further just next mostly "
        "quite few lots loads end ends part parts edge middle around about left right straight "
        "ahead corner up down going running runs run leads lies stands north south east west "
        "northern southern eastern western northeast northwest southeast southwest inside outside "
        "everywhere behind front lot very kind sort feels feeling bright light dark coloured white "
        "reddish greenish bluish brownish pale"
    )
).union(*(frozenset(word.split()) for word in COLOUR_LOOKS))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch about one thing: its embedding [D], and its direction in degrees or None.

    `passing`: it is about cars and the like, which may be gone, so their absence says nothing.
    """

    text: str
    embedding: F32
    bearing_deg: float | None
    passing: bool = False


def stretches_of(encoded_query: EncodedQuery) -> list[Stretch]:
    """The affirmed phrases in order; one that begins with "with" belongs to the thing before it.

    The embedding of "a hall" + "with a blue roof" is the sum of both. A direction that comes
    first holds until the next one or the end of the sentence. Phrases of directions, colours and
    the like alone are left out.
    """
    text = encoded_query.text
    stretches: list[Stretch] = []
    held: float | None = None
    own: float | None = None
    end = 0
    for row in encoded_query.affirmed.tolist():
        phrase, embedding = encoded_query.phrases[row], encoded_query.phrase_embeddings[row]
        between = text[end : phrase.start]
        is_part = bool(stretches) and _WITH.fullmatch(between) is not None
        if _SENTENCE_END.search(between):
            held = None
        end = phrase.end
        bearing = stated_bearing(phrase.text, phrase.bearing_deg)
        before_it = stated_bearing(between, None)
        if before_it == own:  # it was said after the phrase before
            before_it = None
        own = phrase.bearing_deg
        if bearing is None:
            bearing = held if before_it is None else before_it
        if before_it is not None or _LEADING.match(phrase.text):
            held = bearing
        if is_part:
            before = stretches.pop()
            whole = before.embedding + embedding
            stretches.append(
                Stretch(
                    f"{before.text} with {phrase.text}",
                    whole / max(float(np.linalg.norm(whole)), 1e-6),
                    before.bearing_deg if before.bearing_deg is not None else bearing,
                    before.passing,
                )
            )
        elif not _ONLY_DIRECTION.fullmatch(phrase.text.strip()) and _says_something(phrase.text):
            stretches.append(Stretch(phrase.text, embedding, bearing, _is_passing(phrase.text)))
    return stretches


def _says_something(phrase: str) -> bool:
    return any(word not in _SAYS_NOTHING for word in WORD.findall(fold(phrase)))


def _is_passing(phrase: str) -> bool:
    return bool(_PASSING.search(phrase)) and not _STANDING.search(phrase)


def stated_bearing(phrase: str, parsed_deg: float | None) -> float | None:
    """The direction of a phrase: the parsed one, else the only compass word in it.

    The course of a road ("going south") is no direction.
    """
    if parsed_deg is not None:
        return parsed_deg
    places = [match for match in _DIRECTION.finditer(_AXIS.sub(" ", phrase)) if not match["before"]]
    words = {re.sub(r"[- ]", "", match["word"].lower()) for match in places}
    return BEARINGS[words.pop()] if len(words) == 1 else None
