"""Example descriptions for each city, as data; `assets/examples.json` holds them."""

import functools
import json

from core import settings


@functools.cache
def _all() -> dict[str, list[str]]:
    path = settings.ROOT / "assets" / "examples.json"
    examples: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return examples


def of_city(name: str) -> list[str]:
    """Descriptions that make sense in a gallery; none for a gallery of the user's own."""
    return _all().get(name, [])
