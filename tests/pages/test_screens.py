"""Every page on five screens in both themes: nothing is wider than the screen, no word is cut."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from conftest import Served, Visit, drawn
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENS = {
    "laptop": (1366, 850),
    "kiosk": (1920, 1080),
    "tablet": (820, 1180),
    "phone": (390, 844),
    "laptop at 200 %": (683, 425),
}
PAGES = {
    "search": ("/?city=helsinki", "[data-testid=stButton]"),
    "answer": ("/?city=helsinki&q=" + quote("Small park with a white wooden church"), ".sw-panel"),
    "gallery": ("/gallery?gallery=helsinki&tile=60.175661%2C24.951995", ".sw-tile img"),
    "benchmark": ("/benchmark", ".sw-queries"),
    "cases": ("/cases", "[data-testid=stFormSubmitButton] button"),
    "add": ("/add", "[data-testid=stFileUploader]"),
    "booth": ("/?booth=1&city=helsinki", ".st-key-booth-say button"),
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_is_cut_on_any_screen(
    served: Served, visits: Callable[..., Visit], screen: str, scheme: str
) -> None:
    width, height = SCREENS[screen]
    page: Page = visits(served, width, height, scheme).page  # type: ignore[assignment]
    found = []
    for name, (path, ready) in PAGES.items():
        page.goto(served.address(path))
        page.locator(ready).first.wait_for()
        drawn(page)
        found += [f"{name}: {fault}" for fault in faults(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("screen", SCREENS)
def test_all_ten_places_can_be_reached_and_the_map_stays_in_sight(
    served: Served, visits: Callable[..., Visit], screen: str
) -> None:
    width, height = SCREENS[screen]
    page: Page = visits(served, width, height).page  # type: ignore[assignment]
    page.goto(served.address(PAGES["answer"][0]))
    page.locator(".sw-panel").wait_for()
    drawn(page)
    places = page.locator(".st-key-places [data-testid=stRadioOption]")
    assert places.count() == 10
    places.nth(9).click()
    page.locator('.sw-panel[aria-label="Candidate 10"]').wait_for()
    drawn(page)
    if width >= 1000:
        page.locator(".sw-links").scroll_into_view_if_needed()
        box = page.locator(".st-key-map-frame iframe").bounding_box()
        assert box is not None
        assert box["y"] < height / 2
        assert box["y"] + box["height"] > height / 4
