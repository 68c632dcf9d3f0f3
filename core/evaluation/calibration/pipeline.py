"""From files of labelled descriptions to a calibration: which is searched where, as insiders,
as strangers, and as texts that tell nothing. Reads galleries; leaves the fit to `calibration`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import QueryError
from core.evaluation.calibration.dataset import (
    BackgroundSet,
    CalibrationExample,
    LabelledReading,
    calibration_examples,
)
from core.evaluation.calibration.fit import calibrate
from core.evaluation.calibration.uninformative_texts import uninformative_text
from core.evaluation.queries import LabelledQuery, read_all, read_queries
from core.gallery.opened import Gallery, open_gallery
from core.geo import Position
from core.retrieval.confidence import Calibration
from core.retrieval.picture_model import load_picture_encoder
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_STRANGERS, _IDLE = 120, 25
"""Descriptions of other places, and texts that tell nothing, searched in each gallery."""
_NOWHERE = Position(0, 0)


@dataclass(frozen=True, slots=True)
class _Set:
    """The descriptions of one file that belong to one gallery."""

    name: str
    home: str
    queries: list[LabelledQuery]


def fit_from_files(
    sets: Sequence[tuple[str, Path]],
    background: Sequence[str],
    settings: Settings,
    encoder: "SentenceEncoder",
    seed: int,
    progress: Callable[[str, int, int], None],
) -> Calibration:
    """The calibration that some sets of (gallery, file) teach.

    `background` names galleries that show what towns usually have, none for those of the sets.
    Raises QueryError, GalleryError.
    """
    read = [_Set(f"{name}, {path.stem}", name, read_queries(path, name)) for name, path in sets]
    names = list(dict.fromkeys(name for name, _ in sets))
    if len(names) < 2:
        raise QueryError(
            f"all sets are of {names[0]}; wanted sets of two galleries or more, so that there are "
            f"strangers to learn from"
        )
    galleries = {name: open_gallery(name, settings) for name in (*names, *background)}
    if missing := [name for name, one in galleries.items() if "facts" not in one.card.channels]:
        raise QueryError(f"{missing[0]} has no channel facts; calibrate on galleries of map data")
    usual = BackgroundSet([galleries[name] for name in background or names], seed)
    examples: list[CalibrationExample] = []
    for name in names:
        rng = np.random.default_rng((seed, len(examples)))
        given = [one for one in read if one.home == name]
        given += _outside_queries([one for one in read if one.home != name], rng)
        examples += _lessons(galleries[name], given, usual, settings, encoder, seed, progress)
    return calibrate(examples, usual.without())


def _outside_queries(others: Sequence[_Set], rng: np.random.Generator) -> list[_Set]:
    """Some of each of the other sets, and texts of which none tells of a place."""
    each = max(1, _STRANGERS // len(others))
    drawn = []
    for one in others:
        rows = rng.choice(len(one.queries), min(each, len(one.queries)), replace=False)
        drawn.append(_Set(one.name, one.home, [one.queries[row] for row in rows]))
    texts = [query.text for one in drawn for query in one.queries]
    idle = [uninformative_text(texts[int(rng.integers(len(texts)))], rng) for _ in range(_IDLE)]
    told = [LabelledQuery(text, _NOWHERE, "", "idle") for text in idle if _has_words(text)]
    return [*drawn, _Set("idle", "", told)]


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _lessons(
    gallery: Gallery,
    given: Sequence[_Set],
    usual: BackgroundSet,
    settings: Settings,
    encoder: "SentenceEncoder",
    seed: int,
    progress: Callable[[str, int, int], None],
) -> list[CalibrationExample]:
    """What one gallery teaches; its pictures are seen by its usual picture model."""
    seen = "image" in gallery.card.channels
    picture_encoder = load_picture_encoder(gallery, settings, encoder) if seen else None
    stage, total = gallery.card.name, sum(len(one.queries) for one in given)
    done, examples = 0, []
    for number, one in enumerate(given):
        encoded_queries = read_all(
            one.queries, encoder, partial(_count, progress, stage, done, total), picture_encoder
        )
        told = [
            LabelledReading(query, encoded_query, one.home)
            for query, encoded_query in zip(one.queries, encoded_queries, strict=True)
        ]
        examples += list(
            calibration_examples(gallery, told, one.name, usual.without, seed + number)
        )
        done += len(one.queries)
    return examples


def _count(
    progress: Callable[[str, int, int], None],
    stage: str,
    before: int,
    total: int,
    done: int,
    _: int,
) -> None:
    progress(stage, before + done, total)
