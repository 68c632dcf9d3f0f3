"""Picture embeddings of a gallery, computed on a Ray cluster by Ray Data.

Every part of a job is one task. It reads its pictures from the gallery's folder and writes one
Parquet file with the hash and the embedding of each tile, so all machines must see that folder
under the same path. The file's name is a hash of the weights, the view and the tiles: a part that
is there is not embedded again, and a task that runs twice, because its machine was lost, writes the
same file. Ray Data runs tasks again wherever a processor is free. Actors, which would hold the
model, wait for a free processor of their own when their machine is lost; so the model is loaded
once for each process instead.

`ray` is imported here alone, when it is asked for: see core/scale/requirements.txt.
"""

import functools
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.arrays import I8
from core.errors import GalleryError
from core.files import replacing
from core.gallery.embed import (
    EmbeddingJob,
    TilePart,
    embed_encoded,
    picture_stamp_of,
    read_part,
)
from core.gallery.manifest import Manifest, read_manifest
from core.gallery.staging import Progress
from core.gallery.tables import pack_embeddings
from core.models import DualEncoder, load_model

_UNREADABLE = (OSError, pa.ArrowException)


def embed_on_ray(job: EmbeddingJob, progress: Progress, workers: int = 0) -> list[I8]:
    """Embeds the parts of a job, on at most so many processors of the cluster at once (0: on all).

    Uses the cluster that this process is connected to, or else the one that RAY_ADDRESS or this
    machine has. Raises GalleryError where there is none, and where a task fails.
    """
    manifest = read_manifest(job.folder)
    shards = [shard_of(job, manifest, part) for part in job.parts]
    missing = [
        {"part": number}
        for number, (path, part) in enumerate(zip(shards, job.parts, strict=True))
        if _rows_in(path) != part.stop - part.start
    ]
    tiles = sum(part.stop - part.start for part in job.parts)
    left = (job.parts[row["part"]] for row in missing)
    done = tiles - sum(part.stop - part.start for part in left)
    progress("embed pictures", done, tiles)
    if missing:
        with connected() as ray:
            try:
                for row in _tasks(ray, missing, job, workers).iter_rows():
                    done += int(row["tiles"])
                    progress("embed pictures", done, tiles)
            except ray.exceptions.RayError as error:
                raise GalleryError(
                    f"a task on the Ray cluster failed ({_brief(error)}); run it again to go on"
                ) from error
    return [read_shard(path)[1] for path in shards]


def shard_of(job: EmbeddingJob, manifest: Manifest, part: TilePart) -> Path:
    """The file of a part's embeddings, named by the model, the view and the tiles."""
    sources = [part.file]
    if job.stamp.view == "aerial":
        sources += [f"{manifest.build}/{one.archive}" for one in manifest.aerial]
    hashes = [manifest.files[name]["sha256"] for name in sources]
    key = [job.stamp.weights_sha256, job.stamp.key, hashes, part.start, part.stop]
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    return job.finished / f"{digest[:24]}.parquet"


def read_shard(path: Path) -> tuple[list[str], I8]:
    """The hashes [n] of a part's pictures and their packed embeddings [n, D].

    Raises GalleryError for a file that cannot be read.
    """
    try:
        table = pq.read_table(path)
        rows: bytes = b"".join(table["embedding"].to_pylist())
        hashes: list[str] = table["tile_hash"].to_pylist()
    except (*_UNREADABLE, KeyError) as error:
        raise GalleryError(
            f"{path} cannot be read ({error!s:.100}); delete it and run it again"
        ) from error
    return hashes, np.frombuffer(rows, dtype=np.int8).reshape(len(hashes), -1)


def _rows_in(path: Path) -> int:
    """The number of embeddings in a shard, 0 where it is missing or damaged."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except _UNREADABLE:
        return 0


@contextmanager
def connected() -> Iterator[Any]:
    """The module `ray`, connected to a cluster, and left as it was found.

    Raises GalleryError where there is no cluster, and where `ray` is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise GalleryError(
            "ray is not installed; run pip install -r core/scale/requirements.txt"
        ) from error
    was_connected = ray.is_initialized()
    if not was_connected:
        try:
            ray.init(address="auto", logging_level=logging.WARNING, log_to_driver=False)
        except ConnectionError as error:
            raise GalleryError(
                "there is no Ray cluster here; start one with "
                "ray start --head --disable-usage-stats"
            ) from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield ray
    finally:
        if not was_connected:
            ray.shutdown()


def _tasks(ray: Any, rows: list[dict[str, int]], job: EmbeddingJob, workers: int) -> Any:
    """One task for each row. A task of a lost machine is run again, wherever there is room."""
    data = ray.data.from_items(rows, override_num_blocks=len(rows))
    return data.map_batches(
        functools.partial(_embed_part, job=job),
        batch_size=1,
        num_cpus=1,
        compute=ray.data.TaskPoolStrategy(workers or None),
    )


def _embed_part(batch: dict[str, Any], job: EmbeddingJob) -> dict[str, Any]:
    """A task: writes the embeddings of a part; returns how many there are."""
    part = job.parts[int(batch["part"][0])]
    manifest = read_manifest(job.folder)
    pictures = read_part(job, manifest, part)
    embedded = list(embed_encoded(pictures, _encoder(job), 1))
    packed = pack_embeddings(np.concatenate(embedded))
    table = pa.table(
        {
            "tile_hash": [hashlib.sha256(picture).hexdigest() for picture in pictures],
            "embedding": pa.array(
                [row.tobytes() for row in packed], type=pa.binary(packed.shape[1])
            ),
        }
    )
    with replacing(shard_of(job, manifest, part)) as path:
        pq.write_table(table, path, compression="zstd")
    return {"tiles": [len(pictures)]}


def _encoder(job: EmbeddingJob) -> DualEncoder:
    """The model of a job. Raises GalleryError where this machine has other weights of that name."""
    encoder = _loaded(job.stamp.name, job.checkpoint)
    if not isinstance(encoder, DualEncoder):
        raise GalleryError(f"{job.stamp.name} embeds no pictures")
    here = picture_stamp_of(encoder, job.checkpoint, None).weights_sha256
    if here != job.stamp.weights_sha256:
        raise GalleryError(
            f"a machine of the cluster has other weights of {job.stamp.name}; install the same "
            "version on all"
        )
    return encoder


@functools.cache
def _loaded(name: str, checkpoint: Path | None) -> Any:
    return load_model(name, 1, checkpoint)


def _brief(error: Exception) -> str:
    """The last line of an error that has the traceback of a task."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{lines[-1] if lines else type(error).__name__:.200}"
