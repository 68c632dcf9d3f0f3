"""The channels: each scores every tile of a gallery for an encoded query.

A channel is a row of `core.records.CHANNEL_TRAITS` and a file of that name here, whose `CHANNEL`
holds its search, signals and features for confidence. Fusion and confidence loop over `SPECS`;
after a change of channels, `python -m core calibrate` fits the confidence again.
"""

from importlib import import_module
from typing import Final

from core.records import CHANNELS, Channel
from core.retrieval.channels.channel import ChannelResult, ChannelSpec, FirstStep, Signal
from core.retrieval.channels.fact_matches import match_by_embedding
from core.retrieval.channels.match_index import WINDOW_M, Matches, MatchIndex, WindowHits
from core.retrieval.channels.matching import (
    LEAST_COSINE,
    LinkMatches,
    best_by_tile,
    link_matches,
    match_by_words,
    normalized_sum,
    visible_facts,
)

__all__ = [
    "LEAST_COSINE",
    "SPECS",
    "WINDOW_M",
    "ChannelResult",
    "ChannelSpec",
    "FirstStep",
    "LinkMatches",
    "MatchIndex",
    "Matches",
    "Signal",
    "WindowHits",
    "best_by_tile",
    "link_matches",
    "match_by_embedding",
    "match_by_words",
    "normalized_sum",
    "visible_facts",
]

SPECS: Final[dict[Channel, ChannelSpec]] = {
    name: import_module(f"{__name__}.{name}").CHANNEL for name in CHANNELS
}
"""Every channel by its name, in the order of `core.records.CHANNELS`."""
