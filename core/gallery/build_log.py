"""The log of a build that a page started: whether it waits, and what ended it."""

import re

from core.gallery import build_turn
from core.gallery.build_steps import ends_in_progress


def waits(said: str) -> bool:
    """Whether a process has not had its turn yet, or was stopped before it."""
    return said.startswith(build_turn.WAITS) and build_turn.BEGINS not in said


def problem_in(said: str) -> str:
    """The line with which a process ended by itself, "" where it was stopped or killed."""
    if waits(said):
        return ""
    lines = [line.strip() for line in re.split(r"[\r\n]+", said) if line.strip()]
    last = lines[-1] if lines else ""
    stopped = last.startswith("saywhere: stopped") or last == "KeyboardInterrupt"
    if stopped or ends_in_progress(last):
        return ""
    if last.startswith("saywhere: "):
        return last.removeprefix("saywhere: ")[:300]
    return f"the build met a fault of ours: {last[:200]}" if "Traceback" in said else ""
