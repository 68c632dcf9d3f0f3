"""Tiles of a base map in the dark palette."""

import io

import numpy as np
import pytest
from PIL import Image, ImageColor

from core.render import palette
from core.render.dark import recoloured
from core.render.encode import style_colours, webp
from core.settings import ROOT


def in_the_dark(*colours: str) -> list[tuple[int, int, int]]:
    """Each colour, as a stripe of a tile, after the exchange."""
    tile = Image.new("RGB", (16 * len(colours), 16))
    for number, colour in enumerate(colours):
        tile.paste(colour, (16 * number, 0, 16 * number + 16, 16))
    dark = Image.open(io.BytesIO(recoloured(webp(tile, None))))
    assert (dark.format, dark.size) == ("PNG", tile.size)
    return [dark.convert("RGB").getpixel((16 * number + 8, 8)) for number in range(len(colours))]


def luminance(colour: tuple[int, ...]) -> float:
    value = np.array(colour) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """By WCAG, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_ground_and_water_are_dark_and_letters_light() -> None:
    land, water, house = in_the_dark(palette.LAND, palette.WATER, "#dcd2c6")
    assert max(land) < 60
    assert water[2] > 2 * water[0], "dark blue"
    assert luminance(land) < luminance(house) < 0.06
    inks = (palette.INK, palette.PATH_INK, palette.WATER_INK, palette.PLACE_INK)
    (halo,) = in_the_dark(palette.WHITE)
    contrasts = [contrast(ink, ground) for ink in in_the_dark(*inks) for ground in (land, halo)]
    assert min(contrasts) > 4.5, "on the ground, on the halo of letters, and on small streets"


def test_each_colour_of_the_style_has_one_of_its_own_in_the_dark() -> None:
    """Of colours that are hardly told apart, some share one."""
    style = ["#" + bytes(colour).hex() for colour in style_colours().tolist()]
    dark = in_the_dark(*style)
    assert len(set(dark)) > 0.9 * len(style)
    assert max(luminance(one) for one in dark) < 0.9


@pytest.mark.parametrize("light", [palette.LAND])
def test_no_edge_shows_where_the_dark_tiles_end(light: str) -> None:
    css = (ROOT / "assets" / "static" / "saywhere" / "map.css").read_text("utf-8")
    (dark,) = in_the_dark(light)
    assert f".sw-dark #map_div {{ background: #{bytes(dark).hex()}; }}" in css
    assert f"background: {light};" in css
    assert ImageColor.getrgb(light) != dark
