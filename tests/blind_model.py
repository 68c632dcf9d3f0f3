"""A language model that sees nothing, for measuring the protocol of photographs.

`.venv/bin/python tests/blind_model.py` serves until it is stopped, and prints what to set before
`core bench photos` or `core describe --photos`. What it says depends on the picture's bytes alone:
a few general sentences, now and then a sign that is not there, markup, or a refusal.
"""

import json
import sys
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from tiny_chat import Chat, Reply, chat

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.describe.streetview.prompts import INSPECTOR_SCORES, NOTHING, PATHS

_SENTENCES = (
    "A street leads past a row of houses.",
    "On the left is a shop with the sign “Rosengarten”.",
    "The house ahead is grey and has two storeys and a slate roof.",
    "Some trees stand on the right behind a low wall.",
)


def asked_for(request: dict[str, Any]) -> str:
    """The kind of a request: `inspection`, `path` or `revision`."""
    messages = request["messages"]
    if "check a description" in messages[0]["content"]:
        return "inspection"
    last = messages[-1]["content"]
    return "path" if last in {question for _, question in PATHS} else "revision"


def blind(request: dict[str, Any]) -> Reply:
    """The answer to a request."""
    pictures = [
        part["image_url"]["url"]
        for message in request["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    luck = zlib.crc32("".join(pictures).encode())
    kind = asked_for(request)
    if kind == "inspection":
        low = luck // 7 % 3 == 0 and "storeys" in json.dumps(request)
        scores = dict.fromkeys(INSPECTOR_SCORES, 3 if low else 4)
        return Reply(json.dumps(scores | {"faults": ["the storeys"] if low else []}))
    if kind == "revision":
        markup = "**" if luck // 11 % 4 == 0 else ""
        return Reply(f"{markup}A street leads past{markup} grey houses with slate roofs and trees.")
    if luck % 5 == 0:
        return Reply("I'm sorry, I cannot help with that.")
    row = [question for _, question in PATHS].index(request["messages"][-1]["content"])
    skipped = (row == 1 and luck // 3 % 2) or (row == 3 and luck // 5 % 2)
    return Reply(NOTHING if skipped else _SENTENCES[row])


def counted(server: Chat) -> dict[str, int]:
    """How often each kind of request came."""
    return dict(Counter(map(asked_for, server.asked)))


if __name__ == "__main__":
    with chat(blind, "blind") as served:
        address = f"SAYWHERE_LLM_URL={served.url} SAYWHERE_LLM_MODEL={served.model}"
        sys.stdout.write(f"export {address}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            json.dump(counted(served), sys.stdout)
