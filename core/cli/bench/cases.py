"""Many annotators at once, each a process: is any verdict lost or doubled, and how long they take.

Works in a store of its own beside the one of the given address, removed afterwards.
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
from core.review.simulated_annotator import Workload, acknowledged, name_of, play, practice, said_by
from core.review.store import Store, open_store

_LOOK_S = 0.1


def run(
    annotators: int,
    verdicts: int,
    store: str | None,
    kill: int,
    progress: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """That many processes record that many verdicts in all, one after another each.

    `kill` of the processes are killed (SIGKILL) when a third of the verdicts are in, and started
    again. `lost` counts verdicts that are not in the store, although the store took them or
    although they were to come; `doubled` those there more than once. The times are of one call
    that records, with any wait for the others and for a store that is away.
    """
    if not 0 < annotators <= verdicts:
        raise CasesError(
            f"{annotators} annotators cannot record {verdicts} verdicts; wanted at least one each"
        )
    run = secrets.token_hex(4)
    with tempfile.TemporaryDirectory() as folder, _place(store, run, Path(folder)) as place:
        address, room = place
        opened = open_store(address, datetime.now(UTC), simulated_annotator.WAIT_S, room)
        parts = _parts(opened, address, room, run, annotators, verdicts, Path(folder))
        started = time.perf_counter()
        killed = _played(parts, min(kill, annotators), verdicts, progress)
        took_s = time.perf_counter() - started
        figures = _figures(opened, parts)
        name = opened.database.kind
        opened.close()
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
def _place(store: str | None, run: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Where the bench keeps its cases: an address, and a schema where that is PostgreSQL."""
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
    room = f"saywhere_bench_{run}"
    database.write(lambda connection: connection.execute(text(f"CREATE SCHEMA {room}")))
    try:
        yield store, room
    finally:
        database.write(lambda connection: connection.execute(text(f"DROP SCHEMA {room} CASCADE")))
        database.close()


def _parts(
    store: Store, address: str, room: str, run: str, annotators: int, verdicts: int, folder: Path
) -> list[Workload]:
    """The verdicts shared out as evenly as they go, each annotator with the same first cases."""
    shares = [len(one) for one in np.array_split(np.arange(verdicts), annotators)]
    store.add_report(practice(shares[0]), 0, datetime.now(UTC))
    case_ids = store.database.read(
        lambda connection: tuple(
            connection.execute(select(cases.c.case_id).order_by("number")).scalars()
        )
    )
    return [
        Workload(address, room, run, number, case_ids[:share], folder / f"{number}.log")
        for number, share in enumerate(shares)
    ]


def _played(
    parts: list[Workload], kill: int, verdicts: int, progress: Callable[[str, int, int], None]
) -> int:
    """Lets all parts play to their end; how many were killed on the way."""
    # Not forked from here: this process has threads, and a child may not share connections.
    methods = multiprocessing.get_all_start_methods()
    how = "forkserver" if "forkserver" in methods else "spawn"
    context = multiprocessing.get_context(how)
    context.set_forkserver_preload([simulated_annotator.__name__])

    def start(part: Workload) -> BaseProcess:
        process: BaseProcess = context.Process(target=play, args=(part,))  # type: ignore[attr-defined]
        process.start()
        return process

    playing = {part.number: start(part) for part in parts}
    killed = 0
    while any(process.is_alive() for process in playing.values()):
        done = sum(len(acknowledged(part.log)) for part in parts)
        progress("verdicts", done, verdicts)
        if not killed and kill and 3 * done >= verdicts:
            for part in parts[:kill]:
                playing[part.number].kill()
                playing[part.number].join()
                playing[part.number] = start(part)
            killed = kill
        time.sleep(_LOOK_S)
    progress("verdicts", verdicts, verdicts)
    failed = [number for number, process in playing.items() if process.exitcode]
    if failed:
        raise CasesError(f"{len(failed)} of {len(parts)} annotators ended early; see above")
    return killed


def _figures(store: Store, parts: list[Workload]) -> dict[str, Any]:
    """What is in the store against what was to be, by id and by annotator and case."""
    rows = store.database.read(
        lambda connection: connection.execute(
            select(
                verdicts.c.verdict_id, verdicts.c.annotator, verdicts.c.case_id, verdicts.c.verdict
            )
        ).all()
    )
    found = Counter((row.verdict_id, row.annotator, row.case_id, row.verdict) for row in rows)
    wanted = {
        (said.verdict_id, name_of(part), said.case_id, said.verdict)
        for part in parts
        for said in said_by(part)
    }
    once = Counter((row.annotator, row.case_id) for row in rows)
    times = np.concatenate([acknowledged(part.log) for part in parts])
    return {
        "lost": len(wanted - found.keys()),
        "doubled": sum(count - 1 for count in once.values()),
        "p50_ms": round(float(np.percentile(times, 50)), 2),
        "p95_ms": round(float(np.percentile(times, 95)), 2),
        "max_ms": round(float(times.max()), 1),
    }
