"""Pictograms of places as SVG: white drawings on coloured discs of 15 × 15 units, our own work."""

from collections.abc import Iterable
from pathlib import Path

SIZE_PX = 15

# Paths are stroked, or filled if the entry begins with "fill ".
SYMBOLS: dict[str, str] = {
    "anchor": "M7.5 4.2 V12 M5.4 6 H9.6 M3.6 8.8 Q4 12 7.5 12 Q11 12 11.4 8.8",
    "bag": "M4.2 6 H10.8 L11.3 11.4 H3.7 Z M5.7 6 Q5.7 3.6 7.5 3.6 Q9.3 3.6 9.3 6",
    "ball": "M3.8 7.5 A3.7 3.7 0 1 1 11.2 7.5 A3.7 3.7 0 1 1 3.8 7.5 Z M4 6.4 Q7.5 8.6 11 6.4",
    "bed": "M3 4.6 V11 M3 9.2 H12 M12 11 V8 Q12 6.8 10.6 6.8 H6.2 V9 M4.6 7.2 V7.3",
    "bench": "M3.2 8.2 H11.8 M3.6 5.4 H11.4 M4.4 8.2 V11 M10.6 8.2 V11",
    "bike": "M2.7 9.4 A1.9 1.9 0 1 1 6.5 9.4 A1.9 1.9 0 1 1 2.7 9.4 Z "
    "M8.5 9.4 A1.9 1.9 0 1 1 12.3 9.4 A1.9 1.9 0 1 1 8.5 9.4 Z M4.6 9.4 L6.4 6 H9.2 "
    "L10.4 9.4 M6.6 6.4 L8 9",
    "bin": "M4.6 5.2 L5.2 11.4 H9.8 L10.4 5.2 M3.8 5 H11.2 M6.4 3.6 H8.6",
    "book": "M7.5 5 Q5.6 3.8 3.4 4.4 V10.6 Q5.6 10 7.5 11.2 Q9.4 10 11.6 10.6 V4.4 "
    "Q9.4 3.8 7.5 5 V11",
    "bread": "M3.4 9.6 Q2.8 5 7.5 5 Q12.2 5 11.6 9.6 Z M6 6.6 L6.8 8.4 M8.4 6.6 L9.2 8.4",
    "burger": "M3.6 6.4 Q4 4 7.5 4 Q11 4 11.4 6.4 Z M3.4 8.2 H11.6 M3.8 10 Q4 11.4 7.5 11.4 "
    "Q11 11.4 11.2 10 Z",
    "bus": "M4.2 4 H10.8 V10.4 H4.2 Z M4.2 7.6 H10.8 M5.4 10.6 V11.6 M9.6 10.6 V11.6",
    "cap": "M2.6 6.4 L7.5 4.2 L12.4 6.4 L7.5 8.6 Z M4.8 7.6 V10 Q7.5 11.8 10.2 10 V7.6",
    "car": "M3.2 10 V7.8 L4.4 7.4 L5.6 5 H9.4 L10.6 7.4 L11.8 7.8 V10 Z M4.8 10 V11 M10.2 10 V11",
    "cart": "M2.8 4.2 H4.4 L5.6 9.2 H10.6 L11.8 5.6 H4.8 M6.2 11.2 V11.3 M10 11.2 V11.3",
    "coin": "M9.8 5.2 Q8.8 4 7.4 4 Q4.6 4.2 4.6 7.5 Q4.6 10.8 7.4 11 Q8.8 11 9.8 9.8 "
    "M3.6 6.7 H8.2 M3.6 8.3 H7.8",
    "cone": "M4.8 7 L7.5 12 L10.2 7 Z M4.8 6.6 Q4.8 3.6 7.5 3.6 Q10.2 3.6 10.2 6.6",
    "crescent": "fill M9.8 3.8 A4.2 4.2 0 1 0 9.8 11.2 A3.5 3.5 0 1 1 9.8 3.8 Z",
    "cross": "fill M6.7 2.9 H8.3 V5.4 H10.6 V7 H8.3 V12.2 H6.7 V7 H4.4 V5.4 H6.7 Z",
    "cup": "M3.8 5 H9.6 V8.6 Q9.6 10.6 6.7 10.6 Q3.8 10.6 3.8 8.6 Z M9.6 5.8 H11.2 V8 H9.6 "
    "M3.6 12 H10",
    "dice": "M4.2 4.2 H10.8 V10.8 H4.2 Z M6 6 V6.1 M9 9 V9.1 M9 6 V6.1 M6 9 V9.1",
    "drop": "fill M7.5 3 Q11 7.4 11 9 A3.5 3.2 0 1 1 4 9 Q4 7.4 7.5 3 Z",
    "eye": "M2.8 7.5 Q7.5 2.6 12.2 7.5 Q7.5 12.4 2.8 7.5 Z M7.5 7.3 V7.7",
    "ferry": "M3 8 H12 L10.8 11 H4.2 Z M5 8 V5.4 H10 V8 M7.5 5.4 V3.8",
    "film": "M3.4 4.6 H11.6 V10.4 H3.4 Z M5.2 4.6 V10.4 M9.8 4.6 V10.4",
    "flag": "M4.8 12 V3.6 H11 L9.6 5.8 L11 8 H4.8",
    "flame": "fill M8 2.8 Q8.4 5.4 10.2 7 Q11.6 8.6 10.6 10.4 Q9.4 12.2 7.5 12.2 Q5.2 12.2 4.3 10 "
    "Q3.8 8 5.4 6.4 Q5.6 7.6 6.4 7.8 Q5.8 5 8 2.8 Z",
    "fork": "M5.2 3.4 V6 Q5.2 7 4.2 7 M5.2 6 M3.4 3.4 V6 Q3.4 7.2 5 7.2 Q6.6 7.2 6.6 6 V3.4 "
    "M5 7.2 V11.8 M10.2 11.8 V3.6 Q8.4 5 8.6 8.2 H10.2",
    "frame": "M3.6 4.2 H11.4 V10.8 H3.6 Z M5 9.6 L7 7 L8.4 8.6 L9.4 7.6 L10.4 9.6",
    "glass": "M3.8 4 H11.2 L7.5 8 Z M7.5 8 V11.4 M5.4 11.6 H9.6",
    "heli": "M5 3.8 V11.2 M10 3.8 V11.2 M5 7.5 H10",
    "hexagram": "M7.5 3 L11 9.2 H4 Z M7.5 12 L11 5.8 H4 Z",
    "info": "M7.5 7 V11.4 M7.5 4 V4.4",
    "letter": "M3.2 4.8 H11.8 V10.4 H3.2 Z M3.4 5 L7.5 8.2 L11.6 5",
    "lift": "M4.4 3.8 H10.6 V11.4 H4.4 Z M6 6.6 L7.5 5.2 L9 6.6 M6 8.6 L7.5 10 L9 8.6",
    "lights": "M5.6 3.4 H9.4 V11.6 H5.6 Z M7.5 5 V5.1 M7.5 7.5 V7.6 M7.5 10 V10.1",
    "mask": "M3.8 4.2 Q7.5 5.4 11.2 4.2 V7.6 Q10.8 11 7.5 11.6 Q4.2 11 3.8 7.6 Z M5.6 6.8 H6.4 "
    "M8.6 6.8 H9.4 M5.8 9 Q7.5 10.4 9.2 9",
    "metro": "M3.6 11 V4.4 L7.5 9 L11.4 4.4 V11",
    "p": "M5.6 11.8 V3.8 H8.2 Q10.4 3.8 10.4 6.1 Q10.4 8.4 8.2 8.4 H5.6",
    "peak": "fill M7.5 3.4 L12 11 H3 Z",
    "plus": "fill M6.2 3.4 H8.8 V6.2 H11.6 V8.8 H8.8 V11.6 H6.2 V8.8 H3.4 V6.2 H6.2 Z",
    "pump": "M4 11.6 V4 H8.6 V11.6 M3.4 11.6 H9.2 M4.2 7 H8.4 M8.6 8 H10 V10.4 H11.4 V6 L10 4.6",
    "roof": "M3 7 L7.5 3.8 L12 7 M4.4 7 V11.6 M10.6 7 V11.6",
    "scissors": "M4.2 10 L10.8 3.8 M4.2 5 L10.8 11.2 M3 10.4 A1.2 1.2 0 1 1 5.2 10.6 "
    "M3 4.6 A1.2 1.2 0 1 0 5.2 4.4",
    "shield": "M3.8 4 L7.5 3 L11.2 4 V7.4 Q11 10.6 7.5 12 Q4 10.6 3.8 7.4 Z",
    "shirt": "M5.8 3.8 L3 5.6 L4 7.6 L5 7 V11.4 H10 V7 L11 7.6 L12 5.6 L9.2 3.8 Q7.5 5.6 5.8 3.8 Z",
    "shrine": "M3 6 L7.5 3.4 L12 6 M4.6 6 V11.4 M10.4 6 V11.4 M3.4 11.4 H11.6 M7.5 8 V11.4",
    "star": "fill M7.5 2.8 L8.8 6 L12.2 6.2 L9.6 8.4 L10.5 11.8 L7.5 9.9 L4.5 11.8 L5.4 8.4 "
    "L2.8 6.2 L6.2 6 Z",
    "statue": "M4.8 11.8 H10.2 M6 11.6 V9.4 H9 V11.6 M7.5 9.4 V6.2 M5.8 6.6 H9.2 M7.5 4 V4.5",
    "temple": "M3 6 L7.5 3.4 L12 6 Z M4.4 7.4 V10 M7.5 7.4 V10 M10.6 7.4 V10 M3.2 11.4 H11.8",
    "tower": "M4.6 11.8 L5.4 6 H9.6 L10.4 11.8 Z M4.8 6 V3.8 M7.5 6 V3.8 M10.2 6 V3.8",
    "train": "M4.4 3.8 H10.6 V9.8 H4.4 Z M4.4 7 H10.6 M5 10 L3.8 12 M10 10 L11.2 12",
    "tram": "M4.6 5.4 H10.4 V10.6 H4.6 Z M4.6 8 H10.4 M5.6 3.2 H9.4 M7.5 3.2 V5.4 M5.6 10.8 V11.8 "
    "M9.4 10.8 V11.8",
    "wc": "M3 5 L4.3 10 L5.4 6.4 L6.5 10 L7.8 5 M12 6 Q11.4 4.9 10.4 5 Q8.8 5.2 8.8 7.5 "
    "Q8.8 9.8 10.4 10 Q11.4 10.1 12 9",
}

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 15 15">'
    '<circle cx="7.5" cy="7.5" r="7.3" fill="#ffffff"/><circle cx="7.5" cy="7.5" r="6.7" '
    'fill="{ink}"/>{drawing}</svg>'
)
DISCS: dict[str, float] = {"dot": 6, "speck": 5}
"""Plain marks without a drawing → diameter in pixels."""

_DISC = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 6 6">'
    '<circle cx="3" cy="3" r="2.9" fill="#ffffff"/><circle cx="3" cy="3" r="2.3" fill="{ink}"/>'
    "</svg>"
)


def file_name(symbol: str, ink: str) -> str:
    """File name of a pictogram in a colour."""
    return f"{symbol}-{ink.removeprefix('#')}.svg"


def write_symbols(folder: Path, symbols: Iterable[tuple[str, str]]) -> None:
    """Writes SVG files for pairs of pictogram and colour."""
    for symbol, ink in set(symbols):
        (folder / file_name(symbol, ink)).write_text(symbol_svg(symbol, ink), encoding="utf-8")


def symbol_svg(symbol: str, ink: str) -> str:
    """SVG text of a pictogram on a disc of the colour `ink`, or of a plain disc."""
    if symbol in DISCS:
        return _DISC.format(size=DISCS[symbol], ink=ink)
    path = SYMBOLS[symbol]
    if path.startswith("fill "):
        drawing = f'<path d="{path[5:]}" fill="#ffffff"/>'
    else:
        drawing = (
            f'<path d="{path}" fill="none" stroke="#ffffff" stroke-width="1.15" '
            'stroke-linecap="round" stroke-linejoin="round"/>'
        )
    return _SVG.format(size=SIZE_PX, ink=ink, drawing=drawing)
