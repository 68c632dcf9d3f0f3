"""What a model that describes pictures well would say: a text that differs with each picture."""

import hashlib
from typing import Any

from tiny_chat import Reply

WORDS = ("red", "grey", "brown", "white", "dark", "pale", "round", "long", "small", "large")
GOOD = (
    "A row of {0} houses with {1} roofs lies along a wide street in the north. South of it is a "
    "{2} square with {3} trees, and in the west a {4} hall stands beside a car park."
)


def good_text(asked: dict[str, Any]) -> str:
    """The text for the picture of a request."""
    address = asked["messages"][1]["content"][0]["image_url"]["url"]
    digits = hashlib.sha256(address.encode()).digest()
    return GOOD.format(*(WORDS[digit % len(WORDS)] for digit in digits[:5]))


def well(asked: dict[str, Any]) -> Reply:
    return Reply(good_text(asked))
