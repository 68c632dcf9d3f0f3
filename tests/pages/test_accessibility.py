"""Every page by the rules of axe-core: nothing serious, in either theme, in the map's frame too."""

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from conftest import Served, Visit, drawn
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ALLOWED: dict[tuple[str, str], str] = {}
"""What Streamlit's own markup does and we cannot change: rule and pattern of the element's HTML,
with the reason."""


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core (MPL-2.0)."""
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def findings(page: Page, axe: str, rule: str = "") -> list[str]:
    """What axe-core calls serious or critical, in the page and in each of its frames."""
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if rule:
        options["runOnly"] = [rule]
    found = []
    for frame in page.frames:
        if not frame.evaluate("'axe' in window"):
            frame.evaluate(axe)
        told = frame.evaluate("options => axe.run(document, options)", options)
        for one in told["violations"]:
            if one["impact"] not in ("serious", "critical"):
                continue
            for node in one["nodes"]:
                if not is_allowed(one["id"], node["html"]):
                    where = " ".join(map(str, node["target"]))
                    found.append(
                        f"{one['id']}: {where}\n    {node['html'][:200]}\n"
                        f"    {node['failureSummary'][:300]}"
                    )
    return found


def is_allowed(rule: str, html: str) -> bool:
    return any(rule == name and re.search(part, html) for name, part in ALLOWED)


PLACES: dict[str, tuple[str, str]] = {
    "search": ("/?city=helsinki", "[data-testid=stButton] >> nth=2"),
    "gallery, a tile": ("/gallery?gallery=helsinki&tile=60.175661%2C24.951995", ".sw-tile img"),
    "gallery, look-alikes": ("/gallery?gallery=monaco&part=alike", ".sw-twins"),
    "gallery, origin": ("/gallery?gallery=monaco&part=origin", ".sw-good"),
    "benchmark": ("/benchmark", ".sw-queries"),
    "cases": ("/cases", "[data-testid=stFormSubmitButton] button"),
    "add": ("/add?place=Tartu%2C%20Estonia", "[data-testid=stSelectbox]"),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * name.startswith(("gallery, l", "gallery, o")))
        for name in PLACES
    ],
)
def test_a_page_has_no_serious_finding(
    served: Served, visits: Callable[..., Visit], axe: str, name: str
) -> None:
    path, ready = PLACES[name]
    page: Page = visits(served).page  # type: ignore[assignment]
    page.goto(served.address(path))
    page.locator(ready).first.wait_for()
    found = in_both_themes(page, axe)
    if name == "search":
        box = page.get_by_label("What do you see around you?")
        box.fill("Small park with a white wooden church")
        page.get_by_role("button", name="Find places").click()
        page.locator(".sw-reason:not(.sw-wait)").wait_for()
        for summary in page.locator(".st-key-panel details:not([open]) summary").all()[:2]:
            summary.click()
        found += in_both_themes(page, axe)
    assert not found, "\n".join(found)


FADED = """
Promise.all(document.getAnimations().filter(one => one instanceof CSSTransition)
  .map(one => one.finished.catch(() => null)))
"""
"""Colours that change with the theme have their last value."""


GROUNDS = {"light": "rgb(251, 250, 248)", "dark": "rgb(20, 27, 31)"}
"""Behind everything, in either theme."""


def in_both_themes(page: Page, axe: str) -> list[str]:
    """All rules in the theme that the page has; colours once more in the other, which it keeps."""
    settle(page)
    found = findings(page, axe)
    was_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    theme = "light" if was_dark else "dark"
    page.emulate_media(color_scheme=theme)
    expect(page.locator(".stApp")).to_have_css("background-color", GROUNDS[theme])
    settle(page)
    tiles = page.frame_locator("iframe").first.locator(".sw-own img")
    if page.locator("iframe").count() and tiles.count():
        shown = {"dark": "/[0-9]+/[0-9]+/[0-9]+.*dark=1", "light": "^(?!.*dark=1).*/[0-9]+/"}
        expect(tiles.first).to_have_attribute("src", re.compile(shown[theme]))
    return found + findings(page, axe, "color-contrast")


def settle(page: Page) -> None:
    if page.locator("iframe").count():
        page.frame_locator("iframe").first.locator(".leaflet-control").first.wait_for()
    drawn(page)
    page.evaluate(FADED)


def test_the_booth_has_no_serious_finding_at_any_step(
    served: Served, visits: Callable[..., Visit], axe: str
) -> None:
    page: Page = visits(served, 1920, 1080).page  # type: ignore[assignment]
    page.clock.install()
    page.goto(served.address("/?booth=1&city=helsinki"))
    page.locator(".st-key-booth-say button").nth(3).wait_for()
    found = in_both_themes(page, axe)
    page.get_by_role("button", name="Fountain at the end").click()
    page.get_by_role("button", name="Skip").wait_for()
    found += in_both_themes(page, axe)
    page.get_by_role("button", name="Skip").click()
    page.locator(".sw-code").wait_for()
    page.locator(".st-key-booth-answer details summary").click()
    found += in_both_themes(page, axe)
    drawn(page)
    page.clock.fast_forward(61_000)
    page.get_by_text("Touch the screen to play").wait_for()
    page.clock.fast_forward(4000)
    page.get_by_text("Saywhere says:").wait_for()
    settle(page)
    found += findings(page, axe)
    assert not found, "\n".join(found)
