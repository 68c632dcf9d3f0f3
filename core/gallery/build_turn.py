"""Waits until the builds ahead are over, then becomes a build itself.

Runs as a script: `python -I build_turn.py AHEAD LOCK… COMMAND…`, with as many LOCK files as AHEAD
says, or none. Each of them is held by the process of a build ahead. The process keeps its number
and its own lock when it becomes the COMMAND. It imports nothing of ours, as it may wait for hours.
It can be interrupted, as the COMMAND can, also where the app was started in the background of a
shell, whose processes ignore interrupts.
"""

import contextlib
import fcntl
import os
import signal
import sys

WAITS = "waits for its turn\n"
"""First line of the log of a build that has others ahead."""
BEGINS = "begins now\n"
"""Line of the log once they are over."""


def wait_for(locks: list[str]) -> None:
    """Returns when nobody holds any of the lock files; one that is gone is held by nobody. All are
    opened first: a build that is stopped and begun again has another file of the same name."""
    opened = []
    for path in locks:
        with contextlib.suppress(FileNotFoundError):
            opened.append(os.open(path, os.O_RDWR))
    for lock in opened:
        fcntl.flock(lock, fcntl.LOCK_SH)
        os.close(lock)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ahead = int(sys.argv[1])
    wait_for(sys.argv[2 : 2 + ahead])
    if ahead:
        sys.stderr.write(BEGINS)
        sys.stderr.flush()
    command = sys.argv[2 + ahead :]
    os.execv(command[0], command)
