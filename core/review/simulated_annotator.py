"""A simulated annotator for benches and tests.

Its verdicts follow from its number, so that a restarted one continues where it stopped.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.review.model import RecordedAnswer, Report
from core.review.store import NewVerdict, open_store
from core.review.verdicts import CASE_VERDICTS

WAIT_S = 120.0
"""Longest time in seconds that a simulated annotator waits for the store."""


@dataclass(frozen=True, slots=True)
class Workload:
    """The work of one annotator: one verdict on each of `case_ids`.

    Each recorded verdict adds a line to `log`: its position, and its duration in milliseconds.
    """

    address: str
    schema: str
    run: str
    number: int
    case_ids: tuple[str, ...]
    log: Path


def practice_report(failures: int) -> Report:
    """A made-up report with `failures` failures."""
    return Report(
        "practice",
        "evaluate",
        "practice",
        "practice",
        "full",
        (),
        tuple(
            RecordedAnswer(
                number,
                str(number),
                f"place {number}",
                f"t{number}",
                0.0,
                0.0,
                9,
                "t",
                0.0,
                0.0,
                200.0,
            )
            for number in range(failures)
        ),
    )


def name_of(workload: Workload) -> str:
    """The annotator's name."""
    return f"practice {workload.run} {workload.number}"


def planned_verdicts(workload: Workload) -> Iterator[NewVerdict]:
    """All verdicts of a workload, in order; their ids are always the same."""
    titles = list(CASE_VERDICTS)
    for position, case_id in enumerate(workload.case_ids):
        yield NewVerdict(
            str(uuid.uuid5(uuid.NAMESPACE_OID, f"{workload.run} {workload.number} {position}")),
            case_id,
            name_of(workload),
            titles[(workload.number + position) % len(titles)],
        )


def play(workload: Workload) -> None:
    """Records the verdicts that the log does not have; the first may be in the store already."""
    store = open_store(workload.address, datetime.now(UTC), WAIT_S, workload.schema)
    done = len(acknowledged(workload.log))
    store.join(name_of(workload), datetime.now(UTC))
    with workload.log.open("ab", buffering=0) as log:
        for position, verdict in enumerate(planned_verdicts(workload)):
            if position < done:
                continue
            started = time.perf_counter()
            store.record(verdict, datetime.now(UTC))
            log.write(b"%d %.4f\n" % (position, 1000 * (time.perf_counter() - started)))
    store.close()


def acknowledged(log: Path) -> list[float]:
    """The milliseconds of each verdict in a log; an incomplete last line does not count."""
    if not log.exists():
        return []
    return [float(line.split()[1]) for line in log.read_bytes().split(b"\n")[:-1]]
