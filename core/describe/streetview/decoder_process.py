"""A program of its own: decodes one picture file from standard input under strict limits.

`python -I decoder_process.py LIMITS` with LIMITS as JSON. On standard output it writes one line of
JSON, then the pixels (RGB, rows from the top). The line has `width` and `height`, or `problem` and
nothing after it. Metadata stay behind; only on request (`position`) the line has `lat` and `lon`.

It imports Pillow and the standard library only, and nothing of ours: whatever a file does to a
decoder happens to a process that holds nothing, may write no file, and ends.
"""

import io
import json
import os
import sys
import warnings
from importlib import import_module
from typing import Any

from PIL import Image, ImageOps
from PIL.ExifTags import GPS, IFD

FORMATS = {"JPEG": "JpegImagePlugin", "PNG": "PngImagePlugin", "WEBP": "WebPImagePlugin"}
"""All formats that are opened, and their modules in Pillow."""

ENDED_BY_FILE = 3
"""Exit status where a file left no memory for an answer; 1 is a fault of this program."""


def limit_process(limits: dict[str, int]) -> None:
    """Sets the limits of this process; Windows has none but the caller's clock."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _position(picture: Any) -> dict[str, float]:
    """Latitude and longitude of the EXIF data, empty where there are none."""
    try:
        tags = picture.getexif().get_ifd(IFD.GPSInfo)
        place = {}
        for key, value, side, negative in (
            ("lat", GPS.GPSLatitude, GPS.GPSLatitudeRef, "S"),
            ("lon", GPS.GPSLongitude, GPS.GPSLongitudeRef, "W"),
        ):
            degrees, minutes, seconds = (float(part) for part in tags[value])
            angle = degrees + minutes / 60 + seconds / 3600
            place[key] = -angle if str(tags[side]).strip("\0 ").upper() == negative else angle
        return place
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError):
        return {}


def _decoded(data: bytes, limits: dict[str, int]) -> tuple[dict[str, Any], bytes]:
    """The line and the pixels of a file."""
    Image.MAX_IMAGE_PIXELS = limits["pixels"] // 2  # an error from twice as many on
    with Image.open(io.BytesIO(data), formats=tuple(FORMATS)) as opened:
        width, height = opened.size
        if width * height > limits["pixels"]:
            return {"problem": "too many pixels"}, b""
        if min(width, height) < limits["least_px"]:
            return {"problem": "too small"}, b""
        if max(width, height) > limits["aspect"] * min(width, height):
            return {"problem": "too narrow"}, b""
        place = _position(opened) if limits["position"] else {}
        panorama = abs(width - 2 * height) <= width // 50
        most = limits["panorama_px"] if panorama else limits["view_px"]
        opened.draft("RGB", (most, most))
        upright = ImageOps.exif_transpose(opened)
        if upright.mode.startswith("I;16"):  # Pillow would cut these grey values at 255
            upright = upright.point(lambda value: value * (1 / 256)).convert("L")
        if "A" in upright.getbands() or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright)
        picture = upright.convert("RGB")
        picture.thumbnail((most, most), Image.Resampling.LANCZOS)
        return {"width": picture.width, "height": picture.height, **place}, picture.tobytes()


def main() -> None:
    """Reads the file, writes the answer."""
    limits = json.loads(sys.argv[1])
    data = sys.stdin.buffer.read()
    for module in FORMATS.values():
        import_module(f"PIL.{module}")
    limit_process(limits)
    warnings.simplefilter("ignore")
    try:
        _write_answer(data, limits)
    except Exception:  # noqa: BLE001 - no memory even for an answer
        os._exit(ENDED_BY_FILE)


def _write_answer(data: bytes, limits: dict[str, int]) -> None:
    try:
        line, pixels = _decoded(data, limits)
    except MemoryError:
        line, pixels = {"problem": "too much memory"}, b""
    except Exception as error:  # noqa: BLE001 - decoders raise anything, and the process ends here
        bomb = "Bomb" in type(error).__name__
        unknown = type(error).__name__ == "UnidentifiedImageError"
        problem = "too many pixels" if bomb else "unknown format" if unknown else "damaged"
        line, pixels = {"problem": problem}, b""
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.write(pixels)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
