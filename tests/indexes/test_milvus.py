"""The indexes on a Milvus server against those on this machine: the same tests for all.

Milvus Lite and a real server are started by the tests where their packages are installed, which is
where `core/scale/requirements.txt` is.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flat_index import FlatIndex
from shapely import Polygon, box

from core import settings as machine
from core.errors import GalleryError
from core.gallery import open_all
from core.gallery.packed import PackedCollection
from core.gallery.tables import pack_embeddings
from core.geo import Bounds
from core.indexes import lexical, milvus, milvus_words, regional
from core.indexes.milvus import MilvusIndex, MilvusServer, TilesOfRegion
from core.indexes.milvus_region import MilvusRegion
from core.indexes.regional import RegionalIndex
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval.anywhere import search_anywhere
from core.retrieval.packing import pack_galleries
from core.settings import VectorServer

ENGINES = ("here", "lite", "server")
SIZES = (300, 0, 500, 200)
D = 16


def installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def unit(rows: int, seed: int) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(rows, D)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def regions() -> list[TilesOfRegion]:
    """Four regions, one of them empty, the last across the antimeridian."""
    made = []
    for number, size in enumerate(SIZES):
        at = np.random.default_rng(number).uniform(-0.5, 0.5, (size, 2))
        at += (10 * number, 180) if number == 3 else (10 * number, 5 * number)
        at[:, 1] = np.where(at[:, 1] > 180, at[:, 1] - 360, at[:, 1])
        made.append(TilesOfRegion(pack_embeddings(unit(size, number)), at))
    return made


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> MilvusServer:
    for package in ("pymilvus", "milvus_lite"):
        pytest.importorskip(package, reason=f"{package} is not installed: core/scale")
    path = tmp_path_factory.mktemp("lite") / "lite.db"
    return MilvusServer(str(path), for_tests=True)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """The single-node server of PyPI's `milvus`, started and stopped."""
    if os.environ.get("SLOW") != "1":
        pytest.skip("a Milvus server takes long to start: SLOW=1 runs it")
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: core/scale")
    package = pytest.importorskip("milvus", reason="milvus is not installed: core/scale")
    server = package.MilvusServer()
    server.set_base_dir(str(tmp_path_factory.mktemp("milvus")))
    server.start()
    try:
        yield MilvusServer(f"http://127.0.0.1:{server.listen_port}")
    finally:
        server.stop()


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> MilvusServer | None:
    """A server, or None for the index on this machine."""
    names = {"lite": "lite", "server": "real"}
    return request.getfixturevalue(names[request.param]) if request.param in names else None


Index = RegionalIndex | MilvusIndex


@pytest.fixture(scope="module")
def index(engine: MilvusServer | None, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    if engine is None:
        return RegionalIndex(regional.build(folder, [one.codes for one in regions()], D))
    return MilvusIndex(milvus.build(folder, "tiles", regions(), D, engine), engine)


@pytest.fixture(scope="module")
def plain() -> FlatIndex:
    codes = np.concatenate([one.codes for one in regions()]).astype(np.float32)
    return FlatIndex(codes / np.linalg.norm(codes, axis=1, keepdims=True))


# --- The same for all ---------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 10, 77])
def test_a_search_in_everything_is_that_of_plain_products(
    index: Index, plain: FlatIndex, k: int
) -> None:
    queries = unit(4, 50)
    found, wanted = index.search(queries, k), plain.search(queries, k)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.similarities == pytest.approx(wanted.similarities, abs=1e-5)
    assert index.exact(queries, k).rows.tolist() == wanted.rows.tolist()


@pytest.mark.parametrize(
    "allowed",
    [range(300, 800), range(1, 1000, 3), [0, 1, 2, 7, 999], [4], []],
    ids=["region", "scattered", "runs", "one", "none"],
)
def test_a_search_in_rows_is_that_of_plain_products(
    index: Index, plain: FlatIndex, allowed: range | list[int]
) -> None:
    rows, queries = np.array(allowed, dtype=np.int64), unit(3, 51)
    found, wanted = index.search(queries, 9, rows), plain.search(queries, 9, rows)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.rows.shape == (3, min(9, len(rows)))


def test_regions_have_their_rows(index: Index) -> None:
    assert len(index) == 1000
    assert index.starts.tolist() == [0, 300, 300, 800, 1000]
    assert index.region(2).tolist() == list(range(300, 800))
    assert index.region(1).tolist() == []


def test_embeddings_and_similarities_come_back(index: Index, plain: FlatIndex) -> None:
    rows, query = np.array([999, 0, 999, 305]), unit(1, 52)[0]
    assert index.embeddings(rows) == pytest.approx(plain.embeddings(rows), abs=1e-6)
    assert index.embeddings(rows[:0]).shape == (0, D)
    assert index.similarities(query) == pytest.approx(plain.similarities(query), abs=1e-5)


def test_no_query_finds_nothing(index: Index) -> None:
    assert len(index.search(unit(0, 1), 3).rows) == 0


def test_equal_rows_come_in_row_order(engine: MilvusServer | None, tmp_path: Path) -> None:
    codes = pack_embeddings(np.repeat(np.eye(D, dtype=np.float32)[:2], 20, axis=0))
    made: Index
    if engine is None:
        made = RegionalIndex(regional.build(tmp_path, [codes], D))
    else:
        tiles = TilesOfRegion(codes, np.zeros((40, 2)))
        made = MilvusIndex(milvus.build(tmp_path, "ties", [tiles], D, engine), engine)
    found = made.search(np.eye(D, dtype=np.float32)[:1], 25)
    assert found.rows[0].tolist() == list(range(25))
    assert made.search(np.eye(D, dtype=np.float32)[:1], 4).rows[0].tolist() == [0, 1, 2, 3]


# --- What only a server has ---------------------------------------------------------------------


@pytest.fixture(params=ENGINES[1:])
def server(request: pytest.FixtureRequest) -> MilvusServer:
    found: MilvusServer = request.getfixturevalue({"lite": "lite", "server": "real"}[request.param])
    return found


@pytest.fixture
def served(server: MilvusServer, tmp_path: Path) -> MilvusIndex:
    return MilvusIndex(milvus.build(tmp_path, "boxes", regions(), D, server), server)


def test_a_region_on_a_server_is_an_index_of_its_own(served: MilvusIndex, plain: FlatIndex) -> None:
    rows, queries = served.region(2), unit(3, 52)
    region = MilvusRegion(served, 2)
    assert len(region) == len(rows) == 500
    assert region.scan(queries) == pytest.approx(plain.scan(queries, rows), abs=1e-5)
    some = np.array([3, 40, 499])
    assert region.scan(queries, some) == pytest.approx(plain.scan(queries, rows[some]), abs=1e-5)
    found, wanted = region.search(queries, 7), plain.search(queries, 7, rows)
    assert found.rows.tolist() == (wanted.rows - rows[0]).tolist()
    assert region.embeddings(some) == pytest.approx(plain.embeddings(rows[some]), abs=1e-5)


def test_a_search_in_a_box_finds_what_a_scan_of_it_finds(
    served: MilvusIndex, plain: FlatIndex
) -> None:
    positions = np.concatenate([one.positions for one in regions()])
    queries = unit(3, 53)
    boxes = (Bounds(9.7, 19.8, 10.2, 20.3), Bounds(179.8, 29.7, 180.3, 30.4), Bounds(0, 0, 9, 9))
    for bounds in boxes:
        rows = np.flatnonzero(bounds.contains(positions[:, 0], positions[:, 1]))
        wanted = plain.search(queries, 12, rows).rows
        found = served.search_in(queries, 12, bounds).rows[:, : wanted.shape[1]]
        assert found.tolist() == wanted.tolist()
    assert served.search_in(queries, 2, Bounds(60, 60, 61, 61)).rows.tolist() == [[-1, -1]] * 3


def test_a_search_in_an_outline_finds_what_a_scan_of_it_finds(
    served: MilvusIndex, plain: FlatIndex, server: MilvusServer
) -> None:
    outline = Polygon([(9.6, 19.7), (10.4, 19.7), (10.4, 20.4)])
    if not milvus.has_geometry(server):
        with pytest.raises(GalleryError, match="no geometries"):
            served.search_in(unit(1, 0), 3, outline)
        return
    positions = np.concatenate([one.positions for one in regions()])
    inside = [outline.contains(box(lon, lat, lon, lat).centroid) for lat, lon in positions]
    rows = np.flatnonzero(inside)
    assert len(rows) > 20
    wanted = plain.search(unit(3, 54), 12, rows).rows.tolist()
    assert served.search_in(unit(3, 54), 12, outline).rows.tolist() == wanted


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> lexical.NameIndex:
    path = tmp_path_factory.mktemp("names") / "names.sqlite"
    rows = [["Market Church"], ["Market Square", "Torg"], [], ["Flying Dutchman"], ["Churches"]]
    return lexical.NameIndex(lexical.build(path, rows, ["church", "square", "bench", "pub", ""]))


def test_words_have_the_same_facts_and_weights(
    server: MilvusServer, names: lexical.NameIndex
) -> None:
    if not milvus_words.has_words(server):
        with pytest.raises(GalleryError, match="keeps no words"):
            milvus_words.build("words", names, server)
        return
    there = milvus_words.MilvusNames(milvus_words.build("words", names, server), server)
    words = ("market", "church", "churches", "flying", "fly", "dutchman", "bench", "unheard")
    for word in words:
        for column in ("name", "kind"):
            found, wanted = there.postings(word, column), names.postings(word, column)
            assert found.facts.tolist() == wanted.facts.tolist(), (word, column)
            assert found.weights == pytest.approx(wanted.weights, rel=1e-5, abs=1e-9)


# --- A packed collection whose texts are there --------------------------------------------------


def test_searches_in_a_packed_collection_read_the_server_of_the_settings(
    real: MilvusServer, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    here = machine.load({"SAYWHERE_DATA": str(tmp_path)})
    there = replace(here, vector_server=VectorServer(real.uri))
    pack_galleries("two-towns", "", ["monaco", "helsinki"], there, lambda *_: None)
    for text in ("a stone church beside a park", "boats along the quay, a hotel with flags"):
        query = Query(text, channels=("facts", "names"))
        served, read = (
            search_anywhere(open_all("two-towns", settings), encoder, query, {}).result
            for settings in (there, here)
        )
        assert isinstance(open_all("two-towns", there)[0].tile_index, MilvusRegion)
        assert [one.tile for one in served.candidates] == [one.tile for one in read.candidates]
    milvus.connected(real).drop_collection("saywhere_two_towns")
    with pytest.raises(GalleryError, match="has no such collection; build it again"):
        PackedCollection(tmp_path / "galleries" / "two-towns", there.vector_server)


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: core/scale")
    away = machine.load({"SAYWHERE_DATA": str(tmp_path), "SAYWHERE_MILVUS": "http://127.0.0.1:9"})
    with pytest.raises(GalleryError, match=r"the Milvus server http://127\.0\.0\.1:9"):
        pack_galleries("world", "", ["monaco"], away, lambda *_: None)


# --- Faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["./tiles.db", "/srv/milvus.db", "tiles", "file:///tiles.db"])
def test_milvus_lite_is_refused_in_one_line(uri: str, tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="only runs tests; give a server's address"):
        milvus.build(tmp_path, "tiles", [], D, MilvusServer(uri))


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(GalleryError, match="pip install -r core"):
        milvus.connected(MilvusServer("http://127.0.0.1:1"))


def test_a_folder_that_names_no_collection_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="build it again"):
        MilvusIndex(tmp_path, MilvusServer("http://127.0.0.1:1"))
    with pytest.raises(GalleryError, match="no name for a collection"):
        milvus.build(tmp_path, "../x", [], D, MilvusServer("http://127.0.0.1:1"))


def test_the_token_is_not_shown() -> None:
    assert "secret" not in repr(MilvusServer("http://127.0.0.1:1", "secret"))


def test_a_collection_of_another_size_is_refused(server: MilvusServer, tmp_path: Path) -> None:
    folders: list[Callable[[], Path]] = [
        lambda: milvus.build(tmp_path / "a", "twice", regions()[:1], D, server),
        lambda: milvus.build(tmp_path / "b", "twice", regions(), D, server),
    ]
    old, new = (build() for build in folders)
    assert len(MilvusIndex(new, server)) == 1000
    with pytest.raises(GalleryError, match="1000 rows instead of 300"):
        MilvusIndex(old, server)
