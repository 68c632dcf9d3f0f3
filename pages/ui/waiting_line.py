"""A line before what costs much: few at a time, in the order they came, each told their place."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_S = 0.25


class WaitingLine:
    """Lets `at_once` threads through together. The others wait in a line."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._inside = 0
        self._longest = 0
        self._tickets: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, tell: Callable[[int], None]) -> Iterator[None]:
        """A turn inside. Meanwhile `tell` is called with the place in the line, from 1, whenever it
        changes; it may raise to leave the line."""
        self._wait(tell)
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def take_longest(self) -> int:
        """The most threads that waited at once since this was last asked."""
        with self._changed:
            longest, self._longest = self._longest, 0
            return longest

    def _wait(self, tell: Callable[[int], None]) -> None:
        ticket, told = object(), 0
        with self._changed:
            self._tickets.append(ticket)
        try:
            while True:
                with self._changed:
                    if self._is_next(ticket):
                        self._inside += 1
                        return
                    self._changed.wait(_LOOK_S)
                    if self._is_next(ticket):
                        continue
                    place = self._tickets.index(ticket) + 1
                    self._longest = max(self._longest, len(self._tickets))
                if place != told:
                    told = place
                    tell(place)
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def _is_next(self, ticket: object) -> bool:
        return self._inside < self._at_once and self._tickets[0] is ticket
