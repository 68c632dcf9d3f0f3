"""The app as a process of its own that a bench starts, asks and ends; and what it costs."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from core.errors import QueryError, SaywhereError
from core.settings import ROOT

PATIENCE_S = 120.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of a process until its first answer, time on the clock, and most memory."""

    cpu_s: float
    first_answer_s: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class AppServer:
    """A started app: its process, its port, when it was started, and what it writes."""

    process: "subprocess.Popen[bytes]"
    port: int
    started: float
    told: IO[bytes]

    def connected(self) -> ClientConnection:
        """A connection as a page opens it, as soon as the server listens. Raises SaywhereError."""
        while time.perf_counter() - self.started < PATIENCE_S:
            if self.process.poll() is not None:
                break
            with suppress(OSError):
                return connect(
                    f"ws://127.0.0.1:{self.port}/_stcore/stream",
                    origin=Origin(f"http://127.0.0.1:{self.port}"),
                    subprotocols=[Subprotocol("streamlit")],
                    max_size=None,
                    proxy=None,
                    open_timeout=PATIENCE_S,
                )
            time.sleep(_LOOK_S)
        raise SaywhereError(f"the server did not start: {last_line(self.told)}")

    def cpu_s(self) -> float:
        """Processor time of all its threads so far. Raises QueryError where the system does not
        tell."""
        try:
            numbers = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError as error:
            raise QueryError("this system does not tell what a process costs; use Linux") from error
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """The memory that it holds now (MB). Raises QueryError where the system does not tell."""
        return resident_mb(self.process.pid)


def resident_mb(pid: int | None = None) -> float:
    """The memory that a process, by default this one, holds now (MB). Raises QueryError where the
    system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    except OSError as error:
        raise QueryError("this system does not tell what a process holds; use Linux") from error
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def app_server(variables: dict[str, str], root: Path = ROOT) -> Iterator[AppServer]:
    """The app on a free port of this machine, killed at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with tempfile.TemporaryFile() as told:
        started = time.perf_counter()
        process = started_python(command, variables, told, root)
        try:
            yield AppServer(process, port, started, told)
        finally:
            process.kill()
            if process.returncode is None:
                process.wait()


def started_python(
    arguments: list[str], variables: dict[str, str], told: IO[bytes], root: Path = ROOT
) -> "subprocess.Popen[bytes]":
    """Python with these arguments; what it writes to its standard error goes to `told`."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=root,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=told,
    )


def cost_of(process: "subprocess.Popen[bytes]", started: float) -> Cost:
    """Waits for the end of a process; its cost."""
    if process.returncode is not None:  # it ended by itself, which is told instead
        return Cost(0, 0, 0)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    kilobytes = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, kilobytes / 1024)


def last_line(told: IO[bytes]) -> str:
    """The last line that a process wrote to its standard error."""
    told.seek(0)
    lines = told.read().decode("utf-8", "replace").split("\n")
    return next((line[:300] for line in reversed(lines) if line.strip()), "it said nothing")
