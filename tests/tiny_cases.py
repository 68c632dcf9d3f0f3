"""Stores for the tests: an SQLite file, and Debian's PostgreSQL as a cluster of their own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.review.model import RecordedAnswer, Report
from core.review.store import NewVerdict, Store, open_store
from core.review.verdicts import CaseVerdict

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Postgres:
    """A server that can be killed and started again."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "saywhere")
        self.start()

    @property
    def address(self) -> str:
        return f"postgresql://saywhere@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1"
        for left in range(60, -1, -1):
            try:
                self._run(
                    "pg_ctl",
                    "-D",
                    str(self._folder / "data"),
                    "-l",
                    str(self._folder / "log"),
                    "-o",
                    options,
                    "-w",
                    "start",
                )
                return
            except subprocess.CalledProcessError:  # children of a killed server still hold on
                if not left:
                    raise
                time.sleep(0.5)

    def kill(self) -> None:
        """SIGKILL to the server; its own children notice and end."""
        pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def _run(self, program: str, *arguments: str) -> None:
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*user, str(self._programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            timeout=120,
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Without PostgreSQL's programs a test is skipped, and in CI it fails."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        reason = "needs PostgreSQL: apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="saywhere-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = Postgres(folder, found[-1].parent)
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for a store, in a file and on a server.

    On the server it is always the same database, emptied: making one takes longer than most tests.
    """
    if request.param == "sqlite":
        return str(tmp_path / "cases.sqlite")
    import psycopg

    server = str(request.getfixturevalue("postgres").address)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


def an_answer(
    number: int, rank: int | None = 40, distance_m: float = 900.0, **more: object
) -> RecordedAnswer:
    return RecordedAnswer(
        number,
        f"q{number}",
        f"a red house {number}",
        f"t{number}",
        60.1,
        24.9,
        rank,
        "top",
        60.2,
        24.8,
        distance_m,
        **more,
    )  # type: ignore[arg-type]


def a_report(*answers: RecordedAnswer, title: str = "run.json", model: str = "compact") -> Report:
    given = answers or tuple(an_answer(number, 6 + number) for number in range(4))
    return Report(title, "evaluate", "tinycity", model, "full", ("image",), given)


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """A store with four failures, which get harder, and the annotators Ada and Ben."""
    opened = open_store(address, NOW)
    opened.add_report(a_report(), 0, NOW)
    for name in ("Ada", "Ben"):
        opened.join(name, NOW)
    yield opened
    opened.close()


@pytest.fixture
def case_ids(store: Store) -> list[str]:
    """The cases of the store, hardest first."""
    from core.review.exchange import rows_of

    return [row["case_id"] for row in rows_of(store)]


@pytest.fixture
def say(store: Store) -> Callable[..., str]:
    """Records a verdict, each a second after the one before; returns its id."""
    count = iter(range(10_000))

    def run(
        annotator: str, case_id: str, verdict: CaseVerdict = "model error", **more: object
    ) -> str:
        said = NewVerdict(str(uuid.uuid4()), case_id, annotator, verdict, **more)  # type: ignore[arg-type]
        store.record(said, NOW + timedelta(seconds=next(count)))
        return said.verdict_id

    return run
