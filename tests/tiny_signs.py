"""Sixty signs in nine languages, in several fonts, turned, seen from the side, and blurred."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WORDS = (
    ("Bakery", "en"),
    ("Town Hall", "en"),
    ("Apotheke", "de"),
    ("Bürgermeisterei", "de"),
    ("Boulangerie", "fr"),
    ("Café de l'Hôtel", "fr"),
    ("Bokhandel", "sv"),
    ("Järnvägsgatan", "sv"),
    ("Kirjakauppa", "fi"),
    ("Hämeenkatu", "fi"),
    ("Lékárna", "cs"),
    ("Náměstí Míru", "cs"),
    ("Księgarnia", "pl"),
    ("Plac Wolności", "pl"),
    ("Farmacia", "es"),
    ("Plaza de España", "es"),
    ("Panificio", "it"),
    ("Padaria São José", "pt"),
    ("Аптека", "ru"),
    ("Pekařství", "cs"),
)
"""Three pictures of each: 60."""

COLOURS = (("white", "black"), ("#1f4fa0", "white"), ("#f2d024", "#202020"), ("#7a1f1a", "#f6efe0"))
VIEWS = ("straight", "turned", "from the side")
TURNS_DEG = (-40, -20, -8, 12, 28, 90)
BLURS_PX = (0.0, 0.8, 1.6)


@dataclass(frozen=True)
class DrawnSign:
    """A picture of a sign, what it says, and how it is seen."""

    text: str
    language: str
    view: str
    blur_px: float
    picture: Image.Image


def fonts() -> list[Path]:
    """Fonts of this machine that have Latin letters with accents; none is needed."""
    folder = Path("/usr/share/fonts/truetype")
    wanted = ("DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "LiberationSans-Regular.ttf")
    return [path for name in wanted for path in sorted(folder.rglob(name))[:1]]


def drawn_signs() -> list[DrawnSign]:
    """The sixty signs; the same on every call."""
    rng, known = np.random.default_rng(18), fonts()
    signs = []
    for number, ((text, language), view) in enumerate(product(WORDS, VIEWS)):
        at = known[number % len(known)] if known else None
        font = ImageFont.truetype(at, 44) if at else ImageFont.load_default(44)
        blur_px = BLURS_PX[(number // 3 + number) % len(BLURS_PX)]
        picture = _on_wall(_board(text, font, COLOURS[number % len(COLOURS)]), view, rng)
        picture = picture.filter(ImageFilter.GaussianBlur(blur_px))
        signs.append(DrawnSign(text, language, view, blur_px, picture))
    assert len(signs) == 60
    return signs


def _board(text: str, font: "ImageFont.FreeTypeFont", colours: tuple[str, str]) -> Image.Image:
    left, top, right, bottom = font.getbbox(text)
    board = Image.new("RGB", (int(right - left) + 40, int(bottom - top) + 36), colours[0])
    ImageDraw.Draw(board).text((20 - left, 18 - top), text, colours[1], font)
    return board


def _on_wall(board: Image.Image, view: str, rng: np.random.Generator) -> Image.Image:
    """A board on a rough wall, turned or in perspective."""
    side = max(board.size) + 120
    wall = np.full((side, side, 3), (150, 135, 120)) + rng.normal(0, 12, (side, side, 1))
    picture = Image.fromarray(wall.clip(0, 255).astype(np.uint8))
    mask = Image.new("L", board.size, 255)
    if view == "turned":
        turn = int(rng.choice(TURNS_DEG))
        board = board.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        mask = mask.rotate(turn, expand=True)
    elif view == "from the side":
        board, mask = (_slanted(part) for part in (board, mask))
    at = ((side - board.width) // 2, (side - board.height) // 2)
    picture.paste(board, at, mask)
    return picture


def _slanted(board: Image.Image) -> Image.Image:
    """A board whose right edge is farther away: narrower and 30 % lower."""
    width, height = board.size
    out = (int(0.7 * width), height)
    corners = [(0, 0), (out[0], 0.15 * height), (out[0], 0.85 * height), (0, height)]
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    rows = []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    wanted = np.array([value for pair in source for value in pair], dtype=float)
    numbers = np.linalg.solve(np.array(rows, dtype=float), wanted)
    kind = Image.Transform.PERSPECTIVE
    return board.transform(out, kind, tuple(numbers), Image.Resampling.BICUBIC)
