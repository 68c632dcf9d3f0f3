"""A hundred picture files that want to do harm, or are none: each made here, by family."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, PngImagePlugin

FAMILIES = (
    "bomb",
    "cut off",
    "damaged",
    "no picture",
    "vector",
    "polyglot",
    "script",
    "odd size",
    "other format",
    "odd metadata",
)


@dataclass(frozen=True)
class HostileFile:
    """A file, and whether a harmless picture may be read from it."""

    family: str
    number: int
    data: bytes
    readable: bool = False

    @property
    def name(self) -> str:
        return f"{self.family} {self.number}"


@cache
def hostile_files() -> tuple[HostileFile, ...]:
    """Ten files of each family."""
    files = tuple(
        HostileFile(family, number, data, readable)
        for family in FAMILIES
        for number, (data, readable) in enumerate(_MAKERS[family]())
    )
    assert len(files) == 100
    return files


def _picture(seed: int = 0, size: tuple[int, int] = (96, 80)) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data) & 0xFFFFFFFF)
    )


def png_bomb(width: int, height: int, rows: int | None = None) -> bytes:
    """A PNG of one colour that claims a size; its pixels are compressed to almost nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer, packed = zlib.compressobj(9), b""
    line = bytes(1 + 3 * width) if width < 100_000 else b""
    for _ in range(height if rows is None else rows):
        packed += packer.compress(line)
    packed += packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", packed)
        + _chunk(b"IEND", b"")
    )


def _bombs() -> Iterator[tuple[bytes, bool]]:
    for side in (14_000, 20_000, 40_000, 65_000):
        yield png_bomb(side, side, rows=20), False
    yield png_bomb(2**31 - 1, 2**31 - 1, rows=0), False
    yield png_bomb(100_000, 1_000, rows=0), False
    # the whole picture is there: 120 million pixels in a few kilobytes
    yield png_bomb(12_000, 10_000), True
    jpeg = bytearray(saved(_picture()))
    at = jpeg.index(b"\xff\xc0") + 5
    for height, width in ((65_000, 65_000), (65_535, 100), (30_000, 30_000)):
        jpeg[at : at + 4] = struct.pack(">HH", height, width)
        yield bytes(jpeg), False


def _cut_off() -> Iterator[tuple[bytes, bool]]:
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = saved(_picture(1), kind)
        for share in (0.1, 0.5, 0.9):
            yield whole[: int(share * len(whole))], False
    yield b"", False


def _damaged() -> Iterator[tuple[bytes, bool]]:
    rng = np.random.default_rng(3)
    for number in range(10):
        data = bytearray(saved(_picture(number), ("JPEG", "PNG", "WEBP")[number % 3]))
        for at in rng.integers(len(data) // 4, len(data), 60):
            data[at] ^= int(rng.integers(1, 256))
        yield bytes(data), True


def _no_pictures() -> Iterator[tuple[bytes, bool]]:
    for data in (
        b"\0" * 4096,
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        b"MZ" + bytes(500),
        b"\x7fELF" + bytes(500),
        b"#!/bin/sh\necho harm > harm.txt\n",
        b"PK\x03\x04" + bytes(300),
        b"%PDF-1.4\n/OpenAction <</S /JavaScript /JS (app.alert(1))>>",
        "πάντα ῥεῖ".encode() * 100,
    ):
        yield data, False


def _vectors() -> Iterator[tuple[bytes, bool]]:
    for body in (
        "<script>alert(1)</script>",
        '<image href="file:///etc/passwd"/>',
        '<image href="http://127.0.0.1:9/x.png"/>',
        '<rect width="1e9" height="1e9"/>',
        "<foreignObject><iframe src='javascript:alert(1)'/></foreignObject>",
    ):
        yield f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>'.encode(), False
    lol = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    for start in ("", "\ufeff", "\n\n", "<!-- \xff\xd8\xff -->"):
        text = f'{start}<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a0 "x">{lol}]><svg>&a8;</svg>'
        yield text.encode(), False
    yield b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n", False


def _polyglots() -> Iterator[tuple[bytes, bool]]:
    tails = (
        b"<html><script>alert(1)</script></html>",
        b"PK\x03\x04" + bytes(200),
        b"#!/bin/sh\nrm -rf ~\n",
        b"%PDF-1.4\n",
        b"<?php system($_GET['c']); ?>",
    )
    for number, tail in enumerate(tails):
        yield saved(_picture(number)) + tail, True
        yield saved(_picture(number), "PNG") + tail, True


def _scripts() -> Iterator[tuple[bytes, bool]]:
    harms = (
        "<script>alert(1)</script>",
        "${alert(1)}`",
        "../../../../etc/passwd",
        "'; DROP TABLE cases; --",
        "{{7*7}}{% raw %}",
    )
    for number, harm in enumerate(harms):
        exif = Image.Exif()
        exif[0x010E] = exif[0x013B] = harm
        exif[0x9286] = harm.encode()
        yield saved(_picture(number), exif=exif, comment=harm.encode()), True
        told = PngImagePlugin.PngInfo()
        told.add_text("Description", harm)
        told.add_itxt("XML:com.adobe.xmp", f"<x>{harm}</x>")
        yield saved(_picture(number), "PNG", pnginfo=told), True


def _odd_sizes() -> Iterator[tuple[bytes, bool]]:
    for size in ((1, 1), (1, 4000), (4000, 1), (20, 20), (63, 63), (4000, 70), (70, 4000)):
        yield saved(_picture(0, size), "PNG"), False
    yield saved(_picture(0, (64, 64)), "PNG"), True
    yield saved(Image.new("1", (90, 90)), "PNG"), True
    yield saved(Image.new("I;16", (90, 90)), "PNG"), True


def _other_formats() -> Iterator[tuple[bytes, bool]]:
    for kind in ("GIF", "BMP", "TIFF", "PPM", "TGA", "ICO", "PCX", "JPEG2000", "SGI", "PDF"):
        yield saved(_picture(2), kind), False


def _odd_metadata() -> Iterator[tuple[bytes, bool]]:
    whole = saved(_picture(4))
    for payload in (
        b"Exif\0\0" + b"\xff" * 60_000,
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(40),
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\xff\xff\xff\xff",
        b"http://ns.adobe.com/xap/1.0/\0" + b"<x>" * 9_000,
    ):
        segment = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
        yield whole[:2] + segment + whole[2:], True
    for orientation in (0, 9, 65_535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield saved(_picture(5), exif=exif), True
    far = Image.Exif()
    far.get_ifd(0x8825).update({1: "N", 2: (999.0, 0.0, 0.0), 3: "E", 4: (1e30, 0.0, 0.0)})
    yield saved(_picture(6), exif=far), True
    yield saved(_picture(7), icc_profile=b"\0" * 200_000), True
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))
    whole = saved(_picture(8), "PNG")
    yield whole[:33] + text + whole[33:], True


_MAKERS = {
    "bomb": _bombs,
    "cut off": _cut_off,
    "damaged": _damaged,
    "no picture": _no_pictures,
    "vector": _vectors,
    "polyglot": _polyglots,
    "script": _scripts,
    "odd size": _odd_sizes,
    "other format": _other_formats,
    "odd metadata": _odd_metadata,
}
