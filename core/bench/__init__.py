"""Benches: parts of the app timed and measured, as figures to print; no test waits for them."""

from collections.abc import Callable
from typing import Any

from core.bench.cases import bench_cases
from core.bench.explaining import bench_explain, bench_questions, bench_relevance
from core.bench.timing import bench_embed, bench_evaluate, bench_search

BENCHES: dict[str, Callable[..., dict[str, Any]]] = {
    "cases": bench_cases,
    "search": bench_search,
    "evaluate": bench_evaluate,
    "embed": bench_embed,
    "explain": bench_explain,
    "relevance": bench_relevance,
    "questions": bench_questions,
}
"""Each is called with the settings and the options of the command line that it names."""
