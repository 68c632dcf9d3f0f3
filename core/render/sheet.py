"""Writes Mapnik style sheets: styles, rules by zoom, lines and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement

from core.render import palette

SRS = "epsg:3857"

DENOMINATOR_Z0 = 559_082_264.028_717_8
"""Scale denominator of the world in 256 pixels of 0.28 mm (OGC's GoogleMapsCompatible set)."""

PLAIN = "DejaVu Sans Condensed"
BOLD = "DejaVu Sans Condensed Bold"
SLANTED = "DejaVu Sans Condensed Oblique"
FACES = (PLAIN, BOLD, SLANTED)
"""Fonts, all included in Mapnik's wheel: Latin, Greek, Cyrillic and more."""


class Sheet:
    """A style sheet. `stretch` multiplies all scale denominators."""

    def __init__(self, stretch: float) -> None:
        self.root = Element(
            "Map", {"srs": SRS, "background-color": palette.LAND, "buffer-size": "96"}
        )
        self.stretch = stretch

    def style(self, name: str) -> Element:
        """Adds an empty style."""
        return SubElement(self.root, "Style", {"name": name})

    def rule(self, style: Element, where: str, first: float, last: float | None = None) -> Element:
        """Adds a rule for features that fit `where`, from zoom `first` to `last` inclusive."""
        rule = SubElement(style, "Rule")
        if where:
            SubElement(rule, "Filter").text = where
        SubElement(rule, "MaxScaleDenominator").text = f"{self._denominator(first - 0.5):.3f}"
        if last is not None:
            SubElement(rule, "MinScaleDenominator").text = f"{self._denominator(last + 0.5):.3f}"
        return rule

    def _denominator(self, zoom: float) -> float:
        return DENOMINATOR_Z0 / float(2**zoom) * self.stretch

    def bands(
        self, style: Element, where: str, widths: Sequence[tuple[int, float]]
    ) -> Iterable[tuple[Element, int, float]]:
        """Adds a rule for each zoom of a width table; the last applies to all closer zooms."""
        last_zoom = widths[-1][0]
        for zoom, width in widths:
            yield self.rule(style, where, zoom, None if zoom == last_zoom else zoom), zoom, width


def line(rule: Element, colour: str, width: float, **more: str) -> None:
    """Adds a line of a colour and a width in pixels to a rule."""
    attributes = {"stroke": colour, "stroke-width": f"{width:g}", "stroke-linejoin": "round"}
    attributes |= {key.replace("_", "-"): value for key, value in more.items() if value}
    SubElement(rule, "LineSymbolizer", attributes)


def text(rule: Element, size: float, ink: str, field: str = "[name]", **more: str) -> None:
    """Adds a text, by default the name, in a size and a colour to a rule."""
    attributes = {
        "face-name": PLAIN,
        "size": f"{size:g}",
        "fill": ink,
        "halo-fill": palette.HALO,
        "halo-radius": "1.2",
        "avoid-edges": "true",
        "wrap-width": "64",
        "wrap-before": "false",
        "line-spacing": "-1",
    }
    attributes |= {key.replace("_", "-"): value for key, value in more.items()}
    SubElement(rule, "TextSymbolizer", attributes).text = field
