"""Measurement of search as it ships, on descriptions whose place is known.

Weights, calibration and bundled galleries together. Three sets: descriptions written by hand
(`tests/descriptions*.jsonl`), free-hand descriptions from another pen, and 150 descriptions of
Helsinki written by program (`core describe --gallery helsinki --from helsinki.osm.pbf --n 150
--seed 13 --names mixed`). Run this file as a program to record the figures anew.
"""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(TESTS.parent))

from core import evaluation, settings  # noqa: E402
from core.evaluation import LabelledQuery, Outcome  # noqa: E402
from core.evaluation.reliability import auroc, ece  # noqa: E402
from core.gallery import open_gallery  # noqa: E402
from core.models import load_model  # noqa: E402
from core.models.sentence import SentenceEncoder, Tokens  # noqa: E402
from core.retrieval import load_picture_encoder  # noqa: E402

RECORDED = TESTS / "quality" / "recorded.json"
GALLERIES = ("helsinki", "monaco", "montevideo", "neubrandenburg")
SETS = {
    "by_hand": (TESTS / "descriptions.jsonl", TESTS / "descriptions_held_out.jsonl"),
    "free_hand": (TESTS / "quality" / "free_hand.jsonl",),
    "simulated": (TESTS / "quality" / "simulated.jsonl",),
}
RADIUS_M = 100.0
HIGHER_IS_BETTER = {"L@100m": True, "L@100m_top5": True, "R@10": True, "ece": False, "auroc": True}
PER_QUERY = ("L@100m", "L@100m_top5", "R@10")
_RESAMPLES, _SEED = 2_000, 42


@dataclass(frozen=True)
class Measured:
    """One set's Q queries: `hits` of each metric in PER_QUERY [Q] as 0 or 1, confidences [Q] of
    the first candidates, chances of being outside of these Q queries [Q] and of the descriptions
    of other places [S]."""

    ids: list[str]
    hits: dict[str, np.ndarray]
    confidence: np.ndarray
    outside: np.ndarray
    strangers: np.ndarray

    def figures(self, rows: np.ndarray, strangers: np.ndarray) -> dict[str, float]:
        """Every metric on some of the queries and strangers (rows, which may repeat)."""
        shares = {name: 100 * float(self.hits[name][rows].mean()) for name in PER_QUERY}
        return shares | {
            "ece": ece(self.confidence[rows], self.hits["L@100m"][rows]),
            "auroc": auroc(self.outside[rows], self.strangers[strangers]),
        }

    def all_figures(self) -> dict[str, float]:
        """Every metric on the whole set."""
        return self.figures(np.arange(len(self.ids)), np.arange(len(self.strangers)))

    def intervals(self) -> dict[str, list[float]]:
        """The 95 % bootstrap interval of every metric (percentiles of 2,000 resamples)."""
        rng = np.random.default_rng(_SEED)
        queries, strangers = len(self.ids), len(self.strangers)
        draws = [
            self.figures(rng.integers(0, queries, queries), rng.integers(0, strangers, strangers))
            for _ in range(_RESAMPLES)
        ]
        return {
            name: [float(x) for x in np.percentile([draw[name] for draw in draws], [2.5, 97.5])]
            for name in HIGHER_IS_BETTER
        }


def with_memory(encoder: SentenceEncoder) -> SentenceEncoder:
    """The encoder, which runs its network once for the same tokens: every description is read for
    its own gallery, and as a stranger for three others."""
    known: dict[tuple[tuple[int, ...], ...], Any] = {}
    run = encoder.states

    def states(tokens: list[Tokens]) -> Any:
        key = tuple(tuple(text_tokens.ids) for text_tokens in tokens)
        if key not in known:
            known[key] = run(tokens)
        return known[key]

    encoder.states = states
    return encoder


def measure(progress: Callable[[str], None] = lambda _: None) -> dict[str, Measured]:
    """Every set searched in the bundled galleries, as a person gets it."""
    machine = settings.load({})
    encoder = with_memory(load_model(threads=machine.search_threads))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in SETS}
    strangers: dict[str, list[float]] = {name: [] for name in SETS}
    for place in GALLERIES:
        progress(place)
        gallery = open_gallery(place, machine)
        picture_encoder = load_picture_encoder(gallery, machine, encoder)
        channels = gallery.card.channels
        confidence_model = evaluation.fused_confidence(gallery, channels)
        ranker = evaluation.fused_ranker(gallery, channels)

        def read(
            queries: list[LabelledQuery],
            picture_encoder: Any = picture_encoder,
            gallery: Any = gallery,
        ) -> list[Any]:
            return evaluation.read_all(queries, encoder, lambda *_: None, picture_encoder, gallery)

        for name, files in SETS.items():
            own = [query for file in files for query in _own(file, place)]
            if own:
                outcomes[name] += evaluation.evaluate(
                    gallery, own, read(own), ranker, "full", None, confidence_model
                )
        foreign = {
            name: [query for file in SETS[name] for query in _foreign(file, place)]
            for name in ("by_hand", "free_hand")
        }
        for name, queries in foreign.items():
            chances = [
                confidence_model.posterior(encoded_query).p_outside
                for encoded_query in read(queries)
            ]
            strangers[name] += chances
            if place == "helsinki":
                strangers["simulated"] += chances
    return {name: _measured(outcomes[name], strangers[name]) for name in SETS}


def _own(file: Path, place: str) -> Iterable[LabelledQuery]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return evaluation.read_queries(file, place) if _of(rows, place) else []


def _foreign(file: Path, place: str) -> Iterable[LabelledQuery]:
    return evaluation.read_foreign(file, place)


def _of(rows: list[dict[str, Any]], place: str) -> bool:
    return any(row["gallery"] == place for row in rows)


def _measured(outcomes: list[Outcome], strangers: list[float]) -> Measured:
    sure = [outcome.confidence_outcome for outcome in outcomes]
    assert all(sure), "every query of the full scope has confidences"
    distances = [outcome.distances_m for outcome in outcomes]
    hits = {
        "L@100m": [metres[0] <= RADIUS_M for metres in distances],
        "L@100m_top5": [metres[:5].min() <= RADIUS_M for metres in distances],
        "R@10": [outcome.rank <= 10 for outcome in outcomes],
    }
    return Measured(
        [outcome.query.query_id for outcome in outcomes],
        {name: np.array(values, dtype=np.float64) for name, values in hits.items()},
        np.array([float(one.confidences[0]) for one in sure if one]),
        np.array([one.p_outside for one in sure if one]),
        np.array(strangers),
    )


def lost(now: np.ndarray, before: np.ndarray) -> float:
    """The upper end of the paired 95 % bootstrap interval of `now` − `before` [Q], in points.

    Below 0, fewer queries are right than before by more than chance.
    """
    rng = np.random.default_rng(_SEED)
    draws = rng.integers(0, len(now), (_RESAMPLES, len(now)))
    return float(np.percentile(100 * (now - before)[draws].mean(axis=1), 97.5))


def record(path: Path = RECORDED) -> None:
    """Measures and writes the figures that the gate holds every later state against."""
    document = {}
    for name, measured in measure(lambda place: sys.stderr.write(f"{place}\n")).items():
        figures, intervals = measured.all_figures(), measured.intervals()
        document[name] = {
            "n": len(measured.ids),
            "strangers": len(measured.strangers),
            "figures": {key: round(value, 4) for key, value in figures.items()},
            "ci": {key: [round(x, 4) for x in ends] for key, ends in intervals.items()},
            "hits": {
                query: "".join(str(int(measured.hits[key][row])) for key in PER_QUERY)
                for row, query in enumerate(measured.ids)
            },
        }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, part in document.items():
        sys.stdout.write(f"{name} (n {part['n']}): {part['figures']}\n")


if __name__ == "__main__":
    record()
