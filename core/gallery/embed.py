"""Picture embeddings of a gallery by any picture model.

They are computed in parts, so that a stopped run continues when it is run again; the manifest
makes them take effect.
"""

import io
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image

from core.arrays import F32
from core.errors import GalleryError
from core.files import replacing
from core.gallery.aerial import LEAST_COVER, AerialArchive
from core.gallery.manifest import Manifest, PictureStamp, read_manifest, write_manifest
from core.gallery.opened import pack_embeddings
from core.gallery.staging import (
    Progress,
    disk_faults_told,
    list_files,
    make_folder,
    removed_if_failed,
    save_matrix,
)
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


def embed_pictures(
    folder: Path,
    encoder: "DualEncoder",
    checkpoint: Path | None,
    workers: int,
    progress: Progress,
    view: View | None = None,
) -> PictureStamp:
    """Embeds every picture of a gallery and records the model in its manifest.

    `checkpoint` is the path of a user's own weights. `view` is that of the pictures, by default
    the one that the model was made for. A tile outside the imagery has a zero for an aerial
    picture. Each of the `workers` decodes and embeds on
    one core. Can be stopped and run again. Raises GalleryError if there are no pictures.
    """
    manifest = read_manifest(folder)
    stamp = picture_stamp_of(encoder, checkpoint, view)
    data = folder / manifest.build
    parts = data / f".{stamp.key}-{stamp.weights_sha256[:12]}-parts"
    make_folder(parts)
    with disk_faults_told(folder.parent):
        paths = []
        done = 0
        for pictures in picture_parts(folder, manifest, stamp):
            path, total = parts / f"{done:07d}.npy", done + len(pictures)
            if not path.is_file():
                embedded = []
                for rows in embed_encoded(pictures, encoder, workers):
                    embedded.append(rows)
                    done += len(rows)
                    progress("embed pictures", done, manifest.tiles)
                save_matrix(path, pack_embeddings(np.concatenate(embedded)))
            paths.append(path)
            done = total
            progress("embed pictures", done, manifest.tiles)
        packed = np.concatenate([np.load(path, allow_pickle=False) for path in paths])
        save_matrix(data / f"{stamp.key}-pictures.npy", packed)
        shutil.rmtree(parts)
        others = [other for other in manifest.picture_models if other.key != stamp.key]
        write_manifest(
            folder,
            replace(manifest, picture_models=(*others, stamp), files=list_files(folder, data)),
        )
    return stamp


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


def picture_parts(folder: Path, manifest: Manifest, stamp: PictureStamp) -> Iterator[list[bytes]]:
    """The encoded pictures of all tiles in the view of a model, `_PART` at a time; of aerial ones
    those outside the imagery are empty."""
    if stamp.view == "aerial":
        yield from _aerial_parts(folder, manifest, stamp)
        return
    for name in sorted(manifest.files):
        if not name.startswith(f"{manifest.build}/tiles-"):
            continue
        shard: list[bytes | None] = pq.read_table(folder / name, columns=["picture"])[
            "picture"
        ].to_pylist()
        pictures = [picture for picture in shard if picture]
        if len(pictures) < len(shard):
            raise GalleryError(
                f"{manifest.name} has no pictures to embed; build it again without --no-pictures"
            )
        yield from (pictures[start : start + _PART] for start in range(0, len(pictures), _PART))


def _aerial_parts(folder: Path, manifest: Manifest, stamp: PictureStamp) -> Iterator[list[bytes]]:
    if not manifest.aerial:
        raise GalleryError(
            f"{manifest.name} has no aerial pictures to embed; build it again with --imagery"
        )
    spec = SPECS.get(stamp.name)
    side_m = spec.side_m if spec and spec.side_m else manifest.footprint_m
    size_px = spec.size_px if spec else 256
    data = folder / manifest.build
    archive = AerialArchive(data / manifest.aerial[0].archive, manifest.aerial[0])
    for name in sorted(manifest.files):
        if not name.startswith(f"{manifest.build}/tiles-"):
            continue
        table = pq.read_table(folder / name, columns=["lat", "lon"]).to_pydict()
        centers = [Position(*at) for at in zip(table["lat"], table["lon"], strict=True)]
        for start in range(0, len(centers), _PART):
            yield [
                _cut(archive, center, side_m, size_px) for center in centers[start : start + _PART]
            ]


def _cut(archive: AerialArchive, center: Position, side_m: float, size_px: int) -> bytes:
    """A picture as a file without loss; empty where the imagery covers less than half."""
    picture = archive.picture(center, side_m, size_px)
    if picture.valid.mean() < LEAST_COVER:
        return b""
    buffer = io.BytesIO()
    Image.fromarray(picture.rgb).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
