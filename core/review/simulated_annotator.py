"""An annotator played by a program, for benches and tests; loads nothing but the store.

What it is to say follows from its number, so that one started again goes on where the other ended.
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
"""For how long a played annotator waits for a store that is away."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What one of the annotators is to do: record `verdicts`, one on each of as many cases.

    Each that the store has taken is noted as a line in `log`: its place, and how long it took, in
    milliseconds.
    """

    address: str
    room: str
    run: str
    number: int
    case_ids: tuple[str, ...]
    log: Path


def practice(verdicts: int) -> Report:
    """A report with that many failures, about nothing."""
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
            for number in range(verdicts)
        ),
    )


def name_of(part: Workload) -> str:
    """The annotator's name."""
    return f"practice {part.run} {part.number}"


def said_by(part: Workload) -> Iterator[NewVerdict]:
    """Every verdict of a part, in order, always with the same ids."""
    titles = list(CASE_VERDICTS)
    for place, case_id in enumerate(part.case_ids):
        yield NewVerdict(
            str(uuid.uuid5(uuid.NAMESPACE_OID, f"{part.run} {part.number} {place}")),
            case_id,
            name_of(part),
            titles[(part.number + place) % len(titles)],
        )


def play(part: Workload) -> None:
    """Records what the log does not have yet; the first of it may be in the store already."""
    store = open_store(part.address, datetime.now(UTC), WAIT_S, part.room)
    done = len(acknowledged(part.log))
    store.join(name_of(part), datetime.now(UTC))
    with part.log.open("ab", buffering=0) as log:
        for place, said in enumerate(said_by(part)):
            if place < done:
                continue
            started = time.perf_counter()
            store.record(said, datetime.now(UTC))
            log.write(b"%d %.4f\n" % (place, 1000 * (time.perf_counter() - started)))
    store.close()


def acknowledged(log: Path) -> list[float]:
    """The milliseconds of each verdict in a log; a last line cut short does not count."""
    if not log.exists():
        return []
    return [float(line.split()[1]) for line in log.read_bytes().split(b"\n")[:-1]]
