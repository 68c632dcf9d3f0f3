"""Signs of a scene: read by PP-OCR, filtered, placed, and explained."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from core.describe.streetview.meanings import meaning_of
from core.describe.streetview.scene import SeenThing, Sign, side_of
from core.describe.streetview.signposts import pointing
from core.vocabulary.folding import fold

if TYPE_CHECKING:
    from PIL import Image

    from core.sources.ocr_lines import ReadLine

MOST_SIGNS = 12
_READ_PX = 1600
_MOST_ENLARGED = 1.5
"""Enlarged twice, the detector missed one of two plain signs of a drawn street, and read none more
of sixty drawn signs."""
_LEAST_SCORE = 0.7
_LEAST_LETTERS = 2
_MOST_ALIKE = 0.6
"""A line is noise if one letter makes up more than this share of it: railings read as "tttt"."""
_SHORT = 4
_LONGEST_NUMBER = 5
"""Longer numbers are dates that a camera wrote, or telephone numbers."""
_EDGE: Final = 0.01
"""A line that begins so near the left edge has lost its first letter, maybe."""
_PLATES: Final = tuple(
    map(
        re.compile,
        (
            r"[A-Z]{2}[- ]?\d{3}[- ]?[A-Z]{2}",  # France, Italy
            r"[A-ZÄÖÜ]{1,3}[-: ][A-Z]{1,2} ?\d{1,4}[EH]?",  # Germany
            r"[A-Z]{3} ?\d{2}[A-Z0-9]",  # Sweden, Finland
            r"[A-Z]{2}\d{2} ?[A-Z]{3}",  # United Kingdom
        ),
    )
)
"""Number plates: text on moving things that needs no model to be known."""
MOVING: Final = frozenset({"car", "bus", "truck", "van", "motorcycle", "tram", "train", "person"})
"""Nouns of things that move; their text tells nothing about a place."""
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class LineReader(Protocol):
    """A reader of lines of text, such as `core.sources.ocr.PictureReader`."""

    def located_lines(self, picture: "Image.Image", least_score: float) -> "tuple[ReadLine, ...]":
        """Lines with their places, from the top."""


@dataclass(frozen=True, slots=True)
class ReadSigns:
    """The signs that were kept, and how many lines were left out as text on moving things."""

    signs: tuple[Sign, ...]
    on_moving_things: int


def read_signs(
    picture: "Image.Image", reader: LineReader, things: Sequence[SeenThing] = ()
) -> ReadSigns:
    """Reads the signs of a view, the plainest first, at most `MOST_SIGNS`.

    Text inside the box of a moving thing among `things`, and number plates, are left out. Text on
    a signpost is kept and marked.
    """
    boxes = [thing.box for thing in things if thing.noun in MOVING]
    lines = reader.located_lines(_sized(picture), _LEAST_SCORE)
    moving = [
        line
        for line in lines
        if any(box.holds(line.x, line.y) for box in boxes) or is_number_plate(line.text)
    ]
    signs: dict[str, Sign] = {}
    for line in lines:
        text = cleaned(line.text)
        if line not in moving and text and (sign := _sign(text, line)):
            same = signs.get(fold(text))
            if same is None or sign.size > same.size:
                signs[fold(text)] = sign
    ranked = sorted(pointing(signs.values()), key=lambda sign: -sign.confidence * sign.size**0.5)
    return ReadSigns(tuple(ranked[:MOST_SIGNS]), len(moving))


def _sized(picture: "Image.Image") -> "Image.Image":
    """The picture at the size at which small signs are read and a reading stays quick."""
    from PIL import Image

    share = min(_READ_PX / max(picture.size), _MOST_ENLARGED)
    size = (round(picture.width * share), round(picture.height * share))
    return picture.resize(size, Image.Resampling.LANCZOS)


def is_number_plate(text: str) -> bool:
    """Whether a line is written like a number plate of one of the common forms."""
    return any(plate.fullmatch(text.strip()) for plate in _PLATES)


def cleaned(text: str) -> str:
    """A line without stray ideographs, which the network reads into ornaments; "" for noise."""
    letters = [character for character in text if character.isalnum()]
    if sum(bool(_IDEOGRAPH.match(letter)) for letter in letters) < len(letters) / 2:
        text = _IDEOGRAPH.sub(" ", text)
        letters = [character for character in text if character.isalnum()]
    if len(letters) < _LEAST_LETTERS:
        return ""
    commonest = Counter(letter.lower() for letter in letters).most_common(1)[0][1]
    repeats = len({letter.lower() for letter in letters}) == 1 or (
        len(letters) >= _SHORT and commonest > _MOST_ALIKE * len(letters)
    )
    if text.strip().isdigit() and len(letters) > _LONGEST_NUMBER:
        return ""
    edges = "\"'`´’‘“”·•.,:;|_-–—~*°<>=^ "
    return "" if repeats and not text.strip().isdigit() else " ".join(text.split()).strip(edges)


def _sign(text: str, line: "ReadLine") -> Sign:
    meaning = meaning_of(text, cut=line.x - line.width / 2 <= _EDGE)
    return Sign(
        text=text,
        confidence=line.score,
        side=side_of(line.x),
        meaning=meaning.english if meaning else "",
        language=meaning.language if meaning else "",
        x=line.x,
        y=line.y,
        size=line.height,
        turn_deg=line.turn_deg,
    )
