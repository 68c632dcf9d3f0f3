"""Compare two evaluation reports, query by query."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ReportError

if TYPE_CHECKING:
    from core.evaluation.saved_runs import SavedRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "reports",
        nargs=2,
        type=Path,
        metavar="REPORT",
        help="two reports of evaluate --out or CVG-Text's CSV, over the same descriptions",
    )
    parser.add_argument(
        "--scope",
        choices=("full", "nearest-100", "thinned"),
        help="scope to compare, for reports with several (default: full)",
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.evaluation.paired_tests import paired
    from core.evaluation.saved_runs import read_saved

    first, second = (_in_scope(read_saved(path), args.scope) for path in args.reports)
    return paired(first, second).to_json()


def _in_scope(runs: "tuple[SavedRun, ...]", scope: str | None) -> "SavedRun":
    """The run of a report in a scope; without a scope, the full one or else the first."""
    by_scope = {run.scope: run for run in runs}
    if scope is None:
        return by_scope.get("full", runs[0])
    if scope not in by_scope:
        raise ReportError(
            f"{runs[0].title} has no scope {scope}; choose from {', '.join(by_scope)}"
        )
    return by_scope[scope]
