"""What each action of the command `cases` does with the store; leaves parsing to `arguments`."""

import argparse
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.cases.agreement import agreement, disputes
from core.cases.exchange import rows_of
from core.cases.formats import format_of, write_cases
from core.cases.intake import Intake, take_file
from core.cases.pictures import pictures_of
from core.cases.store import Store
from core.gallery import open_gallery
from core.settings import Settings


def _import(args: argparse.Namespace, settings: Settings, store: Store,
                  now: datetime) -> dict[str, Any]:  # fmt: skip
    intake = Intake(lambda name: open_gallery(name, settings), args.queries, args.scope,
                    args.control)  # fmt: skip
    return take_file(store, args.file, intake, now)


def _export(args: argparse.Namespace, settings: Settings, store: Store,
                  _: datetime) -> dict[str, Any]:  # fmt: skip
    kind = format_of(args.file, args.format)
    rows = rows_of(store)
    path = write_cases(rows, args.file, kind, pictures_of(settings))
    return {"file": str(path), "format": kind, "cases": len(rows),
            "verdicts": sum(len(row["verdicts"]) for row in rows)}  # fmt: skip


def _agreement(_: argparse.Namespace, __: Settings, store: Store,
                     ___: datetime) -> dict[str, Any]:  # fmt: skip
    return asdict(agreement(store)) | {"disputes": [asdict(one) for one in disputes(store)]}


def _list(_: argparse.Namespace, __: Settings, store: Store,
                ___: datetime) -> dict[str, Any]:  # fmt: skip
    return {"reports": [asdict(one) for one in store.reports()], "annotators": store.names()}


ACTIONS = {"import": _import, "export": _export, "agreement": _agreement,
          "list": _list}  # fmt: skip
