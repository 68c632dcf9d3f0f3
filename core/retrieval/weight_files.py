"""Learned weights in JSON files that people can read."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.errors import ModelError
from core.files import write_text

Model = TypeVar("Model")


def read_weights(path: Path, from_json: Callable[[Any], Model], part: str, option: str) -> Model:
    """The weights of a `part` of the search, which `core calibrate` learns with an `option`.

    Raises ModelError where the file is missing or damaged.
    """
    try:
        return from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} holds no weights for {part} ({error!r:.80}); restore it, or run "
            f"python -m core calibrate {option}"
        ) from error


def write_weights(document: dict[str, Any], path: Path) -> Path:
    """Writes a document atomically, each list of numbers in one line; returns the path."""
    text = json.dumps(document, indent=1)
    text = re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda row: f"[{' '.join(row[1].split())}]", text)
    return write_text(path, text + "\n")
