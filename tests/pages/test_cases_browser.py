"""The cases page in a real browser, worked by keys alone, with a server that may be killed."""

import csv
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, Served, Visit, drawn, settings_for
from playwright.sync_api import Page, TimeoutError, WebSocketRoute, expect
from tiny_cases import NOW, a_report

from core.gallery import open_gallery
from core.review import queue
from core.review.key_bindings import bind
from core.review.model import RecordedAnswer
from core.review.store import Store, open_store
from core.review.verdicts import CASE_VERDICTS

pytestmark = pytest.mark.browser

CASES = 30 if os.environ.get("SLOW") == "1" else 10
MOST_KEYS = 2
DESK_FIRST = ("desk", "evidence")
LINES_OF_A_LONG_TEXT = """
words => {
  words.textContent = "a white church beside a small park ".repeat(60);
  if (getComputedStyle(words).overflowY !== 'auto') return 0;
  const lines = words.clientHeight / parseFloat(getComputedStyle(words).lineHeight);
  return Math.abs(lines - Math.round(lines)) < .05 ? Math.round(lines) : 0;
}
"""
"""Lines of a long description in sight, 0 for half ones; the others are reached by scrolling."""
SCRIPTS_WAIT = """
const make = URL.createObjectURL;
URL.createObjectURL = (script) => make.call(URL, !window.waiting ? script : new Blob(
  ["await new Promise((go) => window.waiting.push(go));", script], { type: script.type }));
"""
"""A component's script that comes once `waiting` is there runs when it is told to."""


@pytest.fixture(scope="module")
def home(tiny_data: Path, tiny_city: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with the tiny town and a store of failures in it."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "galleries").symlink_to(tiny_data / "galleries")
    gallery = open_gallery(tiny_city, settings_for(tiny_data / "galleries"))
    tiles = [gallery.tile(row) for row in range(len(gallery))]
    answers = []
    for number in range(CASES):
        truth, top = tiles[number % len(tiles)], tiles[(number + 7) % len(tiles)]
        answers.append(
            RecordedAnswer(
                number,
                f"q{number}",
                f"a church and a park with a fountain, number {number}",
                truth.tile_id,
                truth.lat,
                truth.lon,
                6 + number,
                top.tile_id,
                top.lat,
                top.lon,
                200.0,
            )
        )
    store = open_store(str(folder / "cases.sqlite"), NOW)
    store.add_report(replace(a_report(*answers), gallery=tiny_city), 0, NOW)
    store.close()
    return folder


def kept(home: Path) -> Store:
    return open_store(str(home / "cases.sqlite"), NOW)


def said_by(home: Path, name: str, case_id: str) -> list[str]:
    """The verdicts of one annotator on a case, as another process finds them."""
    store = kept(home)
    found = [str(one.verdict) for one in store.history(case_id) if one.annotator == name]
    store.close()
    return found


@contextmanager
def app(home: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The app on a port, ready; killed at the end."""
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    with (home / "log.txt").open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"SAYWHERE_DATA": str(home)},
        )
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield process
        finally:
            process.kill()
            process.wait(timeout=20)


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    port = a_port()
    with app(home, port):
        yield Served(f"http://127.0.0.1:{port}", 0.0)


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self._page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)
            self.pressed += 1


def at_the_door(visit: Visit, name: str) -> Page:
    """Types the name: the cursor waits for it."""
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(visit.served.address("/cases"))
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(name)
    return page


def sit_down(visit: Visit, name: str) -> Page:
    """From the address to the first card, by keys."""
    page = at_the_door(visit, name)
    page.keyboard.press("Enter")
    page.locator(".sw-case").wait_for()
    page.locator(".sw-desk-first").wait_for()  # no key counts before the desk's script has come
    return page


def case_on(page: Page) -> str:
    return str(page.locator(".sw-case").get_attribute("data-case"))


def next_case(page: Page, before: str) -> None:
    page.wait_for_function(
        "before => { const now = document.querySelector('.sw-case');"
        " const moved = now ? now.dataset.case !== before : document.querySelector('.sw-over');"
        " return moved && !document.querySelector('.sw-desk-busy'); }",
        arg=before,
    )


def test_all_cases_by_keys_alone(
    home: Path,
    served: Served,
    visits: Callable[..., Visit],
    tmp_path: Path,
    record_property: Callable[..., None],
) -> None:
    visit = visits(served)
    page = sit_down(visit, "Ada")
    keys, times, kinds = Keys(page), [], list(CASE_VERDICTS.values())
    for number in range(CASES):
        case_id = case_on(page)
        if number == 3:
            type_a_note(page, home, case_id)
        started, before = time.perf_counter(), keys.pressed
        keys.press(kinds[number % len(kinds)].key, "Enter")
        next_case(page, case_id)
        times.append(time.perf_counter() - started)
        assert keys.pressed - before <= MOST_KEYS
        assert len(said_by(home, "Ada", case_id)) == 1, "the screen moved on before the store"
    expect(page.locator(".sw-over")).to_contain_text(f"All {CASES} cases are answered")
    keys.press("e")
    page.get_by_role("button", name="FiftyOne").wait_for()
    drawn(page)
    with page.expect_download() as waited:
        keys.press("1")  # a digit does nothing where no card lies
        keys.press("h")
    waited.value.save_as(tmp_path / "out.csv")
    assert visit.outside == []
    assert visit.errors == []
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["verdict"]]
    assert [row["annotator"] for row in rows] == ["Ada"] * CASES
    assert {row["verdict"] for row in rows} == set(CASE_VERDICTS)
    assert [row["note"] for row in rows if row["note"]] == ["17 s u l note 0"]
    record_property("key_to_next_card_p50_s", round(statistics.median(times), 3))
    record_property("key_to_next_card_worst_s", round(max(times), 3))


def type_a_note(page: Page, home: Path, case_id: str) -> None:
    """What is typed is a note and no command, and Enter ends it without recording."""
    page.keyboard.press("n")
    page.keyboard.type("17 s u l note 0")
    expect(page.get_by_label("Note (optional)")).to_have_value("17 s u l note 0")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Note (optional)")).not_to_be_focused()
    expect(page.locator(".sw-desk-button[aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".sw-desk-status")).to_contain_text("Nothing chosen")
    assert case_on(page) == case_id
    assert said_by(home, "Ada", case_id) == []


def test_definitions_own_keys_and_similar_failures_by_keys_alone(
    home: Path, served: Served, visits: Callable[..., Visit]
) -> None:
    store = kept(home)
    store.join("Dee", NOW)
    bind(store, "Dee", {"model error": "X"})
    visit = visits(served)
    page = sit_down(visit, "Dee")
    case_id, chosen = case_on(page), page.locator(".sw-desk-verdicts [aria-pressed=true]")
    page.keyboard.press("d")
    expect(page.locator(".sw-desk-meanings dd").first).to_be_visible()
    page.keyboard.press("7")
    expect(chosen).to_have_count(0)
    page.keyboard.press("t")
    record = page.locator(".sw-desk-first")
    expect(record).to_contain_text(re.compile("Record for [2-7] cases"))
    boxes = page.locator(".st-key-cases-similar [data-testid=stCheckbox]")
    expect(boxes.first).to_be_visible()
    counted = re.search(r"Record for (\d) cases", record.inner_text())
    assert counted is not None
    expect(boxes).to_have_count(int(counted[1]) - 1)
    together = int(counted[1]) - 1
    page.keyboard.press("x")
    expect(chosen).to_have_text(re.compile("model error"))
    page.keyboard.press("Enter")
    next_case(page, case_id)
    assert together >= 1
    assert queue.progress(store, "Dee").answered == together + 1
    page.keyboard.press("u")
    expect(page.locator(".sw-case")).to_have_attribute("data-case", case_id)
    assert queue.progress(store, "Dee").answered == 0
    store.close()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".st-key-cases-evidence h2")).to_be_attached()
    above, below = (page.locator(f".st-key-cases-{one}").bounding_box() for one in DESK_FIRST)
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"], "on a phone the evidence is long"
    assert 5 < page.locator(".sw-case .sw-words").evaluate(LINES_OF_A_LONG_TEXT) < 20
    assert visit.errors == []


def test_every_other_action_has_a_key_too(
    served: Served, visits: Callable[..., Visit], tmp_path: Path
) -> None:
    page = sit_down(visits(served), "Ben")
    first = case_on(page)
    page.frame_locator(".st-key-cases-map iframe").locator(".sw-marker").first.wait_for()
    framed = next(one for one in page.frames if "streamlit_folium" in one.url)
    framed.evaluate("window.__same = true")
    page.keyboard.press("s")
    next_case(page, first)
    second = case_on(page)
    page.keyboard.press("b")
    next_case(page, second)
    assert case_on(page) == first
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    next_case(page, first)
    expect(page.locator(".sw-last")).to_contain_text("Suggested")
    before = case_on(page)
    page.keyboard.press("u")
    next_case(page, before)
    assert case_on(page) == first
    expect(page.locator(".sw-last")).to_have_count(0)
    page.locator(".sw-tint, .sw-against-table").first.wait_for()

    frame = page.frame_locator(".st-key-cases-map iframe")
    expect(frame.locator(".sw-marker")).to_have_count(2)
    assert framed.evaluate("window.__same") is True, "the map's frame was mounted again"
    frame.locator("#map_div").click(position={"x": 30, "y": 200})
    page.keyboard.press("3")
    expect(page.get_by_role("button", name="3 several places fit")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Enter")
    next_case(page, first)
    page.keyboard.press("o")
    page.get_by_text("Shuffled (change)").wait_for()
    page.keyboard.press("a")
    page.get_by_text("How far annotators agree").wait_for()
    expect(page).to_have_url(re.compile("view=agreement"))
    page.keyboard.press("v")
    page.locator(".sw-progress").wait_for()
    page.keyboard.press("l")
    expect(page.get_by_label("Your name")).to_be_focused()
    assert "Ben" not in page.url
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    expect(page.locator(".st-key-cases-upload section button").first).to_be_visible()
    drawn(page)  # until then the page may put the cursor back into the name's box
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your name")).not_to_be_focused()
    for _ in range(8):  # Chromium opens no chooser for a key that comes while the page is drawn
        try:
            with page.expect_file_chooser(timeout=4_000) as waited:
                page.keyboard.press("i")
            break
        except TimeoutError:
            page.keyboard.press("Escape")
    waited.value.set_files(tmp_path / "wrong.csv")
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("no column")


@pytest.mark.parametrize("late", [False, True], ids=["lost", "answered late"])
def test_a_report_that_gets_lost_on_its_way_is_sent_again_and_written_once(
    home: Path, served: Served, visits: Callable[..., Visit], late: bool
) -> None:
    """The same where its answer comes late: the page sends it again from the old card's address."""
    visit, reports = visits(served), 0
    answers: list[str | bytes] = []

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def passed(message: str | bytes) -> None:
            nonlocal reports
            report = b'"act"' in (message if isinstance(message, bytes) else message.encode())
            reports += report
            if late or not report or reports > 1:
                server.send(message)
            while reports > 1 and answers:
                route.send(answers.pop(0))

        def answered(message: str | bytes) -> None:
            if reports == 1 and late:
                answers.append(message)
            else:
                route.send(message)

        route.on_message(passed)
        server.on_message(answered)

    visit.page.route_web_socket("**/_stcore/stream", between)  # type: ignore[attr-defined]
    name = f"Dora {late}"
    page = sit_down(visit, name)
    case_id = case_on(page)
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    next_case(page, case_id)
    drawn(page)
    assert case_on(page) != case_id, "the address of the card before brought it back"
    assert reports > 1
    assert said_by(home, name, case_id) == ["map or picture out of date"]


def test_a_card_that_comes_while_the_desk_still_loads_can_be_answered(
    home: Path, served: Served, visits: Callable[..., Visit]
) -> None:
    visit = visits(served)
    visit.page.add_init_script(SCRIPTS_WAIT)  # type: ignore[attr-defined]
    page = at_the_door(visit, "Eve")
    page.evaluate("window.waiting = []")
    page.keyboard.press("Enter")
    page.locator(".sw-case").wait_for()
    page.keyboard.press("o")
    page.get_by_text("Shuffled (change)").wait_for()
    drawn(page)
    page.wait_for_function("waiting.length")
    page.evaluate("waiting.forEach((go) => go())")
    page.locator(".sw-desk-first").wait_for()
    case_id = case_on(page)
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    next_case(page, case_id)
    assert said_by(home, "Eve", case_id) == ["map or picture out of date"]


@pytest.mark.slow
def test_a_killed_server_loses_no_verdict_and_the_page_goes_on(
    home: Path, visits: Callable[..., Visit]
) -> None:
    port = a_port()
    visit = visits(Served(f"http://127.0.0.1:{port}", 0.0))
    with app(home, port) as process:
        page = sit_down(visit, "Cleo")
        seen = []
        for _ in range(2):
            seen.append(case_on(page))
            page.keyboard.press("2")
            page.keyboard.press("Enter")
            next_case(page, seen[-1])
        process.kill()
        third = case_on(page)
        page.keyboard.press("5")
        page.keyboard.press("n")
        page.keyboard.type("half a note")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
    assert [said_by(home, "Cleo", one) for one in (*seen, third)] == [
        ["same street or place, wrong tile"],
        ["same street or place, wrong tile"],
        [],
    ]
    with app(home, port):
        page.reload()
        page = sit_down(visit, "Cleo")
        assert case_on(page) == third
        expect(page.get_by_label("Note (optional)")).to_have_value("half a note")
        page.keyboard.press("Enter")
        next_case(page, third)
    assert said_by(home, "Cleo", third) == ["description too vague"]
    assert "half a note" in [entry.note for entry in kept(home).history(third)]


@pytest.mark.slow
def test_a_server_that_began_anew_gets_the_next_question_of_an_open_page(
    home: Path, visits: Callable[..., Visit]
) -> None:
    port = a_port()
    served = Served(f"http://127.0.0.1:{port}", 0.0)
    page: Page = visits(served).page  # type: ignore[assignment]
    box = page.get_by_role("textbox", name="What do you see around you?")
    with app(home, port) as process:
        page.goto(served.address("/?city=monaco&q=a+casino"))
        page.locator(".sw-panel").wait_for()
        page.evaluate("() => { document.body.dataset.before = '1'; }")
        process.kill()
        page.locator(".stApp[data-test-connection-state=PINGING_SERVER]").wait_for()
    with app(home, port):
        expect(page.locator("body[data-before]")).to_have_count(0, timeout=60_000)
        page.locator(".sw-panel").wait_for(timeout=60_000)
        expect(page).to_have_url(re.compile(r"q=a\+casino"))
        drawn(page)
        box.fill("a church")
        page.get_by_role("button", name="Find places").click()
        expect(page).to_have_url(re.compile(r"q=a\+church"))
