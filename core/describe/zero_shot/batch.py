"""Describes the pictures of a collection into a file of JSON lines.

A batch can be stopped, also killed, and run again: each line is written as soon as the text is
there, and what has a line is not asked for again. Answers that were on their way when it was
killed are asked for once more.
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from core.describe.streetview.producer import plain_answer
from core.describe.zero_shot.checks import text_faults
from core.describe.zero_shot.prompts import VERSION, opening, revision
from core.errors import ModelError, SourceError
from core.models import chat
from core.settings import AdvisorServer
from core.sources.collection import Collection, LocatedRow, Split
from core.sources.collection.pictures import decoded
from core.vocabulary.folding import WORD, fold

Progress = Callable[[str, int, int], None]

_MOST_FAILURES: Final = 8
"""Failures in a row after which the server counts as down."""
_RETRIES: Final = 5
_FIRST_WAIT_S: Final = 2.0
"""Wait after "too many requests", doubled each time, unless the server says how long."""
_ANSWER_TOKENS: Final = 600


class RateLimit:
    """Lets at most `per_minute` requests through, evenly spaced; 0 for any number."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart_s = 60 / per_minute if per_minute else 0.0
        self._clock, self.sleep = clock, sleep
        self._next = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when the next request may start."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._apart_s
        if start > now:
            self.sleep(start - now)


@dataclass(frozen=True, slots=True)
class DescribeJob:
    """A batch: the rows without a description of some splits (all by default), the first `limit` of
    them (0 for all), into the file `out`, `workers` at a time."""

    collection: Collection
    out: Path
    server: AdvisorServer
    splits: tuple[Split, ...] = ()
    limit: int = 0
    workers: int = 1

    @property
    def method(self) -> str:
        """What decides a description beside the picture: model and prompts."""
        return f"{self.server.model} {VERSION}"


@dataclass(frozen=True, slots=True)
class DescribeResult:
    """How many lines were `written` and were there before, and rows that could not be described."""

    written: int
    resumed: int
    problems: tuple[str, ...]


@dataclass
class Written:
    """What the file of an earlier run has: ids, and the first row of each text by its hash."""

    ids: set[str] = field(default_factory=set)
    texts: dict[bytes, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def first_with(self, text: str, row_id: str) -> str:
        """The id of the row that has this text already, else "": then it is this row's."""
        words = " ".join(WORD.findall(fold(text)))
        digest = hashlib.sha256(words.encode()).digest()[:8]
        with self.lock:
            first = self.texts.setdefault(digest, row_id)
        return "" if first == row_id else first


def read_written(job: DescribeJob) -> Written:
    """Reads the file of an earlier run; without a server, that of any model.

    Raises SourceError if it is of another model or prompt, or holds something else.
    """
    known = Written()
    for row in lines_of(job.out):
        if job.server.url and row.get("method") != job.method:
            raise SourceError(
                f"{job.out} was written by {str(row.get('method'))[:80]!a}, not by {job.method}; "
                "give another --out"
            )
        known.ids.add(row["id"])
        if row["text"]:
            known.first_with(row["text"], row["id"])
    return known


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file, none if it is missing; a last one that was cut off is left out.

    Raises SourceError for a file that holds something else.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                whole = isinstance(row["id"], str) and isinstance(row["text"], str)
            except (ValueError, KeyError, TypeError):
                whole = False
            if whole and line.endswith(b"\n"):
                yield row
            elif line.endswith(b"\n") or (number == 1 and not line.startswith(b'{"id": ')):
                raise SourceError(
                    f"{path}, line {number} is no description; give another file with --out"
                )


def _cut_torn_line(path: Path) -> None:
    """Removes a last line without an end, which a kill left behind."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        at = end = file.seek(0, os.SEEK_END)
        while at:
            start = max(0, at - 65_536)
            file.seek(start)
            found = file.read(at - start).rfind(b"\n")
            if found >= 0:
                at = start + found + 1
                break
            at = start
        if at < end:
            file.truncate(at)


def waiting_rows(job: DescribeJob, known: Written, pictures: bool = True) -> Iterator[LocatedRow]:
    """The rows that have no description, neither in the collection nor in the file."""
    rows = (
        found
        for found in job.collection.rows(job.splits, pictures=pictures)
        if not found.row.descriptions and found.row.row_id not in known.ids
    )
    return islice(rows, job.limit) if job.limit else rows


def describe_collection(
    job: DescribeJob, known: Written, total: int, rate: RateLimit, progress: Progress
) -> DescribeResult:
    """Describes the waiting rows, `total` of them, and adds a line for each.

    A row whose picture cannot be read, or for which the server failed, gets no line, so that the
    next run tries it again. Raises ModelError after several failures in a row.
    """
    resumed, written, failures = len(known.ids), 0, 0
    problems: list[str] = []
    _cut_torn_line(job.out)
    progress("describe", 0, total)
    rows = waiting_rows(job, known)
    view = job.collection.manifest.view
    with ThreadPoolExecutor(job.workers) as pool, job.out.open("a", encoding="utf-8") as file:
        running: dict[Future[dict[str, Any]], LocatedRow] = {}
        while True:
            for found in islice(rows, 2 * job.workers - len(running)):
                running[pool.submit(_described, job, view, found, known, rate)] = found
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                found = running.pop(done)
                try:
                    file.write(json.dumps(done.result(), ensure_ascii=False) + "\n")
                    file.flush()
                    written, failures = written + 1, 0
                except SourceError as error:
                    problems.append(f"{found.where}: its picture cannot be read: {error}")
                except chat.ChatError as error:
                    failures += 1
                    problems.append(f"{found.where}: {job.server.model}: {error}")
                    if failures >= _MOST_FAILURES:
                        pool.shutdown(cancel_futures=True)
                        raise ModelError(
                            f"{job.server.model} failed {failures} times in a row ({error}); "
                            f"{resumed + written} rows are described; run the same command again "
                            "to continue"
                        ) from error
                progress("describe", written + len(problems), total)
    return DescribeResult(written, resumed, tuple(problems))


def _described(
    job: DescribeJob, view: Any, found: LocatedRow, known: Written, rate: RateLimit
) -> dict[str, Any]:
    """The line of a row. Raises SourceError for its picture, ChatError for a server that fails."""
    row = found.row
    messages = opening(decoded(row.picture), view)
    requests, text, status = 1, "", "accepted"
    faults: tuple[str, ...] = ()
    try:
        text = _asked(job.server, messages, rate)
        faults = _faults(text, found, known)
        if faults:
            requests, status = 2, "revised"
            text = _asked(job.server, revision(messages, text, faults), rate)
            faults = _faults(text, found, known)
            text, status = ("", "rejected") if faults else (text, status)
    except chat.ChatRefusedError as refusal:
        text, faults, status = "", (str(refusal),), "refused"
    return {
        "id": row.row_id,
        "text": text,
        "lat": row.lat,
        "lon": row.lon,
        "region": row.region,
        "split": row.split,
        "status": status,
        "faults": list(faults),
        "requests": requests,
        "method": job.method,
        "picture_sha256": hashlib.sha256(row.picture).hexdigest(),
    }


def _faults(text: str, found: LocatedRow, known: Written) -> tuple[str, ...]:
    faults = text_faults(text, found.row) if text else ("it saw nothing",)
    if not faults and (first := known.first_with(text, found.row.row_id)):
        return (f"it repeats the description of “{first}”",)
    return faults


def _asked(server: AdvisorServer, messages: list[dict[str, Any]], rate: RateLimit) -> str:
    """One answer in one line. Waits while the server has too many requests. Raises ChatError."""
    wait_s = _FIRST_WAIT_S
    for left in range(_RETRIES, -1, -1):
        rate.wait()
        try:
            return plain_answer(chat.answer(server, messages, answer_tokens=_ANSWER_TOKENS))
        except chat.ChatBusyError as busy:
            if not left:
                raise
            rate.sleep(busy.wait_s or wait_s)
            wait_s *= 2
    raise AssertionError("the last try returns or raises")
