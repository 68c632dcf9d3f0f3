"""One query → ranked, fused candidates with their evidence; leaves drawing and measuring to others.

A description is read once (`reading`), held against every tile by each channel (`channels`),
fused (`fusion`), and the leading candidates are told phrase by phrase (`evidence`).
"""

from core.retrieval.eyes import Eyes, eyes_for, keep_checkpoint, load_stamped, open_eyes
from core.retrieval.search import Finding, check_query, find, rank_tiles, search

__all__ = ["Eyes", "Finding", "check_query", "eyes_for", "find", "keep_checkpoint", "load_stamped",
           "open_eyes", "rank_tiles", "search"]  # fmt: skip
