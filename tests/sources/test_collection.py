"""Collections: both kinds of shards, splits by region and continent, conversion there and back."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tiny_collection import CONTINENTS, as_lines, picture, quiet, rows, written
from tiny_cvgtext import PUBLIC, panorama, photo

from core.errors import SourceError
from core.sources.collection import CarriedFact, open_collection
from core.sources.collection.changes import Changes, DescriptionFile
from core.sources.collection.checks import CollectionFault, collection_faults, file_faults
from core.sources.collection.core_layout import core_info, core_rows
from core.sources.collection.from_cvgtext import info_of, read_source, rows_of, write_cvgtext_copy
from core.sources.collection.opened import rows_of_file
from core.sources.collection.schema import MANIFEST, Storage
from core.sources.collection.writing import write_collection
from core.sources.cvgtext import read_cvgtext

STORAGES: tuple[Storage, ...] = ("parquet", "webdataset")
FACT = CarriedFact("a:1", "church: Saint Olaf", "church", ("Saint Olaf",), "chapel", things=2)


def faults_of(folder: Path, decode: bool = True) -> list[CollectionFault]:
    return list(collection_faults(open_collection(folder), decode, quiet))


# --- Reading and writing ------------------------------------------------------------------------


@pytest.mark.parametrize("storage", STORAGES)
def test_what_is_written_is_read_back(storage: Storage, tmp_path: Path) -> None:
    full = replace(rows()[0], row_id="ä/1 `x`", street="Lime Street", text="a; b", facts=(FACT,))
    every = [full, *rows()[1:]]
    made = written(tmp_path / "c", every, storage)
    assert [shard.rows for shard in made.manifest.shards] == [5, 5, 2]
    opened = open_collection(tmp_path / "c")
    assert opened.manifest == made.manifest
    found = list(opened.rows())
    assert [one.row for one in found] == every
    assert found[6].where == f"{made.manifest.shards[1].name}, row 2"
    bare = [one.row for one in opened.rows(pictures=False)]
    assert bare == [replace(row, picture=b"") for row in every]
    assert faults_of(tmp_path / "c") == []


@pytest.mark.parametrize("storage", STORAGES)
def test_splits_are_those_of_regions_or_of_continents(storage: Storage, tmp_path: Path) -> None:
    made = written(tmp_path, storage=storage, continents=CONTINENTS)
    by_region = {one.row.region for one in made.rows(["test"], pictures=False)}
    by_continent = {one.row.region for one in made.rows(["test"], "intercontinental")}
    assert (by_region, by_continent) == ({"osaka", "quito"}, {"osaka"})
    assert {one.row.region for one in made.rows(["train"], "intercontinental")} == {"lund", "porto"}
    assert {one.row.row_id for one in made.rows(regions=["quito"])} == {
        f"quito-{number}" for number in range(3)
    }
    with pytest.raises(SourceError, match="no region atlantis; it has lund"):
        list(made.rows(regions=["atlantis"]))
    with pytest.raises(SourceError, match="no split by continent"):
        list(written(tmp_path / "other").rows(["test"], "intercontinental"))


@pytest.mark.parametrize("storage", STORAGES)
def test_shards_are_opened_one_after_another(storage: Storage, tmp_path: Path) -> None:
    made = written(tmp_path, storage=storage)
    for shard in made.manifest.shards[1:]:
        (tmp_path / shard.name).unlink()
    reading = made.rows()
    assert [next(reading).number for _ in range(5)] == [1, 2, 3, 4, 5], "the first needs no other"
    with pytest.raises(SourceError, match="there is no shard"):
        next(reading)


def test_a_shard_of_webdataset_by_others_is_read(tmp_path: Path) -> None:
    made = written(tmp_path, rows()[:1], "webdataset")
    shard = tmp_path / made.manifest.shards[0].name
    fields = {"region": "lund", "split": "train", "lat": 55, "lon": 13}
    with tarfile.open(shard, "w") as tar:
        for name, content in (
            ("./a/0001.cls", b"7"),
            ("./a/0001.JPG", picture(1, "JPEG")),
            ("./a/0001.json", json.dumps(fields).encode()),
            ("./a/0001.txt", b"two trees"),
            ("../../escape.json", b"[1]"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    reading = made.rows()
    row = next(reading).row
    assert (row.row_id, row.descriptions, row.country) == ("a/0001", ("two trees",), "")
    assert row.picture == picture(1, "JPEG")
    with pytest.raises(SourceError, match="row 2: row unreadable"):
        next(reading)
    assert not list(tmp_path.parent.glob("*.json")), "nothing is unpacked"


# --- Faults -------------------------------------------------------------------------------------

SPOILT = {
    2: ("position out of range", {"lat": 91.0}),
    3: ("duplicate id", {"id": "lund-0"}),
    4: ("region in two splits", {"region": "lund"}),
    5: ("no position", {"lon": "8"}),
    6: ("empty description", {"descriptions": [" "]}),
    7: ("no description", {"descriptions": []}),
    8: ("no region", {"region": ""}),
    9: ("unknown split", {"split": "dev"}),
    10: ("unknown continent", {"continent": "Atlantis"}),
    11: ("no picture", {"picture": "../secret.png"}),
    12: ("bad facts", {"facts": [{"text": "a tree"}]}),
}


def test_every_fault_of_a_file_is_listed_with_its_line(tmp_path: Path) -> None:
    path = as_lines(
        tmp_path / "own",
        rows(),
        lambda number, values: values.update(SPOILT.get(number, ("", {}))[1]),
    )
    (tmp_path / "secret.png").write_bytes(b"mine")
    (tmp_path / "own" / "lund-0.png").write_bytes(b"no picture")
    with path.open("a") as file:
        file.write("{not json\n")
    found = {(one.row, one.kind) for one in file_faults(path, True, quiet)}
    expected = {(number, kind) for number, (kind, _) in SPOILT.items()}
    expected |= {(1, "unreadable picture"), (13, "row unreadable")}
    assert expected <= found
    assert found - expected == {(4, "region in two countries")}
    outside = next(one for one in file_faults(path, False, quiet) if one.row == 11)
    assert "outside the folder" in outside.detail
    with pytest.raises(SourceError, match=r"rows.jsonl, line 2: position out of range \(91.0"):
        list(rows_of_file(path))


@pytest.mark.parametrize("storage", STORAGES)
def test_faults_between_shards_are_found(storage: Storage, tmp_path: Path) -> None:
    every = rows()
    every[7] = replace(every[7], row_id="lund-1", picture=every[0].picture, split="train")
    made = written(tmp_path, every, storage, continents={"Europe": "train", "Asia": "test"})
    first, second, last = (shard.name for shard in made.manifest.shards)
    (tmp_path / f"part-00009{Path(first).suffix}").write_bytes(b"")
    assert [str(one) for one in faults_of(tmp_path)] == [
        f"part-00009{Path(first).suffix}: shard unlisted",
        f"{second}, row 3: duplicate id (as in {first}, row 2)",
        f"{second}, row 3: same picture (as in {first}, row 1)",
        f"{second}, row 3: region in two splits ('osaka': 'test' and 'train')",
        f"{second}, row 5: no continent ('quito' in 'South America': in no split of "
        "intercontinental)",
    ]
    assert last.endswith(Path(first).suffix)


@pytest.mark.parametrize("storage", STORAGES)
def test_a_damaged_shard_is_one_fault_and_the_others_are_read(
    storage: Storage, tmp_path: Path
) -> None:
    made = written(tmp_path, storage=storage)
    first, second, last = (tmp_path / shard.name for shard in made.manifest.shards)
    first.write_bytes(first.read_bytes()[: first.stat().st_size // 4])
    last.unlink()
    found = faults_of(tmp_path)
    kinds = {(one.shard, one.kind) for one in found}
    assert {(first.name, "shard changed"), (first.name, "wrong count")} <= kinds
    assert (storage == "parquet") == ((first.name, "shard unreadable") in kinds)
    assert {(last.name, "shard missing"), (last.name, "wrong count")} <= kinds
    assert not [one for one in found if one.shard == second.name]
    with pytest.raises(SourceError, match=first.name):
        list(made.rows())


def test_a_shard_without_a_column_is_told(tmp_path: Path) -> None:
    made = written(tmp_path, rows()[:2])
    shard = tmp_path / made.manifest.shards[0].name
    pq.write_table(pq.read_table(shard).drop_columns(["lat", "region"]), shard)
    assert ("no column", 0) in {(one.kind, one.row) for one in faults_of(tmp_path)}
    with pytest.raises(SourceError, match="no column lat, region"):
        list(made.rows())


def test_descriptions_may_be_missing_where_there_are_none_yet(tmp_path: Path) -> None:
    written(tmp_path / "bare", rows(described=False))
    assert faults_of(tmp_path / "bare") == []
    some = [*rows()[:3], *rows(described=False)[3:]]
    written(tmp_path / "some", some)
    assert [one.kind for one in faults_of(tmp_path / "some")] == ["no description"] * 9


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"format": 2}, "not of format 1"),
        ({"storage": "zip"}, "storage is"),
        ({"shards": [{"name": "../x", "rows": 1, "bytes": 1, "sha256": ""}]}, "a shard is called"),
        ({"footprint_m": 0}, "footprint_m"),
        ({"regions": {"a": -1}}, "no whole number"),
        ({"continents": {"Europe": "dev"}}, "continents has"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_manifest_is_one_line(
    change: dict[str, object], match: str, tmp_path: Path
) -> None:
    written(tmp_path, rows()[:1])
    path = tmp_path / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SourceError, match=match):
        open_collection(tmp_path)


def test_what_is_no_collection_is_told(tmp_path: Path) -> None:
    for path, match in ((tmp_path / "absent", "no folder"), (tmp_path, "no collection.json")):
        with pytest.raises(SourceError, match=match):
            open_collection(path)
    written(tmp_path / "c")
    with pytest.raises(SourceError, match="has a collection already"):
        written(tmp_path / "c")


# --- Conversion ---------------------------------------------------------------------------------


@pytest.mark.parametrize("storage", STORAGES)
def test_cvgtext_goes_there_and_back(storage: Storage, tmp_path: Path) -> None:
    root, back = tmp_path / "copy", tmp_path / "back"
    for part, sort in (("Tokyo", panorama), ("Tokyo-photos", photo)):
        names = [sort(35.6 + row / 1000, 139.7, row) for row in range(4)]
        texts = {name: f"a “street” with {row} trees\n" for row, name in enumerate(names)}
        splits = {"train": dict(list(texts.items())[:3]), "test": dict(list(texts.items())[3:])}
        PUBLIC.write(root, part, "sat", splits)
    source = read_source(root, "Tokyo", "mixed", "sat")
    made = write_collection(
        tmp_path / "c", info_of(source, "c", ""), rows_of(source), storage, quiet
    )
    assert (made.manifest.split_by, made.manifest.view, made.manifest.rows) == (
        "picture",
        "aerial",
        8,
    )
    assert {(one.row.country, one.row.continent) for one in made.rows()} == {("Japan", "Asia")}
    assert faults_of(tmp_path / "c") == []
    counts = write_cvgtext_copy(made, back, "Tokyo", "sat")
    assert counts == {"panoramas": 4, "single_views": 4, "left_out": 0}
    for split in ("train", "test"):
        one, other = (read_cvgtext(at, "Tokyo", "mixed", "sat", split) for at in (root, back))
        assert other.rows
        assert other.faults == one.faults
        for row, copy in zip(one.rows, other.rows, strict=True):
            assert replace(copy, picture=row.picture) == row
            assert copy.picture.read_bytes() == row.picture.read_bytes()


def test_rows_of_others_get_names_of_cvgtext(tmp_path: Path) -> None:
    counts = write_cvgtext_copy(written(tmp_path / "c"), tmp_path / "copy", "World", "osm")
    assert counts == {"panoramas": 0, "single_views": 9, "left_out": 3}, "validation is left out"
    data = read_cvgtext(tmp_path / "copy", "World", "photos", "osm", "test")
    assert {row.name for row in data.rows} >= {"34.690000,135.500000_osaka-0.png"}


def test_lines_become_a_collection(tmp_path: Path) -> None:
    path = as_lines(tmp_path / "own", rows(), lambda *_: None)
    assert [found.row for found in rows_of_file(path)] == rows()


@pytest.mark.parametrize("storage", STORAGES)
def test_half_a_surrogate_pair_becomes_a_question_mark(storage: Storage, tmp_path: Path) -> None:
    def spoil(_: int, values: dict[str, object]) -> None:
        values["region"], values["descriptions"] = "Lund \ud800", ["a \ud83c church"]

    path = as_lines(tmp_path / "own", rows()[:1], spoil)
    written(tmp_path / "made", [found.row for found in rows_of_file(path)], storage)
    (row,) = (found.row for found in open_collection(tmp_path / "made").rows())
    assert (row.region, row.descriptions) == ("Lund ?", ("a ? church",))


def test_a_manifest_with_a_bom_is_read(tmp_path: Path) -> None:
    written(tmp_path, rows()[:1])
    path = tmp_path / MANIFEST
    path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert open_collection(tmp_path).manifest.rows == 1


def test_the_skeleton_for_core_is_marked_and_reads_its_guess(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"not published.*core_layout.py"):
        list(core_rows(tmp_path))
    (tmp_path / "a.png").write_bytes(picture(1))
    line = {
        "id": "1",
        "region": "Lund",
        "country": "Sweden",
        "continent": "Europe",
        "split": "val",
        "lat": 55.7,
        "lon": 13.2,
        "image": "a.png",
        "caption": "two trees",
    }
    (tmp_path / "metadata.jsonl").write_text(json.dumps(line) + "\n")
    (row,) = core_rows(tmp_path)
    assert (row.split, row.descriptions, row.picture) == ("validation", ("two trees",), picture(1))
    assert "not published" in core_info(tmp_path, "core").unverified


def test_descriptions_splits_and_places_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    lines = [{"id": "lund-1", "text": "ä tree"}, {"id": "lund-0", "text": ""}]
    lines += [{"id": "lund-1", "text": "a second"}, {"id": "nobody", "text": "x"}]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    changes = Changes({"lund": "test"}, {"lund": ("Danmark", "Europe")}, DescriptionFile(path))
    changed = list(changes.applied(rows(described=False)))
    assert [row.descriptions for row in changed[:3]] == [(), ("ä tree", "a second"), ()]
    assert {(row.split, row.country) for row in changed[:3]} == {("test", "Danmark")}
    assert changed[3:] == rows(described=False)[3:]
    path.write_text('{"id": 1}\n')
    with pytest.raises(SourceError, match="line 1: write JSON with id and text"):
        DescriptionFile(path)
