"""The channels: how strongly each tile of a gallery answers a reading.

A channel is a name in `core.records.CHANNELS` and a file of that name here, whose `CHANNEL` holds
its search, weights and features for confidence. Fusion and confidence loop over `SPECS`; after a
change of channels, `python -m core calibrate` fits the confidence again.
"""

from importlib import import_module
from typing import Final

from core.records import CHANNELS, Channel
from core.retrieval.channels.channel import ChannelSpec, Found
from core.retrieval.channels.matching import (
    LEAST_COSINE,
    WINDOW_M,
    Ground,
    Matches,
    Placed,
    Seen,
    best_by_tile,
    facts_allowed,
    seen_from,
    share_of_best,
    similar_facts,
    worded_facts,
)

__all__ = [
    "LEAST_COSINE",
    "SPECS",
    "WINDOW_M",
    "ChannelSpec",
    "Found",
    "Ground",
    "Matches",
    "Placed",
    "Seen",
    "best_by_tile",
    "facts_allowed",
    "seen_from",
    "share_of_best",
    "similar_facts",
    "worded_facts",
]

SPECS: Final[dict[Channel, ChannelSpec]] = {
    name: import_module(f"{__name__}.{name}").CHANNEL for name in CHANNELS
}
"""Every channel by its name, in the order of `core.records.CHANNELS`."""
