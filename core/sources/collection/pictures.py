"""Encoded pictures of a collection: their kind, and whether they can be read."""

import io
import struct
from typing import TYPE_CHECKING

from core.errors import SourceError

if TYPE_CHECKING:
    from PIL import Image


def ending_of(picture: bytes) -> str:
    """The ending of a picture's file, by its first bytes; "jpg" for an unknown one."""
    if picture.startswith(b"\x89PNG"):
        return "png"
    return "webp" if picture[8:12] == b"WEBP" else "jpg"


def decoded(picture: bytes) -> "Image.Image":
    """The picture with all its pixels, as viewers show it. Raises SourceError."""
    from PIL import Image, UnidentifiedImageError

    from core.sources.upright import as_shown

    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG", "WEBP")) as opened:
            opened.load()
            return as_shown(opened)
    except UnidentifiedImageError as error:
        raise SourceError("it is no JPEG, PNG or WebP") from error
    except Image.DecompressionBombError as error:
        raise SourceError("it has too many pixels") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise SourceError(f"it is damaged ({error!s:.80})") from error
