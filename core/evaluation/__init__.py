"""Metrics of retrieval and localization with intervals, and plain baselines for comparison.

Every query is a description with a known place. The definitions follow CVG-Text
(arXiv 2412.17007): R@k counts queries with the true tile among the first k tiles, L@m those with
the first candidate within m metres of the truth.
"""

from core.evaluation.baselines import PlainBaselines, chance, table_rankers
from core.evaluation.queries import (
    LabelledQuery,
    inside_gallery,
    read_all,
    read_foreign,
    read_queries,
)
from core.evaluation.report import detection, report
from core.evaluation.runner import (
    ConfidenceModel,
    ConfidenceOutcome,
    Outcome,
    Ranker,
    Scope,
    evaluate,
    fused_confidence,
    fused_ranker,
    query_rows,
)

__all__ = [
    "ConfidenceModel",
    "ConfidenceOutcome",
    "LabelledQuery",
    "Outcome",
    "PlainBaselines",
    "Ranker",
    "Scope",
    "chance",
    "detection",
    "evaluate",
    "fused_confidence",
    "fused_ranker",
    "inside_gallery",
    "query_rows",
    "read_all",
    "read_foreign",
    "read_queries",
    "report",
    "table_rankers",
]
