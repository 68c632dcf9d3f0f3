"""Faults in map files: what is usable is read, what is not is counted, and why is told."""

import json
import shutil
import struct
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.errors import SourceError
from core.sources.left_out import read_counts, reading_line
from core.sources.world import read_world
from core.world import LeftOut, World

FAULTY = Path(__file__).parent / "faulty"
NODES = '<node id="1" lat="47.05" lon="15.44"/><node id="2" lat="47.05" lon="15.445"/>'
CAFE = '<tag k="amenity" v="cafe"/><tag k="name" v="Cafe Otter"/>'
ROAD = '<tag k="highway" v="residential"/><tag k="name" v="Quarry Road"/>'
LAKE = '<tag k="natural" v="water"/><tag k="name" v="Mirror Lake"/>'


def osm(path: Path, body: str, root: str = "osm") -> Path:
    path.write_text(f'<{root} version="0.6">{body}</{root}>', encoding="utf-8")
    return path


def corners(*refs: int) -> str:
    return "".join(f'<nd ref="{ref}"/>' for ref in refs)


def square() -> str:
    places = [(47.05, 15.44), (47.05, 15.441), (47.051, 15.441), (47.051, 15.44)]
    return "".join(
        f'<node id="{row}" lat="{lat}" lon="{lon}"/>' for row, (lat, lon) in enumerate(places, 1)
    )


def left_out(world: World) -> dict[str, int]:
    return {row.what: row.n for row in world.left_out}


def only(world: World) -> shapely.Geometry:
    (shape,) = world.features.geometry
    return shape


# --- OpenStreetMap ------------------------------------------------------------------------------


def test_a_missing_node_shortens_a_way(tmp_path: Path) -> None:
    body = f'{NODES}<way id="4">{corners(1, 2, 99)}{ROAD}</way>'
    world = read_world([osm(tmp_path / "edge.osm", body)])
    assert only(world).wkt == "LINESTRING (15.44 47.05, 15.445 47.05)"
    assert world.left_out == (LeftOut("way part", 1, "some of its nodes are not in the file"),)


def test_a_way_goes_on_behind_a_gap(tmp_path: Path) -> None:
    body = f'{square()}<way id="4">{corners(1, 2, 98, 99, 3, 4)}{ROAD}</way>'
    assert len(only(read_world([osm(tmp_path / "edge.osm", body)])).geoms) == 2


def test_a_way_with_every_second_node_is_drawn_through(tmp_path: Path) -> None:
    body = f'{NODES}<way id="4">{corners(1, 99, 2)}{ROAD}</way>'
    assert only(read_world([osm(tmp_path / "edge.osm", body)])).length == pytest.approx(0.005)


def test_an_area_without_one_corner_is_an_area(tmp_path: Path) -> None:
    body = f'{square()}<way id="4">{corners(1, 2, 3, 4, 99, 1)}{LAKE}</way>'
    world = read_world([osm(tmp_path / "edge.osm", body)])
    assert only(world).geom_type == "Polygon"
    assert only(world).area == pytest.approx(1e-6)
    assert left_out(world) == {"way part": 1}


def test_an_area_that_crosses_itself_is_read(tmp_path: Path) -> None:
    body = f'{square()}<way id="4">{corners(1, 2, 4, 3, 1)}{LAKE}</way>'
    world = read_world([osm(tmp_path / "bow.osm", body)])
    assert only(world).is_valid
    assert only(world).area > 0
    assert world.features.name.tolist() == ["Mirror Lake"]


def test_ways_without_any_node_and_relations_without_a_shape_are_counted(tmp_path: Path) -> None:
    body = (
        f'{NODES}<way id="4">{corners(1, 2)}{ROAD}</way><way id="5">{corners(8, 9)}{ROAD}</way>'
        f'<way id="6">{ROAD}</way>'
        '<relation id="7"><member type="way" ref="4" role=""/><tag k="type" v="route"/>'
        '<tag k="route" v="bus"/></relation>'
        '<relation id="8"><member type="way" ref="55" role="outer"/>'
        f'<tag k="type" v="multipolygon"/>{LAKE}</relation>'
    )
    world = read_world([osm(tmp_path / "edge.osm", body)])
    assert len(world.features) == 1
    assert {(row.what, row.n) for row in world.left_out} == {
        ("way", 1),
        ("relation", 1),
        ("multipolygon", 1),
    }
    assert len(world.left_out) == 4, "the two ways have different reasons"
    assert "its nodes are not in the file" in reading_line(world)


def test_a_long_value_is_read_whole(tmp_path: Path) -> None:
    text = "x" * 5_000
    body = f'<node id="1" lat="47.05" lon="15.44">{CAFE}<tag k="description" v="{text}"/></node>'
    (tags,) = read_world([osm(tmp_path / "long.osm", body)]).features.tags
    assert tags["description"] == text


def test_a_long_value_in_a_binary_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    def number(value: int) -> bytes:
        low, rest = value & 127, value >> 7
        return bytes([low | 128]) + number(rest) if rest else bytes([low])

    def part(key: int, content: bytes) -> bytes:
        return number(key << 3 | 2) + number(len(content)) + content

    def blob(kind: bytes, content: bytes) -> bytes:
        body = part(1, content)
        head = part(1, kind) + number(3 << 3) + number(len(body))
        return struct.pack(">I", len(head)) + head + body

    texts = part(1, part(1, b"") + part(1, b"description") + part(1, b"x" * 2_000))
    path = tmp_path / "long.osm.pbf"
    path.write_bytes(blob(b"OSMHeader", part(4, b"OsmSchema-V0.6")) + blob(b"OSMData", texts))
    with pytest.raises(SourceError, match=r"too long .* \.osm\.bz2"):
        read_world([path])


@pytest.mark.parametrize(
    ("lat", "reason"),
    [
        ("47,05", "decimal comma"),
        ("north", "no number"),
        ("95", "not a latitude"),
        ("nan", "latitude"),
    ],
)
def test_a_node_with_a_bad_position_is_left_out(lat: str, reason: str, tmp_path: Path) -> None:
    bad = f'<node id="3" lat="{lat}" lon="15.44">{CAFE}</node>'
    body = f'{NODES}{bad}<way id="4">{corners(1, 2)}{ROAD}</way>'
    world = read_world([osm(tmp_path / "bad.osm", body)])
    assert left_out(world) == {"node": 1}
    assert reason in reading_line(world)
    with pytest.raises(SourceError, match=reason) as caught:
        read_world([osm(tmp_path / "all-bad.osm", bad)])
    assert "all-bad.osm" in str(caught.value)


def test_changesets_are_no_map(tmp_path: Path) -> None:
    changeset = '<changeset id="7" open="false"><tag k="comment" v="added benches"/></changeset>'
    with pytest.raises(SourceError, match="changesets"):
        read_world([osm(tmp_path / "changes.osm", changeset)])
    body = f'{changeset}<node id="3" lat="47.05" lon="15.44">{CAFE}</node>'
    assert left_out(read_world([osm(tmp_path / "both.osm", body)])) == {"changeset": 1}


def test_what_was_closed_is_not_on_the_map(tmp_path: Path) -> None:
    closed = f'<node id="3" version="1" lat="47.0501" lon="15.4405">{CAFE}</node>'
    body = f'{closed}<node id="3" version="2" visible="false"/>'
    with pytest.raises(SourceError, match="1 deleted node"):
        read_world([osm(tmp_path / "history.osm", body)])
    body += f'{NODES}<way id="4">{corners(1, 2)}{ROAD}</way>'
    world = read_world([osm(tmp_path / "history.osm", body)])
    assert world.features.name.tolist() == ["Quarry Road"]
    assert left_out(world) == {"deleted node": 1, "older version": 1}


def test_a_change_file_gives_what_it_leaves(tmp_path: Path) -> None:
    body = (
        f'<create><node id="3" version="1" lat="47.05" lon="15.44">{CAFE}</node></create>'
        '<delete><node id="4" version="2" lat="47.05" lon="15.44">'
        '<tag k="shop" v="toys"/></node></delete>'
    )
    world = read_world([osm(tmp_path / "change.osm", body, "osmChange")])
    assert world.features.name.tolist() == ["Cafe Otter"]
    assert left_out(world) == {"deleted node": 1}


CENTERS = {
    "center.osm": '<osm><way id="4"><center lat="47.05" lon="15.44"/>{}</way></osm>',
    "box.osm": '<osm><way id="4"><bounds minlat="47.04" minlon="15.43" maxlat="47.06" '
    'maxlon="15.45"/>{}</way></osm>',
    "area.osm": '<osm><relation id="4"><center lat="47.05" lon="15.44"/><member type="way" '
    'ref="9" role="outer"/><tag k="type" v="multipolygon"/>{}</relation></osm>',
}


@pytest.mark.parametrize("name", CENTERS)
def test_a_middle_alone_is_a_point(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(CENTERS[name].format(LAKE))
    world = read_world([tmp_path / name])
    assert shapely.get_coordinates(only(world))[0] == pytest.approx([15.44, 47.05])
    assert "only its middle" in reading_line(world)
    assert len(world.left_out) == 1


def test_the_json_of_out_center_is_points(tmp_path: Path) -> None:
    way = {
        "type": "way",
        "id": 4,
        "center": {"lat": 47.05, "lon": 15.44},
        "tags": {"shop": "toys"},
    }
    elements = [way, {"type": "count", "id": 0}, {"type": "node"}, 7]
    remark = "runtime error: Query timed out\x1b[31m"
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"elements": elements, "remark": remark}))
    world = read_world([path])
    assert only(world).wkt == "POINT (15.44 47.05)"
    assert left_out(world) == {"way outline": 1, "element": 2, "node": 1, "unfinished answer": 1}
    assert "Query timed out" in reading_line(world)
    assert reading_line(world).isprintable()


def test_the_remark_of_a_server_that_gave_up_is_told(tmp_path: Path) -> None:
    body = f'<node id="3" lat="47.05" lon="15.44">{CAFE}</node><remark>out of memory</remark>'
    assert "out of memory" in reading_line(read_world([osm(tmp_path / "answer.osm", body)]))


def test_other_xml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "track.osm").write_text('<gpx version="1.1"><wpt lat="1" lon="2"/></gpx>')
    with pytest.raises(SourceError, match="gpx"):
        read_world([tmp_path / "track.osm"])
    bomb = '<!DOCTYPE osm [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><osm><node id="&b;"/></osm>'
    (tmp_path / "bomb.osm").write_text(bomb)
    with pytest.raises(SourceError, match="document type"):
        read_world([tmp_path / "bomb.osm"])


@pytest.mark.parametrize("encoding", ["utf-9", "shift_jis"])
def test_an_unknown_encoding_is_refused(encoding: str, tmp_path: Path) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><osm><node id="1"/></osm>'
    (tmp_path / "town.osm").write_text(text)
    with pytest.raises(SourceError, match=r"town\.osm is broken.*encoding"):
        read_world([tmp_path / "town.osm"])


def test_ids_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    body = (
        f'<node id="x" lat="47.05" lon="15.44">{CAFE}</node>{NODES}'
        f'<way id="4"><nd ref="y"/>{corners(1, 2)}{ROAD}</way>'
        f'<relation id="{10**30}">{LAKE}</relation>'
    )
    world = read_world([osm(tmp_path / "ids.osm", body)])
    assert world.features.name.tolist() == ["Quarry Road"]
    assert left_out(world) == {"node": 1, "node reference": 1, "relation": 1}


# --- Other vector files -------------------------------------------------------------------------


def feature(kind: str, coordinates: object, **tags: object) -> dict[str, object]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": tags, "geometry": geometry}


GOOD = feature("Point", [15.4405, 47.0501], name="Cafe Otter", amenity="cafe")
BAD = {
    "a number that is none": feature("Point", [float("nan"), 47], name="A"),
    "a line of one point": feature("LineString", [[15.44, 47.05]], name="A"),
    "an open ring": feature("Polygon", [[[0, 0], [1, 1], [1, 0]]], name="A"),
    "text for numbers": feature("Point", ["a", "b"], name="A"),
    "no geometry": {"type": "Feature", "properties": {"name": "A"}, "geometry": None},
    "an empty one": feature("LineString", [], name="A"),
    "no feature": 3,
    "a list of properties": {**GOOD, "properties": ["name"]},
}


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl"])
@pytest.mark.parametrize("fault", BAD)
def test_one_bad_feature_is_left_out_and_counted(fault: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"town.{suffix}"
    features = [GOOD, BAD[fault], GOOD]
    whole = {"type": "FeatureCollection", "features": features}
    lines = "\n".join(json.dumps(one) for one in features)
    path.write_text(json.dumps(whole) if suffix == "geojson" else lines)
    world = read_world([path])
    assert world.features.name.tolist() == ["Cafe Otter"] * 2
    assert [row.n for row in world.left_out] == [1]


def test_height_and_measure_are_dropped(tmp_path: Path) -> None:
    points = [[15.44, 47.05, 340, 1], [15.441, 47.05, 341, 2]]
    path = tmp_path / "xyzm.geojson"
    features = [GOOD, feature("LineString", points, highway="footway")]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    world = read_world([path])
    assert read_counts(world) == {"points": 1, "lines": 1, "areas": 0}
    assert not world.features.geometry.has_z.any()
    assert world.left_out == ()


def test_one_feature_off_the_earth_is_left_out(tmp_path: Path) -> None:
    features = [GOOD, GOOD, feature("Point", [15, 147], name="A")]
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    world = read_world([path])
    assert len(world.features) == 2
    assert left_out(world) == {"feature": 1}


def test_a_single_feature_is_a_map(tmp_path: Path) -> None:
    (tmp_path / "one.geojson").write_text(json.dumps(GOOD))
    assert read_world([tmp_path / "one.geojson"]).features.name.tolist() == ["Cafe Otter"]


@pytest.mark.parametrize("name", ["town.topojson", "town.json"])
def test_topojson_is_read(name: str, tmp_path: Path) -> None:
    document = {
        "type": "Topology",
        "transform": {"scale": [0.001, 0.001], "translate": [15, 47]},
        "objects": {
            "roads": {
                "type": "GeometryCollection",
                "geometries": [
                    {
                        "type": "LineString",
                        "arcs": [0],
                        "properties": {"highway": "footway", "name": "Mill Path"},
                    }
                ],
            }
        },
        "arcs": [[[440, 50], [1, 0]]],
    }
    (tmp_path / name).write_text(json.dumps(document))
    world = read_world([tmp_path / name])
    assert world.features.name.tolist() == ["Mill Path"]
    assert shapely.get_coordinates(only(world)).ravel() == pytest.approx(
        [15.44, 47.05, 15.441, 47.05]
    )


def test_upper_case_columns_keep_their_names(tmp_path: Path) -> None:
    upper = feature("Point", [15.4405, 47.0501], NAME="Cafe Otter", Amenity="cafe", ID=5)
    both = feature("Point", [15.4405, 47.0501], NAME="CAFE OTTER", name="Cafe Otter")
    path = tmp_path / "upper.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [upper, both]}))
    world = read_world([path])
    assert world.features.name.tolist() == ["Cafe Otter"] * 2
    assert world.features.kind.tolist() == ["cafe", ""]
    table = tmp_path / "upper.shp"
    gpd.GeoDataFrame(
        {"NAME": ["Cafe Otter"], "AMENITY": ["cafe"]},
        geometry=gpd.points_from_xy([15.4405], [47.0501]),
        crs=4326,
    ).to_file(table)
    assert read_world([table]).features.kind.tolist() == ["cafe"]


def test_kml_keeps_its_names_and_attributes(tmp_path: Path) -> None:
    text = (
        "<?xml version='1.0' encoding='UTF-8'?><kml xmlns='http://www.opengis.net/kml/2.2'>"
        "<Document><Placemark><name>Cafe Otter</name><description>good cake</description>"
        "<ExtendedData><Data name='amenity'><value>cafe</value></Data></ExtendedData>"
        "<Point><coordinates>15.4405,47.0501</coordinates></Point></Placemark></Document></kml>"
    )
    (tmp_path / "names.kml").write_text(text)
    world = read_world([tmp_path / "names.kml"])
    assert world.features.kind.tolist() == ["cafe"]
    assert world.features.tags.tolist() == [
        {"name": "Cafe Otter", "description": "good cake", "amenity": "cafe"}
    ]


def test_shapes_that_nothing_draws_are_told(tmp_path: Path) -> None:
    for part in FAULTY.glob("test_tin.*"):
        shutil.copy(part, tmp_path)
    with pytest.raises(SourceError, match="such as TIN") as caught:
        read_world([tmp_path / "test_tin.shp"])
    assert "1 feature" in str(caught.value)


def test_a_table_with_rows_without_geometry_tells_them(tmp_path: Path) -> None:
    path = tmp_path / "gaps.gpkg"
    gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=[shapely.Point(1, 2), None], crs=4326).to_file(
        path
    )
    world = read_world([path])
    assert world.features.name.tolist() == ["A"]
    assert world.left_out == (LeftOut("feature", 1, "it has no geometry"),)


def test_what_lies_outside_the_box_is_counted(tmp_path: Path) -> None:
    far = feature("Point", [16, 48], name="Far")
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [GOOD, far]}))
    from core.geo import Bounds

    world = read_world([path], Bounds(15, 47, 15.5, 47.5))
    assert left_out(world) == {"feature": 1}
    assert "1 feature (it lies outside --bbox)" in reading_line(world)
