"""Many visitors at once: how long they wait for an answer, and what it costs the server.

Each visitor is a session of its own over a WebSocket, as a browser opens it. It types a description
into the page's box, presses the button, waits for the whole page, and comes back after a while.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

import numpy as np
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from core.cli.bench.app_server import PATIENCE_S, AppServer, app_server
from core.cli.bench.inputs import Progress, largest
from core.cli.bench.page_messages import WidgetValue, page_part, run_request, widget_of
from core.errors import QueryError, SaywhereError
from core.evaluation.queries import read_queries
from core.gallery import Gallery, open_gallery
from core.settings import ROOT, Settings, environment_of

_BOX, _BUTTON = "text", "FormSubmitter:search-Find places"
_MARKER = b"%22rank%22"
"""Part of the map's layer, once there are markers on it."""
_VERDICT = b'class="sw-verdict"'
_NOTHING = b"No place here fits"
_LOOK_S = 1.0
_THINGS = 5


@dataclass(frozen=True, slots=True)
class _Answer:
    """Seconds until the markers were drawn and until the whole page was."""

    first_s: float
    full_s: float


@dataclass(slots=True)
class _Visits:
    """What the visitors met; written by all of them."""

    answers: list[_Answer] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)


def run(
    settings: Settings,
    progress: Progress,
    gallery: str | None = None,
    queries: Path | None = None,
    n: tuple[int, ...] = (10,),
    searches: int | None = None,
    every_s: float = 20.0,
    beside: Path | None = None,
) -> dict[str, Any]:
    """Drives `n` visitors, each with a search every `every_s` seconds, `searches` in total; several
    numbers, and the app of another checkout `beside` this one, make a run each.

    `first_…_s` is the time from the button to the markers on the map, `full_…_s` to the end of the
    page with the first panel; `cpu_per_answer_s` the server's processor time divided by the number
    of answers, `rss_mb` its most memory, `rss_growth_mb` what was added after the first fifth, and
    `rss_tenths_mb` its memory at the start and after each tenth of the time.
    The descriptions are those of `queries`, else made of things around tiles; no two are equal.
    Raises QueryError and SaywhereError.
    """
    if not n or min(n) < 1:
        raise QueryError("0 visitors ask nothing; choose --n 1 or more")
    if beside is not None and not (beside / "app.py").is_file():
        raise QueryError(f"{beside} holds no app.py; name a checkout of this project")
    name = gallery or largest(settings)
    opened = open_gallery(name, settings)
    roots = {"this": ROOT} | ({"beside": beside.resolve()} if beside else {})
    runs = []
    for visitors in n:
        total = searches or 6 * visitors
        for app, root in roots.items():
            texts = _descriptions(opened, queries, total)
            figures = _figures(settings, progress, root, name, texts, visitors, total, every_s)
            runs.append({"app": app, **figures})
    head = {"bench": "visitors", "gallery": name, "every_s": every_s}
    if len(runs) > 1:
        return head | {"runs": runs}
    return head | {key: value for key, value in runs[0].items() if key != "app"}


def _figures(
    settings: Settings,
    progress: Progress,
    root: Path,
    name: str,
    texts: "SimpleQueue[str]",
    n: int,
    total: int,
    every_s: float,
) -> dict[str, Any]:
    """The figures of one number of visitors at the app of one checkout."""
    log = _Visits()
    with app_server(environment_of(settings), root) as server:
        _warm(server, name)
        before_s, started = server.cpu_s(), time.perf_counter()
        visitors = [
            threading.Thread(
                target=_visit, args=(server, name, texts, log, row * every_s / n, every_s)
            )
            for row in range(n)
        ]
        for one in visitors:
            one.start()
        while left := [one for one in visitors if one.is_alive()]:
            left[0].join(_LOOK_S)
            if server.process.poll() is not None:
                raise SaywhereError("the server ended while visitors were there")
            log.rss_mb.append(server.rss_mb())
            progress("searches", min(len(log.answers), total), total)
        progress("searches", len(log.answers), total)
        cpu_s, lasted_s = server.cpu_s() - before_s, time.perf_counter() - started
    if not log.answers:
        raise SaywhereError(f"no visitor got an answer: {log.errors[0] if log.errors else '?'}")
    return {
        "n": n,
        "searches": len(log.answers),
        **_shares("first", [one.first_s for one in log.answers]),
        **_shares("full", [one.full_s for one in log.answers]),
        "cpu_per_answer_s": round(cpu_s / len(log.answers), 3),
        "searches_per_s": round(len(log.answers) / lasted_s, 2),
        "rss_mb": round(max(log.rss_mb), 1),
        "rss_growth_mb": round(_growth(log.rss_mb), 1),
        "rss_tenths_mb": _tenths(log.rss_mb),
        "errors": len(log.errors),
        "error": log.errors[0] if log.errors else "",
    }


def _shares(name: str, seconds: list[float]) -> dict[str, float]:
    return {
        f"{name}_p{share}_s": round(float(np.percentile(seconds, share)), 3) for share in (50, 95)
    }


def _growth(rss_mb: list[float]) -> float:
    """The memory at the end minus that after the first fifth."""
    return rss_mb[-1] - rss_mb[len(rss_mb) // 5]


def _tenths(rss_mb: list[float]) -> list[float]:
    """The memory at the start and after each tenth of the time."""
    last = len(rss_mb) - 1
    return [round(rss_mb[last * tenth // 10], 1) for tenth in range(11)]


def _descriptions(opened: Gallery, queries: Path | None, total: int) -> "SimpleQueue[str]":
    """The descriptions to ask for; each is asked once."""
    told = (
        (one.text for one in read_queries(queries, opened.card.name))
        if queries
        else around_tiles(opened, Random(0))
    )
    texts: SimpleQueue[str] = SimpleQueue()
    for text in islice(told, total):
        texts.put(text)
    return texts


def around_tiles(opened: Gallery, random: Random) -> Iterator[str]:
    """Descriptions of one tile after another: some of the things around it, in a sentence each."""
    links, facts = opened.links, opened.facts
    order = np.argsort(links.tile, kind="stable")
    starts = np.searchsorted(links.tile[order], np.arange(len(opened) + 1))
    while True:
        tile = random.randrange(len(opened))
        around = links.fact[order[starts[tile] : starts[tile + 1]]].tolist()
        if around:
            picked = random.sample(around, min(_THINGS, len(around)))
            yield ". ".join(f"There is {facts.text[fact]}" for fact in picked) + "."


def _warm(server: AppServer, gallery: str) -> None:
    """A visitor who comes before all others, so that models and gallery are loaded."""
    log = _Visits()
    with server.connected() as connection:
        visitor = _Visitor(connection, gallery)
        visitor.arrive()
        for text in ("a church beside a park", "a tram stop in front of a shop"):
            _ask(visitor, text, log)
    if log.errors:
        raise SaywhereError(f"the app gave no answer: {log.errors[0]}")


class _Visitor:
    """One session: what its page is, and the ids of the box and of the button."""

    def __init__(self, connection: ClientConnection, gallery: str) -> None:
        self._connection = connection
        self._params = {"city": gallery}
        self._script = self._box = self._button = ""

    def arrive(self) -> None:
        """Opens the page. Raises SaywhereError for a page without a box."""
        self._connection.send(run_request(self._params))
        self._read(time.perf_counter())
        if not (self._box and self._button):
            raise SaywhereError("the page has no box for a description")

    def ask(self, text: str) -> _Answer:
        """Types a description and presses the button. Raises SaywhereError for an error card."""
        values = (WidgetValue(self._box, text), WidgetValue(self._button, True))
        started = time.perf_counter()
        self._connection.send(run_request(self._params, self._script, values))
        return self._read(started)

    def _read(self, started: float) -> _Answer:
        """Reads to the end of a run of the page."""
        first_s, judged = 0.0, False
        while True:
            message = self._connection.recv(PATIENCE_S, decode=False)
            part = page_part(message)
            if part.failed:
                raise SaywhereError("the page shows an error card")
            self._script = part.script or self._script
            self._box = widget_of(part.drawn, _BOX) or self._box
            self._button = widget_of(part.drawn, _BUTTON) or self._button
            now = time.perf_counter() - started
            if _MARKER in part.drawn:
                first_s = first_s or now
            judged = judged or _VERDICT in part.drawn or _NOTHING in part.drawn
            if part.finished:
                return _Answer(first_s if judged else 0.0, now)


def _visit(
    server: AppServer,
    gallery: str,
    texts: "SimpleQueue[str]",
    log: _Visits,
    after_s: float,
    every_s: float,
) -> None:
    """One visitor, from opening the page until no description is left."""
    time.sleep(after_s)
    try:
        with server.connected() as connection:
            visitor = _Visitor(connection, gallery)
            visitor.arrive()
            due = time.perf_counter()
            while True:
                due += every_s
                _ask(visitor, texts.get_nowait(), log)
                time.sleep(max(0.0, due - time.perf_counter()))
    except Empty:
        return
    except (WebSocketException, TimeoutError, OSError, SaywhereError) as error:
        log.errors.append(f"{type(error).__name__}: {error}"[:200])


def _ask(visitor: _Visitor, text: str, log: _Visits) -> None:
    """A search without markers or without a verdict counts as an error."""
    answer = visitor.ask(text)
    if answer.first_s:
        log.answers.append(answer)
    else:
        log.errors.append(f"no place was drawn for {text[:80]!r}")
