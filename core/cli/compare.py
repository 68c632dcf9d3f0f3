"""Hold two measured runs against each other, query by query."""

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
        help="two of evaluate --out or of CVG-Text, over the same descriptions",
    )
    parser.add_argument(
        "--scope",
        choices=("full", "nearest-100", "thinned"),
        help="which part of reports that have several (full)",
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.evaluation.paired_tests import paired
    from core.evaluation.saved_runs import read_saved

    first, second = (_in_scope(read_saved(path), args.scope) for path in args.reports)
    return paired(first, second).to_json()


def _in_scope(runs: "tuple[SavedRun, ...]", scope: str | None) -> "SavedRun":
    """The run of a report in a scope; without one, in the full scope before any other."""
    found = {run.scope: run for run in runs}
    if scope is None:
        return found.get("full", runs[0])
    if scope not in found:
        raise ReportError(
            f"{runs[0].title} has no part of the scope {scope}; it has {', '.join(found)}"
        )
    return found[scope]
