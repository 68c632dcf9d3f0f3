"""Things that are said to be blocks away: which of the map's are as far as that."""

from core.explain.ledger.fact_positions import FactPosition, FactPositions
from core.records import Evidence
from core.retrieval.channels import MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.relations import Relation, relations_of

_FARTHEST = 4.0
"""A thing may be so many times as far away as it is at least: people count long blocks, too."""


class BlocksAway:
    """Finds the things that one description says are blocks away, as seen from any tile."""

    def __init__(
        self, match_index: MatchIndex, positions: FactPositions, encoded_query: EncodedQuery
    ) -> None:
        self._match_index = match_index
        self._positions = positions
        self._query = encoded_query
        spans = [(phrase.start, phrase.end) for phrase in encoded_query.phrases]
        self.relations: list[Relation] = relations_of(encoded_query.text, spans)

    def is_nearer(self, row: int, evidence: Evidence) -> bool:
        """Whether a thing supports a phrase that says that it is farther away."""
        return evidence.supported and (evidence.distance_m or 0.0) < self.relations[row].least_m

    def mentioned(self, row: int) -> list[int]:
        """The facts that a phrase mentions exactly, without those that only have their address
        there."""
        things_of = self._match_index.mentions.things_of
        return [fact for one in self._mentions(row) for fact in things_of(one).tolist()]

    def addressed(self, row: int) -> list[int]:
        """The facts that a phrase mentions exactly, or that have their address there."""
        facts_of = self._match_index.mentions.facts_of
        return [fact for one in self._mentions(row) for fact in facts_of(one).tolist()]

    def _mentions(self, row: int) -> list[Mention]:
        phrase, index = self._query.phrases[row], self._match_index.mentions
        mentions = index.mentions(self._query.affirmed_text)
        return [one for one in mentions if one.start < phrase.end and phrase.start < one.end]

    def place(self, row: int, facts: list[int], tile: int) -> FactPosition | None:
        """The nearest of some facts whose nearest point is as far from a tile as the phrase says:
        no other end of a park that is right here."""
        least_m = self.relations[row].least_m
        nearest: dict[int, FactPosition] = {}
        for place in self._positions.places(tile, facts, _FARTHEST * least_m):
            nearest.setdefault(place.fact, place)
        return next((one for one in nearest.values() if one.distance_m >= least_m), None)
