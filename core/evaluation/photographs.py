"""Photographs whose place and signs are known: how far a description leads, and what is read.

The rank of a photograph is that of the first tile within 100 m of its place, among all tiles. A
sign is read if a line is its text up to a letter in ten, nearly read up to three in ten; accents
and capitals do not count.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import QueryError
from core.evaluation.bootstrap import interval, interval_of_mean, resamples
from core.geo import Position
from core.vocabulary.folding import fold

_READ, _NEARLY = 90.0, 70.0
"""Likeness of two texts, 0 to 100."""
CUTS: Final = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class PhotoTruth:
    """What is known of a photograph: its place, and the lines that a person reads on things that
    stand still; None for what is not known."""

    file: str
    position: Position | None
    signs: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class SignCounts:
    """Signs that a person reads, those of them that are read or nearly read, and lines that are no
    sign of theirs."""

    signs: int
    read: int
    nearly: int
    others: int


def read_truth(path: Path) -> dict[str, PhotoTruth]:
    """The known photographs by file, from JSON lines with `file`, and optionally `lat` and `lon`,
    and `signs`. Raises QueryError that names the line."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path} cannot be read ({error}); check the path") from error
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            truth = _truth(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise QueryError(
                f"{path.name}, line {number}: write JSON with file, and lat and lon, or signs"
            ) from error
        found[truth.file] = truth
    if not found:
        raise QueryError(f"{path.name} has no photographs")
    return found


def _truth(row: dict[str, Any]) -> PhotoTruth:
    signs = row.get("signs")
    if signs is not None and not (
        isinstance(signs, list) and all(isinstance(sign, str) and fold(sign) for sign in signs)
    ):
        raise TypeError("signs are a list of texts")
    placed = row.get("lat") is not None or row.get("lon") is not None
    return PhotoTruth(
        str(row["file"]),
        Position(float(row["lat"]), float(row["lon"])) if placed else None,
        None if signs is None else tuple(signs),
    )


def sign_counts(read: Iterable[str], true: Iterable[str]) -> SignCounts:
    """Compares lines that were read with those that a person reads; each counts once."""
    from rapidfuzz import fuzz

    lines, signs = [fold(line) for line in read], [fold(sign) for sign in true]
    pairs = sorted(
        (
            (fuzz.ratio(line, sign), row, column)
            for row, line in enumerate(lines)
            for column, sign in enumerate(signs)
        ),
        reverse=True,
    )
    taken: dict[int, float] = {}
    met = set[int]()
    for likeness, row, column in pairs:
        if likeness >= _NEARLY and row not in met and column not in taken:
            taken[column] = likeness
            met.add(row)
    whole = sum(likeness >= _READ for likeness in taken.values())
    return SignCounts(len(signs), whole, len(taken) - whole, len(lines) - len(met))


def sum_of(counts: Iterable[SignCounts]) -> SignCounts:
    """The counts of several photographs together."""
    every = list(counts)
    return SignCounts(
        sum(one.signs for one in every),
        sum(one.read for one in every),
        sum(one.nearly for one in every),
        sum(one.others for one in every),
    )


def rank_figures(ranks: Sequence[int]) -> dict[str, Any]:
    """The median of ranks and the numbers of those among the first 1, 5 and 10, with 95 %
    intervals over photographs."""
    of, rows = np.array(ranks, dtype=np.float64), resamples(len(ranks))
    low, high = interval(rows, lambda drawn: np.asarray(np.median(of[drawn], axis=1)))
    figures: dict[str, Any] = {
        "n": len(ranks),
        "median_rank": float(np.median(of)),
        "median_rank_ci": [low, high],
    }
    for cut in CUTS:
        hits = (of <= cut).astype(np.float64)
        ends = [round(len(ranks) * end) for end in interval_of_mean(hits, rows)]
        figures |= {f"first_{cut}": int(hits.sum()), f"first_{cut}_ci": ends}
    return figures
