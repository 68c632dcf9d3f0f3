"""Small grey pictures of whole pages, kept in `tests/pages/screens/`, and how far a page is from
its own.

`SLOW=1 python -m pytest tests/pages/test_screens.py --record-screens` records them
again, after a change that is meant to be seen.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from conftest import drawn
from PIL import Image
from playwright.sync_api import Page, expect

from core.arrays import U8

RECORDED = Path(__file__).resolve().parent / "pages" / "screens"
REDUCED = 8
"""Pixels of a page, across and down, that become one pixel of its picture."""
MOST_SCREENS = 3
"""Screens, from the top of a page down, that its picture shows one below the other."""
LEVELS = 16
"""Greys that are kept."""
STEP = 24
"""Greys (of 256) by which a pixel may differ: fonts are not drawn alike everywhere."""
BLOCK = 10
"""Side of the squares in which pixels that differ are counted, 80 pixels of the page."""
MOST_IN_BLOCK = 0.35
"""Share of a square that may differ."""

_SCROLLED = """
top => { const main = document.querySelector('[data-testid=stMain]');
  main.scrollTo({ top, behavior: 'instant' });
  return [main.scrollTop, main.scrollHeight, main.clientHeight]; }
"""
_QUIET = "*, *::before, *::after { caret-color: transparent !important; }"


@dataclass(frozen=True)
class Difference:
    """The largest share of a square that differs, and both pictures with what differs in red."""

    share: float
    picture: Image.Image


def picture_of(page: Page) -> U8:
    """The first screens of a page, one below the other, grey and reduced [H, W].

    What changes by itself is covered: durations.
    """
    maps_drawn(page)
    page.add_style_tag(content=_QUIET)
    screens, top, width = [], 0, page.viewport_size["width"]  # type: ignore[index]
    for _ in range(MOST_SCREENS):
        at, whole, shown = page.evaluate(_SCROLLED, top)
        maps_drawn(page)
        data = page.screenshot(
            animations="disabled", caret="hide", mask=[page.locator(".sw-times")], mask_color="#888"
        )
        screens.append(Image.open(io.BytesIO(data)).convert("L").crop((0, top - at, width, shown)))
        top += shown
        if top >= whole:
            break
    tall = Image.new("L", (width, sum(one.height for one in screens)))
    for number, one in enumerate(screens):
        tall.paste(one, (0, sum(each.height for each in screens[:number])))
    size = (max(1, tall.width // REDUCED), max(1, tall.height // REDUCED))
    small = np.asarray(tall.resize(size, Image.Resampling.BOX), dtype=np.uint8)
    return np.asarray(small // (256 // LEVELS) * (255 // (LEVELS - 1)), dtype=np.uint8)


def maps_drawn(page: Page) -> None:
    """Waits until the page and the tiles of its maps stand still."""
    drawn(page)
    for frame in page.frames[1:]:
        fading = frame.locator('img.leaflet-tile:not([style*="opacity: 1"])')
        expect(fading).to_have_count(0)


def difference(picture: U8, recorded: U8) -> Difference:
    """How far a picture is from the recorded one; sizes may differ at the lower end."""
    height = max(len(picture), len(recorded))
    width = max(picture.shape[1], recorded.shape[1])
    both = [np.full((height, width), 128, dtype=np.int16) for _ in range(2)]
    for canvas, one in zip(both, (picture, recorded), strict=True):
        canvas[: one.shape[0], : one.shape[1]] = one
    differs = np.abs(both[0] - both[1]) > STEP
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    padded = np.zeros((rows * BLOCK, columns * BLOCK), dtype=bool)
    padded[:height, :width] = differs
    shares = padded.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))
    red = np.stack([np.where(differs, 220, both[0]), *[np.where(differs, 30, both[0])] * 2], axis=2)
    told = [np.repeat(both[1][:, :, None], 3, axis=2), np.repeat(both[0][:, :, None], 3, axis=2)]
    return Difference(
        float(shares.max()), Image.fromarray(np.hstack([*told, red]).astype(np.uint8))
    )


def read(name: str) -> U8:
    """A recorded picture [H, W]."""
    return np.asarray(Image.open(RECORDED / f"{name}.png").convert("L"))


def record(name: str, picture: U8) -> None:
    """Writes a picture with few greys; 4 KB or so."""
    RECORDED.mkdir(exist_ok=True)
    Image.fromarray(picture).quantize(LEVELS).save(RECORDED / f"{name}.png", optimize=True)
