"""Picture files of strangers → pixels, decoded in a process of its own with limits.

The metadata of a file (EXIF with its position, comments, colour profiles, whatever follows the
picture) stay behind in that process. Only pixels come back.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.errors import SourceError
from core.geo import Position
from core.settings import MAX_UPLOAD_MB, bare_environment

if TYPE_CHECKING:
    from PIL import Image

_PROGRAM: Final = Path(__file__).with_name("decoder_process.py")
_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Decoders at the same time, so that many visitors cannot fill the memory together."""


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """Limits of one file: its size, its pixels and sides, and memory and time for decoding.

    Longer sides than `view_px`, or `panorama_px` for pictures twice as wide as high, are reduced.
    """

    file_bytes: int = MAX_UPLOAD_MB * 2**20
    pixels: int = 150_000_000
    least_px: int = 64
    aspect: int = 6
    view_px: int = 2048
    panorama_px: int = 6144
    memory_bytes: int = 1 * 2**30
    cpu_s: int = 20
    wall_s: int = 60


LIMITS: Final = PhotoLimits()


class PhotoError(SourceError):
    """A photo cannot be used; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Photo:
    """Pixels (RGB) without any metadata. `taken_at` is None unless the position was asked for."""

    picture: "Image.Image" = field(repr=False)
    taken_at: Position | None = None


def _problems(limits: PhotoLimits) -> Mapping[str, str]:
    megapixels = limits.pixels // 1_000_000
    return {
        "too many pixels": f"it has more than {megapixels} million pixels; make it smaller",
        "too small": f"its sides are below {limits.least_px} px; take a larger one",
        "too narrow": f"one side is more than {limits.aspect} times the other; crop it",
        "too much memory": "decoding it takes too much memory; make it smaller",
        "unknown format": "it is no JPEG, PNG or WebP picture; save it as JPEG",
        "damaged": "it is damaged; take it or copy it again",
    }


def read_photo(
    source: bytes | Path, with_position: bool = False, limits: PhotoLimits = LIMITS
) -> Photo:
    """Decodes a file, upright and in RGB. Raises PhotoError.

    The position in its metadata is read only `with_position`.
    """
    data = _bytes_of(source, limits)
    if not data:
        raise PhotoError("the photo cannot be read: the file is empty")
    if len(data) > limits.file_bytes:
        raise PhotoError(
            f"the photo cannot be read: it has more than {limits.file_bytes // 2**20} MB"
        )
    options = asdict(limits) | {"position": int(with_position)}
    command = [sys.executable, "-I", str(_PROGRAM), json.dumps(options)]
    try:
        with _AT_ONCE:
            done = subprocess.run(
                command,
                input=data,
                capture_output=True,
                timeout=limits.wall_s,
                env=bare_environment(),
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise PhotoError("the photo cannot be read: decoding it takes too long") from error
    if done.returncode == 1:
        fault = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise RuntimeError(f"the decoder of photos does not run: {''.join(fault)}")
    return _answer(done.stdout, limits)


def _bytes_of(source: bytes | Path, limits: PhotoLimits) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        if not source.is_file():
            raise PhotoError(f"there is no photo {source}")
        with source.open("rb") as file:
            return file.read(limits.file_bytes + 1)
    except OSError as error:
        raise PhotoError(f"{source} cannot be read: {error.strerror or error}") from error


def _answer(output: bytes, limits: PhotoLimits) -> Photo:
    """The photo that the decoder wrote. A decoder that was ended by a limit wrote nothing."""
    from PIL import Image

    line, _, pixels = output.partition(b"\n")
    try:
        told = json.loads(line)
    except ValueError as error:
        raise PhotoError("the photo cannot be read: decoding it takes too much") from error
    if "problem" in told:
        raise PhotoError(f"the photo cannot be read: {_problems(limits)[told['problem']]}")
    size = (told["width"], told["height"])
    if len(pixels) != 3 * size[0] * size[1]:
        raise PhotoError("the photo cannot be read: decoding it takes too much")
    try:
        taken_at = Position(told["lat"], told["lon"]) if "lat" in told else None
    except ValueError:
        taken_at = None
    return Photo(Image.frombytes("RGB", size, pixels), taken_at)
