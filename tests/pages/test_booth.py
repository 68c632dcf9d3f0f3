"""The booth: how a turn comes out, what a phone reads, and that nothing of a visitor is left."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from conftest import ROOT, Served, Visit, drawn, serve
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as Late
from streamlit.testing.v1 import AppTest
from tiny_answers import HOSTILE, a_candidate, an_answer

from core.geo import METRES_PER_DEGREE, Position
from core.records import Candidate
from core.settings import load
from pages.search_page import query_params
from pages.search_page.kiosk import day_numbers, distances, host, qr_code
from pages.search_page.kiosk.session import Visit as Turn
from pages.search_page.query_params import SearchParams
from pages.ui import examples

HERE = Position(60.17, 24.94)


def north(metres: float) -> Position:
    return Position(HERE.lat + metres / METRES_PER_DEGREE, HERE.lon)


def places(*metres: float) -> tuple[Candidate, ...]:
    """Candidates so many metres north of here."""
    return tuple(
        replace(
            a_candidate(rank),
            tile=replace(a_candidate(rank).tile, lat=north(away).lat, lon=HERE.lon),
        )
        for rank, away in enumerate(metres, 1)
    )


class TestDistances:
    @pytest.mark.parametrize(
        ("away", "said"),
        [
            (0, "0 m"),
            (7.4, "7 m"),
            (44, "40 m"),
            (96, "100 m"),
            (999, "1000 m"),
            (1240, "1.2 km"),
        ],
    )
    def test_metres_are_said_as_one_says_them(self, away: float, said: str) -> None:
        assert distances.metres(away) == said

    @pytest.mark.parametrize(
        ("guess", "ours", "told"),
        [
            (50, 20, "Both of you found it"),
            (400, 20, "Saywhere was closer"),
            (150, 900, "You were closer"),
        ],
    )
    def test_an_example_is_a_duel(self, guess: float, ours: float, told: str) -> None:
        turn = Turn("a", "a", "answer", "x", True, truth=HERE, guess=north(guess))
        result = an_answer(*places(ours))
        assert distances.headline(turn, result) == told
        rows = dict(distances.tally(turn, result))
        assert rows["You were off by"] == distances.metres(guess)
        assert rows["Saywhere was off by"] == distances.metres(ours)

    def test_what_a_visitor_wrote_is_true_where_the_visitor_says(self) -> None:
        turn = Turn("a", "a", "answer", "x", guess=HERE)
        assert distances.headline(turn, an_answer(*places(30, 800))) == "Saywhere found it"
        assert "as place 2" in distances.headline(turn, an_answer(*places(900, 50)))
        missed = distances.headline(turn, an_answer(*places(900, 800)))
        assert missed == "Saywhere missed your spot"
        assert dict(distances.tally(turn, an_answer(*places(900)))) == {
            "Distance from your spot": "900 m"
        }
        assert distances.tally(turn, an_answer(*places(900, 50)))[0][1] == "50 m"

    def test_nothing_is_claimed_where_nobody_knows(self) -> None:
        for turn in (Turn("a", "a", "answer", "x"), Turn("a", "a", "answer", "x", is_example=True)):
            assert distances.headline(turn, an_answer(*places(30))) == ""
            assert distances.tally(turn, an_answer(*places(30))) == ()
        unknown = Turn("a", "a", "answer", "x", is_example=True, guess=HERE)
        assert distances.headline(unknown, an_answer(*places(30))) == ""
        assert "guess" in distances.tally(unknown, an_answer(*places(30)))[0][0]

    def test_skipping_the_guess_of_an_example_still_tells_how_far_the_app_was(self) -> None:
        turn = Turn("a", "a", "answer", "x", is_example=True, truth=HERE)
        assert distances.headline(turn, an_answer(*places(30))) == "Saywhere found it"
        assert distances.tally(turn, an_answer(*places(30))) == (("Saywhere was off by", "30 m"),)


class TestTakeHome:
    ASK = SearchParams("a church & a `${park}`", "helsinki")

    def test_a_link_restores_the_search_on_the_page_that_is_no_booth(self) -> None:
        for setting in (False, True):
            code = qr_code.code_of(
                self.ASK, "http://192.168.1.7:8501/?booth=1&city=monaco", HERE, setting
            )
            parts = urlsplit(code.content)
            params = {name: values[0] for name, values in parse_qs(parts.query).items()}
            assert (parts.scheme, parts.netloc) == ("http", "192.168.1.7:8501")
            assert params.pop("booth", None) == ("0" if setting else None)
            assert query_params.from_params(params, ["helsinki", "monaco"]) == self.ASK

    @pytest.mark.parametrize(
        "host",
        [
            "localhost:8501",
            "127.0.0.1:8501",
            "127.8.0.1",
            "[::1]:80",
            "0.0.0.0:80",
            "app.localhost",
            "",
        ],
    )
    def test_where_no_phone_can_come_the_place_itself_is_coded(self, host: str) -> None:
        code = qr_code.code_of(self.ASK, f"http://{host}/", HERE, False)
        assert code.content == "geo:60.170000,24.940000"

    def test_a_link_too_long_for_a_phone_is_the_place(self) -> None:
        code = qr_code.code_of(SearchParams("ü" * 400, "a"), "http://booth.example/", HERE, False)
        assert code.content.startswith("geo:")

    def test_the_longest_code_is_drawn(self) -> None:
        code = qr_code.Code("http://booth.example/?q=" + "a" * 876, "")
        assert qr_code.svg(code).startswith("data:image/svg+xml")
        assert segno.make(code.content, error="l", micro=False).version <= 25


def test_examples_with_a_place_lie_in_their_city() -> None:
    from core.gallery import list_galleries

    cards = {card.name: card for card in list_galleries(load({}))}
    known = [
        (city, examples.truth_of(city, text))
        for city in ("helsinki", "monaco", "montevideo")
        for text in examples.of_city(city)
    ]
    assert sum(place is not None for _, place in known) > 10
    for city, place in known:
        if place is not None:
            box = cards[city].bounds
            assert box.south < place.lat < box.north
            assert box.west < place.lon < box.east


@pytest.fixture
def app_of(tiny_data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The search page under an address with these values."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_data))

    def run(**params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
        for name, value in params.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return run


@pytest.fixture
def booth(app_of: Callable[..., AppTest]) -> AppTest:
    return app_of(city="helsinki", booth="1")


def html_of(app: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in app.get("html"))


def say(app: AppTest, text: str) -> AppTest:
    app.text_area[0].set_value(text)
    next(one for one in app.button if one.label == "Next").click()
    app.run()
    assert not app.exception
    return app


class TestTurn:
    def test_it_offers_a_box_examples_and_nothing_of_the_other_pages(self, booth: AppTest) -> None:
        assert booth.text_area[0].label == "What do you see around you?"
        assert len([one for one in booth.button if "example" in str(one.key)]) == 4
        assert not booth.get("page_link")
        assert not booth.get("popover")

    def test_the_setting_of_the_machine_makes_a_booth_and_a_link_unmakes_it(
        self, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SAYWHERE_DATA", str(tiny_data))
        monkeypatch.setenv("SAYWHERE_BOOTH", "1")
        app = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60).run()
        assert "Where am I?" in unescape(html_of(app))
        app.query_params["booth"] = "0"
        app.query_params["q"] = "church"
        app.run()
        assert not app.exception
        assert app.query_params["booth"] == "0", "or a reload would be a booth again"
        assert [one for one in app.button if one.label == "Find places"]

    @pytest.mark.parametrize(
        ("name", "value", "shown"),
        [
            ("kiosk", "", "Where am I?"),
            ("kiosk", "1", "Where am I?"),
            ("booth", "", "Where am I?"),
            ("kiosk", "host", "The booth today"),
            ("kiosk", "0", "Find places"),
        ],
    )
    def test_a_link_may_say_kiosk_and_a_bare_word_is_enough(
        self, app_of: Callable[..., AppTest], name: str, value: str, shown: str
    ) -> None:
        app = app_of(**{name: value})
        assert shown in unescape(html_of(app)) + " ".join(one.label for one in app.button)
        assert ("booth" in app.query_params) == (name == "booth" or value == "0")

    def test_nothing_said_stays_where_it_is(self, booth: AppTest) -> None:
        say(booth, "   ")
        assert booth.text_area[0].label == "What do you see around you?"
        assert [one.value for one in booth.info] == ["Write a few words first."]

    def test_a_turn_leads_to_an_answer_and_ends_without_a_trace(self, booth: AppTest) -> None:
        before = dict(booth.query_params)
        say(booth, "a railway station and zqzq trams")
        assert "Where is it?" in unescape(html_of(booth))
        booth.button(key="skip").click().run()
        assert not booth.exception
        assert "How does it know?" in [one.label for one in booth.expander]
        assert len(booth.radio[0].options) == 3
        assert "sw-code" in html_of(booth)
        next(one for one in booth.button if one.label == "Start over").click()
        booth.run()
        assert "zqzq" not in html_of(booth)
        assert booth.text_area[0].value == ""
        assert "zqzq" not in repr(booth.session_state["visit"])
        assert "found" not in booth.session_state
        assert dict(booth.query_params) == before

    @pytest.mark.parametrize("text", [*HOSTILE, "?", "🌊🌊"])
    def test_hostile_and_empty_words_are_text(self, booth: AppTest, text: str) -> None:
        say(booth, text)
        booth.button(key="skip").click().run()
        assert not booth.exception
        assert "<img src=x" not in html_of(booth)
        assert [one for one in booth.button if one.label == "Start over"]


class TestHost:
    def test_numbers_of_a_day_add_up_survive_a_restart_and_begin_anew(self, tmp_path: Path) -> None:
        monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
        book = day_numbers.DayBook(tmp_path / "booth")
        for ours_m, guess_m in ((40.0, 600.0), (300.0, None), (None, None)):
            book.add(monday, ours_m, guess_m)
        assert book.numbers(monday, line=3) == day_numbers.DayNumbers(3, 2, 1, 340, 1, 600, 3)
        again = day_numbers.DayBook(tmp_path / "booth")
        assert again.numbers(monday, line=2) == day_numbers.DayNumbers(3, 2, 1, 340, 1, 600, 3)
        assert again.numbers(tuesday) == day_numbers.DayNumbers()
        assert dict(host.rows(again.numbers(monday))) == {
            "Games played": "3",
            "Found within 100 m": "1 of 2 (50 %)",
            "Saywhere was off by": "170 m on average",
            "Visitors were off by (1 guess)": "600 m on average",
            "Longest line for a search": "3 people",
        }
        assert "nobody waited" in dict(host.rows(day_numbers.DayNumbers())).values()
        all_found = day_numbers.DayNumbers(2, 2, 2, 50)
        assert dict(host.rows(all_found))["Found within 100 m"] == "2 of 2 (100 %)"

    @pytest.mark.parametrize("content", ["{", "[]", '{"games": "many"}', "{}"])
    def test_a_file_that_cannot_be_read_is_told_and_the_booth_goes_on(
        self, tmp_path: Path, content: str
    ) -> None:
        day = date(2026, 3, 2)
        (tmp_path / f"{day}.json").write_text(content)
        book = day_numbers.DayBook(tmp_path)
        assert book.numbers(day) == day_numbers.DayNumbers()
        assert "cannot be read" in book.problem
        book.add(day, 40.0, None)
        assert book.problem == ""
        assert day_numbers.DayBook(tmp_path).numbers(day).games == 1

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        book = day_numbers.DayBook(tmp_path / "file")
        book.add(date(2026, 3, 2), 40.0, None)
        assert "cannot be" in book.problem
        assert book.numbers(date(2026, 3, 2)).games == 1

    def test_a_turn_counts_once_and_leaves_no_words(self, booth: AppTest) -> None:
        folder = load().booth_days
        before = day_numbers.DayBook(folder).numbers(day_numbers.today())
        button = next(one for one in booth.button if "example" in str(one.key))
        text = button.label
        button.click().run()
        booth.button(key="skip").click().run()
        booth.radio[0].set_value(2).run()
        assert not booth.exception
        after = day_numbers.DayBook(folder).numbers(day_numbers.today())
        assert (after.games, after.known) == (before.games + 1, before.known + 1)
        assert text[:12] not in "".join(file.read_text() for file in folder.iterdir())
        booth.query_params["booth"] = "host"
        booth.run()
        assert not booth.exception
        assert "The booth today" in html_of(booth)
        assert f"<dd>{after.games}</dd>" in html_of(booth)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app") / "log.txt"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("booth-data")


@pytest.fixture(scope="module")
def served(data: Path, log: Path) -> Iterator[Served]:
    yield from serve(data, log)


@pytest.mark.browser
def test_from_words_to_a_guess_to_the_answer_to_the_loop_to_a_clean_start(
    served: Served, visits: Callable[..., Visit], data: Path, log: Path
) -> None:
    visit = visits(served, 1920, 1080)
    page: Page = visit.page  # type: ignore[assignment]
    frames: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
    page.clock.install()
    page.goto(served.address("/?booth=1&city=helsinki"))
    address = page.url
    box = page.get_by_label("What do you see around you?")
    box.fill("Fountain at the end of a long park, Havis Amanda, zqvisitor")
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Where is it?").wait_for()
    tap(page)
    page.get_by_role("button", name="Show the answer", exact=True).click()
    page.locator(".sw-tally").wait_for()
    expect(page.locator(".sw-tally")).to_contain_text(re.compile(r"from your spot.*\d+ k?m"))
    code = page.locator(".sw-code img")
    expect(code).to_have_js_property("complete", True)
    expect(code).to_have_attribute("alt", re.compile("geo"))
    frame = page.frame_locator("iframe").first
    expect(frame.locator(".sw-marker")).to_have_count(3)
    expect(frame.locator(".sw-flag-guess")).to_have_count(1)
    frame.locator('.sw-marker[data-rank="2"]').click()
    expect(frame.locator(".sw-marker.sw-chosen")).to_have_attribute("data-rank", "2")
    expect(page.locator(".st-key-places input").nth(1)).to_be_checked()
    drawn(page)  # what is opened before that is closed again
    page.get_by_text("How does it know?").click()
    page.locator(".sw-ledger").wait_for()
    drawn(page)

    page.clock.fast_forward(55_000)
    page.get_by_text("Still there?").wait_for()
    page.clock.fast_forward(6_000)
    said = page.locator(".sw-spoken")
    page.get_by_text("Touch the screen to play").wait_for()
    expect(said).to_contain_text("A white cathedral")
    page.clock.fast_forward(4_000)
    page.get_by_text("Saywhere says:").wait_for()
    page.clock.fast_forward(5_100)
    expect(said).to_contain_text("Fountain at the end", timeout=15_000)
    page.mouse.click(600, 900)
    expect(box).to_have_count(1)
    expect(box).to_have_value("")
    expect(page.locator(".sw-spoken, .sw-tally, .sw-code")).to_have_count(0)
    expect(page.frame_locator("iframe").first.locator(".sw-flag, .sw-marker")).to_have_count(0)
    box.focus()
    page.keyboard.press("Control+z")
    expect(box).to_have_value("")
    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, "
        "document.documentElement.innerHTML, history.state])"
    )
    assert "zqvisitor" not in kept
    assert any(b"zqvisitor" in as_bytes(one) for one in frames)
    frames.clear()
    page.get_by_role("button", name="Railway station").click()
    page.get_by_text("Where do you think it is?").wait_for()
    assert frames
    assert not any(b"zqvisitor" in as_bytes(one) for one in frames)
    assert page.url == address
    assert page.evaluate("history.length") <= 2, "about:blank and the booth"
    (numbers,) = (path for path in data.rglob("*") if path.is_file())
    kept = json.loads(numbers.read_text())
    assert list(kept) == list(asdict(day_numbers.DayNumbers())), "counts and sums, nothing else"
    assert all(isinstance(value, int | float) for value in kept.values())
    assert "zqvisitor" not in log.read_text(encoding="utf-8", errors="replace")
    assert visit.outside == []
    assert visit.errors == []


def as_bytes(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()


def press(page: Page, name: str, then: str) -> None:
    """A button, until its step comes: a page that is being drawn again may not hear the first."""
    for _ in range(3):
        page.get_by_role("button", name=name).click()
        with suppress(Late):
            page.get_by_text(then).wait_for(timeout=8_000)
            return
    page.get_by_text(then).wait_for()


def tap(page: Page) -> None:
    """A tap on the map; the page hears of it."""
    frame = page.frame_locator("iframe").first
    frame.locator(".sw-picking").wait_for()
    frame.locator(".leaflet-tile-loaded").first.wait_for()
    box = page.locator("iframe").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.6)
    frame.locator(".sw-flag-guess").wait_for()


FIRST_IS_FREE = """
() => {
  const of = (name) => document.querySelector(name)?.getBoundingClientRect();
  const pin = of('.sw-marker[data-rank="1"] .sw-pin');
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top
    || b.bottom <= a.top;
  const flags = [...document.querySelectorAll('.sw-flag, .sw-flag-label')];
  return pin && flags.length && flags.every((one) => apart(pin, one.getBoundingClientRect()));
}
"""
"""Neither the truth nor a label of it covers marker 1."""


@pytest.mark.browser
def test_an_example_is_guessed_by_keys_alone(served: Served, visits: Callable[..., Visit]) -> None:
    page: Page = visits(served, 1080, 1920).page  # type: ignore[assignment]
    page.goto(served.address("/?booth=1&city=helsinki"))
    page.get_by_role("button", name="A white cathedral").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Where do you think it is?").wait_for()
    frame = page.frame_locator("iframe").first
    frame.locator(".sw-picking").wait_for()
    frame.locator("#map_div").focus()
    page.keyboard.press("ArrowRight")
    frame.get_by_role("button", name="Take the middle").focus()
    page.keyboard.press("Enter")
    reveal = page.get_by_role("button", name="Show the answer", exact=True)
    reveal.wait_for()
    drawn(page)
    reveal.press("Enter")
    page.locator(".sw-tally").wait_for()
    expect(page.locator(".sw-tally")).to_contain_text("You were off by")
    expect(page.locator(".sw-tally")).to_contain_text("Saywhere was off by")
    expect(frame.locator(".sw-flag-truth")).to_have_count(1)
    drawn(page)
    map_frame = next(one for one in page.frames if "streamlit_folium" in one.url)
    map_frame.wait_for_function(FIRST_IS_FREE)
    wide = page.evaluate(
        "(e => e.scrollWidth - e.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    )
    assert wide <= 0
