"""Turns among the processes that would write to one file; knows nothing of what they write.

SQLite's own waiting starves the patient, for who has waited long looks rarely, and looking often
costs more than the writing. Here the kernel wakes whoever waits. Nothing but fairness hangs on a
turn: who does not get one in time goes on without.
"""

import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_lock(file: Path, wait_s: float) -> Iterator[bool]:
    """A turn, ended with the block or by the death of the process; whether it was had in time.

    Where there is no lock of this sort, as on Windows, or the file is another user's, one goes on
    at once.
    """
    if importlib.util.find_spec("fcntl") is None:
        yield False
        return
    try:
        held = _Held(os.open(file, os.O_CREAT | os.O_RDWR, 0o666))
    except PermissionError:
        yield False
        return
    try:
        yield held.taken(wait_s)
    finally:
        held.leave()


class _Held:
    """An open file that is, or is about to be, locked."""

    def __init__(self, opened: int) -> None:
        self._opened = opened
        self._guard = threading.Lock()
        self._left = False
        self._waiting = False
        self._got = threading.Event()

    def taken(self, wait_s: float) -> bool:
        """Waits for the lock: in a thread, as the kernel knows no bound."""
        # Not `filelock`: it looks again every so often, as SQLite does, so that nobody is in line.
        import fcntl

        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._waiting = True
            threading.Thread(target=self._wait, daemon=True).start()
            return self._got.wait(wait_s)
        return True

    def _wait(self) -> None:
        import fcntl

        fcntl.flock(self._opened, fcntl.LOCK_EX)
        with self._guard:
            self._waiting = False
            self._got.set()
            if self._left:
                os.close(self._opened)

    def leave(self) -> None:
        """Ends the turn. A file that a thread still waits for is closed by that thread."""
        with self._guard:
            self._left = True
            if not self._waiting:
                os.close(self._opened)
