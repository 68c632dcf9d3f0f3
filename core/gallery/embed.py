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
from core.gallery.manifest import Manifest, PictureStamp, read_manifest, write_manifest
from core.gallery.opened import pack_embeddings
from core.gallery.staging import Progress, list_files, make_folder, save_matrix

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
        with replacing(target) as part:
            shutil.copytree(folder, part, ignore=shutil.ignore_patterns(".*"))
    return target


def embed_pictures(
    folder: Path, encoder: "DualEncoder", checkpoint: Path | None, workers: int, progress: Progress
) -> PictureStamp:
    """Embeds every picture of a gallery and records the model in its manifest.

    `checkpoint` is the path of a user's own weights. Each of the `workers` decodes and embeds on
    one core. Can be stopped and run again. Raises GalleryError if there are no pictures.
    """
    manifest = read_manifest(folder)
    stamp = picture_stamp_of(encoder, checkpoint)
    data = folder / manifest.build
    parts = data / f".{stamp.key}-{stamp.weights_sha256[:12]}-parts"
    make_folder(parts)
    paths = []
    done = 0
    for pictures in _picture_parts(folder, manifest):
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
        folder, replace(manifest, picture_models=(*others, stamp), files=list_files(folder, data))
    )
    return stamp


def picture_stamp_of(encoder: "DualEncoder", checkpoint: Path | None) -> PictureStamp:
    """The manifest entry of a picture model."""
    spec = encoder.spec
    return PictureStamp(
        spec.name,
        spec.title,
        spec.weights_sha256,
        spec.dimensions,
        checkpoint.resolve().name if checkpoint else "",
    )


def embed_encoded(pictures: Sequence[bytes], encoder: "DualEncoder", workers: int) -> Iterator[F32]:
    """Unit embeddings [B, D] of encoded pictures, batch by batch; each worker decodes and embeds
    its own batches. Raises GalleryError for a picture that cannot be read."""
    batches = [pictures[start : start + _BATCH] for start in range(0, len(pictures), _BATCH)]
    with _one_torch_thread(), ThreadPoolExecutor(workers) as pool:
        yield from pool.map(partial(_embed, encoder), batches)


def _embed(encoder: "DualEncoder", pictures: Sequence[bytes]) -> F32:
    return encoder.encode_pictures([_decode(picture) for picture in pictures])


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


def _picture_parts(folder: Path, manifest: Manifest) -> Iterator[list[bytes]]:
    """The encoded pictures of all tiles, `_PART` at a time."""
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
