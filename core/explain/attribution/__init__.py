"""Attribution: the relevance of words and picture parts for the similarity of a pair."""

from core.explain.attribution.maps import (
    DECOY,
    DECOY_CORRELATION_LIMIT,
    UnscaledMaps,
    correlation,
    min_max,
    raw_relevance,
    relevance,
)

__all__ = [
    "DECOY",
    "DECOY_CORRELATION_LIMIT",
    "UnscaledMaps",
    "correlation",
    "min_max",
    "raw_relevance",
    "relevance",
]
