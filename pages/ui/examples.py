"""Example descriptions for each city, as data; `assets/examples.json` holds them."""

import functools
import json
from dataclasses import dataclass

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
    """Descriptions that make sense in a gallery; none for a gallery of the user's own."""
    return [one.text for one in _all().get(name, [])]


def truth_of(city: str, text: str) -> Position | None:
    """The place that an example is about, None where nobody can say."""
    return next((one.place for one in _all().get(city, []) if one.text == text), None)
