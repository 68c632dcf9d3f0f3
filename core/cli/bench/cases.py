"""Many annotators at once, each a process: lost and doubled verdicts, and the time of each.

The bench uses its own store beside the one of the given address and removes it afterwards.
"""

import multiprocessing
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select, text

from core.errors import CasesError
from core.review import simulated_annotator
from core.review.connection import Database
from core.review.schema import cases, verdicts
from core.review.simulated_annotator import (
    Workload,
    acknowledged,
    name_of,
    planned_verdicts,
    play,
    practice_report,
)
from core.review.store import Store, open_store

_LOOK_S = 0.1


def run(
    annotators: int,
    verdicts: int,
    store: str | None,
    kill: int,
    progress: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Records `verdicts` verdicts in total from `annotators` processes.

    `kill` processes are killed (SIGKILL) after a third of the verdicts and then restarted. `lost`
    counts planned verdicts that are missing from the store, `doubled` those recorded more than
    once. The times are of one recording call, including waits for other processes and for a store
    that cannot be reached.
    Raises CasesError for fewer verdicts than annotators.
    """
    if not 0 < annotators <= verdicts:
        raise CasesError(
            f"{annotators} annotators cannot record {verdicts} verdicts; give at least one for each"
        )
    run = secrets.token_hex(4)
    with (
        tempfile.TemporaryDirectory() as folder,
        _temporary_store(store, run, Path(folder)) as target,
    ):
        address, schema = target
        opened_store = open_store(address, datetime.now(UTC), simulated_annotator.WAIT_S, schema)
        workloads = _workloads(
            opened_store, address, schema, run, annotators, verdicts, Path(folder)
        )
        started = time.perf_counter()
        killed = _play_all(workloads, min(kill, annotators), verdicts, progress)
        took_s = time.perf_counter() - started
        figures = _figures(opened_store, workloads)
        name = opened_store.database.kind
        opened_store.close()
    return {
        "bench": "cases",
        "store": name,
        "annotators": annotators,
        "verdicts": verdicts,
        "killed": killed,
        **figures,
        "wall_s": round(took_s, 2),
        "per_s": round(verdicts / took_s, 1),
    }


@contextmanager
def _temporary_store(store: str | None, run: str, folder: Path) -> Iterator[tuple[str, str]]:
    """A temporary store: its address, and for PostgreSQL its schema ("" otherwise)."""
    if store is None:
        yield str(folder / "cases.sqlite"), ""
        return
    database = Database(store, simulated_annotator.WAIT_S)
    if database.file is not None:
        beside = database.file.with_name(f".{database.file.name}.bench-{run}")
        try:
            yield str(beside), ""
        finally:
            for file in beside.parent.glob(f"{beside.name}*"):
                file.unlink()
        return
    schema = f"saywhere_bench_{run}"
    database.write(lambda connection: connection.execute(text(f"CREATE SCHEMA {schema}")))
    try:
        yield store, schema
    finally:
        database.write(lambda connection: connection.execute(text(f"DROP SCHEMA {schema} CASCADE")))
        database.close()


def _workloads(
    store: Store, address: str, schema: str, run: str, annotators: int, verdicts: int, folder: Path
) -> list[Workload]:
    """The verdicts divided evenly among the annotators; all begin with the same cases."""
    shares = [len(part) for part in np.array_split(np.arange(verdicts), annotators)]
    store.add_report(practice_report(shares[0]), 0, datetime.now(UTC))
    case_ids = store.database.read(
        lambda connection: tuple(
            connection.execute(select(cases.c.case_id).order_by("number")).scalars()
        )
    )
    return [
        Workload(address, schema, run, number, case_ids[:share], folder / f"{number}.log")
        for number, share in enumerate(shares)
    ]


def _play_all(
    workloads: list[Workload], kill: int, verdicts: int, progress: Callable[[str, int, int], None]
) -> int:
    """Runs all workloads to their end; returns the number of killed processes."""
    # No fork of this process: it has threads, and a child must not share connections.
    methods = multiprocessing.get_all_start_methods()
    method = "forkserver" if "forkserver" in methods else "spawn"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload([simulated_annotator.__name__])

    def start(workload: Workload) -> BaseProcess:
        process: BaseProcess = context.Process(target=play, args=(workload,))  # type: ignore[attr-defined]
        process.start()
        return process

    playing = {workload.number: start(workload) for workload in workloads}
    killed = 0
    while any(process.is_alive() for process in playing.values()):
        done = sum(len(acknowledged(workload.log)) for workload in workloads)
        progress("verdicts", done, verdicts)
        if not killed and kill and 3 * done >= verdicts:
            for workload in workloads[:kill]:
                playing[workload.number].kill()
                playing[workload.number].join()
                playing[workload.number] = start(workload)
            killed = kill
        time.sleep(_LOOK_S)
    progress("verdicts", verdicts, verdicts)
    failed = [number for number, process in playing.items() if process.exitcode]
    if failed:
        raise CasesError(f"{len(failed)} of {len(workloads)} annotators ended early; see above")
    return killed


def _figures(store: Store, workloads: list[Workload]) -> dict[str, Any]:
    """Compares the store with the planned verdicts, by id, annotator and case."""
    rows = store.database.read(
        lambda connection: connection.execute(
            select(
                verdicts.c.verdict_id, verdicts.c.annotator, verdicts.c.case_id, verdicts.c.verdict
            )
        ).all()
    )
    recorded = {(row.verdict_id, row.annotator, row.case_id, row.verdict) for row in rows}
    planned = {
        (verdict.verdict_id, name_of(workload), verdict.case_id, verdict.verdict)
        for workload in workloads
        for verdict in planned_verdicts(workload)
    }
    counts = Counter((row.annotator, row.case_id) for row in rows)
    times = np.concatenate([acknowledged(workload.log) for workload in workloads])
    return {
        "lost": len(planned - recorded),
        "doubled": sum(count - 1 for count in counts.values()),
        "p50_ms": round(float(np.percentile(times, 50)), 2),
        "p95_ms": round(float(np.percentile(times, 95)), 2),
        "max_ms": round(float(times.max()), 1),
    }
