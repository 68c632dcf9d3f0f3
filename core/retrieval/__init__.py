"""One query → ranked, fused and calibrated candidates with their evidence.

A search encodes the description (`query_encoding`), scores every tile by each channel
(`channels`), fuses the scores (`fusion`), corrects them by the roles of the things that the
description names (`relations`, `relation_values`, `ranking`), estimates confidences
(`confidence_features`, `background_corpus`, `confidence`), picks the likeliest places (`spots`) and
matches the phrases with the map around them (`evidence`).
"""

from core.retrieval.confidence import CredibleRegion, Posterior
from core.retrieval.picture_model import (
    PictureEncoder,
    bind_picture_encoder,
    joined,
    link_checkpoint,
    load_picture_encoder,
    load_verified,
)
from core.retrieval.reranking import reranked
from core.retrieval.search import SearchTrace, check_query, rank_tiles, search, search_with_trace

__all__ = [
    "CredibleRegion",
    "PictureEncoder",
    "Posterior",
    "SearchTrace",
    "bind_picture_encoder",
    "check_query",
    "joined",
    "link_checkpoint",
    "load_picture_encoder",
    "load_verified",
    "rank_tiles",
    "reranked",
    "search",
    "search_with_trace",
]
