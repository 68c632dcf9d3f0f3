"""Example descriptions for each city, as data: `assets/examples.json` holds those of the cities
that came with the app, and the folder of a user's own gallery its own."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from core import settings
from core.geo import Position


@dataclass(frozen=True, slots=True)
class Example:
    """A description, and the place it is about where that is beyond doubt."""

    text: str
    place: Position | None = None


@functools.cache
def _all() -> dict[str, list[Example]]:
    path = settings.ROOT / "assets" / "examples.json"
    return {
        city: [
            Example(one["text"], Position(one["lat"], one["lon"]) if "lat" in one else None)
            for one in listed
        ]
        for city, listed in json.loads(path.read_text(encoding="utf-8")).items()
    }


def of_city(name: str) -> list[str]:
    """Descriptions that make sense in a gallery: those that came with it, or were made for it."""
    return [one.text for one in _of(name)]


def _of(name: str) -> list[Example]:
    """A user's own gallery replaces a bundled one of its name, and so do its examples. Without a
    name, the first of each bundled city."""
    if not name:
        return [listed[0] for listed in _all().values() if listed]
    folder = settings.load().user_galleries / name
    if not folder.is_dir():
        return _all().get(name, [])
    path = folder / settings.EXAMPLES
    try:
        return _own(path, path.stat().st_mtime_ns)
    except OSError:
        return _all().get(name, [])


@functools.lru_cache(maxsize=64)
def _own(path: Path, _: int) -> list[Example]:
    """The examples of a gallery; none in a file that holds something else."""
    try:
        return [
            Example(str(one["text"]), Position(float(one["lat"]), float(one["lon"])))
            for one in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (OSError, KeyError, TypeError, ValueError):
        return []


def truth_of(city: str, text: str) -> Position | None:
    """The place that an example is about, None where nobody can say."""
    return next((one.place for one in _of(city) if one.text == text), None)
