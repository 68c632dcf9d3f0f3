"""Speed of embedding a gallery's pictures, compared with a plain loop with the same weights."""

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
from core.cli.bench.inputs import largest
from core.errors import ModelError
from core.gallery import open_gallery
from core.gallery.embed import embed_encoded
from core.models import DEFAULT_PICTURE_MODEL, DualEncoder, load_model
from core.models.compact import CompactEncoder
from core.models.crosstext2loc import CrossText2Loc
from core.models.pictures import Preparation
from core.settings import Settings

_EMBEDDED, _BATCH = 192, 32
"""Number of pictures, and the batch size of the plain loop with CLIP."""
_TURNS = 3


def run(
    settings: Settings,
    gallery: str | None = None,
    model: str | None = None,
    checkpoint: Path | None = None,
) -> dict[str, Any]:
    """Embeds a gallery's picture files with our code and with a plain loop, in alternation.

    The plain loop decodes and embeds one picture after the other (CLIP: in batches, with the
    processor of transformers) on all cores. `ratio` is the median over turns of its time divided by
    ours. Raises RuntimeError if the embeddings differ, ModelError for a model without pictures.
    """
    opened = open_gallery(gallery or largest(settings), settings)
    encoder = load_model(model or DEFAULT_PICTURE_MODEL, settings.batch_threads, checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; give a --model that reads pictures")
    pictures = [opened.picture(tile_id) for tile_id in opened.tile_ids[:_EMBEDDED]]
    plain = _plain_loop(encoder)
    naive: list[float] = []
    ours: list[float] = []
    for _turn in range(_TURNS):
        started = time.perf_counter()
        expected = plain(pictures)
        between = time.perf_counter()
        embeddings = np.concatenate(list(embed_encoded(pictures, encoder, settings.batch_threads)))
        ours.append(time.perf_counter() - between)
        naive.append(between - started)
        if not np.allclose(embeddings, expected, atol=1e-3):
            raise RuntimeError("our embeddings differ from those of the plain loop")
    return {
        "bench": "embed",
        "gallery": opened.card.name,
        "model": encoder.spec.title,
        "n": len(pictures),
        "ours_tiles_per_s": round(len(pictures) / float(np.median(ours)), 2),
        "plain_tiles_per_s": round(len(pictures) / float(np.median(naive)), 2),
        "ratio": round(float(np.median(np.array(naive) / np.array(ours))), 3),
    }


def _plain_loop(encoder: DualEncoder) -> Callable[[Sequence[bytes]], F32]:
    """The simplest code that embeds pictures with the same weights."""
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
    options: dict[str, Any] = {
        "image_mean": prepared.mean,
        "image_std": prepared.std,
        "resample": prepared.resample,
    }
    if prepared.crop:
        size = {"shortest_edge": prepared.size_px}
        return transformers.CLIPImageProcessorPil(size=size, crop_size=side, **options)
    return transformers.SiglipImageProcessorPil(size=side, **options)


def _plain_clip(encoder: CrossText2Loc, processor: Any, pictures: Sequence[bytes]) -> F32:
    parts = []
    for start in range(0, len(pictures), _BATCH):
        images = [Image.open(io.BytesIO(picture)) for picture in pictures[start : start + _BATCH]]
        inputs = processor(
            images=[picture.convert("RGB") for picture in images], return_tensors="pt"
        )
        with torch.inference_mode():
            embeddings = encoder.network.get_image_features(**inputs).pooler_output
            parts.append((embeddings / embeddings.norm(dim=-1, keepdim=True)).numpy())
    return np.concatenate(parts)
