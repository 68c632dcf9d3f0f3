"""Picture embeddings of a gallery by any picture model.

They are computed in parts, so that a stopped run continues when it is run again; the manifest
makes them take effect.
"""

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image

from core.arrays import F32, I8
from core.errors import GalleryError
from core.files import replacing
from core.gallery.aerial import LEAST_COVER, AerialArchive
from core.gallery.manifest import Manifest, PictureStamp, read_manifest, write_manifest
from core.gallery.staging import (
    Progress,
    disk_faults_told,
    list_files,
    make_folder,
    removed_if_failed,
    save_embeddings,
    save_matrix,
)
from core.gallery.tables import pack_embeddings
from core.geo import Position
from core.models.specs import SPECS
from core.records import View

if TYPE_CHECKING:
    from core.models import DualEncoder

_PART = 512
_BATCH = 32
"""Pictures that one worker decodes and embeds together."""


def copy_to_home(folder: Path, home: Path) -> Path:
    """Returns the gallery's folder under `home`; copies it there atomically if it is not there."""
    target = home / folder.name
    if not (target / "manifest.json").is_file():
        make_folder(home)
        with disk_faults_told(home), replacing(target) as part:
            shutil.copytree(folder, part, ignore=shutil.ignore_patterns(".*"))
    return target


@contextmanager
def copied_to_home(folder: Path, home: Path) -> Iterator[Path]:
    """The gallery's folder under `home`, copied if it is not there, for a block that adds to it.

    A copy made for the block is deleted if the block fails, so that the original is seen again.
    """
    with removed_if_failed(home, folder.name):
        yield copy_to_home(folder, home)


@dataclass(frozen=True, slots=True)
class TilePart:
    """Tiles that are embedded together: some rows of one of a gallery's files of tiles."""

    file: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class EmbeddingJob:
    """The pictures of a gallery to embed, and where what is finished is kept until all is."""

    folder: Path
    stamp: PictureStamp
    checkpoint: Path | None
    parts: tuple[TilePart, ...]
    finished: Path


EmbedParts = Callable[[EmbeddingJob, Progress], list[I8]]
"""Embeds the parts of a job, or takes those that are finished; packed embeddings [n, D] of each."""


def embed_pictures(
    folder: Path,
    encoder: "DualEncoder",
    checkpoint: Path | None,
    workers: int,
    progress: Progress,
    view: View | None = None,
    embed_parts: EmbedParts | None = None,
) -> PictureStamp:
    """Embeds every picture of a gallery and records the model in its manifest.

    `checkpoint` is the path of a user's own weights. `view` is that of the pictures, by default
    the one that the model was made for. A tile outside the imagery has a zero for an aerial
    picture. Each of the `workers` decodes and embeds on one core, unless `embed_parts` has the work
    done elsewhere. Can be stopped and run again. Raises GalleryError if there are no pictures.
    """
    manifest = read_manifest(folder)
    stamp = picture_stamp_of(encoder, checkpoint, view)
    data = folder / manifest.build
    finished = data / f".{stamp.key}-{stamp.weights_sha256[:12]}-parts"
    make_folder(finished)
    job = EmbeddingJob(folder, stamp, checkpoint, parts_of(folder, manifest), finished)
    with disk_faults_told(folder.parent):
        if embed_parts is None:
            parts = _embed_parts_here(job, encoder, workers, progress)
        else:
            parts = embed_parts(job, progress)
        save_embeddings(data / f"{stamp.key}-pictures.npy", np.concatenate(parts), progress)
        shutil.rmtree(finished)
        others = [other for other in manifest.picture_models if other.key != stamp.key]
        write_manifest(
            folder,
            replace(manifest, picture_models=(*others, stamp), files=list_files(folder, data)),
        )
    return stamp


def _embed_parts_here(
    job: EmbeddingJob, encoder: "DualEncoder", workers: int, progress: Progress
) -> list[I8]:
    manifest = read_manifest(job.folder)
    paths = []
    done = 0
    for part in job.parts:
        path, total = job.finished / f"{done:07d}.npy", done + part.stop - part.start
        if not path.is_file():
            embedded = []
            for rows in embed_encoded(read_part(job, manifest, part), encoder, workers):
                embedded.append(rows)
                done += len(rows)
                progress("embed pictures", done, manifest.tiles)
            save_matrix(path, pack_embeddings(np.concatenate(embedded)))
        paths.append(path)
        done = total
        progress("embed pictures", done, manifest.tiles)
    return [np.load(path, allow_pickle=False) for path in paths]


def picture_stamp_of(
    encoder: "DualEncoder", checkpoint: Path | None, view: View | None = None
) -> PictureStamp:
    """The manifest entry of a picture model, for a view of the tiles."""
    spec = encoder.spec
    made_for = SPECS[spec.name].view if spec.name in SPECS else "drawn"
    return PictureStamp(
        spec.name,
        spec.title,
        spec.weights_sha256,
        spec.dimensions,
        checkpoint.resolve().name if checkpoint else "",
        view or made_for,
    )


def embed_encoded(pictures: Sequence[bytes], encoder: "DualEncoder", workers: int) -> Iterator[F32]:
    """Unit embeddings [B, D] of encoded pictures, batch by batch; each worker decodes and embeds
    its own batches. Raises GalleryError for a picture that cannot be read."""
    batches = [pictures[start : start + _BATCH] for start in range(0, len(pictures), _BATCH)]
    with _one_torch_thread(), ThreadPoolExecutor(workers) as pool:
        yield from pool.map(partial(_embed, encoder), batches)


def _embed(encoder: "DualEncoder", pictures: Sequence[bytes]) -> F32:
    """Unit embeddings of encoded pictures; zero for an empty one."""
    rows: F32 = np.zeros((len(pictures), encoder.spec.dimensions), dtype=np.float32)
    full = [row for row, picture in enumerate(pictures) if picture]
    if full:
        rows[full] = encoder.encode_pictures([_decode(pictures[row]) for row in full])
    return rows


def _decode(encoded: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(encoded))
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise GalleryError(
            f"a picture cannot be read ({error}); build the gallery again"
        ) from error
    return picture


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Limits torch to one thread: a batch per core is faster than each batch on all cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def parts_of(folder: Path, manifest: Manifest, size: int = 0) -> tuple[TilePart, ...]:
    """All tiles of a gallery, up to `size` at a time (0: `_PART`), in their order."""
    size = size or _PART
    parts = []
    for name in sorted(manifest.files):
        if name.startswith(f"{manifest.build}/tiles-"):
            rows = pq.read_metadata(folder / name).num_rows
            parts += [
                TilePart(name, start, min(start + size, rows)) for start in range(0, rows, size)
            ]
    return tuple(parts)


def read_part(job: EmbeddingJob, manifest: Manifest, part: TilePart) -> list[bytes]:
    """The encoded pictures of a part's tiles in the view of the model; of aerial ones those outside
    the imagery are empty. Raises GalleryError for a gallery that has no such pictures."""
    rows = slice(part.start, part.stop)
    if job.stamp.view == "aerial":
        table = pq.read_table(job.folder / part.file, columns=["lat", "lon"])[rows].to_pydict()
        centers = [Position(*at) for at in zip(table["lat"], table["lon"], strict=True)]
        return _aerial_pictures(job, manifest, centers)
    column = pq.read_table(job.folder / part.file, columns=["picture"])["picture"]
    pictures: list[bytes] = column[rows].to_pylist()
    if not all(pictures):
        raise GalleryError(
            f"{manifest.name} has no pictures to embed; build it again without --no-pictures"
        )
    return pictures


def _aerial_pictures(
    job: EmbeddingJob, manifest: Manifest, centers: Sequence[Position]
) -> list[bytes]:
    if not manifest.aerial:
        raise GalleryError(
            f"{manifest.name} has no aerial pictures to embed; build it again with --imagery"
        )
    spec = SPECS.get(job.stamp.name)
    side_m = spec.side_m if spec and spec.side_m else manifest.footprint_m
    size_px = spec.size_px if spec else 256
    data = job.folder / manifest.build
    archive = AerialArchive(data / manifest.aerial[0].archive, manifest.aerial[0])
    return [_cut(archive, center, side_m, size_px) for center in centers]


def _cut(archive: AerialArchive, center: Position, side_m: float, size_px: int) -> bytes:
    """A picture as a file without loss; empty where the imagery covers less than half."""
    picture = archive.picture(center, side_m, size_px)
    if picture.valid.mean() < LEAST_COVER:
        return b""
    buffer = io.BytesIO()
    Image.fromarray(picture.rgb).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
