"""Pairs of a phrase and a place, to judge evidence by: drawing them, and measuring the labels.

`evidence_labels.jsonl` holds pairs over six cities. 372 (parts `tune` and `report`) were drawn by
this file from descriptions by hand, by program and from other cities, at the search's first
candidate or at a tile 150 to 500 m from it; 35 are phrases with a name, 400 to 1,200 m from their
place, because few others are contradicted. Two readers judged all of them, each from sheets of the
facts around the tile, without any verdict of the code and without the other's labels (`first`,
`second`). Where they differ, `standing` was decided by a look at the map. For some 150 pairs the
first reader had judged twice, and pairs that he judged differently or that the sheet could not
decide had been left out, so the agreement is that on pairs that can be decided. Rules were chosen
on `tune`.

The part `fresh` was drawn later, from descriptions that no other pair is from, three phrases each,
and 16 phrases with a name 400 to 1,200 m from their place. One reader judged it twice, the second
time in another order with the facts sorted otherwise. Its errors led to more rules (see
`assets/reports/README.md`), so a part `last` was drawn in the same way after them, from the sixty
descriptions, those in other languages and 24 by program, and judged once. Three pairs that the
sheet could not decide are left out, and 12 in other languages whose phrases the search words
otherwise.

The part `weighted` (113 pairs of other descriptions by program and by hand) was drawn by what the
code says, 65 `supported` and 30 `contradicted` among them, and shuffled; the reader saw the things
most like the phrase, without verdicts. Seven pairs that could not be decided or are in another
language are left out, and 18 labels were set right by the whole list of things and by measured
positions. Its errors led to more rules. The part `final` (67 pairs, half of them from descriptions
in other languages) was drawn after them; six of its labels were set right by the whole list.

The parts `drawn` (91 pairs) and `drawn again` (57) are of phrases by people that nobody had looked
at, over nine cities, chosen by what the code says and judged blind from the kinds and the things
most like the phrase (the whole list of facts for some); labels were then set right by measured
positions, nearly always in the code's favour. Each led to more rules. Figures of both, and of a
third draw from texts that may not be kept here, are in `assets/reports/README.md`.

The parts `learned` (343 pairs) and `shown` (324) are of descriptions written for them in eleven
towns and nine languages, and by program, judged blind from the things most like each phrase with
their distances. The gate of the ledger learned from the first; the second was measured once, when
the gate was fixed. As many pairs of RVS, whose texts are kept elsewhere, are in
`assets/models/claims-rvs.jsonl`. A thing of exactly the name counts as far as it is seen there.

The parts `shown denied 1` to `5` (728 pairs, twenty towns, ten languages) are of texts full of
denials, names, numbers and directions that were written from the map of places drawn by seed, and
judged blind from sheets of the map file alone: tags, distances and directions of everything
relevant, made without this code. Those that the code called contradicted then, and those that the
judge did, are kept. Each of the first four led to more rules; three labels were set right where a
park had been lost from the sheet. They are left out where the gate of the ledger is learned.

A label is the `standing` that a careful reader gives the phrase there: `supported` if the right
thing is within 120 m, `contradicted` if the map speaks against it (what the phrase names is 300 m
away or more, what it denies is there, the thing looks otherwise or lies on the other side), else
`missing` (also for "unchecked"). For `supported`, `evidence` has words of which at least one is in
a fact that is right evidence.

To draw: `python tests/quality/evidence_pairs.py draw GALLERY DESCRIPTIONS.jsonl N SEED`. To measure
all galleries of the data folder: `python tests/quality/evidence_pairs.py measure [HALF]`.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(TESTS.parent))

from core import settings  # noqa: E402
from core.errors import GalleryError  # noqa: E402
from core.evaluation.calibration.claims_fit import is_right, judged_places  # noqa: E402
from core.explain.ledger import ledgers  # noqa: E402
from core.gallery import Gallery, open_gallery  # noqa: E402
from core.geo import compass, haversine_m  # noqa: E402
from core.models import load_model  # noqa: E402
from core.records import LedgerEntry, Query  # noqa: E402
from core.retrieval import load_picture_encoder, search_with_trace  # noqa: E402
from core.retrieval.phrases import split_phrases  # noqa: E402
from core.vocabulary.folding import words_of  # noqa: E402

LABELS = TESTS / "quality" / "evidence_labels.jsonl"
SHEET_M, PHRASES_EACH = 120.0, 4


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def sheet(gallery: Gallery, tile: int, text: str) -> Iterator[str]:
    """The things around a tile by kind, with the metres and direction of the nearest and some
    names, then far things that share a name with the text."""
    links, facts = gallery.links, gallery.facts
    rows = np.flatnonzero(links.tile == tile)
    rows = rows[np.argsort(links.distance_m[rows])]
    nearest: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for row in rows:
        fact = int(links.fact[row])
        text_of = facts.text[fact]
        if links.distance_m[row] > SHEET_M or not facts.spoken[fact] or _is_repeat(text_of):
            continue
        kind, _, name = text_of.partition(": ")
        at = f"{links.distance_m[row]:.0f} {compass(float(links.bearing_deg[row]))}"
        nearest.setdefault(kind, at)
        names.setdefault(kind, []).extend([f"{name[:24]} {at.split()[0]}"] if name else [])
    for kind, at in nearest.items():
        named = f" ({', '.join(names[kind][:3])})" if names[kind] else ""
        yield f"{kind} {at}{named}"
    written = set(re.findall(r"[A-Z]\w{3,}", text))
    words = {folded for word in written for folded in words_of(word)}
    here = float(gallery.lats[tile]), float(gallery.lons[tile])
    far: dict[str, float] = {}
    for fact, of_fact in enumerate(facts.names):
        tiles = links.tile[links.starts[fact] : links.starts[fact + 1]]
        if len(tiles) and any(words & set(words_of(name)) for name in of_fact):
            away = haversine_m(*here, gallery.lats[tiles], gallery.lons[tiles]).min()
            far[facts.text[fact][:44]] = float(away)
    distant = sorted((away, thing) for thing, away in far.items() if away > SHEET_M)
    for away, thing in distant[:8]:
        yield f"[{thing} ~{away:.0f}]"


def _is_repeat(fact: str) -> bool:
    """Whether a fact repeats others: counts, corners, things in or beside a square."""
    return bool(re.match(r"(?:two|three|several|many) |corner of", fact)) or bool(
        re.search(r" (?:in|beside) an? ", fact)
    )


def draw(name: str, path: Path, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Up to `count` descriptions of a file, each with a tile and some of its phrases."""
    machine = settings.load()
    gallery, rng = open_gallery(name, machine), np.random.default_rng(seed)
    encoder = load_model(threads=1)
    has_pictures = "image" in gallery.card.channels
    pictures = load_picture_encoder(gallery, machine, encoder) if has_pictures else None
    queries = rows_of(path)
    for number in rng.permutation(len(queries))[:count].tolist():
        text = queries[number]["text"]
        first = search_with_trace(gallery, encoder, Query(text, k=1), pictures)
        best = first.result.candidates[0].tile
        tile = gallery.row_of(best.tile_id)
        if rng.random() < 0.5:
            away = haversine_m(best.lat, best.lon, gallery.lats, gallery.lons)
            around = np.flatnonzero((away > 150) & (away < 500))
            tile = int(rng.choice(around)) if len(around) else tile
        phrases = split_phrases(text)
        chosen = sorted(rng.permutation(len(phrases))[:PHRASES_EACH].tolist())
        yield {
            "gallery": name,
            "lat": round(float(gallery.lats[tile]), 6),
            "lon": round(float(gallery.lons[tile]), 6),
            "text": text,
            "phrases": [phrases[row].text for row in chosen],
            "facts": list(sheet(gallery, tile, text)),
        }


@dataclass(frozen=True)
class Judged:
    """A label with the verdict of the code: None where its phrase is cut otherwise now."""

    label: dict[str, Any]
    entry: LedgerEntry | None

    @property
    def is_right(self) -> bool:
        """Whether the code's standing is the label's, with right evidence."""
        assert self.entry is not None
        return is_right(self.label, self.entry)


def judged(labels: Iterable[dict[str, Any]]) -> list[Judged]:
    """The labels whose gallery is there, each with its entry in the ledger at its place."""
    machine = settings.load()
    encoder = load_model(threads=1)
    labels, results = list(labels), []
    for name in dict.fromkeys(label["gallery"] for label in labels):
        try:
            gallery = open_gallery(name, machine)
        except GalleryError:
            continue
        own = [label for label in labels if label["gallery"] == name]
        for place in judged_places(own, gallery, encoder):
            entries = ledgers(place.trace, encoder, None, False).entries[0]
            ledger = {entry.evidence.phrase: entry for entry in entries}
            results += [Judged(label, ledger.get(label["phrase"])) for label in place.labels]
    return results


def figures(results: list[Judged]) -> dict[str, dict[str, float]]:
    """Precision and recall of `supported` and `contradicted`, with how many the code said."""
    matched = [one for one in results if one.entry is not None]
    document = {"matched": {"n": float(len(matched)), "of": float(len(results))}}
    for standing in ("supported", "contradicted"):
        claimed = [one for one in matched if one.entry and one.entry.standing == standing]
        true = [one for one in matched if one.label["standing"] == standing]
        right = sum(one.is_right for one in claimed)
        low, high = wilson(right, len(claimed))
        document[standing] = {
            "said": len(claimed),
            "precision": right / max(len(claimed), 1),
            "low": low,
            "high": high,
            "recall": sum(one.is_right for one in true) / max(len(true), 1),
            "true": len(true),
        }
    return document


def kappa(labels: Iterable[dict[str, Any]]) -> float:
    """Cohen's kappa of the two judgements of each label (Cohen 1960)."""
    pairs = Counter((label["first"], label["second"]) for label in labels)
    n = sum(pairs.values())
    first, second = Counter[str](), Counter[str]()
    for (one, other), count in pairs.items():
        first[one] += count
        second[other] += count
    agreed = sum(count for (one, other), count in pairs.items() if one == other) / n
    by_chance = sum(first[standing] * second[standing] for standing in first) / n**2
    return 1.0 if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    z, share = 1.96, right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    return middle - half, middle + half


def main() -> None:
    """Draws or measures, as the arguments say."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if sys.argv[1] == "draw":
        for pair in draw(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])):
            sys.stdout.write(json.dumps(pair, ensure_ascii=False) + "\n")
        return
    half = sys.argv[2] if len(sys.argv) > 2 else None
    results = judged(row for row in rows_of(LABELS) if half in (None, row["half"]))
    for one in results:
        if one.entry is not None and not one.is_right:
            sys.stdout.write(
                f"{one.label['gallery']}: {one.label['phrase']!r} {one.label['standing']} "
                f"{one.label['evidence']} / {one.entry.standing}: {one.entry.evidence.fact} "
                f"{one.entry.evidence.similarity} {one.entry.evidence.channel} "
                f"{one.entry.evidence.fit} {one.entry.against}\n"
            )
    sys.stdout.write(json.dumps(figures(results), indent=1) + "\n")


if __name__ == "__main__":
    main()
