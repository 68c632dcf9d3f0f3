"""One query → ranked, fused candidates with their evidence; leaves drawing and measuring to others.

A description is read once (`encoded_query`), held against every tile by each channel (`channels`),
fused (`fusion`), judged (`features`, `background`, `confidence`), and the leading candidates are
told phrase by phrase (`evidence`). They may be ranked again by their confidence (`reranking`).
"""

from core.retrieval.confidence import CredibleRegion, Posterior
from core.retrieval.picture_model import (
    PictureEncoder,
    bind_picture_encoder,
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
    "link_checkpoint",
    "load_picture_encoder",
    "load_verified",
    "rank_tiles",
    "reranked",
    "search",
    "search_with_trace",
]
