"""Cost of a start: from a new process to its first answer, on the command line and as a server."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import WebSocketException

from core.cli.bench.app_server import (
    PATIENCE_S,
    Cost,
    app_server,
    cost_of,
    last_line,
    started_python,
)
from core.cli.bench.inputs import Progress, largest
from core.cli.bench.page_messages import run_request
from core.errors import QueryError, SaywhereError
from core.settings import ROOT, Settings, environment_of

_RUNS = 3
_TEXT = "a white church beside a park"
_ANSWERED = b'<section class="sw-verdict"'
"""Part of the page that shows the answer's verdict, and of nothing that is drawn before it."""


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
        process = started_python(command, variables, told)
        cost = cost_of(process, started)
        if process.returncode:
            raise SaywhereError(f"the search ended with an error: {last_line(told)}")
        return cost


def _serve(gallery: str, variables: dict[str, str]) -> Cost:
    """The cost of a server until its first answer. Raises SaywhereError where there is none."""
    with app_server(variables, ROOT) as server:
        try:
            with server.connected() as connection:
                connection.send(run_request({"q": _TEXT, "city": gallery}))
                while _ANSWERED not in connection.recv(PATIENCE_S, decode=False):
                    pass
                answered = time.perf_counter()
        except (WebSocketException, TimeoutError) as error:
            raise SaywhereError(
                f"the server gave no answer ({error}): {last_line(server.told)}"
            ) from error
        finally:
            server.process.kill()
            cost = cost_of(server.process, server.started)
    return Cost(cost.cpu_s, answered - server.started, cost.rss_mb)
