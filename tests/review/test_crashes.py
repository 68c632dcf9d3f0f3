"""Verdicts of many processes at once, while writers or the whole server are killed."""

import threading
import time
from pathlib import Path

import pytest
from tiny_cases import Postgres

from core.cli.bench.cases import run as bench_cases
from core.errors import CasesError
from core.review.write_lock import write_lock


def quiet(*_: object) -> None:
    """No progress bar."""


def test_the_cases_bench_gives_its_figures(tmp_path: Path) -> None:
    found = bench_cases(4, 60, str(tmp_path / "cases.sqlite"), 0, quiet)
    assert {"lost", "doubled", "p50_ms", "p95_ms"} <= set(found)
    assert (found["lost"], found["doubled"], found["store"]) == (0, 0, "sqlite")
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert list(tmp_path.iterdir()) == []


def test_killed_writers_lose_and_double_nothing() -> None:
    found = bench_cases(6, 600, None, 4, quiet)
    assert (found["killed"], found["lost"], found["doubled"]) == (4, 0, 0)


@pytest.mark.slow
def test_a_killed_server_loses_and_doubles_nothing(postgres: Postgres) -> None:
    """SIGKILL in the middle, and a new start while the annotators go on trying."""
    killed = []

    def progress(_: str, done: int, total: int) -> None:
        if not killed and 3 * done >= total:
            killed.append(done)
            threading.Thread(target=restart).start()

    def restart() -> None:
        postgres.kill()
        postgres.start()

    found = bench_cases(8, 1600, postgres.address, 0, progress)
    assert killed
    assert killed[0] < 1600
    assert (found["lost"], found["doubled"], found["store"]) == (0, 0, "postgresql")


def test_annotators_without_a_verdict_each_are_told() -> None:
    with pytest.raises(CasesError, match="at least one for each"):
        bench_cases(5, 4, None, 0, quiet)


def test_a_turn_is_waited_for_within_a_bound(tmp_path: Path) -> None:
    file = tmp_path / "turn"
    with write_lock(file, 1) as first:
        started = time.monotonic()
        with write_lock(file, 0.2) as second:
            assert (first, second) == (True, False)
        assert time.monotonic() - started >= 0.2
    with write_lock(file, 1) as third:
        assert third


def test_a_turn_comes_as_soon_as_the_one_before_ends(tmp_path: Path) -> None:
    file = tmp_path / "turn"
    got: list[bool] = []

    def wait() -> None:
        with write_lock(file, 10) as had:
            got.append(had)

    with write_lock(file, 1):
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(timeout=0.1)
        assert got == []
    waiting.join(timeout=5)
    assert got == [True]
