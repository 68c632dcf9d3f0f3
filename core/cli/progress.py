"""Progress bars and notes on standard error."""

import sys
from collections.abc import Callable
from typing import Any

from core.terminal import commanded_errors, shown


def note(text: str) -> None:
    """Prints one line for the person who runs the command."""
    sys.stderr.write(f"saywhere: {shown(text)}\n")


def confirmed(question: str) -> bool:
    """Whether a person at a terminal agrees."""
    if not sys.stdin.isatty():
        return False
    note(f"{question} [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def bar(quiet: bool) -> Callable[[str, int, int], None]:
    """A progress bar on standard error, one line for each stage."""
    from tqdm import tqdm

    bars: dict[str, tqdm[Any]] = {}

    def show(stage: str, done: int, total: int) -> None:
        if quiet:
            return
        if stage not in bars:
            bars[stage] = tqdm(total=total, desc=shown(stage), file=commanded_errors(), leave=True)
        bars[stage].update(done - bars[stage].n)
        if done >= total:
            bars[stage].close()

    return show
