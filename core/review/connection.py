"""A store's database by its address: SQLite in a file, or PostgreSQL; knows none of its tables.

Waits for what is busy or away, within a bound, and tells what stays wrong in one line.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError

from core.errors import CasesError
from core.review.write_lock import write_lock

_Found = TypeVar("_Found")
_PAUSE_S = 0.05
_CONNECT_S = 5
_AGAIN = ("40001", "40P01", "53300", "57P01", "57P02", "57P03", "55P03")
"""SQLSTATEs of PostgreSQL that pass: conflicts, too many connections, a server that stops or
starts, a lock that could not be had."""
_FULL = ("53100", "53200")
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHOSEN = ("PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


def address_of(given: str) -> URL:
    """The database of an address: `postgresql://…`, `sqlite:///FILE`, or a file's path.

    Raises CasesError for any other.
    """
    if "://" not in given:
        return URL.create("sqlite", database=str(Path(given).expanduser()))
    try:
        url = make_url(given)
        kind = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise CasesError(f"{_shown(given)} is no address of a store; {_WANTED}") from error
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database:
        return URL.create("sqlite", database=url.database)
    raise CasesError(f"{_shown(given)} is no address of a store; {_WANTED}")


_WANTED = "wanted a file's path or postgresql://USER@HOST/DATABASE"


def _shown(given: str) -> str:
    """An address that may hold a password, up to what names its kind."""
    return repr(given.partition("://")[0][:40] + "://…")


class Database:
    """Transactions on one database. May be used from several threads.

    `wait_s` is for how long a transaction is tried again while others hold the database or it is
    away; what is tried must be such that a second time does no harm.
    """

    def __init__(self, address: str, wait_s: float, room: str = "") -> None:
        self._url = address_of(address)
        self._wait_s = wait_s
        self.name = self._url.render_as_string(hide_password=True)
        self._engine = (
            self._sqlite() if self._url.get_backend_name() == "sqlite" else self._postgresql(room)
        )

    @property
    def kind(self) -> str:
        """What it is: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of an SQLite store."""
        return Path(str(self._url.database)) if self._engine.dialect.name == "sqlite" else None

    def close(self) -> None:
        """Ends all connections."""
        self._engine.dispose()

    def keep_log(self) -> None:
        """Sets an SQLite file to write-ahead logging, which stays in the file and cannot be set
        within a transaction."""

        def work(connection: Connection) -> None:
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL")

        self._tried(work, None)

    def read(self, work: Callable[[Connection], _Found]) -> _Found:
        """What `work` finds in one transaction."""
        return self._tried(work, False)

    def write(self, work: Callable[[Connection], _Found]) -> _Found:
        """What `work` does in one transaction, which is on the disk when this returns."""
        return self._tried(work, True)

    def _tried(self, work: Callable[[Connection], _Found], write: bool | None) -> _Found:
        """`write` is None outside any transaction of ours."""
        until = time.monotonic() + self._wait_s
        while True:
            try:
                with self._turn(write), self._engine.connect() as connected:
                    connection = connected.execution_options(write=write)
                    with connection.begin():
                        return work(connection)
            except (DBAPIError, InterfaceError) as error:
                if not _passes(error) or time.monotonic() > until:
                    raise CasesError(self._told(error)) from error
                time.sleep(_PAUSE_S)
            except OSError as error:
                raise CasesError(f"the store {self.name} cannot be used ({error})") from error

    def _turn(self, write: bool | None) -> AbstractContextManager[object]:
        """A place among those who would write to an SQLite file."""
        if not write or self.file is None:
            return nullcontext()
        return write_lock(self.file.with_name(f"{self.file.name}-turn"), self._wait_s)

    def _sqlite(self) -> Engine:
        file = Path(str(self._url.database))
        if not file.parent.is_dir():
            raise CasesError(f"there is no folder {file.parent} for the store; make it first")
        engine = create_engine(self._url, connect_args={"timeout": self._wait_s})

        @event.listens_for(engine, "connect")
        def _connected(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # transactions begin where we say so
            for pragma in _CHOSEN:
                connection.execute(pragma)

        @event.listens_for(engine, "begin")
        def _begun(connection: Connection) -> None:
            write = connection.get_execution_options().get("write")
            if write is not None:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

        return engine

    def _postgresql(self, room: str) -> Engine:
        options = "-c synchronous_commit=on" + (f" -c search_path={room}" if room else "")
        return create_engine(
            self._url,
            connect_args={"connect_timeout": _CONNECT_S, "options": options},
            pool_size=2,
            max_overflow=10,
        )

    def _told(self, error: DBAPIError) -> str:
        found = str(error.orig)
        code = _code(error)
        if code in _DAMAGED:
            return (
                f"the store {self.name} is damaged or no store ({found}); put a copy of it in "
                "its place, or move it away and import an export"
            )
        if code in (*_FULL, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return (
                f"the store {self.name} cannot be written ({found}); nothing was changed; is "
                "the disk full?"
            )
        if code in _BUSY:
            return (
                f"the store {self.name} was busy for {self._wait_s:g} s; nothing was changed; "
                "try again"
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return (
                f"the store {self.name} cannot be opened for writing ({found}); check its "
                "path and who may write there"
            )
        return f"the store {self.name} did not do it ({found}); nothing was changed"


def _code(error: DBAPIError) -> int | str | None:
    """SQLite's primary result code, or PostgreSQL's SQLSTATE."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF if code is not None else getattr(error.orig, "sqlstate", None)


def _passes(error: DBAPIError) -> bool:
    """Whether it may go better a little later."""
    code = _code(error)
    if isinstance(code, int):
        return code in _BUSY
    lost = code is None and type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")
    return error.connection_invalidated or lost or str(code).startswith("08") or code in _AGAIN
