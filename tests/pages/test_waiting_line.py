"""The line before a search: few at a time, in order, and whoever leaves makes room."""

import threading
from collections.abc import Callable

import pytest

from pages.ui.waiting_line import WaitingLine


class Guests:
    """Threads in a line of one; `leave` lets the one inside go."""

    def __init__(self, line: WaitingLine) -> None:
        self._line = line
        self.order: list[str] = []
        self.places: dict[str, list[int]] = {}
        self._told = threading.Condition()

    def come(self, name: str, leave: threading.Event) -> threading.Thread:
        def visit() -> None:
            with self._line.turn(lambda place: self._tell(name, place)):
                self._enter(name)
                leave.wait()

        thread = threading.Thread(target=visit)
        thread.start()
        return thread

    def _tell(self, name: str, place: int) -> None:
        with self._told:
            self.places.setdefault(name, []).append(place)
            self._told.notify_all()

    def _enter(self, name: str) -> None:
        with self._told:
            self.order.append(name)
            self._told.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        with self._told:
            assert self._told.wait_for(true, timeout=20)


def test_one_after_another_comes_in_and_hears_the_place_in_between() -> None:
    line = WaitingLine(1)
    guests = Guests(line)
    doors = {name: threading.Event() for name in "abc"}
    threads = []
    for name, place in (("a", 0), ("b", 1), ("c", 2)):
        threads.append(guests.come(name, doors[name]))
        if place:
            guests.until(lambda name=name, place=place: guests.places.get(name) == [place])
        else:
            guests.until(lambda: guests.order == ["a"])
    assert [line.take_longest(), line.take_longest()] == [2, 0]
    doors["a"].set()
    guests.until(lambda: guests.order == ["a", "b"])
    guests.until(lambda: guests.places["c"] == [2, 1])
    doors["b"].set()
    doors["c"].set()
    for thread in threads:
        thread.join(20)
    assert guests.order == ["a", "b", "c"]


def test_two_at_once_where_there_is_room_for_two() -> None:
    guests, door = Guests(WaitingLine(2)), threading.Event()
    threads = [guests.come(name, door) for name in "ab"]
    guests.until(lambda: sorted(guests.order) == ["a", "b"])
    door.set()
    for thread in threads:
        thread.join(20)
    assert guests.places == {}


def test_who_gives_up_leaves_the_line_and_the_next_one_comes_in() -> None:
    line = WaitingLine(1)
    guests, first, last = Guests(line), threading.Event(), threading.Event()
    inside = guests.come("a", first)
    guests.until(lambda: guests.order == ["a"])

    def give_up(_: int) -> None:
        raise KeyError

    with pytest.raises(KeyError), line.turn(give_up):
        pytest.fail("nobody may come in")
    second = guests.come("b", last)
    first.set()
    guests.until(lambda: guests.order == ["a", "b"])
    last.set()
    for thread in (inside, second):
        thread.join(20)
