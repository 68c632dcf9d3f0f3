"""Review failures: take reports in, give verdicts out, measure agreement."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.options import add_output_flags, add_store, whole_number
from core.errors import CasesError
from core.review.formats import FORMATS

if TYPE_CHECKING:
    from core.review.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, about: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=about, description=about)
        add_output_flags(made, default=argparse.SUPPRESS)
        add_store(made)
        return made

    taken = action("import", "take in a report of evaluate --out, CVG-Text's CSV or an export")
    taken.add_argument("file", type=Path, metavar="REPORT")
    taken.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="what was measured, for reports that do not hold their texts",
    )
    taken.add_argument(
        "--scope", choices=("full", "nearest-100"), help="which part of a report on CVG-Text (full)"
    )
    taken.add_argument(
        "--control", type=whole_number, default=20, help="how many successes become cases, too (20)"
    )
    given = action("export", "write all cases with all verdicts")
    given.add_argument("file", type=Path, metavar="FILE")
    given.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="by the ending: " + ", ".join(form.suffix or "none" for form in FORMATS.values()),
    )
    action("agreement", "how far annotators agree, and where they do not")
    action("list", "the reports in the store and how far each is judged")


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.review.store import open_store

    settings = machine.load()
    address = args.store or settings.cases
    file = None if "://" in address else Path(address).expanduser()
    if file and args.action != "import" and not file.exists():
        raise CasesError(f"there is no store {file} yet; core cases import REPORT makes one")
    if file and address == settings.cases:
        file.parent.mkdir(parents=True, exist_ok=True)
    store = open_store(address, datetime.now(UTC))
    try:
        return _ACTIONS[args.action](args, store) | {"store": store.name}
    finally:
        store.close()


def _import(args: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.gallery import open_gallery
    from core.review.importing import Intake, take_file

    settings = machine.load()
    intake = Intake(
        lambda name: open_gallery(name, settings), args.queries, args.scope, args.control
    )
    return take_file(store, args.file, intake, datetime.now(UTC))


def _export(args: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.review.exchange import rows_of
    from core.review.formats import format_of, write_cases
    from core.review.pictures import pictures_of

    kind = format_of(args.file, args.format)
    rows = rows_of(store)
    path = write_cases(rows, args.file, kind, pictures_of(machine.load()))
    return {
        "file": str(path),
        "format": kind,
        "cases": len(rows),
        "verdicts": sum(len(row["verdicts"]) for row in rows),
    }


def _agreement(_: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.review.agreement import agreement, disputes

    return asdict(agreement(store)) | {"disputes": [asdict(one) for one in disputes(store)]}


def _list(_: argparse.Namespace, store: "Store") -> dict[str, Any]:
    return {"reports": [asdict(one) for one in store.reports()], "annotators": store.names()}


_ACTIONS: dict[str, Callable[[argparse.Namespace, "Store"], dict[str, Any]]] = {
    "import": _import,
    "export": _export,
    "agreement": _agreement,
    "list": _list,
}
