"""Makes the Mapnik style sheet from the tables in `palette`, `lines` and `marks`.

The sheet contains no text from a map file: features come through data sources, so a hostile name
cannot get into it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from core.render import lines, marks, palette, symbols
from core.render.lines import Line, Road
from core.render.palette import Area
from core.render.sheet import BOLD, SLANTED, Sheet, line, text

TUNNEL, GROUND, BRIDGE = 0, 1, 2
"""Level of a way, attribute `t`."""


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """A layer of the picture: a set of features and the styles that draw it, lowest first.

    A `tight` layer ignores everything outside the picture, so that the name of a long street is
    in the middle of its visible part. One `of_base_map` is not in pictures of tiles.
    """

    features: str
    styles: tuple[str, ...]
    tight: bool = False
    of_base_map: bool = False


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec("estimated_sea", ("areas",), of_base_map=True),
    LayerSpec("areas", ("areas",)),
    LayerSpec("waterways", ("waterways",)),
    LayerSpec("lines", ("lines",)),
    LayerSpec("ways", ("tunnels",)),
    LayerSpec("buildings", ("buildings",)),
    LayerSpec("ways", ("casings", "path-beds", "paths", "fills", "rails")),
    LayerSpec("ways", ("bridge-casings", "bridge-fills", "bridge-paths", "bridge-rails")),
    LayerSpec("dots", ("dots",)),
    LayerSpec("place_names", ("place-names",)),
    LayerSpec("street_names", ("street-names",), tight=True),
    LayerSpec("marks", ("marks", "mark-names")),
    LayerSpec("area_names", ("area-names",)),
    LayerSpec("building_names", ("building-names",)),
    LayerSpec("numbers", ("numbers",)),
    LayerSpec("waterways", ("waterway-names",), tight=True),
)
"""All layers, lowest first. Names of an earlier layer get their space first."""


@functools.lru_cache(maxsize=16)
def style_sheet(stretch: float = 1.0) -> bytes:
    """The style sheet as XML, without layers. Its pictograms are named by their files alone.

    `stretch` is 1 if zooms mean Web Mercator scales. A picture that is scaled by ground metres
    needs the ratio of both, so that equal ground scales look equal.
    """
    sheet = Sheet(stretch)
    for write in _WRITERS:
        write(sheet)
    markup: bytes = tostring(sheet.root, encoding="utf-8")
    return markup


# --- Areas --------------------------------------------------------------------------------------


def _areas(sheet: Sheet) -> None:
    style = sheet.style("areas")
    for number, area in enumerate(palette.AREAS):
        rule = sheet.rule(style, f"[c] = {number}", area.min_zoom)
        SubElement(rule, "PolygonSymbolizer", {"fill": area.fill, "gamma": "0.7"})
        if area.outline:
            line(sheet.rule(style, f"[c] = {number}", 14), area.outline, 0.6)
    sea = sheet.rule(style, f"[c] = {SEA}", 0)
    SubElement(sea, "PolygonSymbolizer", {"fill": palette.WATER, "gamma": "0.7"})
    line(sheet.rule(style, f"[c] = {UNKNOWN}", 14), palette.UNKNOWN_LINE, 0.8)


SEA, UNKNOWN = -1, -2
"""Classes of areas without a row in AREAS."""


def _buildings(sheet: Sheet) -> None:
    style = sheet.style("buildings")
    for number, building in enumerate(palette.BUILDINGS):
        far = sheet.rule(style, f"[c] = {number}", 13, 14)
        SubElement(far, "PolygonSymbolizer", {"fill": building.fill})
        near = sheet.rule(style, f"[c] = {number}", 15)
        SubElement(near, "PolygonSymbolizer", {"fill": building.fill})
        line(near, building.outline, 0.7)


# --- Lines --------------------------------------------------------------------------------------


def _thin_lines(
    sheet: Sheet, name: str, rows: Sequence[Line], where: str = "", offset: int = 0
) -> None:
    """Adds the styles of a table of thin lines; their class is the row number plus `offset`."""
    style = sheet.style(name)
    for number, row in enumerate(rows, offset):
        for rule, _, width in sheet.bands(style, f"[c] = {number}{where}", row.widths):
            if row.bed:
                line(rule, row.bed, width + row.bed_extra)
            line(rule, row.colour, width, stroke_dasharray=row.dash, stroke_linecap=row.cap)


def _waterways(sheet: Sheet) -> None:
    _thin_lines(sheet, "waterways", lines.WATERWAYS)


def _lines(sheet: Sheet) -> None:
    _thin_lines(sheet, "lines", lines.BARRIERS)
    rule = sheet.rule(sheet.root.findall("Style")[-1], f"[c] = {UNKNOWN}", 13)
    line(rule, palette.UNKNOWN_LINE, 1)


PATH_OFFSET, RAIL_OFFSET = 100, 200
"""Class of a way: row of ROADS, of PATHS plus PATH_OFFSET, or of RAILS plus RAIL_OFFSET."""


def _tunnels(sheet: Sheet) -> None:
    style = sheet.style("tunnels")
    for number, road in enumerate(lines.ROADS):
        where = f"[c] = {number} and [t] = {TUNNEL}"
        for rule, zoom, width in sheet.bands(style, where, road.widths):
            if zoom >= 14:
                line(rule, road.casing, width, stroke_dasharray="4,3", stroke_opacity="0.6")
                line(rule, palette.LAND, max(width - 1.6, 0.5))
                line(rule, road.fill, max(width - 1.6, 0.5), stroke_opacity="0.35")
    for number, row in enumerate(lines.RAILS, RAIL_OFFSET):
        where = f"[c] = {number} and [t] = {TUNNEL}"
        for rule, zoom, width in sheet.bands(style, where, row.widths):
            if zoom >= 15:
                line(rule, "#b3afb3", width * 0.8, stroke_dasharray="5,5", stroke_opacity="0.8")


def _casing_px(zoom: int) -> float:
    return 0.9 if zoom < 15 else 1.1 if zoom < 17 else 1.4


def _road_styles(sheet: Sheet, level: str, casings: str, fills: str, cap: str) -> None:
    def casing(rule: Element, zoom: int, width: float, road: Road) -> None:
        if width >= 2.4:
            colour = palette.INK if cap == "butt" else road.casing
            line(rule, colour, width, stroke_linecap=cap, stroke_opacity="0.75" * (cap == "butt"))
        elif zoom < 14:
            line(rule, road.casing, width, stroke_linecap=cap, stroke_opacity="0.8")

    def fill(rule: Element, zoom: int, width: float, road: Road) -> None:
        if width >= 2.4:
            line(rule, road.fill, width - _casing_px(zoom), stroke_linecap="round")
        elif zoom >= 14:
            line(rule, road.fill, width, stroke_linecap="round")

    for name, draw in ((casings, casing), (fills, fill)):
        style = sheet.style(name)
        for number, road in enumerate(lines.ROADS):
            for rule, zoom, width in sheet.bands(style, f"[c] = {number}{level}", road.widths):
                draw(rule, zoom, width, road)


def _ground_ways(sheet: Sheet) -> None:
    level = f" and [t] = {GROUND}"
    _road_styles(sheet, level, "casings", "fills", "round")
    beds = sheet.style("path-beds")
    for number, row in enumerate(lines.PATHS, PATH_OFFSET):
        for rule, zoom, width in sheet.bands(beds, f"[c] = {number}{level}", row.widths):
            if row.bed and zoom >= 16:
                line(rule, row.bed, width + row.bed_extra)
    bare = [_without_bed(row) for row in lines.PATHS]
    _thin_lines(sheet, "paths", bare, f" and [t] != {BRIDGE}", PATH_OFFSET)
    _rails(sheet, "rails", level)


def _bridge_ways(sheet: Sheet) -> None:
    level = f" and [t] = {BRIDGE}"
    _road_styles(sheet, level, "bridge-casings", "bridge-fills", "butt")
    _thin_lines(sheet, "bridge-paths", lines.PATHS, level, PATH_OFFSET)
    _rails(sheet, "bridge-rails", level)


def _without_bed(row: Line) -> Line:
    return Line(row.name, row.match, row.colour, row.widths, row.dash, cap=row.cap)


def _rails(sheet: Sheet, name: str, level: str) -> None:
    """Railways are dark, with white sleepers from zoom 14."""
    _thin_lines(sheet, name, lines.RAILS, level, RAIL_OFFSET)
    style = sheet.root.findall("Style")[-1]
    for number, row in enumerate(lines.RAILS, RAIL_OFFSET):
        if row.name == "rail":
            for rule, zoom, width in sheet.bands(style, f"[c] = {number}{level}", row.widths):
                if zoom >= 14:
                    line(rule, palette.WHITE, width - 1, stroke_dasharray="6,6")


# --- Points and names ---------------------------------------------------------------------------


def _dots(sheet: Sheet) -> None:
    style = sheet.style("dots")
    for number, dot in enumerate(marks.DOTS):
        for rule, _, width in sheet.bands(style, f"[c] = {number}", dot.widths):
            attributes = {
                "file": "shape://ellipse",
                "width": f"{width:g}",
                "height": f"{width:g}",
                "fill": dot.fill,
                "stroke-width": "0.5" if dot.outline else "0",
                "stroke": dot.outline or dot.fill,
                "allow-overlap": "true",
                "ignore-placement": "true",
            }
            SubElement(rule, "MarkersSymbolizer", attributes)


def _marks(sheet: Sheet) -> None:
    style, names = sheet.style("marks"), sheet.style("mark-names")
    for number, poi in enumerate(marks.POIS):
        rule = sheet.rule(style, f"[c] = {number}", poi.min_zoom)
        file = symbols.file_name(poi.symbol, poi.ink)
        SubElement(rule, "MarkersSymbolizer", {"file": file, "avoid-edges": "false"})
        below, aside = ("4", "5") if poi.symbol in symbols.DISCS else ("9", "10")
        rule = sheet.rule(names, f"[c] = {number} and [name] != ''", poi.text_zoom)
        text(
            rule,
            10 if poi.rank < 3 else 9.5,
            poi.ink,
            dy=below,
            dx=aside,
            placement_type="simple",
            placements="S,N,E,W,SE,NE",
        )
    rule = sheet.rule(style, f"[c] = {UNKNOWN}", 16)
    file = symbols.file_name("dot", palette.UNKNOWN_INK)
    SubElement(rule, "MarkersSymbolizer", {"file": file})
    rule = sheet.rule(names, f"[c] = {UNKNOWN} and [name] != ''", 16)
    text(
        rule,
        9.5,
        palette.UNKNOWN_INK,
        dy="4",
        dx="5",
        placement_type="simple",
        placements="S,N,E,W",
    )


_NAME_ZOOMS = {
    "motorway": 12,
    "trunk": 12,
    "primary": 13,
    "secondary": 14,
    "tertiary": 15,
    "street": 16,
    "calm": 16,
    "walk": 16,
    "service": 17,
}


def _street_names(sheet: Sheet) -> None:
    style = sheet.style("street-names")
    more = {
        "placement": "line",
        "spacing": "260",
        "max-char-angle-delta": "24",
        "clip": "true",
        "label-position-tolerance": "120",
        "repeat-distance": "130",
        "wrap-width": "0",
        "halo-radius": "1.4",
    }
    for number, road in enumerate(lines.ROADS):
        first = _NAME_ZOOMS.get(road.name, 17)
        where = f"[c] = {number}"
        text(sheet.rule(style, where, first, 17), road.text_size - 1, palette.INK, **more)
        text(sheet.rule(style, where, max(first, 18)), road.text_size, palette.INK, **more)
    for number, _ in enumerate(lines.PATHS, PATH_OFFSET):
        text(sheet.rule(style, f"[c] = {number}", 17), 8.5, palette.PATH_INK, **more)


def _waterway_names(sheet: Sheet) -> None:
    style = sheet.style("waterway-names")
    for number, row in enumerate(lines.WATERWAYS):
        first = 13 if row.name == "river" else 15
        rule = sheet.rule(style, f"[c] = {number} and [name] != ''", first)
        text(
            rule,
            9.5,
            palette.WATER_INK,
            placement="line",
            spacing="400",
            clip="true",
            wrap_width="0",
            max_char_angle_delta="24",
            face_name=SLANTED,
        )


def _place_names(sheet: Sheet) -> None:
    style = sheet.style("place-names")
    for kind, (first, last, size) in marks.PLACES.items():
        rule = sheet.rule(style, f"[c] = '{kind}'", first, last)
        text(rule, size, palette.PLACE_INK, face_name=BOLD, halo_radius="1.6", wrap_width="90")


_LABEL_ZOOMS = range(12, 20)


def _fitting_names(sheet: Sheet, name: str, inks: Mapping[int, str], size: float) -> None:
    """Names of areas, each from the zoom `z` at which the area has room for it."""
    style = sheet.style(name)
    for number, ink in inks.items():
        for zoom in _LABEL_ZOOMS:
            last = None if zoom == _LABEL_ZOOMS[-1] else zoom
            rule = sheet.rule(style, f"[c] = {number} and [z] <= {zoom}", zoom, last)
            text(rule, size, ink, face_name=SLANTED, wrap_width="72", repeat_distance="60")


def _area_names(sheet: Sheet) -> None:
    rows: Sequence[Area] = palette.AREAS
    inks = {number: area.label for number, area in enumerate(rows) if area.label}
    _fitting_names(sheet, "area-names", inks, 10)


def _building_names(sheet: Sheet) -> None:
    inks = {number: building.label for number, building in enumerate(palette.BUILDINGS)}
    _fitting_names(sheet, "building-names", inks, 9)


def _numbers(sheet: Sheet) -> None:
    rule = sheet.rule(sheet.style("numbers"), "", 18)
    text(
        rule,
        8.5,
        palette.NUMBER_INK,
        "[number]",
        margin="4",
        halo_radius="1",
        halo_fill=palette.NUMBER_HALO,
    )


_WRITERS: tuple[Callable[[Sheet], None], ...] = (
    _areas,
    _waterways,
    _lines,
    _tunnels,
    _buildings,
    _ground_ways,
    _bridge_ways,
    _dots,
    _place_names,
    _street_names,
    _marks,
    _area_names,
    _building_names,
    _numbers,
    _waterway_names,
)
