"""A store that cannot be written, or is another program's: one clear line, nothing changed."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from tiny_cases import NOW, Postgres, a_report, an_answer

from core.__main__ import main
from core.errors import CasesError
from core.review.exchange import rows_of
from core.review.formats import write_cases
from core.review.store import NewVerdict, Store, open_store

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte, where this machine lets one be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)],
            check=False,
            capture_output=True,
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("mounting a small disk needs the rights of root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def a_case(store: Store) -> str:
    store.add_report(a_report(an_answer(0)), 0, NOW)
    store.join("Ada", NOW)
    return str(rows_of(store)[0]["case_id"])


def until_it_fails(store: Store, case_id: str) -> tuple[int, str]:
    """The number of recorded verdicts, and the final error message."""
    for count in range(500):
        try:
            store.record(
                NewVerdict(str(uuid.uuid4()), case_id, "Ada", "model error", "n" * 4000), NOW
            )
        except CasesError as error:
            return count, str(error)
    raise AssertionError("nothing ever failed")


def check_line(told: str) -> None:
    assert "\n" not in told
    assert "Traceback" not in told
    assert "sqlalche.me" not in told


def test_a_disk_that_is_really_full_is_told_and_all_before_stays(small_disk: Path) -> None:
    store = open_store(str(small_disk / "cases.sqlite"), NOW)
    case_id = a_case(store)
    taken, told = until_it_fails(store, case_id)
    assert "is the disk full?" in told
    check_line(told)
    assert 0 < taken == len(store.history(case_id))
    store.close()
    again = open_store(str(small_disk / "cases.sqlite"), NOW)
    assert len(again.history(case_id)) == taken


def test_a_file_that_may_not_grow_is_told_and_works_when_it_may(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "cases.sqlite"), NOW)
    case_id = a_case(store)

    def limit(pages: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            used = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
            connection.exec_driver_sql(f"PRAGMA max_page_count = {used + pages}")

        return work

    store.database.read(limit(5))
    taken, told = until_it_fails(store, case_id)
    assert "is the disk full?" in told
    check_line(told)
    assert len(store.history(case_id)) == taken
    store.database.read(limit(1000))
    store.record(NewVerdict(str(uuid.uuid4()), case_id, "Ada", "cannot tell"), NOW)
    assert len(store.history(case_id)) == taken + 1


def test_an_export_to_a_full_disk_leaves_no_half_of_a_file(
    small_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = open_store(str(tmp_path / "cases.sqlite"), NOW)
    case_id = a_case(store)
    for _ in range(200):
        store.record(NewVerdict(str(uuid.uuid4()), case_id, "Ada", "model error", "n" * 4000), NOW)
    monkeypatch.setenv("SAYWHERE_CASES", str(tmp_path / "cases.sqlite"))
    for name in ("out.csv", "out.geojson", "fiftyone"):
        assert main(["cases", "export", str(small_disk / name)]) == 2
        check_line(capsys.readouterr().err.strip())
        assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("left_bytes", [0, 20_000])
def test_an_import_on_a_full_disk_is_told_in_one_line(
    small_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], left_bytes: int
) -> None:
    """It was a traceback, and an empty store was left."""
    full = open_store(str(tmp_path / "cases.sqlite"), NOW)
    a_case(full)
    export = write_cases(rows_of(full), tmp_path / "a.jsonl", "jsonl", lambda *_: b"")
    filling = small_disk / "filling"
    with pytest.raises(OSError, match="No space"):
        filling.write_bytes(bytes(600_000))
    os.truncate(filling, filling.stat().st_size - left_bytes)
    store = small_disk / "cases.sqlite"
    assert main(["cases", "import", str(export), "--store", str(store), "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "is the disk full?" in told.err
    check_line(told.err.strip())
    if not left_bytes:
        assert list(small_disk.iterdir()) == [filling]
    filling.unlink()
    assert main(["cases", "import", str(export), "--store", str(store), "--json"]) == 0


@pytest.fixture
def guest(postgres: Postgres) -> str:
    """The address of a user of the server who may read and make nothing."""
    import psycopg

    name = f"guest_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres.address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute(f"ALTER DATABASE {name} OWNER TO saywhere")
    return f"postgresql://{name}@127.0.0.1:{postgres.port}/{name}"


def owned(guest: str) -> str:
    """The same database as its owner reaches it."""
    user = guest.split("//")[1].split("@")[0]
    return guest.replace(f"//{user}@", "//saywhere@")


def test_a_server_that_lets_nothing_be_made_is_told(guest: str) -> None:
    with pytest.raises(CasesError, match="permission denied") as told:
        open_store(guest, NOW, wait_s=0.5)
    check_line(str(told.value))


def test_a_table_that_may_not_be_written_is_told_and_left_as_it_was(guest: str) -> None:
    store = open_store(owned(guest), NOW)
    case_id = a_case(store)
    store.database.write(
        lambda one: one.execute(
            text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {guest.split('/')[-1]}")
        )
    )
    encoded_query = open_store(guest, NOW, wait_s=0.5)
    with pytest.raises(CasesError, match="permission denied") as told:
        encoded_query.record(NewVerdict(str(uuid.uuid4()), case_id, "Ada", "model error"), NOW)
    check_line(str(told.value))
    assert store.history(case_id) == ()


def test_a_server_that_only_reads_is_told(guest: str) -> None:
    store = open_store(owned(guest), NOW)
    case_id = a_case(store)
    store.database.write(
        lambda one: one.execute(
            text(f"ALTER DATABASE {guest.split('/')[-1]} SET default_transaction_read_only = on")
        )
    )
    store.close()
    encoded_query = open_store(owned(guest), NOW, wait_s=0.5)
    with pytest.raises(CasesError, match="read-only") as told:
        encoded_query.record(NewVerdict(str(uuid.uuid4()), case_id, "Ada", "model error"), NOW)
    check_line(str(told.value))
    assert encoded_query.history(case_id) == ()


def test_a_server_database_of_something_else_is_told_and_not_touched(guest: str) -> None:
    import psycopg

    with psycopg.connect(owned(guest), autocommit=True) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.execute("CREATE TABLE schema_version (number INT)")
    with pytest.raises(CasesError) as told:
        open_store(owned(guest), NOW, wait_s=0.5)
    check_line(str(told.value))
    with psycopg.connect(owned(guest)) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
    assert found == [("recipes",), ("schema_version",)]


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"SQLite format 3\0" + b"\xff" * 9000])
def test_the_command_tells_a_damaged_store_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
) -> None:
    file = tmp_path / "cases.sqlite"
    file.write_bytes(content)
    monkeypatch.setenv("SAYWHERE_CASES", str(file))
    code = main(["cases", "list"])
    told = capsys.readouterr().err.strip()
    if not content:  # an empty file is a store to be
        assert code == 0
        return
    assert code == 2
    check_line(told)
    assert file.read_bytes() == content


def test_a_folder_in_place_of_the_store_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cases.sqlite").mkdir()
    monkeypatch.setenv("SAYWHERE_CASES", str(tmp_path / "cases.sqlite"))
    assert main(["cases", "list"]) == 2
    check_line(capsys.readouterr().err.strip())


def test_the_program_ends_with_two_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "cases.sqlite"
    file.write_bytes(b"no store " * 600)
    done = subprocess.run(
        [sys.executable, "-m", "core", "cases", "list", "--store", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
