"""Small grey pictures of whole pages, kept in `tests/pages/screens/`, and how far a page is from
its own.

`python -m pytest tests/pages/test_screens.py -k as_it_did --record-screens` records them again,
after a change that is meant to be seen.
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
MOST_SCREENS = 4
STEP_SHARE = 0.6
"""A page's picture shows so many screens one below the other, each so far below the last: on a
phone the map covers the upper third of each."""
LEVELS = 32
"""Greys that are kept."""
BLOCK = 10
"""Side of the squares that are compared, 80 pixels of the page."""
MOST_GREYS = 8.0
"""Mean difference (of 256 greys) that a square may have. Unchanged pages had at most 3.1 in three
runs on a busy machine; a hidden panel, a lower map and a missing button had 35 or more, a list
shifted by 60 pixels 21."""

_SCROLLED = """
screens => { const main = document.querySelector('[data-testid=stMain]');
  main.scrollTo({ top: Math.round(screens * main.clientHeight), behavior: 'instant' });
  return [main.scrollTop, main.scrollHeight, main.clientHeight]; }
"""
_QUIET = "*, *::before, *::after { caret-color: transparent !important; }"


@dataclass(frozen=True)
class Difference:
    """The largest mean difference of a square (greys), and a picture: recorded, now, and now with
    such squares in red."""

    greys: float
    picture: Image.Image


def picture_of(page: Page) -> U8:
    """The first screens of a page, one below the other, grey and reduced [H, W].

    What changes by itself is covered: durations.
    """
    maps_drawn(page)
    page.add_style_tag(content=_QUIET)
    screens: list[Image.Image] = []
    for number in range(MOST_SCREENS):
        at, whole, shown = page.evaluate(_SCROLLED, number * STEP_SHARE)
        maps_drawn(page)
        data = page.screenshot(
            animations="disabled", caret="hide", mask=[page.locator(".sw-times")], mask_color="#888"
        )
        screens.append(Image.open(io.BytesIO(data)).convert("L"))
        if at + shown >= whole - 1:
            break
    width = screens[0].width
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
    height = -(-max(len(picture), len(recorded)) // BLOCK) * BLOCK
    width = -(-max(picture.shape[1], recorded.shape[1]) // BLOCK) * BLOCK
    both = [np.full((height, width), 128, dtype=np.int16) for _ in range(2)]
    for canvas, one in zip(both, (picture, recorded), strict=True):
        canvas[: one.shape[0], : one.shape[1]] = one
    now, before = both
    blocks = np.abs(now - before).reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    means = blocks.mean(axis=(1, 3))
    marked = np.kron(means > MOST_GREYS, np.ones((BLOCK, BLOCK))) > 0
    red = np.stack([now, *[np.where(marked, now // 2, now)] * 2], axis=2)
    told = [np.repeat(one[:, :, None], 3, axis=2) for one in (before, now)]
    return Difference(float(means.max()), Image.fromarray(np.hstack([*told, red]).astype(np.uint8)))


def read(name: str) -> U8:
    """A recorded picture [H, W]."""
    return np.asarray(Image.open(RECORDED / f"{name}.png").convert("L"))


def record(name: str, picture: U8) -> None:
    """Writes a picture with few greys; 4 KB or so."""
    RECORDED.mkdir(exist_ok=True)
    Image.fromarray(picture).quantize(LEVELS).save(RECORDED / f"{name}.png", optimize=True)
