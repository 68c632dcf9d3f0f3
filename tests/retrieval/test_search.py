"""Searches in the tiny city."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from conftest import settings_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_osm import HOSTILE_NAMES, Town, tiny_city

from core.errors import QueryError
from core.gallery import Gallery, open_gallery
from core.geo import Bounds, Polygon, Position, haversine_m, tile_bounds
from core.models.sentence import SentenceEncoder
from core.records import Candidate, Channel, Query, SearchResult
from core.retrieval import search
from core.settings import MAX_CANDIDATES, MAX_DESCRIPTION_CHARS, Settings

Ask = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def ask(tiny_gallery: Gallery, encoder: SentenceEncoder) -> Ask:
    return lambda text, **options: search(tiny_gallery, encoder, Query(text, **options))


def metres_to(candidate: Candidate, x: float, y: float) -> float:
    at = Town().position(x, y)
    away = haversine_m(
        at.lat, at.lon, np.array([candidate.tile.lat]), np.array([candidate.tile.lon])
    )
    return float(away[0])


def without_timings(result: SearchResult) -> str:
    document = result.to_json()
    del document["timings_ms"]
    return json.dumps(document, allow_nan=False)


def assert_sound(result: SearchResult, text: str, k: int = 10) -> None:
    """Properties of every answer."""
    assert result.query == text
    assert [one.rank for one in result.candidates] == list(range(1, k + 1))
    assert len({one.tile.tile_id for one in result.candidates}) == k
    read = text if result.truncated is None else text[: result.truncated]
    for one in result.candidates:
        assert -1 <= one.similarity <= 1
        for piece in one.evidence:
            assert read[piece.start : piece.end] == piece.phrase
            assert piece.supported == (bool(piece.fact) and not piece.name_only)
            assert (piece.lat is None) == (piece.lon is None) == (not piece.fact)
    assert {"total", "encode"} <= set(result.timings_ms)
    json.dumps(result.to_json(), allow_nan=False)


# --- Places are found ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("a big cobbled square with a statue and a fountain", 65, 60),
        ("Café Ångström", 140, 112),
        ("cafe angstrom next to the tram tracks", 140, 112),
        ("cafe angstorm", 140, 112),
        ("Saint Marys Cathederal", 195, 60),
        ("the old Saint Nicholas", 195, 60),
        ("Улица Пушкина, Булочная Заря", 390, 180),
        ("Bulochnaya Zarya", 390, 180),
        ("Dawn Bakery on Pushkin Street", 390, 180),
        ("a pond with swans", 325, 300),
        ("a pharmacy run by Medix", 200, 112),
        ("he built the harbour", 65, 60),
        ("Mill Road 8", 195, 256),
        ("Tick `x` Bar", 30, 352),
    ],
)
def test_a_description_finds_its_place(text: str, x: float, y: float, ask: Ask) -> None:
    found = ask(text, k=3)
    assert min(metres_to(one, x, y) for one in found.candidates) < 110


def test_a_name_alone_is_found_first(ask: Ask) -> None:
    (best,) = ask("Café Ångström", k=1).candidates
    assert metres_to(best, 140, 112) < 60
    assert any("Café Ångström" in name for name in best.names)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_data_like_any_other(name: str, ask: Ask) -> None:
    result = ask(name)
    assert_sound(result, name)
    assert any(name in one.names for one in result.candidates)


# --- Evidence -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare_gallery(build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """The tiny city after its statue and its cathedral were taken away."""
    folder = tmp_path_factory.mktemp("bare")
    source = tiny_city(frozenset({"statue", "cathedral"})).write(folder / "city.osm")
    build("barecity", source, folder / "galleries")
    return open_gallery("barecity", settings_for(folder / "galleries"))


SQUARE = "the statue of Alexander, a cathedral, a cobbled square, a zoo with elephants"


def told(candidates: Iterable[Candidate], word: str) -> list[str]:
    """The fit of the phrase with a word, for each candidate."""
    return [piece.fact for one in candidates for piece in one.evidence if word in piece.phrase]


def test_evidence_tells_what_supports_each_phrase_and_what_is_missing(ask: Ask) -> None:
    best = min(ask(SQUARE, k=3).candidates, key=lambda one: metres_to(one, 65, 60))
    assert any("Alexander" in fact for fact in told([best], "statue"))
    assert any("athedral" in fact for fact in told([best], "cathedral"))
    assert told([best], "zoo") == [""]


def test_evidence_goes_with_its_feature(bare_gallery: Gallery, encoder: SentenceEncoder) -> None:
    result = search(bare_gallery, encoder, Query(SQUARE))
    facts = [piece.fact for one in result.candidates for piece in one.evidence]
    assert not [fact for fact in facts if "tatue" in fact or "athedral" in fact]
    assert not [name for one in result.candidates for name in one.names if "Alexander" in name]
    assert any("quare" in fact for fact in told(result.candidates, "square"))


def test_evidence_says_how_far_and_where(ask: Ask) -> None:
    at = Town().position(65, 60)
    pieces = [
        (one, piece)
        for one in ask("the statue of Alexander", k=5).candidates
        for piece in one.evidence
        if "Alexander" in piece.fact
    ]
    assert pieces
    for one, piece in pieces:
        assert piece.lat is not None
        assert piece.distance_m == pytest.approx(metres_to(one, 65, 60), abs=2)
        off = haversine_m(at.lat, at.lon, np.array([piece.lat]), np.array([piece.lon]))
        assert off[0] < 10
        assert piece.direction
        if (piece.distance_m or 0) > 20:
            assert ("north" in piece.direction) == (at.lat > one.tile.lat) or abs(
                at.lat - one.tile.lat
            ) < abs(at.lon - one.tile.lon) / 4


def test_a_description_of_nothing_here_says_that_it_is_a_guess(ask: Ask) -> None:
    result = ask("qwertzuiop")
    assert not any(piece.supported for piece in result.candidates[0].evidence)
    assert result.notes


# --- Channels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "channels", [("facts",), ("names",), ("facts", "names"), ("names", "facts"), ("names", "names")]
)
def test_only_the_chosen_channels_answer(channels: tuple[Channel, ...], ask: Ask) -> None:
    result = ask("a church beside Lime Street", channels=channels)
    assert_sound(result, "a church beside Lime Street")
    assert result.candidates
    for one in result.candidates:
        assert set(one.channels) == set(channels)


def test_the_order_of_channels_is_no_matter(ask: Ask) -> None:
    one = ask("a church beside Lime Street", channels=("facts", "names"))
    other = ask("a church beside Lime Street", channels=("names", "facts"))
    assert [c.tile for c in one.candidates] == [c.tile for c in other.candidates]


def test_all_channels_are_the_usual_choice(ask: Ask) -> None:
    assert without_timings(ask("a church")) == without_timings(
        ask("a church", channels=("facts", "names"))
    )


@pytest.mark.parametrize("channels", [(), ("image",), ("facts", "image")])
def test_a_channel_that_is_not_there_is_refused(channels: tuple[Channel, ...], ask: Ask) -> None:
    with pytest.raises(QueryError, match="channel"):
        ask("a church", channels=channels)


# --- Regions ------------------------------------------------------------------------------------


def test_a_circle_limits_the_answer_before_the_search(ask: Ask, tiny_gallery: Gallery) -> None:
    """The café lies far outside; the circle is filled all the same."""
    near = Town().position(325, 320)
    inside = haversine_m(near.lat, near.lon, tiny_gallery.lats, tiny_gallery.lons) <= 120
    assert inside.sum() > 6
    result = ask("Café Ångström", k=6, near=near, within_m=120.0)
    assert_sound(result, "Café Ångström", 6)
    assert result.candidates
    for one in result.candidates:
        assert inside[tiny_gallery.row_of(one.tile.tile_id)]
    everything = ask("Café Ångström", k=MAX_CANDIDATES, near=near, within_m=120.0)
    assert len(everything.candidates) == inside.sum()


def test_a_box_and_a_circle_both_limit(ask: Ask, tiny_gallery: Gallery) -> None:
    near = Town().position(200, 200)
    box = tile_bounds(Town().position(260, 260), 200)
    result = ask("a street", k=MAX_CANDIDATES, near=near, within_m=130.0, area=box)
    rows = [tiny_gallery.row_of(one.tile.tile_id) for one in result.candidates]
    lats, lons = tiny_gallery.lats, tiny_gallery.lons
    wanted = box.contains(lats, lons) & (haversine_m(near.lat, near.lon, lats, lons) <= 130)
    assert sorted(rows) == np.flatnonzero(wanted).tolist()


def test_a_polygon_limits_as_a_box_does(ask: Ask, tiny_gallery: Gallery) -> None:
    corners = [Town().position(east, north) for east, north in [(20, 20), (380, 60), (120, 390)]]
    wanted = Polygon(tuple(corners)).contains(tiny_gallery.lats, tiny_gallery.lons)
    assert 4 < wanted.sum() < len(tiny_gallery)
    result = ask("a street", k=MAX_CANDIDATES, area=Polygon(tuple(corners)))
    rows = [tiny_gallery.row_of(one.tile.tile_id) for one in result.candidates]
    assert sorted(rows) == np.flatnonzero(wanted).tolist()


def test_the_best_of_a_region_is_first_there(ask: Ask) -> None:
    box = tile_bounds(Town().position(325, 300), 220)
    best = ask("a pond, not the cathedral", k=1, area=box).candidates[0]
    assert metres_to(best, 325, 300) < 110


@pytest.mark.parametrize(
    "options",
    [
        {"near": Position(0, 0), "within_m": 10.0},
        {"area": Bounds(0, 0, 1, 1)},
        {"area": Polygon((Position(0, 0), Position(0, 1), Position(1, 0)))},
        {"near": Position(60.17, 24.94)},
        {"within_m": 10.0},
        {"near": Position(60.17, 24.94), "within_m": 0.0},
        {"near": Position(60.17, 24.94), "within_m": -1.0},
        {"near": Position(60.17, 24.94), "within_m": float("nan")},
        {"near": Position(60.17, 24.94), "within_m": float("inf")},
        {"k": 0},
        {"k": -1},
        {"k": MAX_CANDIDATES + 1},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], ask: Ask) -> None:
    with pytest.raises(QueryError) as caught:
        ask("a church", **options)
    assert "\n" not in str(caught.value)


# --- Number and order ---------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 17, MAX_CANDIDATES])
def test_as_many_candidates_as_asked_for(k: int, ask: Ask, tiny_gallery: Gallery) -> None:
    assert_sound(ask("a church", k=k), "a church", min(k, len(tiny_gallery)))


@pytest.mark.parametrize("text", ["a church beside a park", "street", "qwertzuiop", "the"])
def test_the_same_question_has_the_same_answer(text: str, ask: Ask) -> None:
    assert without_timings(ask(text)) == without_timings(ask(text))


def test_a_longer_list_begins_with_the_shorter_one(ask: Ask) -> None:
    short, long = (ask("a church beside a park", k=k) for k in (3, 8))
    assert [one.tile for one in long.candidates[:3]] == [one.tile for one in short.candidates]


def test_four_threads_get_the_same_answers(
    tiny_settings: Settings, encoder: SentenceEncoder, ask: Ask
) -> None:
    texts = ["a church beside a park", "cafe angstorm", "two benches; a pond", "steps"] * 2
    wanted = [without_timings(ask(text)) for text in texts]
    fresh = open_gallery("tinycity", tiny_settings)
    answers: list[list[str]] = []

    def work() -> None:
        answers.append([without_timings(search(fresh, encoder, Query(text))) for text in texts])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [wanted] * 4


# --- Odd descriptions ---------------------------------------------------------------------------

NOTHING_TO_READ = {
    "empty": "",
    "blanks": " \t\n\u00a0\u2003",
    "signs": "!?…—()",
    "emoji": "🏰🌳🚋👨‍👩‍👧",
    "controls": "\x00\x01\x1b[31m\x7f".replace("31m", ""),
    "marks": "\u200f\u202e\ufeff",
    "an accent alone": "\u0301",
}

ODD = {
    "one word": "church",
    "one letter": "a",
    "one digit": "7",
    "function words": "the and of it",
    "arabic": "مسجد أبيض بجانب حديقة",
    "hebrew": "כנסייה לבנה ליד פארק",
    "chinese": "白色教堂旁边的公园",
    "right to left marks": "\u202egnidliub\u202c church \u200f",
    "emoji and a word": "🏰 church 🌳",
    "sql": "'; DROP TABLE facts; -- church",
    "sql tautology": '" OR 1=1 --',
    "fts": 'name:church* AND NEAR("a" "b", 5) NOT ^x OR {kind}: y',
    "fts quotes": '"unbalanced " quotes "',
    "template": "${alert(1)} `x` {{7*7}} <img src=x onerror=alert(1)>",
    "controls": "a\x00church\x1b[31m\x07 with\x08 tower\r\n",
    "zalgo": "c\u0336\u0315h\u0337u\u0334r\u0338c\u0335h\u0336" * 20,
    "one endless word": "church" * 500,
    "many line ends": "\n\r\u2028\u2029church\n" * 50,
    "a private letter": "\ue000 church \U0010fffd",
    "a big number": "9" * 400,
    "double struck": "𝕔𝕙𝕦𝕣𝕔𝕙",
    "only openings": " I am here and there is ",
    "a full-width word": "ｃｈｕｒｃｈ",
    "ligatures": "oﬃce ﬁsh",
}


@pytest.mark.parametrize("text", NOTHING_TO_READ.values(), ids=NOTHING_TO_READ)
def test_a_description_without_a_word_is_refused_in_one_line(text: str, ask: Ask) -> None:
    with pytest.raises(QueryError) as caught:
        ask(text)
    assert str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_an_odd_description_gets_an_answer(text: str, ask: Ask) -> None:
    assert_sound(ask(text), text)


@pytest.mark.parametrize("text", ["\ud800", "church \udcff tower", "\ud83d church"], ids=ascii)
def test_broken_text_is_answered_or_refused(text: str, ask: Ask) -> None:
    try:
        result = ask(text)
    except QueryError as error:
        assert str(error).isprintable()  # noqa: PT017
    else:
        assert len(result.candidates) == 10
        json.dumps(result.to_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "text",
    [
        "a white church beside a park with two benches, " * 2200,
        "x" * 100_000,
        "church " * 15_000,
        "🏰 church " * 11_000,
        "church\n" * 15_000,
        "白" * 100_000,
        "a, " * 34_000,
        "\x01" * 50_000 + "church" + "\x01" * 50_000,
        "church" + "\u200b" * 100_000,
        "c" + "\u0336" * 100_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_a_hundred_thousand_characters_are_cut_and_it_says_where(text: str, ask: Ask) -> None:
    started = time.process_time()
    try:
        result = ask(text)
    except QueryError:
        assert not any(letter.isalnum() for letter in text[:MAX_DESCRIPTION_CHARS])
        return
    assert_sound(result, text)
    assert result.truncated is not None
    assert 0 < result.truncated <= MAX_DESCRIPTION_CHARS
    assert any(str(result.truncated) in note for note in result.notes)
    assert time.process_time() - started < 8


def test_what_was_cut_off_does_not_count(ask: Ask) -> None:
    long = "tree " * 2000
    cut = ask(f"{long} Café Ångström")
    assert cut.truncated is not None
    read = ask(f"{long} Café Ångström"[: cut.truncated])
    assert read.truncated is None
    assert [one.tile for one in cut.candidates] == [one.tile for one in read.candidates]


def test_a_small_area_says_that_its_chances_say_little(ask: Ask, tiny_gallery: Gallery) -> None:
    middle = Position(float(tiny_gallery.lats.mean()), float(tiny_gallery.lons.mean()))
    for within_m, is_told in ((90.0, True), (2000.0, False)):
        result = ask("a street", k=3, near=middle, within_m=within_m)
        assert any("The area is small" in note for note in result.notes) == is_told


def test_just_the_longest_description_is_read_whole(ask: Ask) -> None:
    assert ask("church " * 40).truncated is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_any_text_gets_a_sound_answer_or_one_line(ask: Ask, text: str) -> None:
    try:
        result = ask(text, k=2)
    except QueryError as error:
        assert str(error).isprintable()  # noqa: PT017
        assert not any(letter.isalnum() for letter in text)
    else:
        assert_sound(result, text, 2)
