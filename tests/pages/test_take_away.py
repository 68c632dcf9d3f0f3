"""The answer to take away: KML, GPX, a printable page, Plus Codes, and the address of a link."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from test_pages import HOSTILE, a_candidate, a_card, an_answer

from core.gallery import Gallery
from core.records import SearchResult
from pages.search_page.gps_exports import to_gpx, to_kml
from pages.search_page.printable import to_page
from pages.ui.addresses import reachable
from pages.ui.plus_codes import plus_code

KML, GPX = "{http://www.opengis.net/kml/2.2}", "{http://www.topografix.com/GPX/1/1}"


def answer(*titles: str, query: str = "a church") -> SearchResult:
    named = [a_candidate(rank, title) for rank, title in enumerate(titles, 1)]
    return an_answer(*named, query=query)


def text_of(root: Xml.Element, path: str) -> list[str]:
    return [one.text or "" for one in root.iterfind(path)]


@pytest.mark.parametrize("hostile", [*HOSTILE, "\x00\x1b[31m", "\ud800", "]]>"])
def test_kml_holds_any_text_and_stays_xml(hostile: str) -> None:
    root = Xml.fromstring(to_kml(answer("Church", hostile, query=hostile), a_card()).encode())
    names = text_of(root, f".//{KML}Placemark/{KML}name")
    assert names[0] == "1. Church"
    assert len(names) == 2
    assert names[1].startswith("2. ")
    assert [len(one.split()) for one in text_of(root, f".//{KML}LineString/{KML}coordinates")] == [
        5,
        5,
    ]


def test_gpx_has_a_waypoint_for_each_place_with_its_plus_code() -> None:
    root = Xml.fromstring(to_gpx(answer("Church", "Park"), a_card()).encode())
    points = root.findall(f"{GPX}wpt")
    assert [float(one.attrib["lat"]) for one in points] == pytest.approx([60.171, 60.171], abs=0.1)
    told = text_of(root, f"{GPX}wpt/{GPX}desc")
    assert len(told) == 2
    assert all("Plus Code 9GG6" in text for text in told)
    assert text_of(root, f"{GPX}metadata/{GPX}desc") == ["© OSM"]


def test_the_printed_page_needs_no_other_file_and_runs_nothing(tiny_gallery: Gallery) -> None:
    link = "http://example.org/?q=a"
    hostile = answer(*HOSTILE, query=HOSTILE[0])
    places = zip(hostile.candidates, tiny_gallery.tile_ids, strict=False)
    there = tuple(replace(one, tile=replace(one.tile, tile_id=known)) for one, known in places)
    page = to_page(replace(hostile, candidates=there), tiny_gallery, link)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "src=" not in page.replace('src="data:', "")
    assert tiny_gallery.card.licence.split()[0].strip("©") in page.replace("&#169;", "")
    assert "example.org" in page


def test_a_plus_code_is_that_of_the_reference_implementation() -> None:
    assert plus_code(47.365590, 8.524997) == "8FVC9G8F+6X"  # Google's test data, encoding.csv
    assert plus_code(-41.2730625, 174.7859375) == "4VCPPQGP+Q9"


@pytest.mark.parametrize(
    ("host", "others"),
    [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", False), ("192.168.1.7", True)],
)
def test_an_address_of_this_machine_alone_is_known(host: str, others: bool) -> None:
    assert reachable(host) is others
