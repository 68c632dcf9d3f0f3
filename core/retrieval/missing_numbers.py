"""House numbers that a map lacks: the place is near the next number, or somewhere on the street."""

from dataclasses import replace

import numpy as np

from core.arrays import Bools
from core.records import Channel
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.confidence import Posterior
from core.retrieval.query_encoding import EncodedQuery


def neighbouring(match_index: MatchIndex, encoded_query: EncodedQuery) -> list[Mention]:
    """The addresses in a description whose number the map lacks, and another one stands for."""
    mentions = match_index.mentions.mentions(encoded_query.affirmed_text)
    return [one for one in mentions if one.facts and one.chance < 1]


def with_missing_numbers(
    posterior: Posterior,
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    channels: tuple[Channel, ...],
    mask: Bools | None = None,
) -> Posterior:
    """A posterior of which a part is spread along the street for each number that the map lacks:
    as much as its neighbour may be elsewhere."""
    if "names" not in channels:
        return posterior
    mass = posterior.mass
    for mention in neighbouring(match_index, encoded_query):
        street, _ = match_index.mentions.closeness(replace(mention, facts=(), number=None))
        along = street.astype(np.float64) if mask is None else street * mask
        if total := along.sum():
            spread = along / total * mass.sum()
            mass = mention.chance * mass + (1 - mention.chance) * spread
    return replace(posterior, mass=mass)
