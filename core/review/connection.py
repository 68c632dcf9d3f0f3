"""The database of a store by its address: SQLite in a file, or PostgreSQL.

A busy or absent database is retried for a limited time; a lasting fault becomes one line.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError

from core.errors import CasesError
from core.review.write_lock import write_lock

_Result = TypeVar("_Result")
_PAUSE_S = 0.05
_CONNECT_S = 5
_TRANSIENT = ("40001", "40P01", "53300", "57P01", "57P02", "57P03", "55P03")
"""Transient SQLSTATEs of PostgreSQL: conflicts, too many connections, a server that stops or
starts, a lock that is not available."""
_FULL = ("53100", "53200")
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRAGMAS = ("PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


def address_of(given: str) -> URL:
    """The URL of an address: `postgresql://…`, `sqlite:///FILE`, or the path of a file.

    Raises CasesError for any other address.
    """
    if "://" not in given:
        return URL.create("sqlite", database=str(Path(given).expanduser()))
    try:
        url = make_url(given)
        kind = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise CasesError(
            f"{_scheme_of(given)} is not an address of a store; {_EXPECTED}"
        ) from error
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database:
        return URL.create("sqlite", database=url.database)
    raise CasesError(f"{_scheme_of(given)} is not an address of a store; {_EXPECTED}")


_EXPECTED = "give the path of a file or postgresql://USER@HOST/DATABASE"


def _scheme_of(given: str) -> str:
    """The scheme of an address, without the rest, which may have a password."""
    return repr(given.partition("://")[0][:40] + "://…")


class Database:
    """Transactions on one database. May be used from several threads.

    `wait_s` is the time in seconds for which a transaction is retried while the database is busy or
    absent, so transactions must be idempotent. `schema` is PostgreSQL's schema, "" for its default.
    """

    def __init__(self, address: str, wait_s: float, schema: str = "") -> None:
        self._url = address_of(address)
        self._wait_s = wait_s
        self.name = self._url.render_as_string(hide_password=True)
        self._engine = (
            self._sqlite() if self._url.get_backend_name() == "sqlite" else self._postgresql(schema)
        )

    @property
    def kind(self) -> str:
        """The kind of database: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of an SQLite store, None for PostgreSQL."""
        return Path(str(self._url.database)) if self._engine.dialect.name == "sqlite" else None

    def close(self) -> None:
        """Ends all connections."""
        self._engine.dispose()

    def enable_write_ahead_log(self) -> None:
        """Sets an SQLite file to write-ahead logging.

        The setting stays in the file; it cannot be made within a transaction.
        """

        def work(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")

        self._run(work, None)

    def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Runs `work` in one read transaction and returns its result."""
        return self._run(work, False)

    def write(self, work: Callable[[Connection], _Result]) -> _Result:
        """Runs `work` in one write transaction, which is on disk when this returns."""
        return self._run(work, True)

    def _run(self, work: Callable[[Connection], _Result], write: bool | None) -> _Result:
        """Runs `work` and retries transient errors; `write` None means without a transaction."""
        until = time.monotonic() + self._wait_s
        while True:
            try:
                with self._write_turn(write), self._engine.connect() as connected:
                    connection = connected.execution_options(write=write)
                    with connection.begin():
                        return work(connection)
            except (DBAPIError, InterfaceError) as error:
                if not _is_transient(error) or time.monotonic() > until:
                    raise CasesError(self._message(error)) from error
                time.sleep(_PAUSE_S)
            except OSError as error:
                raise CasesError(f"the store {self.name} cannot be used ({error})") from error

    def _write_turn(self, write: bool | None) -> AbstractContextManager[object]:
        """The write lock of an SQLite file; no lock for reads and for PostgreSQL."""
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
            connection.isolation_level = None  # we begin transactions ourselves
            # One text of invalid UTF-8 must not make a whole table unreadable.
            connection.text_factory = partial(str, encoding="utf-8", errors="replace")
            for pragma in _PRAGMAS:
                connection.execute(pragma)

        @event.listens_for(engine, "begin")
        def _begun(connection: Connection) -> None:
            write = connection.get_execution_options().get("write")
            if write is not None:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

        return engine

    def _postgresql(self, schema: str) -> Engine:
        options = "-c synchronous_commit=on" + (f" -c search_path={schema}" if schema else "")
        return create_engine(
            self._url,
            connect_args={"connect_timeout": _CONNECT_S, "options": options},
            pool_size=2,
            max_overflow=10,
        )

    def _message(self, error: DBAPIError) -> str:
        reason = str(error.orig)
        code = _code(error)
        if code in _DAMAGED:
            return (
                f"the store {self.name} is damaged or not a store ({reason}); restore a backup, "
                "or move it away and import an export"
            )
        if code in (*_FULL, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return (
                f"the store {self.name} cannot be written ({reason}); nothing was changed; is "
                "the disk full?"
            )
        if code in _BUSY:
            return (
                f"the store {self.name} was busy for {self._wait_s:g} s; nothing was changed; "
                "try again"
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return (
                f"the store {self.name} cannot be opened for writing ({reason}); check its "
                "path and its permissions"
            )
        return f"the store {self.name} reported an error ({reason}); nothing was changed"


def _code(error: DBAPIError) -> int | str | None:
    """SQLite's primary result code, or PostgreSQL's SQLSTATE."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF if code is not None else getattr(error.orig, "sqlstate", None)


def _is_transient(error: DBAPIError) -> bool:
    """Whether a retry may succeed."""
    code = _code(error)
    if isinstance(code, int):
        return code in _BUSY
    lost = code is None and type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")
    return error.connection_invalidated or lost or str(code).startswith("08") or code in _TRANSIENT
