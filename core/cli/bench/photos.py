"""Street photographs whose place and signs are known: ranks, signs that are read, and costs."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.cli.bench.app_server import resident_mb
from core.cli.bench.inputs import Progress, encoded_set
from core.cli.progress import note
from core.describe.streetview import (
    PhotoDescriber,
    PhotoDescription,
    described_apart,
    load_describer,
    read_photo,
)
from core.describe.streetview.batch import photos_in
from core.describe.streetview.sentences import searched_text
from core.errors import QueryError, SaywhereError
from core.evaluation.feedback import place_rank
from core.evaluation.photographs import (
    PhotoTruth,
    rank_figures,
    read_truth,
    sign_counts,
    sum_of,
)
from core.evaluation.queries import LabelledQuery, inside_gallery
from core.gallery import Gallery, open_gallery
from core.geo import haversine_m
from core.retrieval import rank_tiles
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class TimedDescription:
    """The description of a photograph, None where nothing in it can be described, and the
    processor time (ms) of all processes for it."""

    description: PhotoDescription | None
    cpu_ms: float

    @property
    def signs(self) -> list[str]:
        """The lines that were read."""
        seen = self.description
        return [sign.text for scene in seen.scenes for sign in scene.signs] if seen else []


def run(
    settings: Settings,
    gallery: str | None,
    photos: Path | None,
    truth: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Describes the photographs of a folder twice: with the networks in a process of their own,
    as the page does, then with the networks in this process, as `search --image` does.

    Ranks are of those with a place, signs of those whose signs are known. `memory_mb` is what this
    process holds before the first photograph, after those of the page, and after all. A language
    model that is set up writes in the second turn.
    """
    if photos is None or truth is None:
        raise QueryError(
            "bench photos needs --photos FOLDER and --truth FILE.jsonl with file, lat, lon and "
            "signs of each"
        )
    known, paths = read_truth(truth), photos_in(photos)
    if not known.keys() & {path.name for path in paths}:
        raise QueryError(f"{truth.name} has none of the photographs in {photos}")
    placed = [path.name for path in paths if path.name in known and known[path.name].position]
    if placed and gallery is None:
        raise QueryError("bench photos needs --gallery G for photographs with a place")
    memory = {"before": resident_mb()}
    apart = {}
    for number, path in enumerate(paths, 1):
        apart[path.name] = _described(path, None)
        memory.setdefault("after_first", resident_mb())
        progress("as on the page", number, len(paths))
    memory["after_page"] = resident_mb()
    describer, found = load_describer(settings.search_threads, server=settings.advisor), {}
    for number, path in enumerate(paths, 1):
        found[path.name] = _described(path, describer)
        progress("in this process", number, len(paths))
    memory["after_all"] = resident_mb()
    ranks = (
        _ranks(
            {name: found[name] for name in placed},
            known,
            open_gallery(gallery, settings),
            settings,
            progress,
        )
        if placed and gallery
        else {}
    )
    signs = {
        name: sign_counts(one.signs, known[name].signs or ())
        for name, one in found.items()
        if name in known and known[name].signs is not None
    }
    return {
        "bench": "photos",
        "gallery": gallery,
        "photos": len(found),
        "statuses": _statuses(found.values()),
        "ranks": rank_figures(list(ranks.values())) if ranks else None,
        "signs": asdict(sum_of(signs.values())) if signs else None,
        "photo_ms": _median_ms(found.values()),
        "page_photo_ms": _median_ms(apart.values()),
        "memory_mb": {when: round(mb) for when, mb in memory.items()},
        "rows": [
            {
                "file": name,
                "rank": ranks.get(name),
                "description": one.description.text if one.description else "",
                "signs": one.signs,
            }
            for name, one in found.items()
        ],
    }


def _described(path: Path, describer: PhotoDescriber | None) -> TimedDescription:
    """A photograph, described by networks in a process of their own where there is no
    `describer`."""
    started = _cpu_s()
    try:
        picture = read_photo(path).picture
        seen = describer.describe(picture) if describer else described_apart(picture)
    except SaywhereError as error:
        note(f"{path.name}: {error}")
        seen = None
    return TimedDescription(seen, 1000 * (_cpu_s() - started))


def _cpu_s() -> float:
    """Processor time of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _median_ms(described: Iterable[TimedDescription]) -> float:
    return round(float(np.median([one.cpu_ms for one in described])), 1)


def _statuses(described: Iterable[TimedDescription]) -> dict[str, int]:
    return dict(
        Counter(
            one.description.status if one.description else "nothing to describe"
            for one in described
        )
    )


def _ranks(
    found: Mapping[str, TimedDescription],
    known: Mapping[str, PhotoTruth],
    gallery: Gallery,
    settings: Settings,
    progress: Progress,
) -> dict[str, int]:
    """The rank of each photograph, whose place is known: the last where nothing was described."""
    queries = [
        LabelledQuery(searched_text(one.description), at, "", name)
        for name, one in found.items()
        if one.description and (at := known[name].position)
    ]
    queries = inside_gallery(queries, gallery, "the file of what is known")
    encoded = encoded_set(queries, gallery, settings, progress)
    ranks = {name: len(gallery) for name, one in found.items() if one.description is None}
    for query, encoded_query in zip(queries, encoded.queries, strict=True):
        at = query.position
        away_m = haversine_m(at.lat, at.lon, gallery.lats, gallery.lons)
        scores = rank_tiles(gallery, encoded_query, encoded.channels).scores
        ranks[query.query_id] = place_rank(scores, away_m)
    return ranks
