"""A packed collection: what is read back, and searches in it against those in plain galleries."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flat_index import FlatIndex

from core import settings as machine
from core.errors import GalleryError
from core.gallery import Gallery, array_store, list_galleries, open_all, open_gallery
from core.gallery.array_store import (
    ArrayStore,
    ArrayWriter,
    CodedStrings,
    OwnerOfRow,
    PackedLists,
    PackedStrings,
    Widened,
    packed_strings,
)
from core.gallery.packed import PackedCollection
from core.indexes.codes import CodesIndex, norms_of
from core.models.sentence import SentenceEncoder
from core.records import Query, SearchResult
from core.retrieval.anywhere import search_anywhere
from core.retrieval.packing import RegionToPack, pack, pack_galleries
from core.retrieval.search import match_index_of, search
from core.settings import Settings, VectorServer

TEXTS = (
    "a stone church beside a park, benches under trees",
    "on the corner, a bakery and a pharmacy, no trams",
    "one block north of the town hall",
)


def to_pack(gallery: Gallery, name: str) -> RegionToPack:
    return RegionToPack(name, gallery, lambda path: shutil.copy(gallery.names.path, path))


@pytest.fixture(scope="module")
def helsinki() -> Gallery:
    settings = machine.load({})
    return open_gallery("helsinki", replace(settings, user_galleries=settings.bundled_galleries))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, helsinki: Gallery) -> Path:
    home = tmp_path_factory.mktemp("packed")
    pack(home / "two", "Two regions", [to_pack(helsinki, "north"), to_pack(helsinki, "south")])
    return home


@pytest.fixture(scope="module")
def settings(home: Path) -> Settings:
    return replace(machine.load({}), user_galleries=home)


@pytest.fixture(scope="module")
def region(home: Path) -> Gallery:
    return PackedCollection(home / "two").region(1)


def shown(result: SearchResult) -> list[object]:
    return [
        (
            one.tile.tile_id,
            one.title,
            one.names,
            pytest.approx(one.confidence, abs=1e-4),
            pytest.approx(one.similarity, abs=1e-4),
            [(piece.phrase, piece.fact, piece.channel, piece.fit) for piece in one.evidence],
        )
        for one in result.candidates
    ]


@pytest.mark.parametrize("text", [*TEXTS, "Mannerheimintie 5", "près d'une église blanche"])
def test_a_packed_region_answers_as_its_gallery(
    region: Gallery, helsinki: Gallery, encoder: SentenceEncoder, text: str
) -> None:
    query = Query(text, 8, ("facts", "names"))
    packed, plain = (search(one, encoder, query) for one in (region, helsinki))
    assert packed.candidates
    assert shown(packed) == shown(plain)
    assert packed.verdict == plain.verdict


def test_tables_are_read_back(region: Gallery, helsinki: Gallery) -> None:
    assert list(region.tile_ids) == helsinki.tile_ids
    assert list(region.streets) == helsinki.streets
    assert list(region.facts.text) == helsinki.facts.text
    assert list(region.facts.kind) == helsinki.facts.kind
    assert list(region.facts.names) == helsinki.facts.names
    assert [region.facts.names[row] for row in (0, 7)] == [
        helsinki.facts.names[row] for row in (0, 7)
    ]
    assert np.asarray(region.links.fact).tolist() == helsinki.links.fact.tolist()
    assert np.asarray(region.links.distance_m).tolist() == helsinki.links.distance_m.tolist()
    assert region.row_of(helsinki.tile_ids[5]) == 5
    assert region.picture(helsinki.tile_ids[5]) == b""
    with pytest.raises(GalleryError, match="no tile"):
        region.row_of("nowhere")


def test_places_are_read_back(region: Gallery, helsinki: Gallery) -> None:
    packed, plain = (match_index_of(one).mentions.places for one in (region, helsinki))
    assert packed.options == plain.options
    assert packed.letters == plain.letters
    assert len(packed.places) == len(plain.places)
    assert any(place.numbers for place in plain.places)
    for one, other in zip(packed.places, plain.places, strict=True):
        assert (one.kind, one.name, one.numbers) == (other.kind, other.name, other.numbers)
        assert one.facts.tolist() == other.facts.tolist()
        assert one.tiles.tolist() == other.tiles.tolist()


def test_a_collection_is_listed_and_opened_by_name(settings: Settings) -> None:
    (card,) = [card for card in list_galleries(settings) if card.regions]
    assert (card.name, card.regions, card.tiles) == ("two", 2, 2 * 693)
    assert [one.card.name for one in open_all("two", settings)] == ["two--north", "two--south"]
    assert open_gallery("two--south", settings).card.tiles == 693
    with pytest.raises(GalleryError, match="two--north"):
        open_gallery("two", settings)
    with pytest.raises(GalleryError, match="no region"):
        open_gallery("two--west", settings)
    with pytest.raises(GalleryError, match="no collection"):
        open_gallery("helsinki--west", settings)


def test_a_collection_is_searched_as_one(settings: Settings, encoder: SentenceEncoder) -> None:
    found = search_anywhere(open_all("two", settings), encoder, Query(TEXTS[0], 4), {}).result
    assert {one.gallery for one in found.candidates} <= {"two--north", "two--south"}
    assert len(found.candidates) == 4


@pytest.mark.parametrize("fault", ["shorter", "no index", "other manifest", "foreign type"])
def test_a_damaged_collection_is_one_line(home: Path, tmp_path: Path, fault: str) -> None:
    folder = tmp_path / "two"
    shutil.copytree(home / "two", folder)
    if fault == "shorter":
        path = folder / "arrays" / "lat.raw"
        path.write_bytes(path.read_bytes()[:-8])
    elif fault == "no index":
        (folder / "arrays" / "index.json").unlink()
    elif fault == "foreign type":
        path = folder / "arrays" / "index.json"
        path.write_text(path.read_text().replace('"<f8"', '"|O8"'))
    else:
        raw = json.loads((folder / "packed.json").read_text())
        (folder / "packed.json").write_text(json.dumps(raw | {"regions": raw["regions"][:1]}))
    with pytest.raises(GalleryError, match="build it again"):
        PackedCollection(folder)


def test_a_failed_build_leaves_the_old_collection(
    home: Path, tmp_path: Path, helsinki: Gallery
) -> None:
    folder = tmp_path / "two"
    shutil.copytree(home / "two", folder)
    with pytest.raises(GalleryError, match="not a gallery name"):
        pack(folder, "Two", [to_pack(helsinki, "north"), to_pack(helsinki, "No name")])
    assert len(PackedCollection(folder)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["two"]
    with pytest.raises(GalleryError, match="at least one"):
        pack(folder, "None", [])


# ---- Arrays ------------------------------------------------------------------------------------


def test_arrays_of_regions_are_read_where_they_lie(tmp_path: Path) -> None:
    writer = ArrayWriter(tmp_path / "a")
    writer.add({"x": np.arange(3, dtype=np.int64), "m": np.ones((2, 4), dtype=np.float32)})
    writer.add({"x": np.empty(0, dtype=np.int64), "m": np.zeros((1, 4), dtype=np.float32)})
    with pytest.raises(ValueError, match="do not agree"):
        writer.add({"x": np.arange(3)})
    with pytest.raises(ValueError, match="not <i8"):
        writer.add({"x": np.arange(3, dtype=np.int32), "m": np.ones((2, 4), dtype=np.float32)})
    writer.close()
    store = ArrayStore(tmp_path / "a")
    assert store.region(0)["x"].tolist() == [0, 1, 2]
    assert store.region(1)["x"].tolist() == []
    assert store.region(1)["m"].tolist() == [[0] * 4]
    assert store.whole("m").shape == (3, 4)
    assert not store.whole("m").flags.writeable


def test_files_that_were_given_back_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ArrayWriter(tmp_path / "arrays")
    for number in range(4):
        writer.add({"number": np.full(5000, number, dtype=np.int32)})
    writer.close()
    store = ArrayStore(tmp_path / "arrays")
    given_back: list[int] = []
    give_back = store.give_back
    monkeypatch.setattr(array_store, "MOST_READ", 2)
    monkeypatch.setattr(store, "give_back", lambda: (given_back.append(1), give_back()))
    for number in (0, 1, 0, 1, 2, 3, 0):
        region = store.region(number)
        region.note_read()
        assert (region["number"] == number).all()
    assert len(given_back) == 2


def test_texts_and_lists_are_decoded_when_read() -> None:
    texts = ["", "Straße", "東京", "x"]
    arrays = packed_strings("t", texts)
    packed = PackedStrings(arrays["t.bytes"], arrays["t.ends"])
    assert list(packed) == texts
    assert [packed[row] for row in range(-4, 4)] == texts + texts
    assert packed[1:3] == texts[1:3]
    with pytest.raises(IndexError):
        packed[4]
    lists = PackedLists(packed, np.array([0, 1, 1, 4]))
    assert list(lists) == [[""], [], texts[1:]]
    assert lists[2] == texts[1:]
    coded = CodedStrings(np.array([2, 2, 1]), texts)
    assert list(coded) == ["東京", "東京", "Straße"]
    assert coded[0:2] == ["東京", "東京"]


def test_small_numbers_are_read_as_floats_and_rows_have_owners() -> None:
    metres = Widened(np.array([5, 40, 70], dtype=np.uint16))
    assert metres[np.array([0, 2])].dtype == np.float32
    assert (metres <= 50).tolist() == [True, True, False]
    owners = OwnerOfRow(np.array([0, 2, 2, 5]))
    assert owners[:].tolist() == [0, 0, 2, 2, 2]
    assert owners[np.array([1, 4])].tolist() == [0, 2]
    assert owners[np.array([True, False, False, False, True])].tolist() == [0, 2]


def test_codes_are_searched_as_the_exact_index_does() -> None:
    random = np.random.default_rng(3)
    codes = random.integers(-127, 128, size=(300, 16)).astype(np.int8)
    codes[40:60] = codes[7]  # ties, also at the cut
    index = CodesIndex(codes, norms_of(codes))
    plain = FlatIndex(index.embeddings(np.arange(300)))
    queries = np.stack([codes[7], codes[9]]).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    for k in (1, 10, 25):
        found, wanted = index.search(queries, k), plain.search(queries, k)
        assert found.rows.tolist() == wanted.rows.tolist()
        assert found.similarities == pytest.approx(wanted.similarities, abs=1e-5)
    some = np.arange(0, 300, 3)
    found, wanted = index.search(queries, 5, some), plain.search(queries, 5, some)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert index.similarities(queries[0]) == pytest.approx(plain.similarities(queries[0]), abs=1e-5)
    assert index.search(queries, 5, some[:2]).rows.shape == (2, 2)


# ---- The command, and a server ---------------------------------------------------------------


def test_galleries_are_packed_by_their_names(tmp_path: Path, encoder: SentenceEncoder) -> None:
    settings = replace(machine.load({}), user_galleries=tmp_path / "galleries")
    for wrong, names in (("monaco", ["helsinki"]), ("both", ["both", "monaco"])):
        with pytest.raises(GalleryError, match=r"choose another name|no gallery"):
            pack_galleries(wrong, "", names, settings, lambda *_: None)
    stages: list[str] = []
    names = ["monaco", "helsinki", "monaco"]
    folder = pack_galleries("both-of", "", names, settings, lambda stage, *_: stages.append(stage))
    assert set(stages) == {"pack"}
    collection = PackedCollection(folder)
    assert [one.name for one in collection.manifest.regions] == ["monaco", "helsinki"]
    assert collection.manifest.title == "Both of"
    query = Query(TEXTS[0], channels=("facts", "names"))
    found = search(open_gallery("both-of--monaco", settings), encoder, query)
    exact = search(open_gallery("monaco", settings), encoder, query)
    assert [one.tile.tile_id for one in found.candidates][:3] == [
        one.tile.tile_id for one in exact.candidates
    ][:3]
    again = pack_galleries("both-of", "Two", ["monaco"], settings, lambda *_: None)
    assert PackedCollection(again).manifest.title == "Two"


def test_a_file_in_the_place_of_a_server_is_refused(tmp_path: Path) -> None:
    settings = machine.load({"SAYWHERE_DATA": str(tmp_path), "SAYWHERE_MILVUS": "milvus.db"})
    with pytest.raises(GalleryError, match="file of Milvus Lite"):
        pack_galleries("world", "", ["monaco"], settings, lambda *_: None)
    assert not (tmp_path / "galleries" / "world").exists()


def test_a_collection_that_was_put_on_a_server_asks_for_it(
    home: Path, settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(home / "two", tmp_path / "two")
    there = replace(settings, user_galleries=tmp_path, vector_server=VectorServer("milvus.db"))
    assert len(open_all("two", there)) == 2  # it never was on a server: its files are read
    (tmp_path / "two" / "server").mkdir()
    with pytest.raises(GalleryError, match="names no index on a server"):
        PackedCollection(tmp_path / "two", there.vector_server)
    assert len(PackedCollection(tmp_path / "two")) == 2
