"""One query → ranked, fused candidates with their evidence; leaves drawing and measuring to others.

A description is read once (`reading`), held against every tile by each channel (`channels`), fused
(`fusion`), judged (`clues`, `background`, `confidence`), and the leading candidates are told phrase
by phrase (`evidence`). They may be ranked again by their confidence (`reranking`).
"""

from core.retrieval.confidence import Posterior, Surface
from core.retrieval.eyes import Eyes, eyes_for, keep_checkpoint, load_stamped, open_eyes
from core.retrieval.reranking import reranked
from core.retrieval.search import Finding, check_query, find, rank_tiles, search

__all__ = [
    "Eyes",
    "Finding",
    "Posterior",
    "Surface",
    "check_query",
    "eyes_for",
    "find",
    "keep_checkpoint",
    "load_stamped",
    "open_eyes",
    "rank_tiles",
    "reranked",
    "search",
]
