"""The cost of a search in one gallery by its number of tiles.

The galleries are synthetic (`core.cli.bench.synthetic`), one region each, and are held in memory as
a gallery that `build` made is.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cli.bench.inputs import Progress, short_texts
from core.cli.bench.scale import copied_from
from core.cli.bench.synthetic import regions_to_pack
from core.cli.bench.synthetic_texts import texts_of
from core.cli.bench.vectors import at
from core.gallery import Gallery
from core.models import load_model
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval.picture_model import PictureEncoder, load_picture_encoder
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.search import search
from core.settings import Settings

SIZES = (5_000, 20_000, 100_000)
_TEXTS_OF_TILES = 24
_PARTS = ("match", "judge", "explain")


def run(settings: Settings, sizes: Sequence[int] | None, progress: Progress) -> dict[str, Any]:
    """Each description is searched in two stages, as usual, and exactly.

    `same_at_10` is the share of the exact search's ten places that the other has. `…_cpu_ms` are
    milliseconds of the processor, `parts_p50_ms` of the clock. `growth` is the power of the number
    of tiles with which the search without the encoding grows between the first and the last size;
    0.5 is the root.
    """
    sizes = sorted(sizes or SIZES)
    sources = copied_from(settings)
    encoder = load_model(threads=settings.search_threads)
    curve = []
    with tempfile.TemporaryDirectory(prefix="saywhere-region-") as scratch:
        for number, tiles in enumerate(sizes):
            progress("search", number, len(sizes))
            (region,) = regions_to_pack(sources, tiles, Path(scratch), 1)
            seeing = load_picture_encoder(region.gallery, settings, encoder)
            curve.append(_searched(region.gallery, encoder, seeing))
    growth = None
    if len(sizes) > 1:
        first, last = (
            one["search_cpu_ms"] - one["encoding_cpu_ms"] for one in curve[:: len(curve) - 1]
        )
        growth = round(float(np.log(last / first) / np.log(sizes[-1] / sizes[0])), 2)
    return {"bench": "region", "growth": growth, "curve": curve}


def _searched(gallery: Gallery, encoder: SentenceEncoder, seeing: PictureEncoder) -> dict[str, Any]:
    texts = [*short_texts(), *(query.text for query in texts_of([gallery], _TEXTS_OF_TILES))]
    for text in texts:  # what is made once
        search(gallery, encoder, Query(text), seeing)
    times, encodings, parts, exact_times, same, chances = [], [], [], [], [], [0.0]
    for text in texts:
        started = time.process_time()
        result = search(gallery, encoder, Query(text), seeing)
        times.append((time.process_time() - started) * 1e3)
        parts.append([result.timings_ms[part] for part in _PARTS])
        started = time.process_time()
        right = search(gallery, encoder, Query(text), seeing, exact=True)
        exact_times.append((time.process_time() - started) * 1e3)
        chance = {one.tile.tile_id: one.confidence or 0.0 for one in right.candidates}
        ids = [one.tile.tile_id for one in result.candidates]
        same.append(len(chance.keys() & set(ids)) / len(chance))
        chances += [
            abs((one.confidence or 0.0) - chance[one.tile.tile_id])
            for one in result.candidates
            if one.tile.tile_id in chance
        ]
        started = time.process_time()
        encode_query(tokenize_query(text, encoder, seeing), encoder, seeing)
        encodings.append((time.process_time() - started) * 1e3)
    return {
        "tiles": len(gallery),
        "facts": len(gallery.facts.text),
        "n": len(texts),
        "search_cpu_ms": at(times, 50),
        "search_p95_cpu_ms": at(times, 95),
        "exact_cpu_ms": at(exact_times, 50),
        "same_at_10": round(float(np.mean(same)), 4),
        "largest_difference_of_chances": round(max(chances), 4),
        "encoding_cpu_ms": at(encodings, 50),
        "parts_p50_ms": dict(zip(_PARTS, np.median(parts, axis=0).round(1).tolist(), strict=True)),
    }
