"""Size, speed and recall of a search in a large collection, made from real galleries.

The collection is synthetic (`core.cli.bench.synthetic`). A search is the whole one, as `core
search` makes it: from the text to ranked candidates with positions, names and evidence.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32
from core.cli.bench import vectors
from core.cli.bench.inputs import Progress, short_texts
from core.cli.bench.synthetic import REGIONS, regions_to_pack
from core.cli.bench.synthetic_texts import texts_of
from core.cli.bench.vectors import at, disk_mb, resident_mb
from core.errors import GalleryError
from core.gallery import Gallery, list_galleries, open_gallery
from core.gallery.packed import PackedCollection
from core.geo import Position
from core.models import load_model
from core.models.sentence import SentenceEncoder
from core.records import Query, SearchResult
from core.retrieval.anywhere import search_anywhere
from core.retrieval.packing import pack
from core.retrieval.picture_model import PictureEncoder, load_picture_encoder
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query
from core.retrieval.search import search
from core.retrieval.two_stages import overview_of
from core.settings import Settings

_SMALLER = (10_000, 100_000)
_TILES_OF_REGION = 4_600
_TEXTS_OF_TILES = 24
_COMPARED = 24
_TIE = 0.05
"""A place whose chance is below that of the last exact one by less than this share is as good."""
_K, _WITHIN_M = 10, 1000.0


@dataclass(frozen=True, slots=True)
class _Search:
    """What searches a collection: its regions, the encoders, and the descriptions."""

    galleries: tuple[Gallery, ...]
    encoder: SentenceEncoder
    picture_encoders: dict[str, PictureEncoder]
    texts: tuple[str, ...]

    def found(self, text: str, *, exact: bool = False, query: Query | None = None) -> SearchResult:
        """The answer."""
        return search_anywhere(
            self.galleries,
            self.encoder,
            query or Query(text, _K),
            self.picture_encoders,
            exact=exact,
        ).result


def run(settings: Settings, tiles: int, keep: str | None, progress: Progress) -> dict[str, Any]:
    """Builds the collection and measures searches and vector indexes.

    `keep` is the name under which the collection stays, as a user's own gallery; one of that name
    and size that is there is measured without being built again. Times are by the clock, `…_cpu_ms`
    are the processor's, to read on a busy machine. `recall_at_10` is the share of the ten
    candidates of the search in two stages that are as likely as the tenth of the exact search, by
    the probabilities of the exact one, or less likely by a twentieth at the most; `same_at_10` is
    the share of the exact search's candidates that the other one has. `vector_…` are those of the
    texts' index alone, `pictures` has the pictures'. `curve` has the whole search at smaller sizes.
    """
    sources = copied_from(settings)
    with tempfile.TemporaryDirectory(prefix="saywhere-scale-") as scratch:
        home = Path(scratch)
        figures = _of_size(settings, sources, tiles, home, keep, progress, is_whole=True)
        curve = [
            _of_size(settings, sources, count, home, None, progress)
            for count in _SMALLER
            if count < tiles
        ]
    return {"bench": "scale", **figures, "curve": curve}


def copied_from(settings: Settings) -> list[Gallery]:
    """The galleries to copy from: those with texts and pictures of the bundled model."""
    galleries = [
        open_gallery(card.name, settings)
        for card in list_galleries(settings)
        if not card.problem
        and not card.regions
        and "facts" in card.channels
        and [one.key for one in card.picture_models] == ["compact"]
    ]
    usable = [one for one in galleries if one.facts.views is None and one.facts.things is not None]
    if not usable:
        raise GalleryError("there is no gallery with texts and compact pictures to copy from")
    return usable


def _of_size(
    settings: Settings,
    sources: Sequence[Gallery],
    tiles: int,
    home: Path,
    keep: str | None,
    progress: Progress,
    *,
    is_whole: bool = False,
) -> dict[str, Any]:
    folder = settings.user_galleries / keep if keep else home / f"of-{tiles}"
    regions = max(1, min(REGIONS, round(tiles / _TILES_OF_REGION)))
    figures: dict[str, Any] = {"tiles": tiles, "regions": regions}
    if not _is_there(folder, tiles):
        figures |= _built(sources, folder, tiles, regions, home, progress)
    figures["disk_mb"] = disk_mb(folder)
    encoder = load_model(threads=settings.search_threads)
    started = time.perf_counter()
    collection = PackedCollection(folder)
    galleries = tuple(collection.region(number) for number in range(len(collection)))
    figures["open_s"] = round(time.perf_counter() - started, 3)
    started = time.perf_counter()
    overview_of(galleries)
    figures["overview_s"] = round(time.perf_counter() - started, 3)
    seeing = load_picture_encoder(galleries[0], settings, encoder)
    texts = short_texts()
    texts += [query.text for query in texts_of(galleries, _TEXTS_OF_TILES)]
    one = _Search(galleries, encoder, {seeing.key: seeing}, tuple(texts))
    figures |= _whole(one)
    if is_whole:
        figures |= _parts(one) | _compared(one, progress)
        figures |= _vectors(one, collection, home)
    return figures


def kept_collection(
    settings: Settings, tiles: int, home: Path, keep: str | None, progress: Progress
) -> PackedCollection:
    """A synthetic collection of so many tiles: the one kept under a name, else a new one."""
    folder = settings.user_galleries / keep if keep else home / f"of-{tiles}"
    if not _is_there(folder, tiles):
        regions = max(1, min(REGIONS, round(tiles / _TILES_OF_REGION)))
        _built(copied_from(settings), folder, tiles, regions, home, progress)
    return PackedCollection(folder)


def _is_there(folder: Path, tiles: int) -> bool:
    try:
        regions = PackedCollection(folder).manifest.regions
    except GalleryError:
        return False
    return sum(region.tiles for region in regions) == tiles


def _built(
    sources: Sequence[Gallery],
    folder: Path,
    tiles: int,
    regions: int,
    home: Path,
    progress: Progress,
) -> dict[str, Any]:
    started, cpu = time.perf_counter(), time.process_time()
    folder.parent.mkdir(parents=True, exist_ok=True)

    def told() -> Any:
        for number, region in enumerate(regions_to_pack(sources, tiles, home, regions), 1):
            yield region
            progress("pack", number, regions)

    pack(folder, f"{tiles:,} tiles", told())
    return {
        "build_s": round(time.perf_counter() - started, 1),
        "build_cpu_s": round(time.process_time() - cpu, 1),
    }


def _timed(texts: Sequence[str], find: Callable[[str], Any]) -> dict[str, Any]:
    """The median and the 95th percentile by the clock, and the processor's median."""
    times, cpu_times = [], []
    for text in texts:
        started, cpu = time.perf_counter(), time.process_time()
        find(text)
        times.append((time.perf_counter() - started) * 1e3)
        cpu_times.append((time.process_time() - cpu) * 1e3)
    return {
        "n": len(texts),
        "p50_ms": at(times, 50),
        "p95_ms": at(times, 95),
        "cpu_p50_ms": at(cpu_times, 50),
        "cpu_p95_ms": at(cpu_times, 95),
    }


def _whole(one: _Search) -> dict[str, Any]:
    """The whole search: first every description once, which warms up, then timed."""
    first = _timed(one.texts, one.found)
    figures = _timed(one.texts, one.found)
    return {**figures, "first_time_p50_ms": first["p50_ms"], **resident_mb()}


def _parts(one: _Search) -> dict[str, Any]:
    """With two threads, in a region, within an area; and the encoding alone, for comparison."""
    with ThreadPoolExecutor(2) as threads:
        started = time.perf_counter()
        list(threads.map(one.found, one.texts))
        both_s = time.perf_counter() - started
    started = time.perf_counter()
    for text in one.texts:
        one.found(text)
    single_s = time.perf_counter() - started
    region = one.galleries[len(one.galleries) // 2]
    (seeing,) = one.picture_encoders.values()
    near = region.tile(len(region) // 2)
    area = Query("", _K, near=Position(near.lat, near.lon), within_m=_WITHIN_M)

    def in_area(text: str) -> SearchResult:
        return one.found(text, query=replace(area, text=text))

    return {
        "searches_per_s": {
            "one_thread": round(len(one.texts) / single_s, 2),
            "two_threads": round(len(one.texts) / both_s, 2),
        },
        "in_region": _timed(one.texts, lambda t: search(region, one.encoder, Query(t), seeing)),
        "in_area": _timed(one.texts, in_area),
        "encoding": _timed(one.texts, lambda t: _encoded(one, t)),
    }


def _encoded(one: _Search, text: str) -> EncodedQuery:
    (seeing,) = one.picture_encoders.values()
    return encode_query(tokenize_query(text, one.encoder, seeing), one.encoder, seeing)


def _compared(one: _Search, progress: Progress) -> dict[str, Any]:
    """The search in two stages against the exact one, for some of the descriptions."""
    step = max(1, len(one.texts) // _COMPARED)
    recalls, same, same_region, searched, times = [], [], [], [], []
    texts = one.texts[::step][:_COMPARED]
    for number, text in enumerate(texts, 1):
        started = time.perf_counter()
        right = one.found(text, exact=True)
        times.append((time.perf_counter() - started) * 1e3)
        found = one.found(text)
        recalls.append(recall_of_answer(found, right))
        same.append(len(set(_ids(right)) & set(_ids(found))) / max(len(right.candidates), 1))
        same_region.append(right.regions[0].gallery == found.regions[0].gallery)
        searched.append(found.regions_searched or len(one.galleries))
        progress("exact", number, len(texts))
    return {
        "recall_at_10": round(statistics.mean(recalls), 4),
        "same_at_10": round(statistics.mean(same), 4),
        "likeliest_region_is_the_same": round(statistics.mean(same_region), 4),
        "regions_searched": round(statistics.mean(searched), 2),
        "compared": len(texts),
        "exact_p50_ms": at(times, 50),
    }


def _ids(result: SearchResult) -> list[str]:
    return [f"{one.gallery} {one.tile.tile_id}" for one in result.candidates]


def recall_of_answer(found: SearchResult, right: SearchResult) -> float:
    """The share of the candidates of an answer that are as likely as the last of the exact one.

    Within a region both are exact. So the exact chance of a candidate is its chance, times the
    exact probability of its region by that of the answer.
    """
    exact = {one.gallery: one.probability for one in right.regions}
    estimated = {one.gallery: one.probability for one in found.regions}
    least = min((one.confidence or 0.0 for one in right.candidates), default=0.0)
    good = [
        (one.confidence or 0.0) * exact[one.gallery] / max(estimated[one.gallery], 1e-12)
        >= (1 - _TIE) * least
        for one in found.candidates
    ]
    return sum(good) / max(len(right.candidates), 1)


def _vectors(one: _Search, collection: PackedCollection, home: Path) -> dict[str, Any]:
    encoded = [_encoded(one, text) for text in one.texts]
    texts: F32 = np.stack([query.embedding for query in encoded])
    seen: F32 = np.stack(
        [query.picture_query.embedding for query in encoded if query.picture_query]
    )
    of_texts = vectors.measured(collection, "tile_code", texts, home / "texts", bare=True)
    pictures = vectors.measured(collection, "picture_code.compact", seen, home / "pictures")
    return {
        "vector_p50_ms": of_texts["vector_p50_ms"],
        "texts": of_texts,
        "pictures": pictures,
    }
