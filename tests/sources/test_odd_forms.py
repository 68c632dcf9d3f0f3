"""Files whose name and content differ, and tags that one attribute holds: the same map."""

import bz2
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from core.errors import SourceError
from core.sources.world import read_world

TAGS = {"amenity": "cafe", "name": 'Café "Otter"'}
FEATURE = {
    "type": "Feature",
    "properties": TAGS,
    "geometry": {"type": "Point", "coordinates": [15.44, 47.05]},
}
XML = (
    '<osm version="0.6"><node id="1" lat="47.05" lon="15.44"><tag k="amenity" v="cafe"/>'
    '<tag k="name" v="Café &quot;Otter&quot;"/></node></osm>'
).encode()
LINES = f"{json.dumps(FEATURE)}\n{json.dumps(FEATURE)}\n".encode()
DOCUMENT = json.dumps({"type": "FeatureCollection", "features": [FEATURE] * 2}, indent=1).encode()
OVERPASS = json.dumps(
    {"elements": [{"type": "node", "id": 1, "lat": 47.05, "lon": 15.44, "tags": TAGS}]}
).encode()


def pbf(folder: Path) -> bytes:
    (folder / "source.osm").write_bytes(XML)
    with osmium.SimpleWriter(str(folder / "target.osm.pbf")) as writer:
        for item in osmium.FileProcessor(str(folder / "source.osm")):
            writer.add(item)
    return (folder / "target.osm.pbf").read_bytes()


FORMS: dict[str, Callable[[Path], bytes]] = {
    "xml.osm.gz": lambda _: XML,
    "xml.osm.bz2": lambda _: XML,
    "xml.osm.pbf": lambda _: XML,
    "xml.json": lambda _: XML,
    "gzip.osm": lambda _: gzip.compress(XML),
    "gzip.osm.bz2": lambda _: gzip.compress(XML),
    "bzip2.osm": lambda _: bz2.compress(XML),
    "pbf.osm": pbf,
    "pbf.osm.bz2": pbf,
    "overpass.osm": lambda _: OVERPASS,
    "plain.geojson.gz": lambda _: DOCUMENT,
    "gzip.geojson": lambda _: gzip.compress(DOCUMENT),
    "bzip2.geojson.bz2": lambda _: bz2.compress(DOCUMENT),
    "gzip.geojsonl": lambda _: gzip.compress(LINES),
    "lines.geojson": lambda _: LINES,
    "document.geojsonl": lambda _: DOCUMENT,
    "utf-16.geojsonl": lambda _: LINES.decode().encode("utf-16"),
    "list.json": lambda _: json.dumps([FEATURE, FEATURE]).encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_read_by_its_content_whatever_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS[name](tmp_path))
    world = read_world([tmp_path / name])
    assert set(world.features.name) == {TAGS["name"]}
    assert set(world.features.kind) == {"cafe"}
    assert world.left_out == ()


@pytest.mark.parametrize("name", ["town.zip", "town.shp.zip", "town.kmz", "town.geojson"])
def test_an_archive_is_refused_with_the_way_out(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("town.geojson", DOCUMENT)
    with pytest.raises(SourceError, match=r"zip archive; unpack it"):
        read_world([tmp_path / name])


def test_a_pointer_of_git_lfs_is_told(tmp_path: Path) -> None:
    path = tmp_path / "town.osm.pbf"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(SourceError, match="git lfs pull"):
        read_world([path])


def as_hstore(tags: dict[str, str]) -> str:
    pairs = ((key, value.replace('"', '\\"')) for key, value in tags.items())
    return ",".join(f'"{key}"=>"{value}"' for key, value in pairs)


HELD: dict[str, Any] = {
    "object": lambda tags: tags,
    "json": json.dumps,
    "hstore": as_hstore,
    "pairs": lambda tags: [list(pair) for pair in tags.items()],
}


@pytest.mark.parametrize("column", ["tags", "other_tags", "all_tags"])
@pytest.mark.parametrize("form", HELD)
def test_tags_that_one_attribute_holds_are_read(form: str, column: str, tmp_path: Path) -> None:
    path = tmp_path / "town.geojson"
    held = HELD[form](TAGS | {"cuisine": "cake", "old": "1"})
    properties = {column: held, "old": "2", "tags_note": "x"}
    document = {"type": "FeatureCollection", "features": [FEATURE | {"properties": properties}]}
    path.write_text(json.dumps(document), "utf-8")
    world = read_world([path])
    assert world.features.tags.tolist() == [
        TAGS | {"cuisine": "cake", "old": "2", "tags_note": "x"}
    ]
    assert world.left_out == ()


def test_a_geopackage_of_ogr2ogr_keeps_its_other_tags(tmp_path: Path) -> None:
    table = {"name": ["Otter"], "other_tags": [as_hstore({"amenity": "cafe"})]}
    frame = gpd.GeoDataFrame(table, geometry=[shapely.Point(15, 47)], crs=4326)
    frame.to_file(tmp_path / "town.gpkg")
    assert read_world([tmp_path / "town.gpkg"]).features.kind.tolist() == ["cafe"]


def test_a_map_column_of_geoparquet_is_read(tmp_path: Path) -> None:
    tags = pa.array([list(TAGS.items())], pa.map_(pa.string(), pa.string()))
    table = pa.table({"geometry": [shapely.to_wkb(shapely.Point(15, 47))], "tags": tags})
    about = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    table = table.replace_schema_metadata({"geo": json.dumps(about)})
    pq.write_table(table, tmp_path / "town.parquet")
    assert read_world([tmp_path / "town.parquet"]).features.tags.tolist() == [TAGS]


def test_other_lists_and_objects_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "town.geojson"
    properties = TAGS | {"sources": [{"dataset": "x"}], "bbox": {"xmin": 1}, "none": []}
    path.write_text(json.dumps(FEATURE | {"properties": properties}), "utf-8")
    world = read_world([path])
    assert world.features.tags.tolist() == [TAGS]
    assert [(row.what, row.n) for row in world.left_out] == [("attribute", 2)]


@pytest.mark.parametrize(
    "crs", ["EPSG:3857", {"type": "EPSG", "properties": {"code": 3857}}], ids=["text", "code"]
)
def test_a_projection_is_found_however_it_is_named(crs: Any, tmp_path: Path) -> None:
    path = tmp_path / "town.geojson"
    placed = gpd.GeoSeries([shapely.Point(15.44, 47.05)], crs=4326).to_crs(3857)
    geometry = json.loads(shapely.to_geojson(placed[0]))
    path.write_text(json.dumps(FEATURE | {"geometry": geometry, "crs": crs}), "utf-8")
    point = read_world([path]).features.geometry[0]
    assert (point.x, point.y) == pytest.approx((15.44, 47.05), abs=1e-6)


@pytest.mark.parametrize("crs", [["EPSG:3857"], {"type": "link", "properties": {"href": "x"}}, 7])
def test_a_projection_without_a_name_is_one_clear_line(crs: Any, tmp_path: Path) -> None:
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps(FEATURE | {"crs": crs}), "utf-8")
    with pytest.raises(SourceError, match=r"unknown projection \(it has no name") as caught:
        read_world([path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("stated", [True, False])
def test_the_texts_of_a_shapefile_keep_their_letters(
    stated: bool, encoding: str, tmp_path: Path
) -> None:
    names = ["Café Straße", "Grüner Weg", "Lime"]
    shapes = [shapely.Point(15, 47 + row / 1000) for row in range(3)]
    frame = gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=4326)
    frame.to_file(tmp_path / "town.shp", encoding=encoding)
    if not stated:
        (tmp_path / "town.cpg").unlink()
    assert read_world([tmp_path / "town.shp"]).features.name.tolist() == names


@pytest.mark.parametrize("stated", [True, False])
def test_a_letter_that_its_column_cuts_is_left_out_and_counted(
    stated: bool, tmp_path: Path
) -> None:
    names = [f"Улица {number}" for number in range(40)]
    shapes = [shapely.Point(15, 47 + row / 1000) for row in range(40)]
    frame = gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=4326)
    frame.to_file(tmp_path / "town.shp", encoding="utf-8")
    if not stated:
        (tmp_path / "town.cpg").unlink()
    table = tmp_path / "town.dbf"
    table.write_bytes(table.read_bytes().replace("Улица 7".encode(), "Улица ".encode() + b"\xd0"))
    world = read_world([tmp_path / "town.shp"])
    assert world.features.name.tolist() == [*names[:7], "Улица", *names[8:]]
    assert [(row.what, row.n) for row in world.left_out] == [("letter", 1)]


TOPOLOGY = json.dumps(
    {
        "type": "Topology",
        "objects": {"a": {"type": "Point", "coordinates": [15.4, 47], "properties": TAGS}},
        "arcs": [],
    }
)
ARCGIS = json.dumps(
    {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4326},
        "features": [{"attributes": TAGS, "geometry": {"x": 15.4, "y": 47}}],
    }
)


@pytest.mark.parametrize("document", [TOPOLOGY, ARCGIS], ids=["TopoJSON", "ArcGIS"])
@pytest.mark.parametrize("name", ["town.json", "town.json.gz"])
def test_json_that_gdal_reads_may_be_packed_and_have_a_bom(
    name: str, document: str, tmp_path: Path
) -> None:
    content = document.encode("utf-8-sig")
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    features = read_world([tmp_path / name]).features
    assert features.tags.tolist() == [TAGS]
    assert (features.geometry[0].x, features.geometry[0].y) == (15.4, 47)
