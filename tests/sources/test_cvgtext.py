"""CVG-Text on disk: every layout, reports of known faults, names that stay in their folder."""

import json
from pathlib import Path

import pytest
from tiny_cvgtext import LAYOUTS, PUBLIC, Layout, panorama, photo, some_names, write_picture

from core.errors import SourceError
from core.sources.cvgtext import (
    CvgText,
    base_name,
    coordinates_of,
    is_panorama,
    read_cvgtext,
    stem_of,
)


def described(names: list[str]) -> dict[str, str]:
    return {name: f"a street with {number} trees" for number, name in enumerate(names)}


def faults_of(data: CvgText) -> dict[str, tuple[str, ...]]:
    return {fault.kind: fault.names for fault in data.faults}


# --- Layouts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("city", ["NewYork", "Brisbane", "Tokyo"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
@pytest.mark.parametrize("kind", ["sat", "osm"])
def test_every_layout_is_read(layout: Layout, kind: str, city: str, tmp_path: Path) -> None:
    root = tmp_path / "a_folder_with_under_scores"
    views, photos = some_names(3)[::-1], some_names(2, photo)
    layout.write(root, city, kind, {"test": described(views), "train": described(["1,2.jpg"])})
    layout.write(root, f"{city}-photos", kind, {"test": described(photos)})
    pano = read_cvgtext(root, city, "panorama", kind, "test")
    assert [row.name for row in pano.rows] == views, "the annotation's order is kept"
    assert [row.description for row in pano.rows] == list(described(views).values())
    assert all(row.is_panorama for row in pano.rows)
    assert all(row.picture.is_file() and row.picture.name == row.name for row in pano.rows)
    assert (pano.rows[0].lat, pano.rows[0].lon) == (40.702, -74.0)
    single = read_cvgtext(root, city, "photos", kind, "test")
    assert [row.name for row in single.rows] == photos
    assert not any(row.is_panorama for row in single.rows)
    mixed = read_cvgtext(root, city, "mixed", kind, "test")
    assert [row.name for row in mixed.rows] == [*views, *photos]
    for data in (pano, single, mixed):
        assert (data.city, data.kind) == (city, kind)
        assert set(faults_of(data)) <= {"same description"}


def test_the_archives_street_views_lie_among_the_queries(tmp_path: Path) -> None:
    layout = Layout("query/{part}-{suffix}", "annotation/{part}")
    layout.write(tmp_path, "Tokyo", "ground", {"test": described(some_names(2))})
    assert len(read_cvgtext(tmp_path, "Tokyo", "panorama", "ground", "test").rows) == 2


def test_a_mixed_version_of_its_own_is_read(tmp_path: Path) -> None:
    names = [*some_names(2), *some_names(2, photo)]
    PUBLIC.write(tmp_path, "Tokyo-mixed", "osm", {"test": described(names)})
    data = read_cvgtext(tmp_path, "Tokyo", "mixed", "osm", "test")
    assert [row.name for row in data.rows] == names
    everything = read_cvgtext(tmp_path, "Tokyo", "mixed", "osm", None)
    assert [row.name for row in everything.rows] == names


def test_pictures_pooled_in_one_folder_are_found_from_every_version(tmp_path: Path) -> None:
    views, photos = some_names(2), some_names(2, photo)
    layout = LAYOUTS["of the archive"]
    layout.write(tmp_path, "NewYork", "sat", {"test": described(views)}, photos)
    path = tmp_path / "annotation" / "NewYork-photos" / "test.json"
    path.parent.mkdir()
    path.write_text(json.dumps(described(photos[:1])))
    data = read_cvgtext(tmp_path, "NewYork", "mixed", "sat", "test")
    assert [row.name for row in data.rows] == [*views, photos[0]]
    single = read_cvgtext(tmp_path, "NewYork", "photos", "sat", None)
    assert [row.name for row in single.rows] == photos, "single views only, described or not"


def test_without_a_split_all_pictures_are_there_and_the_described_ones_first(
    tmp_path: Path,
) -> None:
    names = some_names(6)
    splits = {"train": described(names[4:5]), "test": described(names[2:4])}
    PUBLIC.write(tmp_path, "NewYork", "osm", splits, [*names[:2], names[5]])
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "osm", None)
    assert [row.name for row in data.rows] == [names[4], names[2], names[3], *names[:2], names[5]]
    assert [bool(row.description) for row in data.rows] == [True] * 3 + [False] * 3
    assert faults_of(data)["no description"] == (*names[:2], names[5])


def test_pictures_alone_can_be_read(tmp_path: Path) -> None:
    PUBLIC.write(tmp_path, "NewYork", "osm", {}, some_names(2))
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "osm", None)
    assert len(data.rows) == 2
    assert faults_of(data)["no annotation"] == ("NewYork/train.json", "NewYork/test.json")


# --- Names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "coordinates", "is_one"),
    [
        ("40.7,-74.01_2019-05_a_b-c_d10_z2.jpg", (40.7, -74.01), True),
        ("-27.470125,153.021072_2021-11_CAoSLEFG_d0_z3.png", (-27.470125, 153.021072), True),
        ("35.6,139.7_2020-01.jpg", (35.6, 139.7), False),
        ("35.6,139.7.jpg", (35.6, 139.7), False),
        ("+35.6,139_7.jpg", (35.6, 139), False),
        (base_name("a_b_c/d_e_f/35.6,139.7_1.jpg"), (35.6, 139.7), False),
        (base_name("a_b_c\\35.6,139.7_1.jpg"), (35.6, 139.7), False),
        ("35.6;139.7_1_2_3.jpg", None, True),
        ("٣٥.6,139.7.jpg", None, False),
        ("", None, False),
    ],
)
def test_a_name_tells_place_and_sort(
    name: str, coordinates: tuple[float, float] | None, is_one: bool
) -> None:
    assert coordinates_of(name) == coordinates
    assert is_panorama(name) == is_one


def test_only_the_ending_of_a_picture_is_cut_from_a_name() -> None:
    assert stem_of("40.7,-74.01") == "40.7,-74.01"
    assert stem_of("40.7,-74.01.PNG") == "40.7,-74.01"
    assert base_name("a/b\\c.jpg") == "c.jpg"


def test_another_ending_of_the_picture_is_no_matter(tmp_path: Path) -> None:
    names = some_names(2)
    folder = PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described(names)})
    for name in names:
        (folder / name).unlink()
        write_picture(folder / name.replace(".jpg", ".PNG"))
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test")
    assert [row.name for row in data.rows] == names, "the annotation's name is the query's"
    assert {row.picture.suffix for row in data.rows} == {".PNG"}


def test_of_two_endings_the_very_one_is_taken(tmp_path: Path) -> None:
    (name,) = some_names(1)
    folder = PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described([name])})
    write_picture(folder / name.replace(".jpg", ".png"), 7)
    (row,) = read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test").rows
    assert row.picture.name == name
    assert len(read_cvgtext(tmp_path, "NewYork", "panorama", "osm", None).rows) == 1


@pytest.mark.parametrize("start", ["../", "../../", "/", "..\\", "C:\\", "NewYork-OSM/../../"])
def test_a_strangers_name_stays_in_the_folder_of_pictures(start: str, tmp_path: Path) -> None:
    root, secret = tmp_path / "copy", "40.700000,-74.000000.jpg"
    write_picture(tmp_path / secret)
    write_picture(root / secret)
    (own,) = some_names(1)
    PUBLIC.write(root, "NewYork", "osm", {"test": described([own])})
    annotation = root / "CVG-text" / "NewYork" / "test.json"
    annotation.write_text(json.dumps(described([own, f"{start}{secret}"])))
    data = read_cvgtext(root, "NewYork", "panorama", "osm", "test")
    assert [row.name for row in data.rows] == [own]
    assert faults_of(data)["no tile"] == (secret,)


# --- Faults -------------------------------------------------------------------------------------


def test_a_sound_copy_has_no_fault(tmp_path: Path) -> None:
    PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described(some_names(5))})
    assert read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test").faults == ()


def test_faults_are_told_and_what_is_sound_is_kept(tmp_path: Path) -> None:
    names = some_names(5)
    texts = described(names) | {names[4]: "a street with 0 trees"}
    folder = PUBLIC.write(tmp_path, "NewYork", "osm", {"test": texts}, ["nowhere.jpg"])
    (folder / names[1]).unlink()
    (folder / names[3]).write_bytes((folder / names[2]).read_bytes())
    lost = {"91.0,5.0_x.jpg": "beyond the pole", "nowhere.jpg": "no place"}
    write_picture(folder / "91.0,5.0_x.jpg", 99)
    path = tmp_path / "CVG-text" / "NewYork" / "test.json"
    pairs = [*texts.items(), *lost.items(), (names[0], "the last one counts")]
    path.write_text("{" + ",".join(f"{json.dumps(a)}:{json.dumps(b)}" for a, b in pairs) + "}")
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test")
    assert [row.name for row in data.rows] == [names[0], *names[2:]]
    assert data.rows[0].description == "the last one counts"
    assert faults_of(data) == {
        "no tile": (names[1],),
        "no position": tuple(lost),
        "same picture": (f"{names[2]} = {names[3]}",),
        "same name": (names[0],),
    }
    assert data.faults_json()[0] == {"fault": "no tile", "count": 1, "names": [names[1]]}
    assert data.faults
    for fault in data.faults:
        assert fault.names[0] in str(fault)
        assert len(str(fault).splitlines()) == 1


def test_a_description_given_twice_is_told(tmp_path: Path) -> None:
    first, second, third = some_names(3)
    texts = {first: "a church", second: "a tree", third: "a church"}
    PUBLIC.write(tmp_path, "NewYork", "osm", {"test": texts})
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test")
    assert faults_of(data) == {"same description": (f"{first} = {third}",)}
    assert len(data.rows) == 3


def test_pictures_of_one_size_are_not_the_same(tmp_path: Path) -> None:
    names = [name.replace(".jpg", ".png") for name in some_names(2)]
    folder = PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described(names)})
    (folder / names[0]).write_bytes(b"a" * 50)
    (folder / names[1]).write_bytes(b"b" * 50)
    assert read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test").faults == ()


# --- Footprints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("lat", "metres"), [(40.7, 57.9), (-27.47, 67.8), (35.68, 62.1)])
@pytest.mark.parametrize("kind", ["sat", "osm"])
def test_a_tile_is_76_mercator_metres_wide(
    lat: float, metres: float, kind: str, tmp_path: Path
) -> None:
    PUBLIC.write(tmp_path, "Tokyo", kind, {"test": described([panorama(lat, 10.0)])})
    data = read_cvgtext(tmp_path, "Tokyo", "panorama", kind, "test")
    assert data.footprint_m == pytest.approx(metres, abs=0.1)


# --- Bad input ----------------------------------------------------------------------------------


def assert_refused(root: Path, match: str, **changed: object) -> None:
    wanted = {"city": "NewYork", "version": "panorama", "kind": "osm", "split": "test"} | changed
    with pytest.raises(SourceError, match=match) as caught:
        read_cvgtext(root, **wanted)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 500


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nowhere", "there is no folder .*nowhere")


def test_a_missing_folder_of_pictures_is_named_and_what_is_there_instead(tmp_path: Path) -> None:
    PUBLIC.write(tmp_path, "Tokyo", "osm", {"test": described(some_names(1))})
    assert_refused(tmp_path, "no folder NewYork-OSM.*Tokyo-OSM")
    assert_refused(tmp_path, "no folder Tokyo-satellite", city="Tokyo", kind="sat")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_missing_split_is_named(split: str, tmp_path: Path) -> None:
    other = {"train": "test", "test": "train"}[split]
    PUBLIC.write(tmp_path, "NewYork", "osm", {other: described(some_names(1))})
    assert_refused(
        tmp_path, f"no {split}.json of NewYork; copy it to CVG-text/NewYork/{split}", split=split
    )


def test_a_mixed_version_that_lacks_one_half_is_refused(tmp_path: Path) -> None:
    PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described(some_names(1))})
    assert_refused(tmp_path, "no test.json of NewYork-photos", version="mixed")


@pytest.mark.parametrize("city", ["", "../NewYork", "a/b", ".", "New.York", "x" * 300 + "/", "Ünk"])
def test_a_city_that_is_no_plain_name_is_refused(city: str, tmp_path: Path) -> None:
    assert_refused(tmp_path, "is not a city", city=city)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is not JSON"),
        (b"not json", "is not JSON"),
        (b'{"a": "b"', "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "not one JSON object"),
        (b'"text"', "not one JSON object"),
        (b"null", "not one JSON object"),
        (b'[{"bev_image": "a", "caption": "b"}]', "not one JSON"),
        (b'{"40.7,-74.0.jpg": ["a", "b"]}', "not one JSON object"),
        (b'{"40.7,-74.0.jpg": {"text": "a"}}', "not one JSON object"),
        (b'{"40.7,-74.0.jpg": null}', "not one JSON object"),
        (b"{}", "no usable picture of NewYork"),
        (b'{"40.7,-74.0_none.jpg": "a"}', "1 descriptions without a picture"),
    ],
)
def test_an_annotation_of_another_form_is_refused_in_one_line(
    content: bytes, match: str, tmp_path: Path
) -> None:
    PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described(some_names(1))})
    (tmp_path / "CVG-text" / "NewYork" / "test.json").write_bytes(content)
    assert_refused(tmp_path, match)


def test_an_annotation_that_is_a_folder_is_none(tmp_path: Path) -> None:
    PUBLIC.write(tmp_path, "NewYork", "osm", {}, some_names(1))
    (tmp_path / "CVG-text" / "NewYork" / "test.json").mkdir(parents=True)
    assert_refused(tmp_path, "no test.json")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    PUBLIC.write(tmp_path, "NewYork", "osm", {"test": described(some_names(1))})
    path = tmp_path / "CVG-text" / "NewYork" / "test.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_cvgtext(tmp_path, "NewYork", "panorama", "osm", "test").rows) == 1
