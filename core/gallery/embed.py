"""Embeddings of a gallery's pictures by any model that sees; leaves drawing them to `build`.

Made part by part, so that a run that was stopped goes on; the manifest makes them count.
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
from core.gallery.staging import Progress, listed, make_folder, save_matrix

if TYPE_CHECKING:
    from core.models import DualEncoder

_PART = 512
_AT_ONCE = 32
"""Pictures that one worker decodes and embeds before it takes the next."""


def own_copy(folder: Path, home: Path) -> Path:
    """The gallery of that name under `home`; copied there, in one step, where it lies elsewhere."""
    target = home / folder.name
    if not (target / "manifest.json").is_file():
        make_folder(home)
        with replacing(target) as part:
            shutil.copytree(folder, part, ignore=shutil.ignore_patterns(".*"))
    return target


def embed_pictures(
    folder: Path, encoder: "DualEncoder", checkpoint: Path | None, workers: int, progress: Progress
) -> PictureStamp:
    """Embeds every picture of a gallery and notes the model in its manifest.

    `checkpoint` is where a user's own weights came from. Each of the `workers` decodes and embeds
    on one core. Safe to stop and to run again. Raises GalleryError where there are no pictures.
    """
    manifest = read_manifest(folder)
    stamp = picture_stamp_of(encoder, checkpoint)
    data = folder / manifest.build
    parts = data / f".{stamp.key}-{stamp.weights_sha256[:12]}-parts"
    make_folder(parts)
    paths = []
    done = 0
    for pictures in _stored(folder, manifest):
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
    others = [one for one in manifest.picture_models if one.key != stamp.key]
    write_manifest(
        folder, replace(manifest, picture_models=(*others, stamp), files=listed(folder, data))
    )
    return stamp


def picture_stamp_of(encoder: "DualEncoder", checkpoint: Path | None) -> PictureStamp:
    """What a gallery notes of the model that embedded its pictures."""
    spec = encoder.spec
    return PictureStamp(
        spec.name,
        spec.title,
        spec.weights_sha256,
        spec.dimensions,
        checkpoint.resolve().name if checkpoint else "",
    )


def embed_encoded(pictures: Sequence[bytes], encoder: "DualEncoder", workers: int) -> Iterator[F32]:
    """Unit embeddings [B, D] of picture files, batch by batch; each core decodes and embeds
    batches of its own. Raises GalleryError for what is no picture."""
    batches = [pictures[start : start + _AT_ONCE] for start in range(0, len(pictures), _AT_ONCE)]
    with _one_thread_each(), ThreadPoolExecutor(workers) as pool:
        yield from pool.map(partial(_embed, encoder), batches)


def _embed(encoder: "DualEncoder", pictures: Sequence[bytes]) -> F32:
    return encoder.encode_pictures([_decoded(one) for one in pictures])


def _decoded(encoded: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(encoded))
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise GalleryError(f"one of the pictures cannot be read ({error}); build again") from error
    return picture


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """A batch on each core is done sooner than one batch after the other on all of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _stored(folder: Path, manifest: Manifest) -> Iterator[list[bytes]]:
    """The picture files of all tiles, part by part."""
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
