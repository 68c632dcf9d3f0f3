"""Builds the calibration set from files of labelled descriptions and fits the calibration.

Every description is searched in its own gallery (inside) and in other galleries (outside);
uninformative texts are added.
"""

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
    LabelledEncodedQuery,
    calibration_examples,
)
from core.evaluation.calibration.fit import calibrate
from core.evaluation.calibration.uninformative_texts import contradictory_text, uninformative_text
from core.evaluation.queries import LabelledQuery, read_all, read_queries
from core.gallery.opened import Gallery, open_gallery
from core.geo import Position
from core.retrieval.confidence import Calibration
from core.retrieval.picture_model import load_picture_encoder
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_OUTSIDE, _UNINFORMATIVE, _CONTRADICTORY = 120, 25, 25
"""Numbers of descriptions of other places, of uninformative texts and of texts with names of two
towns, for each gallery."""
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
    """The calibration fitted to sets of (gallery, file).

    `background` names the galleries of the background corpus; empty means those of the sets.
    Raises QueryError, GalleryError.
    """
    read = [_Set(f"{name}, {path.stem}", name, read_queries(path, name)) for name, path in sets]
    names = list(dict.fromkeys(name for name, _ in sets))
    if len(names) < 2:
        raise QueryError(
            f"all sets are of {names[0]}; give sets of at least two galleries, so that there are "
            "descriptions from outside each"
        )
    galleries = {name: open_gallery(name, settings) for name in (*names, *background)}
    if missing := [
        name for name, gallery in galleries.items() if "facts" not in gallery.card.channels
    ]:
        raise QueryError(f"{missing[0]} has no channel facts; give galleries of map data")
    backgrounds = BackgroundSet([galleries[name] for name in background or names], seed)
    examples: list[CalibrationExample] = []
    for number, name in enumerate(names):
        rng = np.random.default_rng((seed, number))
        searched = [query_set for query_set in read if query_set.home == name]
        others = [query_set for query_set in read if query_set.home != name]
        contradictory = _contradictory_queries(galleries[name], searched, others, rng)
        searched = [*searched, *_outside_queries(others, rng), contradictory]
        examples += _examples_of(
            galleries[name], searched, backgrounds, settings, encoder, seed, progress
        )
    return calibrate(examples, backgrounds.without())


def _outside_queries(others: Sequence[_Set], rng: np.random.Generator) -> list[_Set]:
    """A sample of each of the other sets, and a set of uninformative texts."""
    count = max(1, _OUTSIDE // len(others))
    drawn = []
    for other in others:
        rows = rng.choice(len(other.queries), min(count, len(other.queries)), replace=False)
        drawn.append(_Set(other.name, other.home, [other.queries[row] for row in rows]))
    texts = [query.text for query_set in drawn for query in query_set.queries]
    noise = [
        uninformative_text(texts[int(rng.integers(len(texts)))], rng) for _ in range(_UNINFORMATIVE)
    ]
    queries = [LabelledQuery(text, _NOWHERE, "", "idle") for text in noise if _has_words(text)]
    return [*drawn, _Set("idle", "", queries)]


def _contradictory_queries(
    gallery: Gallery, own: Sequence[_Set], others: Sequence[_Set], rng: np.random.Generator
) -> _Set:
    """Descriptions of the gallery that go on with names from other towns: no place has both."""
    texts = [query.text for query_set in own for query in query_set.queries]
    foreign = [query.text for query_set in others for query in query_set.queries]
    mixed = [
        contradictory_text(
            texts[int(rng.integers(len(texts)))],
            foreign,
            lambda word: bool(gallery.names.postings(word, "name").facts.size),
            rng,
        )
        for _ in range(_CONTRADICTORY)
    ]
    queries = [LabelledQuery(text, _NOWHERE, "", "mixed") for text in mixed if text]
    return _Set("names of two towns", "", queries)


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _examples_of(
    gallery: Gallery,
    sets: Sequence[_Set],
    backgrounds: BackgroundSet,
    settings: Settings,
    encoder: "SentenceEncoder",
    seed: int,
    progress: Callable[[str, int, int], None],
) -> list[CalibrationExample]:
    """The examples of one gallery, encoded with its default picture model."""
    has_image = "image" in gallery.card.channels
    picture_encoder = load_picture_encoder(gallery, settings, encoder) if has_image else None
    stage, total = gallery.card.name, sum(len(query_set.queries) for query_set in sets)
    done, examples = 0, []
    for number, query_set in enumerate(sets):
        encoded_queries = read_all(
            query_set.queries,
            encoder,
            partial(_count, progress, stage, done, total),
            picture_encoder,
            gallery,
        )
        labelled = [
            LabelledEncodedQuery(query, encoded_query, query_set.home)
            for query, encoded_query in zip(query_set.queries, encoded_queries, strict=True)
        ]
        examples += list(
            calibration_examples(
                gallery, labelled, query_set.name, backgrounds.without, seed + number
            )
        )
        done += len(query_set.queries)
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
