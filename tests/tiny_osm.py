"""Writes tiny real maps: OpenStreetMap XML laid out in metres from a corner, x east and y north."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from core.geo import METRES_PER_DEGREE, Position

Point = tuple[float, float]

HOSTILE_NAMES = (
    "Tick `x` Bar",
    "Dollar ${alert(1)} Pub",
    "Angle <img src=x onerror=alert(1)> Inn",
    "Quote \"double\" 'single' Hotel",
)


@dataclass
class Town:
    """A map being drawn; ids count up from 1 for nodes, ways and relations each."""

    lat: float = 60.17
    lon: float = 24.94
    nodes: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)

    def position(self, x: float, y: float) -> Position:
        """Where a point of the drawing lies on the ground."""
        lat = self.lat + y / METRES_PER_DEGREE
        return Position(lat, self.lon + x / METRES_PER_DEGREE / math.cos(math.radians(self.lat)))

    def point(self, x: float, y: float, **tags: str) -> int:
        number, at = len(self.nodes) + 1, self.position(x, y)
        self.nodes.append(
            f'<node id="{number}" version="1" lat="{at.lat:.7f}" lon="{at.lon:.7f}">{_xml(tags)}'
            "</node>"
        )
        return number

    def way(self, points: list[Point], **tags: str) -> int:
        known: dict[Point, int] = {}
        refs = [
            known[one] if one in known else known.setdefault(one, self.point(*one))
            for one in points
        ]
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        number = len(self.ways) + 1
        self.ways.append(f'<way id="{number}" version="1">{nodes}{_xml(tags)}</way>')
        return number

    def box(self, x: float, y: float, width: float, height: float, **tags: str) -> int:
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        return self.way(corners, **tags)

    def courtyard(self, outer: int, inner: int, **tags: str) -> int:
        number = len(self.relations) + 1
        members = (
            f'<member type="way" ref="{outer}" role="outer"/>'
            f'<member type="way" ref="{inner}" role="inner"/>'
        )
        tags = {"type": "multipolygon", **tags}
        self.relations.append(
            f'<relation id="{number}" version="1">{members}{_xml(tags)}</relation>'
        )
        return number

    def write(self, path: Path) -> Path:
        body = "\n".join([*self.nodes, *self.ways, *self.relations])
        path.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{body}\n</osm>\n',
            encoding="utf-8",
        )
        return path


def _xml(tags: dict[str, str]) -> str:
    """Tags as XML; two underscores in a Python keyword stand for a colon."""
    return "".join(
        f"<tag k={quoteattr(key.replace('__', ':'))} v={quoteattr(value)}/>"
        for key, value in tags.items()
    )


def tiny_city(without: frozenset[str] = frozenset()) -> Town:
    """Four streets by four; what is called in `without` ("statue", "benches", …) is left out."""
    town = Town()
    for y, name in (
        (0, "Lime Street"),
        (120, "Harbour Lane"),
        (240, "Mill Road"),
        (360, "Castle Street"),
    ):
        town.way([(0, y), (390, y)], highway="residential", name=name)
    for x, name in ((0, "Oak Avenue"), (130, "King's Road"), (260, "Tower Street")):
        town.way([(x, 0), (x, 360)], highway="tertiary", name=name)
    town.way(
        [(390, 0), (390, 360)],
        highway="residential",
        name="Улица Пушкина",
        name__en="Pushkin Street",
    )
    town.box(20, 20, 90, 80, highway="pedestrian", area="yes", name="Market Square", surface="sett")
    if "statue" not in without:
        town.point(
            65,
            60,
            historic="memorial",
            memorial="statue",
            name="Statue of Alexander",
            inscription="He built the harbour",
        )
    if "fountain" not in without:
        town.point(80, 50, amenity="fountain")
    if "cathedral" not in without:
        outer, inner = town.box(150, 20, 90, 80), town.box(180, 45, 30, 30)
        town.courtyard(
            outer,
            inner,
            building="cathedral",
            amenity="place_of_worship",
            religion="christian",
            name="Saint Mary's Cathedral",
            building__colour="white",
            alt_name="White Dome;Old Dome",
            old_name="Saint Nicholas",
        )
    town.box(20, 140, 90, 80, leisure="park", name="Rose Garden")
    if "benches" not in without:
        for x in (40, 50, 60):
            town.point(x, 160, amenity="bench")
    town.point(70, 190, leisure="playground")
    town.box(280, 260, 90, 80, natural="water", water="pond", name="Swan Pond")
    town.way([(0, 123), (390, 123)], railway="tram")
    town.point(140, 112, amenity="cafe", name="Café Ångström")
    town.point(200, 112, amenity="pharmacy", name="Yliopiston Apteekki", operator="Medix Oy")
    town.point(383, 180, shop="bakery", name="Булочная Заря", name__en="Dawn Bakery")
    town.point(
        300,
        128,
        shop="supermarket",
        brand="FoodMart",
        addr__street="Harbour Lane",
        addr__housenumber="15",
    )
    for number, name in enumerate(HOSTILE_NAMES):
        town.point(30 + 90 * number, 352, amenity="pub", name=name)
    for number in range(6):
        town.box(
            140 + 18 * number,
            250,
            12,
            12,
            building="apartments",
            addr__street="Mill Road",
            addr__housenumber=str(2 + 2 * number),
            building__levels="5",
        )
    town.way([(270, 130), (385, 230)], highway="steps")
    return town
