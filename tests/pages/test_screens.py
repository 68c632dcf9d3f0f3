"""Every page on five screens in both themes: nothing is wider than the screen, no word is cut, and
it looks as it did."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import screen_pictures as pictures
from conftest import ROOT, Served, Visit, drawn, serve
from playwright.sync_api import FloatRect, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENS = {
    "laptop": (1280, 800),
    "kiosk": (1920, 1080),
    "tablet": (820, 1180),
    "phone": (390, 844),
    "laptop at 200 %": (640, 400),
}
TEXT = quote("Small park with a white wooden church")
PAGES = {
    "search": ("/?city=helsinki", "[data-testid=stButton]"),
    "answer": ("/?city=helsinki&q=" + TEXT, ".sw-panel"),
    "anywhere": ("/?q=" + TEXT, ".sw-panel"),
    "gallery": ("/gallery?gallery=helsinki&tile=60.175661%2C24.951995", ".sw-tile img"),
    "benchmark": ("/benchmark", ".sw-queries"),
    "sign-in": ("/cases", "[data-testid=stFormSubmitButton] button"),
    "cases": ("/cases", ".sw-against-table"),
    "add": ("/add", "[data-testid=stFileUploader]"),
    "booth": ("/?booth=1&city=helsinki", ".st-key-booth-say button"),
}
SURE = "A white cathedral above wide steps, a big cobbled square with a statue in the middle"
"""A description whose likely area is small enough for the map to show it, with a legend."""
WITH_MAP = {"search", "answer", "anywhere", "gallery", "cases"}
"""Pages with a map of tiles."""
BROKEN = {
    "a panel is hidden": ".sw-panel { visibility: hidden !important; }",
    "the list is shifted": ".st-key-places { transform: translateX(60px); }",
    "the map is low": ".st-key-map-frame iframe { height: 250px !important; }",
    "a button is gone": "[data-testid=stFormSubmitButton] button { opacity: 0 !important; }",
}

TOO_WIDE = """
[...document.querySelectorAll('html, [data-testid=stMain]')]
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.tagName)
"""
CUT = """
[...document.querySelectorAll('[data-testid=stMain] :is(button, a, label, h1, h2, h3, p, th, td)')]
  .filter(one => {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    if (!box.width || !one.innerText.trim() || one.closest('.sw-unseen, iframe')) return false;
    const scrolls = one.closest('.sw-table, [role=radiogroup], [role=tablist]');
    const outside = !scrolls && (box.left < -1 || box.right > innerWidth + 1);
    const clips = style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis'
      && one.scrollWidth > one.clientWidth + 1;
    return outside || clips;
  }).map(one => one.tagName + ': ' + one.innerText.slice(0, 60))
"""


def faults(page: Page) -> list[str]:
    return [f"wider than the screen: {one}" for one in page.evaluate(TOO_WIDE)] + [
        f"cut: {one}" for one in page.evaluate(CUT)
    ]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with the bundled cities and the failures of a bundled report, for this file alone."""
    data = tmp_path_factory.mktemp("screens")
    report = ROOT / "assets" / "reports" / "helsinki-nameless-words.json.gz"
    subprocess.run(
        [sys.executable, "-m", "core", "cases", "import", str(report)],
        check=True,
        cwd=ROOT,
        env=os.environ | {"SAYWHERE_DATA": str(data)},
    )
    yield from serve(data, data / "log.txt")


def open_page(page: Page, served: Served, name: str) -> None:
    """Shows one of `PAGES`, until it stands still."""
    path, ready = PAGES[name]
    page.goto(served.address(path))
    if name == "cases":
        page.get_by_label("Your name").fill("Ada")
        page.keyboard.press("Enter")
    page.locator(ready).first.wait_for(timeout=120_000)
    if name in WITH_MAP:
        tiles = page.frame_locator("iframe[title=Map]").last.locator("img.leaflet-tile-loaded")
        tiles.first.wait_for(state="attached")
    page.mouse.move(1, 1)
    pictures.maps_drawn(page)


def name_of(name: str, screen: str, scheme: str) -> str:
    return f"{name}-{screen.replace(' at 200 %', '-200')}-{scheme}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_is_whole_and_looks_as_it_did(
    shown: Served,
    visits: Callable[..., Visit],
    screen: str,
    scheme: str,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    page: Page = visits(shown, *SCREENS[screen], scheme).page  # type: ignore[assignment]
    found: list[str] = []
    page.on("response", lambda one: one.status < 400 or found.append(f"{one.status}: {one.url}"))
    for name in PAGES:
        open_page(page, shown, name)
        found += [f"{name}: {fault}" for fault in faults(page)]
        picture, recorded = pictures.picture_of(page), name_of(name, screen, scheme)
        if pytestconfig.getoption("--record-screens"):
            pictures.record(recorded, picture)
            continue
        away = pictures.difference(picture, pictures.read(recorded))
        if away.greys > pictures.MOST_GREYS:
            away.picture.save(tmp_path / f"{recorded}.png")
            found.append(f"{name}: {away.greys:.0f} greys away; see {tmp_path / recorded}.png")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("screen", ["laptop", "phone"])
def test_a_broken_page_looks_different(
    shown: Served, visits: Callable[..., Visit], screen: str, fault: str
) -> None:
    page: Page = visits(shown, *SCREENS[screen]).page  # type: ignore[assignment]
    open_page(page, shown, "answer")
    page.add_style_tag(content=BROKEN[fault])
    away = pictures.difference(
        pictures.picture_of(page), pictures.read(name_of("answer", screen, "light"))
    )
    assert away.greys > pictures.MOST_GREYS


@pytest.mark.parametrize("screen", SCREENS)
def test_all_ten_places_can_be_reached_and_the_map_stays_in_sight(
    shown: Served, visits: Callable[..., Visit], screen: str
) -> None:
    width, height = SCREENS[screen]
    page: Page = visits(shown, width, height).page  # type: ignore[assignment]
    open_page(page, shown, "answer")
    places = page.locator(".st-key-places [data-testid=stRadioOption]")
    expect(places).to_have_count(10)
    places.nth(9).click()
    page.locator('.sw-panel[aria-label="Candidate 10"]').wait_for()
    drawn(page)
    if width >= 1000:
        page.locator(".sw-links").scroll_into_view_if_needed()
        box = page.locator(".st-key-map-frame iframe").bounding_box()
        assert box is not None
        assert box["y"] < height / 2
        assert box["y"] + box["height"] > height / 4
    elif height >= 700:  # the map sticks to the top, below the page's menu
        page.locator(".sw-links").scroll_into_view_if_needed()
        menu = page.get_by_test_id("stMainMenu").bounding_box()
        frame = page.locator(".st-key-map-frame iframe").bounding_box()
        assert frame is not None
        assert frame["y"] < 40
        assert not meet(menu, frame)


def meet(one: FloatRect | None, other: FloatRect | None) -> bool:
    """Whether two boxes of a page have pixels in common."""
    assert one is not None
    assert other is not None
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("across", [110, 180])
def test_the_label_of_the_true_place_lies_under_nothing_on_a_phone(
    shown: Served, visits: Callable[..., Visit], across: int
) -> None:
    page: Page = visits(shown, *SCREENS["phone"]).page  # type: ignore[assignment]
    page.goto(shown.address("/?city=helsinki&q=" + quote(SURE)))
    page.locator(".sw-panel").wait_for()
    page.frame_locator(".st-key-map-frame iframe").locator(".sw-legend").wait_for()
    pictures.maps_drawn(page)
    page.get_by_role("button", name="The place was here").click()
    page.get_by_text("Click the map where it really was.").wait_for()
    frame = page.locator(".st-key-map-frame iframe")
    box = frame.bounding_box()
    assert box is not None
    frame.click(position={"x": across, "y": box["height"] - 45})
    inside = frame.content_frame
    label = inside.locator(".sw-flag-label")
    expect(label).to_be_visible()
    expect(page.get_by_text(re.compile("Place 1 is|Found: place 1"))).to_be_visible()
    drawn(page)
    scale = inside.locator(".leaflet-control-scale")
    for other in (inside.locator(".sw-legend"), scale, inside.locator(".sw-area")):
        expect(other).to_be_visible()
        assert not meet(label.bounding_box(), other.bounding_box())
    credit = inside.locator(".leaflet-control-attribution")
    assert not meet(scale.bounding_box(), credit.bounding_box())


def test_what_the_lens_found_takes_one_row_on_a_phone(
    shown: Served, visits: Callable[..., Visit]
) -> None:
    page: Page = visits(shown, *SCREENS["phone"]).page  # type: ignore[assignment]
    open_page(page, shown, "answer")
    inside = page.frame_locator(".st-key-map-frame iframe")
    inside.locator(".sw-lens").click()
    inside.locator(".sw-place input").fill("Mannerheim")
    inside.locator(".sw-place input").press("Enter")
    page.get_by_role("button", name="Search only around it").wait_for(state="attached")
    drawn(page)
    box = page.locator(".st-key-place-finds").bounding_box()
    assert box is not None
    assert box["height"] < 50
    expect(page.get_by_role("button", name="Done")).to_be_in_viewport()


def test_the_label_of_an_open_menu_can_be_read_in_the_dark(
    shown: Served, visits: Callable[..., Visit]
) -> None:
    page: Page = visits(shown, *SCREENS["laptop"], "dark").page  # type: ignore[assignment]
    open_page(page, shown, "answer")
    menu = page.get_by_role("button", name="Passed on my way")
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(menu.locator("p")).to_have_css("color", "rgb(232, 112, 58)")  # 5.6 to 1 on this page
