"""A fair, best-effort write lock around SQLite.

SQLite's busy handler polls with growing delays, so long waiters starve; `flock` queues them in the
kernel. Only fairness depends on it: on timeout the caller proceeds, and SQLite's own locking still
protects the data.
"""

import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_lock(file: Path, wait_s: float) -> Iterator[bool]:
    """Holds the lock during the block; yields whether it was acquired within `wait_s`.

    The kernel releases the lock when the process dies. Without `flock` (Windows), or if the file
    belongs to another user, it yields False at once.
    """
    if importlib.util.find_spec("fcntl") is None:
        yield False
        return
    try:
        lock = _FileLock(os.open(file, os.O_CREAT | os.O_RDWR, 0o666))
    except PermissionError:
        yield False
        return
    try:
        yield lock.acquire(wait_s)
    finally:
        lock.release()


class _FileLock:
    """An exclusive `flock` on an open file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._guard = threading.Lock()
        self._released = False
        self._waiting = False
        self._acquired = threading.Event()

    def acquire(self, wait_s: float) -> bool:
        """Waits for the lock at most `wait_s`, in a thread, since `flock` has no timeout."""
        # Not `filelock`: it polls like SQLite, so waiters would not be queued.
        import fcntl

        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._waiting = True
            threading.Thread(target=self._wait, daemon=True).start()
            return self._acquired.wait(wait_s)
        return True

    def _wait(self) -> None:
        import fcntl

        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._guard:
            self._waiting = False
            self._acquired.set()
            if self._released:
                os.close(self._descriptor)

    def release(self) -> None:
        """Releases the lock. If a thread still waits for it, that thread closes the file."""
        with self._guard:
            self._released = True
            if not self._waiting:
                os.close(self._descriptor)
