"""What people who look from above call the kinds of things: the table `from_above.csv`.

`noun` is the noun of a fact: a kind of the map, or one that `core.facts.aerial` tells. `called` are
the words that people use, separated by `|`. They are matched by meaning, so a few for each kind do.
The table was written from general knowledge; words of the descriptions that figures are told for
were left out where they are not what everybody would say.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from core.vocabulary.kinds import calls

TABLE = Path(__file__).with_name("from_above.csv")
TYPICAL = Path(__file__).with_name("typical_views.txt")


@cache
def seen_words() -> Mapping[str, tuple[str, ...]]:
    """The words of the table by noun."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        return MappingProxyType({row["noun"]: tuple(row["called"].split("|")) for row in rows})


@cache
def typical_views() -> tuple[str, ...]:
    """Phrases as they occur in most descriptions of what is seen from above, the common things in
    several forms. Written from general knowledge and from descriptions of our own."""
    return tuple(TYPICAL.read_text("utf-8").split("\n")[:-1])


def sayings_of(kind: str) -> list[str]:
    """The noun of a kind and what people call it, from above and in the street, each once."""
    said = (word.replace("~", "").replace("*", "") for word in calls(kind))
    return list(dict.fromkeys([kind, *seen_words().get(kind, ()), *said]))
