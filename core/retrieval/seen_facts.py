"""The facts that some tiles see, and those of one tile among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.arrays import F32, I64, Bools
from core.retrieval.channels import MatchIndex
from core.retrieval.query_encoding import EncodedQuery


@dataclass(frozen=True, slots=True)
class VisibleFacts:
    """The V facts that a tile sees: row, place among the finder's facts, distance weight, distance
    and bearing of each; `strong` are near enough to be evidence, `near` to be so by their kind.

    `words` are those of the phrases that the facts have.
    """

    facts: I64
    place: I64
    weight: F32
    distance_m: F32
    bearing_deg: F32
    strong: Bools
    near: Bools
    words: "WordsOfFacts"


@dataclass(frozen=True)
class WordsOfFacts:
    """The words of P phrases that V facts have, each [P, V].

    `share` of the words of a phrase (or of those up to its noun, if that is more) and
    `distinctive` are those that a fact has. `meant` are the facts with a distinctive word or with
    the kind, `by_chance` those with a common word in their name. `referable` are the facts that a
    phrase's noun can refer to, and `allowed` those that its proper names do not exclude.
    """

    share: F32
    distinctive: F32
    meant: Bools
    by_chance: Bools
    referable: Bools
    allowed: Bools

    @cached_property
    def any_meant(self) -> Bools:
        """Whether any of the facts is meant by each phrase: [P]."""
        found: Bools = np.asarray(self.meant.any(axis=1))
        return found

    @cached_property
    def any_by_chance(self) -> Bools:
        """Whether any of the facts has a word of each phrase by chance: [P]."""
        found: Bools = np.asarray(self.by_chance.any(axis=1))
        return found

    def of(self, place: I64) -> "WordsOfFacts":
        """Those of some of the facts."""
        return WordsOfFacts(
            self.share[:, place],
            self.distinctive[:, place],
            self.meant[:, place],
            self.by_chance[:, place],
            self.referable[:, place],
            self.allowed[:, place],
        )


class PhraseCosines:
    """The cosines of P phrases with the facts that tiles see, at once for `facts` if they are
    given, else for each tile; `known` are those with all embedded facts [P, V], if a search has
    them."""

    def __init__(
        self,
        match_index: MatchIndex,
        query: EncodedQuery,
        facts: I64 | None,
        known: F32 | None = None,
    ) -> None:
        self._match_index, self._facts, self._known = match_index, facts, known
        self._phrases: F32 = query.phrase_embeddings

    @cached_property
    def _of_all(self) -> F32:
        facts = self._facts if self._facts is not None else np.empty(0, dtype=np.int64)
        if self._known is None:
            return self._match_index.cosines(self._phrases, facts)
        cosines: F32 = np.zeros((len(self._phrases), len(facts)), dtype=np.float32)
        spoken = self._match_index.gallery.facts.spoken[facts]
        cosines[:, spoken] = self._known[:, self._match_index.index_row[facts[spoken]]]
        return cosines

    def of(self, visible: VisibleFacts) -> F32:
        """Those of what one tile sees: [P, V]."""
        if self._facts is None:
            return self._match_index.cosines(self._phrases, visible.facts)
        cosines: F32 = self._of_all[:, visible.place]
        return cosines


def places_among(rows: I64, wanted: I64) -> tuple[I64, Bools]:
    """The place of each wanted row among ascending `rows`, and whether it is one of them."""
    place: I64 = np.searchsorted(rows, wanted)
    if not len(rows):
        return place, np.zeros(len(place), dtype=bool)
    is_there: Bools = rows[np.minimum(place, len(rows) - 1)] == wanted
    return place, is_there


def facts_seen(match_index: MatchIndex, tiles: Sequence[int] | None) -> I64:
    """The facts that some tiles see, ascending; all without tiles."""
    if tiles is None:
        return np.arange(len(match_index.named))
    fact_of = match_index.gallery.links.fact
    seen: Bools = np.zeros(len(match_index.named), dtype=bool)
    for tile in tiles:
        seen[fact_of[match_index.links_of(tile)]] = True
    return seen.nonzero()[0]


def argmax_positive(values: F32, counted: Bools) -> int | None:
    """Index of the largest value inside the mask `counted`, None where none is above 0."""
    if not len(values):
        return None
    masked = np.where(counted, values, 0)
    best = int(masked.argmax())
    return best if masked[best] > 0 else None
