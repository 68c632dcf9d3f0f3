"""Speed of embedding a gallery's pictures on a Ray cluster, compared with the plain loop here."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import I8
from core.cli.bench.inputs import Progress, largest
from core.errors import ModelError
from core.gallery import find_gallery
from core.gallery.embed import EmbeddingJob, embed_encoded, parts_of, picture_stamp_of, read_part
from core.gallery.manifest import read_manifest
from core.gallery.ray_engine import connected, embed_on_ray
from core.gallery.tables import pack_embeddings
from core.models import DEFAULT_PICTURE_MODEL, DualEncoder, load_model
from core.settings import Settings

_PARTS, _PART = 12, 32


def run(
    settings: Settings,
    gallery: str | None,
    model: str | None,
    checkpoint: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Embeds the first pictures of a gallery in a loop on one core, then on one processor of a
    cluster and on two. `first_…` are of runs in which the processes load the model.

    Raises RuntimeError if the embeddings differ, GalleryError where there is no cluster.
    """
    folder = find_gallery(gallery or largest(settings), settings)
    encoder = load_model(model or DEFAULT_PICTURE_MODEL, 1, checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{model} reads texts only; give a --model that reads pictures")
    manifest = read_manifest(folder)
    with tempfile.TemporaryDirectory(prefix="saywhere-ray-") as scratch, connected():
        parts = parts_of(folder, manifest, _PART)[:_PARTS]
        stamp = picture_stamp_of(encoder, checkpoint)
        job = EmbeddingJob(folder, stamp, checkpoint, parts, Path(scratch))
        pictures = [picture for part in parts for picture in read_part(job, manifest, part)]

        def plain() -> I8:
            return pack_embeddings(np.concatenate(list(embed_encoded(pictures, encoder, 1))))

        figures: dict[str, Any] = {"bench": "ray", "model": stamp.title, "n": len(pictures)}
        plain()
        expected, figures["plain_tiles_per_s"] = _speed(plain, len(pictures))
        for workers in (1, 2):
            for name in ("first_", ""):
                finished = Path(scratch) / f"{name}{workers}"
                finished.mkdir()
                embed = partial(_embedded, replace(job, finished=finished), workers, progress)
                found, speed = _speed(embed, len(pictures))
                figures[f"{name}{workers}_workers_tiles_per_s"] = speed
                shutil.rmtree(finished)
                if found.tobytes() != expected.tobytes():
                    raise RuntimeError("the cluster's embeddings differ from those of the loop")
    return figures


def _embedded(job: EmbeddingJob, workers: int, progress: Progress) -> I8:
    return np.concatenate(embed_on_ray(job, progress, workers))


def _speed(embed: Callable[[], I8], tiles: int) -> tuple[I8, float]:
    """What a function returns, and the tiles a second that it took."""
    started = time.perf_counter()
    embedded = embed()
    return embedded, round(tiles / (time.perf_counter() - started), 2)
