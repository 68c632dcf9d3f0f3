"""Review failures: import reports, export verdicts, measure agreement."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.options import action_adder, add_store, whole_number
from core.cli.progress import note
from core.errors import CasesError
from core.review.formats import FORMATS

if TYPE_CHECKING:
    from core.review.store import Store

_SHOWN_FAULTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    with_flags = action_adder(parser)

    def action(name: str, about: str) -> argparse.ArgumentParser:
        added = with_flags(name, about)
        add_store(added)
        return added

    importing = action("import", "import a report of evaluate --out, CVG-Text's CSV or an export")
    importing.add_argument("file", type=Path, metavar="REPORT", help="file to import")
    importing.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="the evaluated descriptions, for reports without texts",
    )
    importing.add_argument(
        "--scope",
        choices=("full", "nearest-100"),
        help="scope of a report on CVG-Text (default: full)",
    )
    importing.add_argument(
        "--control",
        type=whole_number,
        default=20,
        help="number of successes to add as control cases (default: 20)",
    )
    exporting = action("export", "write all cases with all verdicts")
    exporting.add_argument("file", type=Path, metavar="FILE", help="file to write")
    exporting.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="default: by the file's suffix, "
        + ", ".join(form.suffix or "none" for form in FORMATS.values()),
    )
    action("agreement", "agreement between annotators, and the cases they disagree on")
    action("list", "the reports in the store, and how many cases of each have verdicts")


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.review.store import open_store

    settings = machine.load()
    address = args.store or settings.cases
    file = None if "://" in address else Path(address).expanduser()
    if file and args.action != "import" and not file.exists():
        raise CasesError(f"there is no store {file} yet; make one with core cases import REPORT")
    if file and address == settings.cases:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CasesError(
                f"{file.parent} cannot be made ({error}); is the disk full? Make room, or give "
                "--store another place"
            ) from error
    store = open_store(address, datetime.now(UTC))
    try:
        return _ACTIONS[args.action](args, store) | {"store": store.name}
    finally:
        store.close()


def _import(args: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.gallery import open_gallery
    from core.review.importing import ImportOptions, import_cases, left_out_lines

    settings = machine.load()
    options = ImportOptions(
        lambda name: open_gallery(name, settings), args.queries, args.scope, args.control
    )
    imported = import_cases(store, args.file, options, datetime.now(UTC))
    for line in left_out_lines(imported):
        note(line)
    return imported


def _export(args: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.review.exchange import read_store
    from core.review.formats import format_of, write_cases
    from core.review.pictures import pictures_of

    kind = format_of(args.file, args.format)
    content = read_store(store)
    rows = content.rows
    path = write_cases(rows, args.file, kind, pictures_of(machine.load()))
    return {
        "file": str(path),
        "format": kind,
        "cases": len(rows),
        "verdicts": sum(len(row["verdicts"]) for row in rows),
        "set_aside": _set_aside(content.set_aside),
    }


def _agreement(_: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.review.agreement import agreement, disputes

    return asdict(agreement(store)) | {"disputes": [asdict(dispute) for dispute in disputes(store)]}


def _list(_: argparse.Namespace, store: "Store") -> dict[str, Any]:
    from core.review.exchange import read_store

    return {
        "reports": [asdict(report) for report in store.reports()],
        "annotators": store.names(),
        "set_aside": _set_aside(read_store(store).set_aside),
    }


def _set_aside(faults: Sequence[str]) -> int:
    """The number of unreadable values, after a note of the first ones."""
    for fault in faults[:_SHOWN_FAULTS]:
        note(f"set aside: {fault}")
    if len(faults) > _SHOWN_FAULTS:
        note(f"set aside: {len(faults) - _SHOWN_FAULTS} more")
    return len(faults)


_ACTIONS: dict[str, Callable[[argparse.Namespace, "Store"], dict[str, Any]]] = {
    "import": _import,
    "export": _export,
    "agreement": _agreement,
    "list": _list,
}
