"""Common words of English: a name may contain them by chance."""

import re
from collections.abc import Iterable
from functools import lru_cache

from core.vocabulary.attributes import (
    SAID_COLOURS,
    SAID_MATERIALS,
    SAID_ROOFS,
    SAID_SIZES,
    SAID_SURFACES,
)
from core.vocabulary.folding import STOP_WORDS, WORD, fold
from core.vocabulary.kinds import SAID_KINDS

_MIN_CHARS = 2
_OTHERS = """
abandoned air alley ancient angel apple arch arches arm ashore autumn ave baby balcony balloon
banner base beautiful bell bend bird bldg blind blvd border bottom boy breeze bright broken bronze
bump cake candle captain cat cellar chair chat cheap chess child children chocolate clean clear
climb cloud coast coat cold colourful concert cook cool couple cow crowd crowded cup curb curve
cyclist dead deep desert design dirty dish door downhill dozen dragon dress drink drive driver duck
dust eagle early east eastern edge elderly emperor engine entry evening eye fair fall famous fancy
father feet fine fish five flame floor flying fox fresh friend frog fun girl golden grand great
group guys happy hat heart heavy height hero high hill holy horse hot hour hungry inn iron jazz key
king kitchen ladder lady lantern late leaf leaves legs life lined lion loud love lovely lucky man
mark meal men mill mirror moment monumental moon morning mother mountain naked national natural new
nice night noise noisy north northern notice nr number oak ocean olive opening opp ornate pale palm
parked part party passage pavement peak pen piano picture pigeon pillar pine pipe pizza plain
plaster plastic plate pop pot ppl priest print queen queue rain rainbow rd rest rich ride ring rise
room rope rose rusty sail sailing scaffolding sell seller seven shade shadow shape sharp shiny ship
shut singing six size skateboarders sky sloping slow smart smell smoke smoking snow soldier song
soup south southern spire spring spruce sq st stair stall star step stick stopped straight striped
summer sun sunny swan tail tea team ten tent thick thin third three tiger tile tour triangle truck
twin ugly umbrella union uphill upper urban valley van warm wave weather wedding west western wet
wheel wild wind winter women workers world young zero
"""


_ATTRIBUTES = (SAID_MATERIALS, SAID_ROOFS)


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in WORD.findall(fold(text)))


COMMON_WORDS = _words(
    [
        _OTHERS,
        *SAID_KINDS,
        *(phrase for called in SAID_KINDS.values() for phrase in called),
        *SAID_COLOURS,
        *(text for table in _ATTRIBUTES for text in (*table, *table.values())),
        *SAID_SURFACES.values(),
        *SAID_SIZES.values(),
    ]
)
"""Words for kinds and attributes, and other words that are frequent in descriptions."""


def is_common(word: str) -> bool:
    """Whether a folded word is a number, or too short or too common to be a name by itself."""
    return (
        len(word) < _MIN_CHARS
        or word.isdigit()
        or word in STOP_WORDS
        or word in COMMON_WORDS
        or word.removesuffix("s") in COMMON_WORDS
    )


@lru_cache(maxsize=8192)
def written_as_name(text: str, start: int, word: str) -> bool:
    """Whether a folded word has a capital in `text`, first occurrence from `start` on, that is not
    due to the beginning of a sentence."""
    for match in re.finditer(r"\w[\w'’-]*", text[start:]):
        if word in WORD.findall(fold(match.group())):
            before = text[: start + match.start()].rstrip(" \"'(“‘")
            return match.group()[0].isupper() and bool(before) and before[-1] not in ".!?\n:;"
    return False
