"""Reading map files: every format gives the same, every damaged file gives one clear line."""

import bz2
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import osmium
import pandas as pd
import pytest
import shapely
from tiny_osm import Town, tiny_city

from core.errors import SourceError
from core.geo import Bounds
from core.sources.world import read_world
from core.world import World

Refused = Callable[[Path], str]


def small_town() -> Town:
    """A node, a line, an area, and a relation with a hole."""
    town = Town()
    town.point(5, 5, amenity="bench", name="Old Bench", name__fi="Vanha Penkki")
    town.way([(0, 0), (100, 0), (200, 30)], highway="residential", name="Lime Street")
    town.box(20, 20, 40, 40, building="church", name="Saint Ann")
    outer, inner = town.box(100, 50, 60, 60), town.box(120, 70, 20, 20)
    town.courtyard(outer, inner, building="yes", name="Round House", alt_name="Ring;Donut")
    return town


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_town().write(tmp_path_factory.mktemp("original") / "town.osm")


@pytest.fixture
def assert_refused() -> Refused:
    """Reads a file that must be refused with one line that names it, and nothing written."""

    def read(path: Path) -> str:
        before = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
        with pytest.raises(SourceError) as caught:
            read_world([path])
        message = str(caught.value)
        assert path.name in message
        assert message.isprintable()
        assert (sorted(path.parent.iterdir()) if path.parent.is_dir() else []) == before
        return message

    return read


def as_frame(world: World) -> gpd.GeoDataFrame:
    """Plain columns with tags, as other programs would export them."""
    tags = pd.DataFrame(list(world.features.tags))
    return gpd.GeoDataFrame(tags, geometry=list(world.features.geometry), crs=4326)


def copy_as_pbf(source: Path, to: Path) -> None:
    with osmium.SimpleWriter(str(to)) as writer:
        for item in osmium.FileProcessor(str(source)):
            writer.add(item)


def features_json(frame: gpd.GeoDataFrame) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(frame.to_json(drop_id=True))["features"]
    return found


WRITERS: dict[str, Callable[[Path, gpd.GeoDataFrame, Path], object]] = {
    "town.osm.gz": lambda osm, _, to: to.write_bytes(gzip.compress(osm.read_bytes())),
    "town.osm.bz2": lambda osm, _, to: to.write_bytes(bz2.compress(osm.read_bytes())),
    "town.osm.pbf": lambda osm, _, to: copy_as_pbf(osm, to),
    "TOWN.OSM": lambda osm, _, to: to.write_bytes(osm.read_bytes()),
    "town.geojson": lambda _, frame, to: to.write_text(frame.to_json(), "utf-8"),
    "town.geojson.gz": lambda _, frame, to: to.write_bytes(gzip.compress(frame.to_json().encode())),
    "town.geojsonl": lambda _, frame, to: to.write_text(
        "\n".join(json.dumps(one) for one in features_json(frame)), "utf-8"
    ),
    "town.geojsonl.gz": lambda _, frame, to: to.write_bytes(
        gzip.compress("\n".join(json.dumps(one) for one in features_json(frame)).encode())
    ),
    "town.geojsonseq": lambda _, frame, to: to.write_text(
        "".join(f"\x1e{json.dumps(one)}\n" for one in features_json(frame)), "utf-8"
    ),
    "town.gpkg": lambda _, frame, to: frame.to_file(to),
    "town.parquet": lambda _, frame, to: frame.to_parquet(to),
    "town.fgb": lambda _, frame, to: frame.to_file(to, driver="FlatGeobuf"),
}


class TestEveryFormat:
    @pytest.mark.parametrize("name", WRITERS)
    def test_reads_to_the_same_features(self, name: str, original: Path, tmp_path: Path) -> None:
        wanted = read_world([original])
        WRITERS[name](original, as_frame(wanted), tmp_path / name)
        result = read_world([tmp_path / name])
        for column in ("kind", "synonyms", "name", "names", "address", "group", "tags"):
            key = result.features.name.tolist(), wanted.features.name.tolist()
            assert dict(zip(key[0], result.features[column], strict=True)) == dict(
                zip(key[1], wanted.features[column], strict=True)
            ), column
        by_name = result.features.set_index("name").geometry
        assert len(wanted.features.name) > 3
        for feature, shape in zip(wanted.features.name, wanted.features.geometry, strict=True):
            assert shapely.hausdorff_distance(by_name[feature], shape) < 1e-6, feature
            assert by_name[feature].area == pytest.approx(shape.area, rel=1e-4)
        assert result.features.crs == 4326
        assert result.sources == (name,)
        assert result.licence

    def test_a_bom_and_windows_line_ends_are_no_matter(self, tmp_path: Path) -> None:
        path = tmp_path / "places.geojsonl"
        line = json.dumps(
            {
                "type": "Feature",
                "properties": {"name": "Café"},
                "geometry": {"type": "Point", "coordinates": [1, 2]},
            }
        )
        path.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n\r\n")
        assert read_world([path]).features.name.tolist() == ["Café"]


def test_a_relation_keeps_its_hole(original: Path) -> None:
    features = read_world([original]).features.set_index("name")
    house = features.loc["Round House"]
    assert house.feature_id == "r1"
    assert len(house.geometry.interiors) == 1
    metres = features.geometry.to_crs(features.estimate_utm_crs()).area
    assert metres["Round House"] == pytest.approx(60 * 60 - 20 * 20, rel=0.01)
    assert house.names == ["Round House", "Ring", "Donut"]


def test_features_keep_the_ids_of_their_source(original: Path) -> None:
    ids = read_world([original]).features.set_index("name").feature_id
    assert ids.to_dict() == {
        "Old Bench": "n1",
        "Lime Street": "w1",
        "Saint Ann": "w2",
        "Round House": "r1",
    }


@pytest.mark.parametrize(
    ("tags", "is_area"),
    [
        ({"building": "yes"}, True),
        ({"leisure": "park"}, True),
        ({"natural": "water"}, True),
        ({"highway": "pedestrian"}, False),
        ({"highway": "pedestrian", "area": "yes"}, True),
        ({"barrier": "wall"}, False),
        ({"natural": "coastline"}, False),
        ({"building": "yes", "area": "no"}, False),
    ],
)
def test_a_closed_way_is_a_surface_or_a_loop_by_its_tags(
    tags: dict[str, str], is_area: bool, tmp_path: Path
) -> None:
    town = Town()
    town.box(0, 0, 50, 50, name="Ring", **tags)
    features = read_world([town.write(tmp_path / "town.osm")]).features
    assert len(features) == 1, "a feature must not come twice"
    assert (features.geometry.iloc[0].geom_type == "Polygon") is is_area


def test_every_naming_tag_is_read(tmp_path: Path) -> None:
    naming = {
        "name": "Main",
        "name:en": "English",
        "name:ru": "Русский",
        "int_name": "International",
        "alt_name": "Other; Another",
        "old_name": "Former",
        "official_name": "Official",
        "short_name": "Short",
        "loc_name": "Local",
        "brand": "Brand",
        "operator": "Operator",
        "addr:housename": "House",
        "inscription": "In stone",
    }
    town = Town()
    town.point(0, 0, amenity="cafe", addr__street="Long Road", addr__housenumber="7b", **naming)
    (row,) = read_world([town.write(tmp_path / "town.osm")]).features.itertuples()
    assert row.name == row.names[0] == "Main"
    wanted = {part.strip() for value in naming.values() for part in value.split(";")}
    assert set(row.names) == wanted
    assert len(row.names) == len(set(row.names))
    assert row.address == "Long Road 7b"


def test_a_name_of_a_megabyte_is_cut_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "long.geojson"
    path.write_text(collection([point({"name": "x" * 1_000_000, "amenity": "pub"})]))
    (name,) = read_world([path]).features.name
    assert 0 < len(name) < 1000


# --- Pieces and ids -----------------------------------------------------------------------------


def point(properties: object, x: float = 1, y: float = 2) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [x, y]},
    }


def area(properties: object, west: float, east: float) -> dict[str, object]:
    ring = [[west, 0], [east, 0], [east, 0.001], [west, 0.001], [west, 0]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def collection(features: list[dict[str, object]], **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def test_pieces_with_the_same_id_are_joined(tmp_path: Path) -> None:
    tags = {"@type": "way", "@id": 7, "leisure": "park", "name": "Long Park"}
    path = tmp_path / "tiles.geojsonl"
    pieces = [area(tags, 0, 0.001), area(tags, 0.001, 0.002)]
    path.write_text("\n".join(json.dumps(piece) for piece in pieces))
    (row,) = read_world([path]).features.itertuples()
    assert row.feature_id == "w7"
    assert row.geometry.geom_type == "Polygon"
    assert row.geometry.bounds == pytest.approx((0, 0, 0.002, 0.001))
    assert row.geometry.area == pytest.approx(2e-6)


def test_a_way_and_a_node_of_the_same_number_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "two.geojson"
    path.write_text(
        collection(
            [
                point({"@type": "node", "@id": 7, "name": "A"}),
                point({"@type": "way", "@id": 7, "name": "B"}),
            ]
        )
    )
    assert sorted(read_world([path]).features.name) == ["A", "B"]


def test_two_files_without_ids_keep_all_their_features(tmp_path: Path) -> None:
    paths = [tmp_path / "a.geojson", tmp_path / "b.geojson"]
    for number, path in enumerate(paths):
        path.write_text(collection([point({"name": f"Place {number}"}, x=number)]))
    assert sorted(read_world(paths).features.name) == ["Place 0", "Place 1"]


def test_an_attribute_called_id_that_is_not_unique_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "classes.geojson"
    path.write_text(collection([point({"id": 5, "name": "A"}), point({"id": 5, "name": "B"})]))
    assert sorted(read_world([path]).features.name) == ["A", "B"]


def test_a_table_with_gaps_in_its_ids_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    gpd.GeoDataFrame(
        {"name": ["A", "B", "C"], "osm_id": ["12", None, None]},
        geometry=gpd.points_from_xy([1, 2, 3], [1, 1, 1]),
        crs=4326,
    ).to_file(path)
    assert sorted(read_world([path]).features.name) == ["A", "B", "C"]


def test_the_same_extract_twice_is_the_extract_once(original: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.osm"
    copy.write_bytes(original.read_bytes())
    once, twice = read_world([original]), read_world([original, copy])
    assert sorted(twice.features.feature_id) == sorted(once.features.feature_id)
    assert twice.features.total_bounds == pytest.approx(once.features.total_bounds)


# --- Tables of other programs -------------------------------------------------------------------


def test_a_table_may_have_gaps_lists_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    gpd.GeoDataFrame(
        {
            "name": ["A", None],
            "levels": pd.array([3, None], dtype="Int64"),
            "is_open": pd.array([True, None], dtype="boolean"),
            "opened": pd.to_datetime(["2020-01-01", None]),
            "websites": [["a", "b"], None],
            "names": [{"primary": "A"}, None],
        },
        geometry=gpd.points_from_xy([1, 2], [1, 1]),
        crs=4326,
    ).to_parquet(path)
    features = read_world([path]).features
    assert features.name.tolist()[0] == "A"
    tags = features.tags.iloc[0]
    assert tags["levels"] == "3"
    assert not {"nan", "NaT", "<NA>", "None"} & {
        value for row in features.tags for value in row.values()
    }


def test_a_file_with_several_layers_is_read_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "layers.gpkg"
    for number, layer in enumerate(("points", "lines")):
        gpd.GeoDataFrame(
            {"name": [layer]}, geometry=gpd.points_from_xy([number], [1]), crs=4326
        ).to_file(path, layer=layer)
    try:
        layers = sorted(read_world([path]).features.name)
    except SourceError as error:
        assert "layer" in str(error)  # noqa: PT017
    else:
        assert layers == ["lines", "points"]


def test_a_projected_table_is_brought_to_degrees(original: Path, tmp_path: Path) -> None:
    wanted = read_world([original])
    path = tmp_path / "finland.gpkg"
    as_frame(wanted).to_crs(3067).to_file(path)
    found = read_world([path])
    assert found.features.total_bounds == pytest.approx(wanted.features.total_bounds, abs=1e-6)


@pytest.mark.parametrize("zipped", [False, True])
def test_geojson_that_names_its_projection_is_brought_to_degrees(
    zipped: bool, tmp_path: Path
) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3067"}}
    text = collection([point({"name": "Helsinki"}, 385_600, 6_672_200)], crs=crs)
    path = tmp_path / ("places.geojson.gz" if zipped else "places.geojson")
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    (shape,) = read_world([path]).features.geometry
    assert (shape.x, shape.y) == pytest.approx((24.94, 60.17), abs=0.01)


# --- Refusals -----------------------------------------------------------------------------------


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(SourceError, match="no map file"):
        read_world([])


@pytest.mark.parametrize("name", ["no.osm.pbf", "no.osm", "no.geojson", "no.gpkg", "no.parquet"])
def test_a_missing_file_is_named(name: str, tmp_path: Path, assert_refused: Refused) -> None:
    assert "no file" in assert_refused(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path, assert_refused: Refused) -> None:
    (tmp_path / "folder.osm").mkdir()
    assert_refused(tmp_path / "folder.osm")


@pytest.mark.parametrize("name", ["town.osm", *WRITERS])
def test_an_empty_file_is_refused(name: str, tmp_path: Path, assert_refused: Refused) -> None:
    (tmp_path / name).write_bytes(b"")
    assert "empty" in assert_refused(tmp_path / name)


@pytest.mark.parametrize("name", ["town.osm", *WRITERS])
def test_garbage_is_refused(name: str, tmp_path: Path, assert_refused: Refused) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 20)
    assert_refused(tmp_path / name)


@pytest.mark.parametrize("name", ["town.osm", *WRITERS])
def test_a_file_cut_short_is_refused(
    name: str, original: Path, tmp_path: Path, assert_refused: Refused
) -> None:
    path = tmp_path / name
    WRITERS.get(name, WRITERS["TOWN.OSM"])(original, as_frame(read_world([original])), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.6)])
    assert_refused(path)


@pytest.mark.parametrize("name", ["town.csv", "town.zip", "town", "town.pbf.txt"])
def test_another_kind_of_file_is_refused_with_the_kinds_that_can_be_read(
    name: str, tmp_path: Path, assert_refused: Refused
) -> None:
    (tmp_path / name).write_text("x,y\n1,2\n")
    message = assert_refused(tmp_path / name)
    assert ".osm.pbf" in message
    assert ".geojson" in message


NO_GEOJSON = (
    "[]",
    "3",
    '"FeatureCollection"',
    "null",
    '{"type": "Feature"}',
    '{"type": "FeatureCollection", "features": {}}',
    '{"type": "FeatureCollection", "features": [3]}',
    '{"type": "FeatureCollection", "crs": "EPSG:3067", "features": []}',
    '{"type": "FeatureCollection", "crs": {"properties": null}, "features": []}',
    '{"type": "FeatureCollection", "features": []}',
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": 3}]}',
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": '
    '{"type": "Point", "coordinates": ["a", "b"]}, "properties": {"name": "A"}}]}',
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": '
    '{"type": "Blob", "coordinates": [1, 2]}, "properties": {"name": "A"}}]}',
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": '
    '{"type": "Point", "coordinates": [1, 2]}, "properties": ["name"]}]}',
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": '
    '{"type": "Point", "coordinates": [NaN, 2]}, "properties": {"name": "A"}}]}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", NO_GEOJSON, ids=range(len(NO_GEOJSON)))
def test_json_that_is_no_geojson_is_refused(
    text: str, tmp_path: Path, assert_refused: Refused
) -> None:
    (tmp_path / "town.geojson").write_text(text)
    assert_refused(tmp_path / "town.geojson")


def test_broken_json_lines_are_refused_with_the_number_of_the_line(
    tmp_path: Path, assert_refused: Refused
) -> None:
    (tmp_path / "town.geojsonl").write_text(f'{json.dumps(point({"name": "A"}))}\n{{"type": "Fe\n')
    assert "line 2" in assert_refused(tmp_path / "town.geojsonl")


@pytest.mark.parametrize("name", ["town.geojson", "town.gpkg", "town.parquet"])
def test_metres_without_a_projection_are_refused(
    name: str, original: Path, tmp_path: Path, assert_refused: Refused
) -> None:
    frame = as_frame(read_world([original])).to_crs(3067).set_crs(None, allow_override=True)
    path = tmp_path / name
    if name.endswith(".geojson"):
        path.write_text(frame.to_json())
    elif name.endswith(".gpkg"):
        frame.to_file(path)
    else:
        frame.to_parquet(path)
    assert re.search("projection|EPSG:4326|degrees", assert_refused(path))


def test_a_table_without_geometry_is_refused(tmp_path: Path, assert_refused: Refused) -> None:
    pd.DataFrame({"name": ["A"]}).to_parquet(tmp_path / "plain.parquet")
    assert_refused(tmp_path / "plain.parquet")


def test_a_map_without_tags_is_refused(tmp_path: Path, assert_refused: Refused) -> None:
    town = Town()
    town.point(0, 0)
    town.point(1, 1, source="survey")
    assert_refused(town.write(tmp_path / "bare.osm"))


def test_ways_whose_points_are_missing_do_not_stop_the_rest(tmp_path: Path) -> None:
    town = small_town()
    town.ways.append(
        '<way id="99" version="1"><nd ref="98765"/><nd ref="98766"/>'
        '<tag k="highway" v="path"/></way>'
    )
    features = read_world([town.write(tmp_path / "edge.osm")]).features
    assert "w99" not in set(features.feature_id)
    assert len(features) == 4


def test_a_box_keeps_what_touches_it(original: Path) -> None:
    at, end = Town().position(-10, -10), Town().position(10, 10)
    box = Bounds(at.lon, at.lat, end.lon, end.lat)
    assert sorted(read_world([original], box).features.name) == ["Lime Street", "Old Bench"]


def test_a_box_without_content_is_refused_with_the_order_of_its_edges(original: Path) -> None:
    with pytest.raises(SourceError, match="west,south,east,north") as caught:
        read_world([original], Bounds(0, 0, 1, 1))
    assert "town.osm" in str(caught.value)


def test_the_tiny_city_has_what_people_mention(city_osm: Path) -> None:
    world = read_world([city_osm])
    kinds, names = set(world.features.kind), set(world.features.name)
    assert {"park", "bench", "fountain", "statue"} <= kinds
    assert {"Café Ångström", "Улица Пушкина", "Saint Mary's Cathedral"} <= names
    assert len(world.features) > 30
    assert len(tiny_city(frozenset({"statue"})).nodes) < len(tiny_city().nodes)
