"""Signs read by the real networks from drawn scenes."""

from collections.abc import Callable
from functools import partial

import pytest
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz import fuzz
from tiny_signs import BLURS_PX, VIEWS, DrawnSign, drawn_signs

from core.describe.streetview.scene import Box, SeenThing
from core.describe.streetview.signs import read_signs
from core.sources.ocr import PictureReader
from core.vocabulary.folding import fold


def test_signs_have_their_place_and_meaning(street: Image.Image, reader: PictureReader) -> None:
    read = read_signs(street, reader)
    signs = {sign.text: sign for sign in read.signs}
    assert set(signs) == {"APOTHEKE", "Lindenhof"}
    assert (signs["APOTHEKE"].side, signs["Lindenhof"].side) == ("left", "right")
    assert signs["APOTHEKE"].meaning == "pharmacy"
    assert signs["Lindenhof"].meaning == ""
    assert signs["APOTHEKE"].confidence > 0.9
    assert read.on_moving_things == 0


def test_text_on_a_moving_thing_is_left_out_and_counted(
    street: Image.Image, reader: PictureReader
) -> None:
    bus = SeenThing("bus", 0.8, Box(0.6, 0.3, 1.0, 0.7))
    bench = SeenThing("bench", 0.8, Box(0.0, 0.3, 0.4, 0.7))
    read = read_signs(street, reader, (bus, bench))
    assert [sign.text for sign in read.signs] == ["APOTHEKE"]
    assert read.on_moving_things == 1


@pytest.mark.parametrize("turn_deg", [-35, 25, 90])
def test_turned_text_is_read_with_its_turn(turn_deg: int, reader: PictureReader) -> None:
    sign = Image.new("RGB", (360, 360), "white")
    ImageDraw.Draw(sign).text((60, 150), "Rosengarten", "black", ImageFont.load_default(42))
    turned = sign.rotate(-turn_deg, fillcolor="white", resample=Image.Resampling.BICUBIC)
    (read,) = read_signs(turned, reader).signs
    assert read.text == "Rosengarten"
    assert read.turn_deg == pytest.approx(turn_deg, abs=4)


def is_read(sign: DrawnSign, reader: PictureReader) -> bool:
    """Whether one of the lines is the sign's text, up to a letter in ten and accents."""
    texts = [fold(read.text) for read in read_signs(sign.picture, reader).signs]
    whole = fold(" ".join(texts)) if len(texts) > 1 else "".join(texts)
    return max(map(partial(fuzz.ratio, fold(sign.text)), [*texts, whole]), default=0) >= 90


@pytest.mark.slow
def test_most_of_sixty_signs_are_read(
    reader: PictureReader, record_property: Callable[[str, object], None]
) -> None:
    signs = drawn_signs()
    read = {id(sign): is_read(sign, reader) for sign in signs}
    latin = [sign for sign in signs if sign.language != "ru"]
    for name, group in (
        *((view, [sign for sign in latin if sign.view == view]) for view in VIEWS),
        *((f"blur {blur}", [sign for sign in latin if sign.blur_px == blur]) for blur in BLURS_PX),
        ("all", signs),
        ("Latin letters", latin),
        ("missed", [sign for sign in signs if not read[id(sign)]]),
    ):
        counted = sum(read[id(sign)] for sign in group)
        record_property(name, f"{counted} of {len(group)}: {[one.text for one in group][:12]}")
    assert sum(read[id(sign)] for sign in latin) >= 0.95 * len(latin)
