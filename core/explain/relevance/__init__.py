"""Which words and which parts of a picture made the similarity of a pair."""

from core.explain.relevance.maps import (
    ALIKE,
    DECOY,
    Raw,
    likeness,
    raw_relevance,
    relevance,
    stretched,
)

__all__ = ["ALIKE", "DECOY", "Raw", "likeness", "raw_relevance", "relevance", "stretched"]
