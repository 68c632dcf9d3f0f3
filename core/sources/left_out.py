"""Counts of what the readers of map files leave out, and the line that tells them."""

from collections import Counter

import shapely

from core.world import LeftOut, World


class Losses:
    """Counts what is left out while map files are read, by kind and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, what: str, why: str, n: int = 1) -> None:
        """Counts `n` things of the kind `what` (a noun that takes an s)."""
        if n:
            plain = "".join(letter if letter.isprintable() else " " for letter in why)
            self._counts[what, " ".join(plain.split())] += n

    def listed(self) -> tuple[LeftOut, ...]:
        """All counts, the largest first."""
        rows = [LeftOut(what, n, why) for (what, why), n in self._counts.items()]
        return tuple(sorted(rows, key=lambda row: (-row.n, row.what, row.why)))


def read_counts(world: World) -> dict[str, int]:
    """Number of points, lines and areas of a world."""
    dimensions = shapely.get_dimensions(world.features.geometry.array)
    return {
        kind: int((dimensions == dimension).sum())
        for dimension, kind in enumerate(("points", "lines", "areas"))
    }


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def left_out_text(rows: tuple[LeftOut, ...]) -> str:
    """The counts as text for people: "2 ways (their nodes are not in the file)"."""
    return "; ".join(f"{_counted(row.n, row.what)} ({row.why})" for row in rows)


def reading_line(world: World) -> str:
    """One line for people: what was read, what was left out, and why."""
    counts = [_counted(n, kind.removesuffix("s")) for kind, n in read_counts(world).items() if n]
    return f"read {', '.join(counts)}; left out: {left_out_text(world.left_out) or 'nothing'}"
