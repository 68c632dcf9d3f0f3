"""Cost of a start: from a new process to its first answer, on the command line and as a server."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from core.cli.bench.inputs import Progress, largest
from core.errors import QueryError, SaywhereError
from core.settings import ROOT, Settings, environment_of

_RUNS = 3
_TEXT = "a white church beside a park"
_PATIENCE_S = 120.0
_LOOK_S = 0.02
_ANSWERED = b'<section class="sw-verdict"'
"""Part of the page that shows the answer's verdict, and of nothing that is drawn before it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of a process until its first answer, time on the clock, and most memory."""

    cpu_s: float
    first_answer_s: float
    rss_mb: float


def run(settings: Settings, progress: Progress, gallery: str | None = None) -> dict[str, Any]:
    """Starts both kinds of process several times; the figures are medians.

    `cpu_s` is the processor time of all threads, `first_answer_s` the time on the clock, `rss_mb`
    the most memory (MB): of `core search` until it ends, and under `server` of `streamlit run`
    until a visitor, who follows a link with a description, gets the verdict over the WebSocket.
    Raises QueryError where the system does not tell the cost of a process.
    """
    if not hasattr(os, "wait4"):
        raise QueryError("this system does not tell the cost of a process; use Linux or macOS")
    name = gallery or largest(settings)
    variables = environment_of(settings)
    costs: dict[Callable[..., Cost], list[Cost]] = {_search: [], _serve: []}
    for number in range(_RUNS):
        for measure, measured in costs.items():
            measured.append(measure(name, variables))
        progress("starts", number + 1, _RUNS)
    return {
        "bench": "start",
        "gallery": name,
        "n": _RUNS,
        **_medians(costs[_search]),
        "server": _medians(costs[_serve]),
    }


def _medians(costs: list[Cost]) -> dict[str, float]:
    return {
        "cpu_s": round(statistics.median(cost.cpu_s for cost in costs), 2),
        "first_answer_s": round(statistics.median(cost.first_answer_s for cost in costs), 2),
        "rss_mb": round(statistics.median(cost.rss_mb for cost in costs), 1),
    }


def _search(gallery: str, variables: dict[str, str]) -> Cost:
    """The cost of `core search`. Raises SaywhereError where it fails."""
    command = ["-m", "core", "search", _TEXT, "--gallery", gallery, "--json", "--quiet"]
    with tempfile.TemporaryFile() as told:
        started = time.perf_counter()
        process = _started(command, variables, told)
        cost = _cost(process, started)
        if process.returncode:
            raise SaywhereError(f"the search ended with an error: {_last_line(told)}")
        return cost


def _serve(gallery: str, variables: dict[str, str]) -> Cost:
    """The cost of a server until its first answer. Raises SaywhereError where there is none."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with tempfile.TemporaryFile() as told:
        started = time.perf_counter()
        process = _started(command, variables, told)
        try:
            with _connected(process, port, started, told) as connection:
                connection.send(_question({"q": _TEXT, "city": gallery}))
                while _ANSWERED not in connection.recv(_PATIENCE_S, decode=False):
                    pass
                answered = time.perf_counter()
        except (WebSocketException, TimeoutError) as error:
            raise SaywhereError(
                f"the server gave no answer ({error}): {_last_line(told)}"
            ) from error
        finally:
            process.kill()
            cost = _cost(process, started)
    return Cost(cost.cpu_s, answered - started, cost.rss_mb)


def _started(
    arguments: list[str], variables: dict[str, str], told: IO[bytes]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=told,
    )


def _connected(
    process: "subprocess.Popen[bytes]", port: int, started: float, told: IO[bytes]
) -> ClientConnection:
    """A connection as a page opens it, as soon as the server listens."""
    while time.perf_counter() - started < _PATIENCE_S:
        if process.poll() is not None:
            break
        with suppress(OSError):
            return connect(
                f"ws://127.0.0.1:{port}/_stcore/stream",
                origin=Origin(f"http://127.0.0.1:{port}"),
                subprotocols=[Subprotocol("streamlit")],
                max_size=None,
                proxy=None,
            )
        time.sleep(_LOOK_S)
    raise SaywhereError(f"the server did not start: {_last_line(told)}")


def _question(params: dict[str, str]) -> bytes:
    """A visitor's first message: run the page that a link with these parameters leads to.

    Streamlit's `BackMsg` with `rerun_script.query_string`, fields 11 and 1, in protobuf's encoding;
    `core` does not import Streamlit.
    """
    link = urlencode(params).encode()
    return _field(11, _field(1, link))


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes, up to 127 long: its number and wire type 2, the length, the content."""
    return bytes([number << 3 | 2, len(content)]) + content


def _cost(process: "subprocess.Popen[bytes]", started: float) -> Cost:
    """Waits for the end of a process; its cost."""
    if process.returncode is not None:  # it ended by itself, which is told instead
        return Cost(0, 0, 0)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    kilobytes = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, kilobytes / 1024)


def _last_line(told: IO[bytes]) -> str:
    """The last line that a process wrote to its standard error."""
    told.seek(0)
    lines = told.read().decode("utf-8", "replace").split("\n")
    return next((line[:300] for line in reversed(lines) if line.strip()), "it said nothing")
