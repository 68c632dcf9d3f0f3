"""Galleries of CVG-Text's pictures: a round trip, names read from pictures, stopped builds."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from conftest import settings_for
from PIL import Image
from streamlit.testing.v1 import AppTest
from tiny_cvgtext import PUBLIC, panorama, photo, write_picture

from core.errors import GalleryError, QueryError, SourceError
from core.gallery import Gallery, open_gallery
from core.gallery import picture_builder as stages
from core.gallery.build import embed_gallery
from core.gallery.picture_builder import READ_KIND, build_pictures
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import check_query, search
from core.sources.cvgtext import CvgText, read_cvgtext
from core.sources.ocr import PictureReader

ROOT = Path(__file__).resolve().parent.parent.parent
SIGNS = (("Lime Street", "Broadway"), ("Broadway", "Corner Bakery"), (), ("Harbour Lane",))
NAMES = [panorama(40.7 + row / 1000, -74.0, row, "png") for row in range(len(SIGNS))]

Build = Callable[..., Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CvgText:
    """Four pictures about 111 m apart with signs on three of them."""
    root = tmp_path_factory.mktemp("copy")
    described = {"test": dict.fromkeys(NAMES[:3], "x")}
    folder = PUBLIC.write(root, "NewYork", "osm", described, NAMES[3:])
    for row, lines in enumerate(SIGNS):
        write_picture(folder / NAMES[row], row, lines, 320)
    return read_cvgtext(root, "NewYork", "panorama", "osm", None)


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    return PictureReader(threads=1)


def built(name: str, data: CvgText, home: Path, reader: PictureReader | None = None) -> Path:
    return build_pictures(
        name, data, reader, home, "", datetime(2026, 1, 2, tzinfo=UTC), lambda *_: None
    )


@pytest.fixture(scope="module")
def plain(data: CvgText, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    home = tmp_path_factory.mktemp("plain")
    built("cvg", data, home)
    return open_gallery("cvg", settings_for(home))


@pytest.fixture(scope="module")
def read(data: CvgText, reader: PictureReader, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    home = tmp_path_factory.mktemp("read")
    built("cvg", data, home, reader)
    return open_gallery("cvg", settings_for(home))


# --- A round trip -------------------------------------------------------------------------------


def test_each_picture_is_a_tile_at_its_place(plain: Gallery, data: CvgText) -> None:
    assert plain.tile_ids == [name.removesuffix(".png") for name in NAMES]
    assert plain.lats == pytest.approx([40.7, 40.701, 40.702, 40.703])
    assert plain.lons == pytest.approx(np.full(4, -74.0))
    card = plain.card
    assert (card.tiles, card.place_count, card.channels) == (4, 0, ())
    assert "may not be redistributed" in card.licence
    assert "OpenStreetMap" in card.licence
    assert card.sources == ("NewYork-OSM",)
    assert card.footprint_m == pytest.approx(data.footprint_m, abs=0.01)
    assert card.spacing_m == pytest.approx(111.2, abs=0.1)
    assert card.bounds.contains(plain.lats, plain.lons).all()
    assert plain.base_map is None


def test_a_tiles_picture_is_the_files(plain: Gallery, data: CvgText) -> None:
    assert data.rows
    for row, tile_id in zip(data.rows, plain.tile_ids, strict=True):
        with (
            Image.open(io.BytesIO(plain.picture(tile_id))) as stored,
            Image.open(row.picture) as own,
        ):
            assert (stored.format, stored.size) == ("WEBP", own.size)
            difference = np.asarray(stored.convert("RGB"), float) - np.asarray(
                own.convert("RGB"), float
            )
            assert np.abs(difference).mean() < 3


def test_its_tiles_are_geoparquet(plain: Gallery) -> None:
    (shard,) = plain._shards()
    frame = gpd.read_parquet(shard)
    assert frame.tile_id.tolist() == plain.tile_ids
    assert (frame.geometry.geom_type == "Polygon").all()


def test_without_names_it_says_what_would_make_it_searchable(
    plain: Gallery, encoder: SentenceEncoder
) -> None:
    with pytest.raises(QueryError, match=r"python -m core embed cvg .*--ocr"):
        search(plain, encoder, Query("a church"))
    with pytest.raises(QueryError, match="no embeddings to search by"):
        check_query(Query("a church", channels=("facts",)), plain)


# --- Names read off the pictures ----------------------------------------------------------------


def test_the_text_in_pictures_becomes_names_of_their_tiles(read: Gallery) -> None:
    assert read.card.channels == ("names",)
    lines = ("Lime Street", "Broadway", "Corner Bakery", "Harbour Lane")
    assert read.facts.text == [f"{READ_KIND}: {line}" for line in lines]
    assert read.card.place_count == 4
    links = {
        (int(tile), read.facts.names[fact][0])
        for tile, fact in zip(read.links.tile, read.links.fact, strict=True)
    }
    assert links == {(tile, line) for tile, lines in enumerate(SIGNS) for line in lines}


@pytest.mark.parametrize(
    ("text", "tile", "named"),
    [
        ("I am at the corner bakery", 1, "Corner Bakery"),
        ("Harbor Lane", 3, "Harbour Lane"),
        ("where Broadway meets Lime Street", 0, "Lime Street"),
    ],
)
def test_a_description_finds_the_picture_with_its_words(
    text: str, tile: int, named: str, read: Gallery, encoder: SentenceEncoder
) -> None:
    result = search(read, encoder, Query(text, k=4))
    first = result.candidates[0]
    assert first.tile.tile_id == read.tile_ids[tile]
    assert named in first.names
    assert set(first.channels) == {"names"}
    supported = [piece for piece in first.evidence if piece.supported]
    assert any(named in piece.fact for piece in supported)
    assert all((piece.channel, piece.direction) == ("names", "here") for piece in supported)
    json.dumps(result.to_json(), allow_nan=False)


def test_the_word_picture_is_no_name(read: Gallery, encoder: SentenceEncoder) -> None:
    found = search(read, encoder, Query("the text in the picture", k=4))
    assert [one.similarity for one in found.candidates] == [0] * 4


def test_a_channel_it_does_not_have_is_refused(read: Gallery) -> None:
    with pytest.raises(QueryError, match="has no channel facts; it has names"):
        check_query(Query("x", channels=("facts", "names")), read)


def test_embedding_it_with_a_sentence_encoder_changes_nothing(
    data: CvgText, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    folder = built("cvg", data, tmp_path)
    embed_gallery(folder, encoder, lambda *_: None)
    again = open_gallery("cvg", settings_for(tmp_path))
    assert (len(again.tile_index), len(again.fact_index)) == (0, 0)


# --- On the page --------------------------------------------------------------------------------


@pytest.mark.parametrize("with_names", [False, True], ids=["without names", "with names"])
def test_the_page_shows_it(
    with_names: bool,
    data: CvgText,
    reader: PictureReader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "named" if with_names else "bare"  # the page keeps open what it opened by this name
    built(name, data, tmp_path / "galleries", reader if with_names else None)
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
    app.query_params["city"] = name
    app.run()
    assert not app.exception
    app.text_area(key="text").set_value("Broadway")
    app.button[0].click().run()
    assert not app.exception
    if with_names:
        assert len(app.radio(key="chosen").options) == 4
    else:
        assert "ocr" in app.info[0].value


# --- Names from strangers -----------------------------------------------------------------------


def test_a_tiles_id_is_safe_and_its_own(tmp_path: Path) -> None:
    names = ["1.0,2.0_`${x}`.png", "1.0,2.0_'${x}'.png", f"1.0,2.0_{'ä' * 80}.png", "1.0,2.0_b.png"]
    PUBLIC.write(tmp_path, "NewYork", "sat", {"test": dict.fromkeys(names, "x")})
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "sat", None)
    built("cvg", data, tmp_path / "home")
    ids = open_gallery("cvg", settings_for(tmp_path / "home")).tile_ids
    assert len(set(ids)) == 4
    assert ids[3] == "1.0,2.0_b"
    for tile_id in ids:
        assert len(tile_id) < 130
        assert all(sign.isascii() and (sign.isalnum() or sign in ".,_+-") for sign in tile_id)


def test_one_name_in_two_versions_is_one_tile(tmp_path: Path) -> None:
    same = photo(1, 2)
    for part in ("NewYork", "NewYork-photos"):
        PUBLIC.write(tmp_path, part, "sat", {"test": {same: "x"}, "train": {}})
    data = read_cvgtext(tmp_path, "NewYork", "mixed", "sat", None)
    assert len(data.rows) == 2
    built("cvg", data, tmp_path / "home")
    assert len(open_gallery("cvg", settings_for(tmp_path / "home"))) == 1


# --- Bad input and stopped builds ---------------------------------------------------------------


def test_a_bad_name_is_refused(data: CvgText, tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="not a gallery name"):
        built("../cvg", data, tmp_path)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_a_picture_that_is_none_is_named(content: bytes, tmp_path: Path) -> None:
    folder = PUBLIC.write(tmp_path, "NewYork", "sat", {"test": dict.fromkeys(NAMES, "x")})
    (folder / NAMES[2]).write_bytes(content)
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "sat", None)
    with pytest.raises(SourceError, match="D002"):
        built("cvg", data, tmp_path / "home")


def test_a_picture_that_is_cut_off_is_named(tmp_path: Path) -> None:
    folder = PUBLIC.write(tmp_path, "NewYork", "sat", {"test": dict.fromkeys(NAMES, "x")})
    whole = write_picture(folder / NAMES[1], 1, size=512).read_bytes()
    (folder / NAMES[1]).write_bytes(whole[: len(whole) // 2])
    data = read_cvgtext(tmp_path, "NewYork", "panorama", "sat", None)
    with pytest.raises(SourceError, match="D001"):
        built("cvg", data, tmp_path / "home")


def test_a_stopped_reading_goes_on_where_it_was(
    data: CvgText,
    reader: PictureReader,
    read: Gallery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stages, "_OCR_PART", 1)
    lines, pictures = reader.lines, []

    def counted(picture: Image.Image) -> tuple[str, ...]:
        pictures.append(picture)
        if len(pictures) == 3:
            raise KeyboardInterrupt
        return lines(picture)

    with monkeypatch.context() as patched:
        patched.setattr(reader, "lines", counted)
        with pytest.raises(KeyboardInterrupt):
            built("cvg", data, tmp_path, reader)
        with pytest.raises(GalleryError, match="manifest"):
            open_gallery("cvg", settings_for(tmp_path))
        folder = built("cvg", data, tmp_path, reader)
    assert len(pictures) == 3 + 2, "two were read before, the third again"
    whole = open_gallery("cvg", settings_for(tmp_path))
    assert whole.facts.text == read.facts.text
    assert {path.name for path in folder.iterdir() if path.name.startswith(".")} == set()
    (build,) = folder.glob("build-*")
    assert [path for path in build.iterdir() if path.name.startswith(".")] == []


def test_another_build_replaces_the_first(
    data: CvgText, reader: PictureReader, tmp_path: Path
) -> None:
    built("cvg", data, tmp_path)
    folder = built("cvg", data, tmp_path, reader)
    assert len(list(folder.glob("build-*"))) == 1
    assert open_gallery("cvg", settings_for(tmp_path)).card.channels == ("names",)
