"""Fit of the ledger's gate to judged pairs of a phrase and a place.

A logistic regression on standardised features of claims: those that the rules make there, and
others that they could make. The rules were written on many of these pairs, so their own errors are
few; a phrase that readers find missing tells more by the facts that are most like it. The threshold
is for claims by the rules, and chosen by leaving out one part of the pairs after another: parts
were drawn at other times from other descriptions, so each is as new to the others as a user's text.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import F32, F64, Bools
from core.errors import QueryError
from core.explain.ledger.build import LedgerBuilder
from core.explain.ledger.claim_gate import OPEN_GATE, ClaimGate
from core.explain.ledger.fact_positions import fact_positions
from core.gallery.opened import Gallery, open_gallery
from core.geo import Position, haversine_m
from core.records import Channel, LedgerEntry, Query
from core.retrieval import SearchTrace, search_with_trace
from core.retrieval.search import match_index_of
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

LABEL_KEYS = ("gallery", "lat", "lon", "text", "phrase", "standing", "evidence", "half")
"""The keys of a judged pair: `evidence` has words of which one is in a right fact, and `half` is
the part that it was drawn in."""
_MOVED_M = 20.0
"""A gallery that is built again has some of its tiles elsewhere, but hardly farther."""
_NEAR_M, _OTHERS, _LEAST_COSINE = 110.0, 3, 0.35
"""Facts that could be claimed: their distance, their number for a phrase, and their cosine."""
_CHANNELS: tuple[Channel, ...] = ("facts", "names")
_LEAST_SCALE = 1e-3
_STRENGTH = 0.03
"""Inverse of the L2 penalty of the regression. Of 0.01 to 1 it hardly matters."""
_WANTED = 0.97
"""Least share of right claims among those that are left, in parts that were left out. 0.95 is
wanted on new pairs, and a threshold that is chosen flatters itself."""


@dataclass(frozen=True, slots=True)
class JudgedPlace:
    """The pairs of one description at one tile, and the search for the description there."""

    labels: tuple[dict[str, Any], ...]
    trace: SearchTrace


@dataclass(frozen=True, slots=True)
class ClaimExample:
    """A phrase and a fact near a place: the features [C], whether readers call the fact right, and
    the part of the pair. `is_claim` is False for a fact that the rules do not claim."""

    features: F32
    is_right: bool
    part: str
    is_claim: bool


def judged_places(
    labels: Iterable[dict[str, Any]], gallery: Gallery, encoder: "SentenceEncoder"
) -> Iterator[JudgedPlace]:
    """The pairs of one gallery by description and place; those far from its tiles are left out.

    Pictures give no evidence, so they are not searched.
    """
    places: dict[tuple[str, float, float], list[dict[str, Any]]] = {}
    for label in labels:
        places.setdefault((label["text"], label["lat"], label["lon"]), []).append(label)
    for (text, lat, lon), own in places.items():
        away_m = haversine_m(lat, lon, gallery.lats, gallery.lons)
        row = int(away_m.argmin())
        if away_m[row] <= _MOVED_M:
            here = Position(float(gallery.lats[row]), float(gallery.lons[row]))
            query = Query(text, k=1, channels=_CHANNELS, near=here, within_m=1)
            yield JudgedPlace(tuple(own), search_with_trace(gallery, encoder, query))


def is_right(label: dict[str, Any], entry: LedgerEntry) -> bool:
    """Whether an entry has the label's standing, and for `supported` the right evidence."""
    if entry.standing != label["standing"]:
        return False
    return (
        entry.standing != "supported" or bool(entry.absent) or has_words(label, entry.evidence.fact)
    )


def has_words(label: dict[str, Any], fact: str) -> bool:
    """Whether a fact is right evidence for a supported pair, by the words of the label."""
    return any(words.lower() in fact.lower() for words in label["evidence"])


def read_labels(path: Path) -> list[dict[str, Any]]:
    """The judged pairs of a file of JSON lines, as dicts with the keys `LABEL_KEYS`.

    Raises QueryError that names the line.
    """
    labels = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path} cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        try:
            label = json.loads(line)
            lacking = [key for key in LABEL_KEYS if key not in label]
        except (ValueError, TypeError) as error:
            raise QueryError(f"{path.name}, line {number} is no JSON object") from error
        if lacking:
            raise QueryError(f"{path.name}, line {number} lacks {', '.join(lacking)}")
        labels.append(label)
    return labels


def claim_examples(
    paths: Sequence[Path],
    settings: Settings,
    encoder: "SentenceEncoder",
    progress: Callable[[str, int, int], None],
) -> list[ClaimExample]:
    """Examples from the pairs of some files: each claim of support by the rules, and the facts
    most like a phrase that readers find missing. Of a supported phrase without a right claim the
    first right fact is one.

    Raises QueryError, GalleryError.
    """
    labels = [label for path in paths for label in read_labels(path)]
    examples: list[ClaimExample] = []
    for name in dict.fromkeys(label["gallery"] for label in labels):
        own = [label for label in labels if label["gallery"] == name]
        gallery = open_gallery(name, settings)
        for number, place in enumerate(judged_places(own, gallery, encoder), 1):
            progress(name, number, len(own))
            examples += _examples_at(place, encoder)
    return examples


def _examples_at(place: JudgedPlace, encoder: "SentenceEncoder") -> Iterator[ClaimExample]:
    trace = place.trace
    (candidate,) = trace.result.candidates
    builder = LedgerBuilder(trace, encoder, OPEN_GATE)
    entries = builder.entries(candidate)
    facts, positions = trace.gallery.facts, fact_positions(trace.gallery)
    tile = trace.gallery.row_of(candidate.tile.tile_id)
    rows = {entry.evidence.phrase: row for row, entry in enumerate(entries)}
    for label in place.labels:
        row = rows.get(label["phrase"])
        if row is None:
            continue
        entry, claimed, told = entries[row], None, False
        if entry.standing == "supported" and not entry.absent:
            claimed = positions.fact_of(entry.evidence, tile)
        if claimed is not None:
            told = is_right(label, entry)
            away_m = entry.evidence.distance_m or 0.0
            features = builder.claim_features(row, claimed, away_m, candidate.evidence, tile)
            yield ClaimExample(features, told, label["half"], True)
        for fact, distance_m in _most_alike(trace, row, tile):
            is_it = label["standing"] == "supported"
            if fact == claimed or (is_it and (told or not has_words(label, facts.text[fact]))):
                continue
            told = is_it
            features = builder.claim_features(row, fact, distance_m, candidate.evidence, tile)
            yield ClaimExample(features, is_it, label["half"], False)


def _most_alike(trace: SearchTrace, row: int, tile: int) -> list[tuple[int, float]]:
    """The facts near a tile that are most like a phrase, one of each kind, with their metres."""
    index, links, facts = match_index_of(trace.gallery), trace.gallery.links, trace.gallery.facts
    rows = index.links_of(tile)
    rows = rows[links.distance_m[rows] <= _NEAR_M]
    near = links.fact[rows].astype(np.int64)
    cosines = index.cosines(trace.encoded_query.phrase_embeddings[row : row + 1], near)[0]
    chosen: dict[str, tuple[int, float]] = {}
    for at in np.argsort(-cosines).tolist():
        fact = int(near[at])
        if cosines[at] < _LEAST_COSINE or len(chosen) == _OTHERS:
            break
        chosen.setdefault(
            facts.kind[fact] or facts.text[fact], (fact, float(links.distance_m[rows[at]]))
        )
    return list(chosen.values())


def fit_claim_gate(examples: Sequence[ClaimExample], wanted: float = _WANTED) -> ClaimGate:
    """The gate learned from all examples, whose threshold leaves at least the `wanted` share of
    right claims in parts that were left out, one after another.

    Raises QueryError without right and wrong claims in two parts.
    """
    from sklearn.linear_model import LogisticRegression

    right = np.array([one.is_right for one in examples], dtype=bool)
    claimed = np.array([one.is_claim for one in examples], dtype=bool)
    parts = np.array([one.part for one in examples])
    if len(set(parts.tolist())) < 2 or right.all() or not right.any():
        raise QueryError("claims of two parts are needed, some of them right and some wrong")
    table = np.stack([one.features for one in examples]).astype(np.float64)
    centre, scale = table.mean(axis=0), np.maximum(table.std(axis=0), _LEAST_SCALE)
    table = (table - centre) / scale

    def fitted(rows: Bools) -> Any:
        return LogisticRegression(C=_STRENGTH, max_iter=1000).fit(table[rows], right[rows])

    left_out = np.empty(len(right))
    for part in set(parts.tolist()):
        rows = parts == part
        left_out[rows] = fitted(~rows).predict_proba(table[rows])[:, 1]
    model = fitted(np.ones(len(right), dtype=bool))
    threshold = least_threshold(left_out[claimed], right[claimed], wanted)
    return ClaimGate(
        centre,
        scale,
        model.coef_[0],
        float(model.intercept_[0]),
        threshold,
        tuple(sorted(set(parts.tolist()))),
    )


def least_threshold(probabilities: F64, right: Bools, wanted: float) -> float:
    """The least of the probabilities [E] from which on at least the `wanted` share is right; 1
    where no such probability is."""
    order = np.argsort(-probabilities, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(shares >= wanted)
    return float(probabilities[order[enough[-1]]]) if len(enough) else 1.0
