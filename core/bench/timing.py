"""A part of the app timed beside what it stands on, in one run, as figures to print."""

import io
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image

from core.arrays import F32
from core.errors import GalleryError, ModelError
from core.evaluation.plain import plain_metric
from core.evaluation.protocol import PaperMetric, Places, candidates, metric, rank
from core.gallery import list_galleries, open_gallery
from core.gallery.embed import embed_encoded
from core.models import DEFAULT_PICTURE_MODEL, DualEncoder, load_model
from core.models.compact import CompactEncoder
from core.models.crosstext2loc import CrossText2Loc
from core.models.pictures import Preparation
from core.records import Query
from core.retrieval.eyes import open_eyes
from core.retrieval.reading import embed, tokenize
from core.retrieval.search import search
from core.settings import Settings
from core.sources.cvgtext import CvgRow, is_panorama

DESCRIPTIONS = (
    "a white cathedral above wide steps, a big cobbled square with a statue",
    "narrow street with cafes, a pharmacy on the corner and a bakery next to it",
    "I'm at the bus stop in front of the town hall. Opposite is a bank, and further down the "
    "street there is a church with a tall tower behind some trees.",
    "small park with a playground and benches under old trees, apartment buildings all around, "
    "a supermarket car park on one side and tram tracks on the other",
    "harbour",
    "Standing by the water, boats moored along the quay, restaurants with tables outside. Behind "
    "me a steep street goes up with steps at the end, a hotel on the left with flags, a fountain "
    "in the middle of a little square, and I can just see the railway station past the main road.",
)
_ROUNDS = 25
_PICTURES = 1_200
"""Test pictures of a city of CVG-Text."""
_EMBEDDED, _BATCH = 192, 32
"""Pictures that are embedded, and how many at once by the plain loop over a CLIP."""
_TURNS = 3
_REPEATS = 11


def largest(settings: Settings) -> str:
    """The sound gallery with the most tiles. Raises GalleryError where there is none."""
    cards = [card for card in list_galleries(settings) if not card.problem]
    if not cards:
        raise GalleryError("there is no gallery to time; make one with python -m core build")
    return max(cards, key=lambda card: card.tiles).name


def bench_search(settings: Settings, gallery: str | None = None) -> dict[str, Any]:
    """The whole search beside its encoder's forward passes alone, taking turns on one input.

    `ratio` is the median over descriptions and rounds of search over forward passes (of the
    description, of its phrases, and into the space of pictures where the gallery has that channel,
    tokenized beforehand); ours over the reference.
    """
    opened = open_gallery(gallery or largest(settings), settings)
    encoder = load_model(threads=settings.search_threads)
    eyes = None
    if opened.card.picture_models:
        eyes = open_eyes(opened, settings, encoder)
    tokenized = [tokenize(text, encoder, eyes) for text in DESCRIPTIONS]
    for text in DESCRIPTIONS:
        search(opened, encoder, Query(text), eyes)
    whole: list[float] = []
    alone: list[float] = []
    for _ in range(_ROUNDS):
        for text, tokens in zip(DESCRIPTIONS, tokenized, strict=True):
            started = time.perf_counter()
            embed(tokens, encoder, eyes)
            between = time.perf_counter()
            search(opened, encoder, Query(text), eyes)
            alone.append((between - started) * 1e3)
            whole.append((time.perf_counter() - between) * 1e3)
    return {
        "bench": "search",
        "gallery": opened.card.name,
        "tiles": len(opened),
        "channels": list(opened.card.channels),
        "n": len(whole),
        "p50_ms": round(float(np.percentile(whole, 50)), 2),
        "p95_ms": round(float(np.percentile(whole, 95)), 2),
        "forward_p50_ms": round(float(np.percentile(alone, 50)), 2),
        "ratio": round(float(np.median(np.array(whole) / np.array(alone))), 3),
    }


def bench_evaluate() -> dict[str, Any]:
    """The paper's metric on random pictures beside its plain twin, taking turns on one input.

    Ours starts from rows as `read_cvgtext` gives them, the twin from file names as the published
    code does; both from the same cosines. `ratio` is the median over turns of the twin's time
    over ours. Raises where the two differ in any digit.
    """
    rows, cosines = _random_test(_PICTURES, np.random.default_rng(42))
    names, listed = [row.name for row in rows], cosines.tolist()
    naive: list[float] = []
    ours: list[float] = []
    for _turn in range(_TURNS):
        repeats = []
        for repeat in range(2 * _REPEATS):
            if repeat == _REPEATS:
                started = time.perf_counter()
                wanted = plain_metric(names, listed)
                naive.append(time.perf_counter() - started)
            started = time.perf_counter()
            found = _paper_metric(rows, cosines)
            repeats.append(time.perf_counter() - started)
        if found != wanted:
            raise RuntimeError(f"the metric is {found}, its plain twin says {wanted}")
        ours.append(float(np.median(repeats)))
    return {
        "bench": "evaluate",
        "n": len(rows),
        "naive_s": round(float(np.median(naive)), 3),
        "ours_s": round(float(np.median(ours)), 5),
        "ratio": round(float(np.median(np.array(naive) / np.array(ours))), 1),
    }


def _paper_metric(rows: list[CvgRow], cosines: F32) -> PaperMetric:
    places = Places.of(rows)
    near = candidates(places, "nearest-100")
    return metric(places, rank(places, near, lambda some: cosines[some[0] : some[-1] + 1]))


def _random_test(count: int, random: np.random.Generator) -> tuple[list[CvgRow], F32]:
    """Pictures of both sorts around a city, and cosines [N, N] that find about a third."""
    rows = []
    for number, (lat, lon) in enumerate(random.normal((40.7, -74.0), 0.05, (count, 2)).round(7)):
        tail = f"2019-05_a_b{number}_d90_z1" if number % 2 else number
        name = f"{lat:.7f},{lon:.7f}_{tail}.jpg"
        rows.append(CvgRow(name, "", float(lat), float(lon), is_panorama(name), Path(name)))
    pictures = random.normal(size=(count, 64))
    texts = pictures + 4 * random.normal(size=(count, 64))
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    return rows, (texts @ pictures.T).astype(np.float32)


def _plain_loop(encoder: DualEncoder) -> Callable[[Sequence[bytes]], F32]:
    """What anybody would write with the same weights."""
    if isinstance(encoder, CrossText2Loc):
        return partial(_plain_clip, encoder, _processor(encoder.preparation))
    if not isinstance(encoder, CompactEncoder):
        raise ModelError(f"there is no plain loop for {encoder.spec.title}")
    tower = encoder.network.picture

    def run(pictures: Sequence[bytes]) -> F32:
        rows = []
        for picture in pictures:
            pixels = encoder.pixels([Image.open(io.BytesIO(picture))])
            with torch.inference_mode():
                rows.append(tower(tower.features(pixels))[0].numpy())
        return np.stack(rows)

    return run


def _processor(prepared: Preparation) -> Any:
    side = {"height": prepared.size_px, "width": prepared.size_px}
    usual: dict[str, Any] = {
        "image_mean": prepared.mean,
        "image_std": prepared.std,
        "resample": prepared.resample,
    }
    if prepared.crop:
        size = {"shortest_edge": prepared.size_px}
        return transformers.CLIPImageProcessorPil(size=size, crop_size=side, **usual)
    return transformers.SiglipImageProcessorPil(size=side, **usual)


def _plain_clip(encoder: CrossText2Loc, processor: Any, pictures: Sequence[bytes]) -> F32:
    parts = []
    for start in range(0, len(pictures), _BATCH):
        images = [Image.open(io.BytesIO(one)) for one in pictures[start : start + _BATCH]]
        inputs = processor(images=[one.convert("RGB") for one in images], return_tensors="pt")
        with torch.inference_mode():
            found = encoder.network.get_image_features(**inputs).pooler_output
            parts.append((found / found.norm(dim=-1, keepdim=True)).numpy())
    return np.concatenate(parts)


def bench_embed(
    settings: Settings,
    gallery: str | None = None,
    model: str | None = None,
    checkpoint: Path | None = None,
) -> dict[str, Any]:
    """Our way from a gallery's picture files to embeddings beside a plain loop, taking turns.

    The plain loop decodes and embeds one picture after the other (a CLIP: in batches, with
    transformers' own processor) on all cores. `ratio` is the median over turns of its time over
    ours. Raises where the two differ.
    """
    opened = open_gallery(gallery or largest(settings), settings)
    encoder = load_model(model or DEFAULT_PICTURE_MODEL, settings.batch_threads, checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; wanted a --model that sees pictures")
    pictures = [opened.picture(tile_id) for tile_id in opened.tile_ids[:_EMBEDDED]]
    plain = _plain_loop(encoder)
    naive: list[float] = []
    ours: list[float] = []
    for _turn in range(_TURNS):
        started = time.perf_counter()
        wanted = plain(pictures)
        between = time.perf_counter()
        found = np.concatenate(list(embed_encoded(pictures, encoder, settings.batch_threads)))
        ours.append(time.perf_counter() - between)
        naive.append(between - started)
        if not np.allclose(found, wanted, atol=1e-3):
            raise RuntimeError("our embeddings are not those of the plain loop")
    return {
        "bench": "embed",
        "gallery": opened.card.name,
        "model": encoder.spec.title,
        "n": len(pictures),
        "ours_tiles_per_s": round(len(pictures) / float(np.median(ours)), 2),
        "plain_tiles_per_s": round(len(pictures) / float(np.median(naive)), 2),
        "ratio": round(float(np.median(np.array(naive) / np.array(ours))), 3),
    }
