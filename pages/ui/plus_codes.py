"""Plus Codes: a place as a word of ten signs, which maps on phones find without an address."""

from openlocationcode import openlocationcode  # type: ignore[import-untyped]


def plus_code(lat: float, lon: float) -> str:
    """The code of the square of about 14 m around a position."""
    return str(openlocationcode.encode(lat, lon))
