"""The booth's numbers of a day, for its host: counts and sums, never a visitor's words.

They survive a restart in a small file for each day.
"""

import json
import threading
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from core import settings
from core.files import write_json
from core.records import SearchResult
from pages.search_page.kiosk import distances
from pages.search_page.kiosk.session import Visit, change
from pages.ui import resources


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """Sums over the games of a day.

    `known` games have a place that is known to be right; `found` of these the app found within
    100 m, and `ours_m` adds up how far it was off. `guesses` are those of visitors at places that
    the app did not get from them, `guesses_m` adds up how far these were off. `longest_line` is the
    most people who waited for a search at once, at the booth and on the pages.
    """

    games: int = 0
    known: int = 0
    found: int = 0
    ours_m: float = 0.0
    guesses: int = 0
    guesses_m: float = 0.0
    longest_line: int = 0

    def with_game(self, ours_m: float | None, guess_m: float | None) -> "DayNumbers":
        """The numbers after one more game; None where nobody knows a distance."""
        return replace(
            self,
            games=self.games + 1,
            known=self.known + (ours_m is not None),
            found=self.found + (ours_m is not None and ours_m <= distances.RIGHT_M),
            ours_m=self.ours_m + (ours_m or 0.0),
            guesses=self.guesses + (guess_m is not None),
            guesses_m=self.guesses_m + (guess_m or 0.0),
        )


class DayBook:
    """The numbers of the day that is today, for all visitors of this server.

    `problem` says why the file could not be read or written, "" where it could; the booth goes on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._day: date | None = None
        self._numbers = DayNumbers()
        self.problem = ""

    def add(self, day: date, ours_m: float | None, guess_m: float | None) -> None:
        """Counts one game."""
        with self._lock:
            self._turn_to(day)
            self._numbers = self._numbers.with_game(ours_m, guess_m)
            self._write()

    def numbers(self, day: date, line: int = 0) -> DayNumbers:
        """The numbers of a day, a `line` of people that was seen since included."""
        with self._lock:
            self._turn_to(day)
            if line > self._numbers.longest_line:
                self._numbers = replace(self._numbers, longest_line=line)
                self._write()
            return self._numbers

    def _turn_to(self, day: date) -> None:
        if day == self._day:
            return
        self._day, self._numbers, self.problem = day, DayNumbers(), ""
        try:
            kept = json.loads(self._file(day).read_text(encoding="utf-8"))
            values = {name: type(none)(kept[name]) for name, none in asdict(DayNumbers()).items()}
            self._numbers = DayNumbers(**values)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError) as error:
            self.problem = f"{self._file(day)} cannot be read ({error!r:.80}); counted anew"

    def _write(self) -> None:
        assert self._day is not None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_json(self._file(self._day), asdict(self._numbers))
            self.problem = ""
        except OSError as error:
            self.problem = f"{self._file(self._day)} cannot be written ({error})"

    def _file(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.json"


def today() -> date:
    """The day at this place."""
    return datetime.now().astimezone().date()


def book() -> DayBook:
    """The numbers of this server."""
    return _book(settings.load().booth_days)


@st.cache_resource(max_entries=2, show_spinner=False)
def _book(folder: Path) -> DayBook:
    return DayBook(folder)


def count(visit: Visit, result: SearchResult | None) -> None:
    """Counts a turn that came to its answer, once."""
    if visit.is_counted:
        return
    change(is_counted=True)
    truth = visit.truth if visit.is_example else visit.guess
    ours_m = guess_m = None
    if truth is not None and result is not None and result.candidates:
        ours_m = distances.apart_m(truth, result.candidates[0])
    if visit.is_example and visit.truth is not None and visit.guess is not None:
        guess_m = distances.between_m(visit.guess, visit.truth)
    book().add(today(), ours_m, guess_m)


def now() -> DayNumbers:
    """The numbers of today."""
    return book().numbers(today(), resources.search_line().take_longest())
