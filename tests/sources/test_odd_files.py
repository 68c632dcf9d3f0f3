"""Odd forms in which map files come: the right map, or one line that says what to do."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow.parquet as pq
import pytest
import shapely

from core.errors import SourceError
from core.sources.world import read_world

CAFE = {
    "type": "Feature",
    "properties": {"amenity": "cafe", "name": "Café Otter"},
    "geometry": {"type": "Point", "coordinates": [15.44, 47.05]},
}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def changed(**properties: Any) -> dict[str, Any]:
    return CAFE | {"properties": properties}


def crs(name: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_json_in_any_unicode_encoding_is_read(encoding: str, packed: bool, tmp_path: Path) -> None:
    content = json.dumps(collection(CAFE), ensure_ascii=False).encode(encoding)
    path = tmp_path / ("town.geojson.gz" if packed else "town.geojson")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_world([path]).features.name.tolist() == ["Café Otter"]


def test_a_collection_on_one_line_is_read_with_all_its_features(tmp_path: Path) -> None:
    path = tmp_path / "town.geojsonl"
    path.write_text(f"{json.dumps(collection(CAFE, CAFE))}\n\n{json.dumps(CAFE)}\r\n")
    assert len(read_world([path]).features) == 3


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl", "json"])
def test_a_number_of_too_many_digits_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"town.{suffix}"
    path.write_text(json.dumps(CAFE).replace("15.44", "9" * 5000))
    with pytest.raises(SourceError, match="digits") as caught:
        read_world([path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["town.geojson.gz", "town.osm.gz", "town.geojsonl.gz"])
@pytest.mark.parametrize("place", [0, 10, 11, 20, 40, 60, -9, -8, -1])
def test_a_flipped_byte_in_a_packed_file_is_refused(place: int, name: str, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(json.dumps(collection(CAFE)).encode()))
    packed[place] ^= 0xFF
    (tmp_path / name).write_bytes(packed)
    with pytest.raises(SourceError) as caught:
        read_world([tmp_path / name])
    assert "\n" not in str(caught.value)


TAGS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "yes and no": ({"building": True, "covered": False}, {"building": "yes", "covered": "no"}),
    "nothing": ({"name": "", "": "x", "shop": None, "a": "b"}, {"a": "b"}),
    "nested": ({"name": ["x"], "shop": {"a": 1}, "a": "b"}, {"a": "b"}),
    "numbers": ({"name": 12, "height": 3.5}, {"name": "12", "height": "3.5"}),
    "half a pair": ({"name": "a\ud800b", "\ud800": "x"}, {"name": "a?b", "?": "x"}),
}


@pytest.mark.parametrize("kind", TAGS)
def test_attributes_of_any_type_become_tags_or_nothing(kind: str, tmp_path: Path) -> None:
    given, wanted = TAGS[kind]
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps(collection(changed(**given))))
    assert read_world([path]).features.tags.tolist() == [wanted]


def test_tags_of_overpass_that_are_none_are_left_out(tmp_path: Path) -> None:
    tags = {"amenity": "cafe", "name": None, "shop": {"a": 1}, "opening": ["x"], "": "x", "v": ""}
    node = {"type": "node", "id": 1, "lat": 47.05, "lon": 15.44, "tags": tags | {"floor": 2}}
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"version": 0.6, "elements": [node]}))
    assert read_world([path]).features.tags.tolist() == [{"amenity": "cafe", "floor": "2"}]


def test_tags_of_xml_without_key_or_value_are_left_out(tmp_path: Path) -> None:
    tags = '<tag k="" v="x"/><tag k="highway" v=""/><tag v="x"/><tag k="name"/>'
    path = tmp_path / "town.osm"
    path.write_text(
        f'<osm version="0.6"><node id="1" lat="47" lon="15">{tags}</node>'
        '<node id="2" lat="47" lon="15"><tag k="shop" v="bakery"/></node></osm>'
    )
    assert read_world([path]).features.tags.tolist() == [{"shop": "bakery"}]


@pytest.mark.parametrize("lon", ["1_5.44", "١٥", "0x0F", "15,44"])
def test_a_position_is_read_as_files_write_it(lon: str, tmp_path: Path) -> None:
    shop = '<tag k="shop" v="bakery"/>'
    path = tmp_path / "town.osm"
    path.write_text(
        f'<osm version="0.6"><node id="1" lat="47" lon="{lon}">{shop}</node>'
        f'<node id="2" lat=" 4.7e1 " lon="15">{shop}</node></osm>',
        encoding="utf-8",
    )
    world = read_world([path])
    assert [shape.wkt for shape in world.features.geometry] == ["POINT (15 47)"]
    assert [(row.what, row.n) for row in world.left_out] == [("node", 1)]


def test_a_second_object_of_one_id_is_counted(tmp_path: Path) -> None:
    shop = '<tag k="shop" v="bakery"/>'
    path = tmp_path / "town.osm"
    path.write_text(
        f'<osm version="0.6"><node id="1" lat="47" lon="15">{shop}</node>'
        f'<node id="1" lat="10" lon="10">{shop}</node></osm>'
    )
    world = read_world([path])
    assert [shape.wkt for shape in world.features.geometry] == ["POINT (15 47)"]
    assert [(row.what, row.n) for row in world.left_out] == [("second node", 1)]


@pytest.mark.parametrize("name", ["edits.osc", "edits.osc.gz"])
def test_a_change_file_is_read_by_its_own_name(name: str, tmp_path: Path) -> None:
    node = '<node id="1" lat="47" lon="15"><tag k="shop" v="bakery"/></node>'
    text = f'<osmChange version="0.6"><create>{node}</create></osmChange>'.encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert read_world([tmp_path / name]).features.tags.tolist() == [{"shop": "bakery"}]


# --- Projections and the other side of the earth ------------------------------------------------


@pytest.mark.parametrize("name", ["EPSG:31256", "urn:ogc:def:crs:EPSG::3857"])
def test_degrees_under_the_name_of_a_projection_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps(collection(CAFE, crs=crs(name))))
    with pytest.raises(SourceError, match="but its coordinates are degrees; save it as EPSG:4326"):
        read_world([path])
    table = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(15, 47)], crs=31256)
    table.to_file(tmp_path / "town.gpkg")
    with pytest.raises(SourceError, match="but its coordinates are degrees"):
        read_world([tmp_path / "town.gpkg"])


def test_a_shape_around_the_earth_stays_as_it_is(tmp_path: Path) -> None:
    ring = [[-180, -10], [180, -10], [180, 10], [-180, 10], [-180, -10]]
    sea = CAFE | {"geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "world.geojson"
    path.write_text(json.dumps(collection(CAFE, sea)))
    edges = [shape.bounds for shape in read_world([path]).features.geometry]
    assert edges == [(15.44, 47.05, 15.44, 47.05), (-180, -10, 180, 10)]


# --- Shapefiles and KML -------------------------------------------------------------------------


def copied_without(suffix: str, folder: Path) -> Path:
    table = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(15, 47)], crs=4326)
    (folder / "whole").mkdir()
    (folder / "part").mkdir()
    table.to_file(folder / "whole" / "town.shp")
    kept = [path for path in (folder / "whole").iterdir() if path.suffix != suffix]
    for path in kept:
        shutil.copy(path, folder / "part" / path.name)
    return folder / "part" / "town.shp"


@pytest.mark.parametrize("suffix", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_that_it_needs_is_refused(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=suffix) as caught:
        read_world([copied_without(suffix, tmp_path)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".prj", ".cpg"])
def test_a_shapefile_without_another_part_is_read(suffix: str, tmp_path: Path) -> None:
    assert read_world([copied_without(suffix, tmp_path)]).features.name.tolist() == ["A"]


def kml(*placemarks: str) -> str:
    body = "".join(f"<Placemark><name>{one}</Placemark>" for one in placemarks)
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'


ODD_SHAPES = {
    "a decimal comma": "<Point><coordinates>15,44 47,05</coordinates></Point>",
    "no position": "<Point><coordinates></coordinates></Point>",
    "no coordinates": "<Point/>",
    "text": "<Point><coordinates>east,north</coordinates></Point>",
    "one number": "<LineString><coordinates>15 47</coordinates></LineString>",
    "a line of one point": "<LineString><coordinates>15,47</coordinates></LineString>",
}


@pytest.mark.parametrize("fault", ODD_SHAPES)
def test_an_odd_placemark_is_left_out_and_no_place_off_africa(fault: str, tmp_path: Path) -> None:
    good = "Otter</name><Point><coordinates> 15.44,47.05,0 </coordinates></Point>"
    path = tmp_path / "town.kml"
    path.write_text(kml(f"A</name>{ODD_SHAPES[fault]}", good))
    world = read_world([path])
    assert [shape.wkt for shape in world.features.geometry] == ["POINT (15.44 47.05)"]
    assert sum(row.n for row in world.left_out) == 1


# --- Formats that are not read ------------------------------------------------------------------

OTHERS: dict[str, Callable[[Path], object]] = {
    "town.gpx": lambda path: path.write_text("<gpx/>"),
    "town.kmz": lambda path: path.write_bytes(b"PK\x03\x04"),
    "town.zip": lambda path: path.write_bytes(b"PK\x03\x04"),
    "town.csv": lambda path: path.write_text("lat,lon,name\n47,15,A\n"),
    "town.wkt": lambda path: path.write_text("POINT (15 47)"),
    "town.o5m": lambda path: path.write_bytes(b"\xff\xe0\x04o5m2\xfe"),
    "town.osm.xz": lambda path: path.write_bytes(b"\xfd7zXZ\x00"),
    "o5m.osm.pbf": lambda path: path.write_bytes(b"\xff\xe0\x04o5m2\xfe"),
    "zip.gpkg": lambda path: path.write_bytes(b"PK\x05\x06" + bytes(18)),
    "zip.geojson": lambda path: path.write_bytes(b"PK\x05\x06" + bytes(18)),
    "half.gpkg": lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(84)),
    "half.parquet": lambda path: path.write_bytes(b"PAR1"),
    "half.fgb": lambda path: path.write_bytes(b"fgb\x03fgb\x00"),
    "bare.gml": lambda path: path.write_text('<a:FeatureCollection xmlns:a="x"/>'),
    "bare.kml": lambda path: path.write_text(kml()),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_format_is_one_clear_line(name: str, tmp_path: Path) -> None:
    OTHERS[name](tmp_path / name)
    with pytest.raises(SourceError, match=name) as caught:
        read_world([tmp_path / name])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"), [(b"object", b"obm%ct"), (b'"columns"', b'"colunms"'), (b"WKB", b"WKX")]
)
def test_a_table_with_broken_metadata_is_one_clear_line(
    old: bytes, new: bytes, tmp_path: Path
) -> None:
    table = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(15, 47)], crs=4326)
    table.to_parquet(tmp_path / "whole.parquet")
    whole = pq.read_table(tmp_path / "whole.parquet")
    broken = {key: value.replace(old, new) for key, value in whole.schema.metadata.items()}
    assert broken != whole.schema.metadata
    pq.write_table(whole.replace_schema_metadata(broken), tmp_path / "town.parquet")
    with pytest.raises(SourceError, match=r"town\.parquet") as caught:
        read_world([tmp_path / "town.parquet"])
    assert "\n" not in str(caught.value)
