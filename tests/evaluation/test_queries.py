"""Labelled queries from files; errors name the line."""

import json
from pathlib import Path

import pytest

from core.errors import QueryError
from core.evaluation import LabelledQuery, inside_gallery, read_all, read_queries
from core.gallery import Gallery
from core.geo import Position
from core.models.sentence import SentenceEncoder


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), "utf-8")
    return path


def read_here(path: Path) -> list[LabelledQuery]:
    return read_queries(path, "tinycity")


GOOD = '{"text": "a church", "lat": 60.17, "lon": 24.94}'


def test_queries_are_read_with_what_is_optional(tmp_path: Path) -> None:
    path = written(
        tmp_path / "queries.jsonl",
        GOOD,
        "",
        "  ",
        '{"text": "Café", "lat": "60.2", "lon": 25, "tile_id": "x", "id": 7}',
    )
    one, other = read_here(path)
    assert (one.text, one.position, one.tile_id) == ("a church", Position(60.17, 24.94), "")
    assert (other.tile_id, other.query_id) == ("x", "7")
    assert one.query_id != other.query_id


def test_lines_for_other_galleries_are_left_out(tmp_path: Path) -> None:
    rows = [
        json.loads(GOOD) | extra
        for extra in (
            {"id": "a", "gallery": "tinycity"},
            {"id": "b", "gallery": "helsinki"},
            {"id": "c"},
        )
    ]
    path = written(tmp_path / "queries.jsonl", *(json.dumps(row) for row in rows))
    assert [one.query_id for one in read_here(path)] == ["a", "c"]
    with pytest.raises(QueryError, match="queries"):
        read_here(written(tmp_path / "queries.jsonl", json.dumps(rows[1])))


def test_a_line_separator_inside_a_text_is_part_of_it(tmp_path: Path) -> None:
    text = "one\u2028two\u0085three\x0bfour\x1cfive"
    path = tmp_path / "queries.jsonl"
    line = json.dumps({"text": text, "lat": 60.17, "lon": 24.94}, ensure_ascii=False)
    path.write_text(f"{line}\r\n{GOOD}\n", "utf-8")
    assert [one.text for one in read_here(path)] == [text, "a church"]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "3",
        "null",
        '"text"',
        '{"text": "x"}',
        '{"text": "x", "lat": 1}',
        '{"lat": 1, "lon": 2}',
        '{"text": "x", "lat": "here", "lon": 2}',
        '{"text": "x", "lat": 91, "lon": 2}',
        '{"text": "x", "lat": NaN, "lon": 2}',
        '{"text": "x", "lat": null, "lon": 2}',
        '{"text": null, "lat": 1, "lon": 2}',
    ],
)
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = written(tmp_path / "queries.jsonl", GOOD, GOOD, line)
    with pytest.raises(QueryError, match="line 3") as caught:
        read_here(path)
    assert "queries.jsonl" in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "🏰"])
def test_a_text_without_a_word_is_named_by_its_line_or_id(
    text: str, tmp_path: Path, encoder: SentenceEncoder
) -> None:
    bad = json.dumps({"text": text, "lat": 60.17, "lon": 24.94, "id": "query-17"})
    path = written(tmp_path / "queries.jsonl", GOOD, bad)
    with pytest.raises(QueryError, match=r"line 2|query-17"):
        read_all(read_here(path), encoder, lambda *_: None)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe{"])
def test_a_file_without_queries_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_bytes(content)
    with pytest.raises(QueryError, match="queries"):
        read_here(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="check the path"):
        read_here(tmp_path / "none.jsonl")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert len(read_here(path)) == 1


def test_our_own_descriptions_can_be_read() -> None:
    path = Path(__file__).parent.with_name("descriptions.jsonl")
    if not path.is_file():
        pytest.fail("tests/descriptions.jsonl is part of the tests")
    lines = path.read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        row = json.loads(line)
        assert row["text"].strip()
        Position(float(row["lat"]), float(row["lon"]))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("5", "it is no JSON object"),
        ('[{"text": "x"}]', "it is no JSON object"),
        ('{"lat": 1, "lon": 2}', "no text"),
        ('{"text": "x", "lon": 2}', "no lat"),
        ('{"text": "x", "lat": true, "lon": 2}', "lat and lon are True and 2"),
        ('{"text": "x", "lat": NaN, "lon": 2}', "nan"),
        ('{"text": "x", "lat": "60,1", "lon": 2}', "60,1"),
        ('{"text": "x", "lon": 2, "lat": ' + "9" * 5000 + "}", "4300 digits"),
        ("[" * 100_000, "recursion"),
    ],
    ids=str,
)
def test_a_bad_line_is_told_in_words(line: str, told: str, tmp_path: Path) -> None:
    path = written(tmp_path / "queries.jsonl", GOOD, line)
    with pytest.raises(QueryError, match=f"line 2: write JSON with text, lat and lon.*{told}"):
        read_here(path)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_told(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_bytes(GOOD.replace("church", "château").encode(encoding))
    with pytest.raises(QueryError, match=r"is not UTF-8 text .* save it as UTF-8"):
        read_here(tmp_path / "queries.jsonl")


def test_half_of_a_surrogate_pair_can_be_written_again(tmp_path: Path) -> None:
    line = json.dumps({"text": "a \ud800 church", "lat": 1, "lon": 2, "id": "\udfff"})
    (query,) = read_here(written(tmp_path / "queries.jsonl", line))
    assert (query.text, query.query_id) == ("a ? church", "?")


def test_a_tile_that_is_not_there_is_told_before_anything_is_read(
    tiny_gallery: Gallery, tmp_path: Path
) -> None:
    tile = tiny_gallery.tile(0)
    row = {"text": "a church", "lat": tile.lat, "lon": tile.lon, "id": "a"}
    path = written(tmp_path / "queries.jsonl", json.dumps(row | {"tile_id": tile.tile_id}))
    assert len(inside_gallery(read_here(path), tiny_gallery, path.name)) == 1
    path = written(tmp_path / "queries.jsonl", json.dumps(row | {"tile_id": "nowhere"}))
    with pytest.raises(QueryError, match="'a' names the tile 'nowhere', which tinycity does not"):
        inside_gallery(read_here(path), tiny_gallery, path.name)
