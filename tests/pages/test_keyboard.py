"""A journey by keyboard alone: words, answer, markers, another place, a smaller area."""

import re
from collections.abc import Callable

import pytest
from conftest import Served, Visit, drawn
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUERY = "a church and a small park with a fountain"


def focused(page: Page) -> str:
    """The rank of the marker that has the focus, in the map's frame."""
    frame = next(one for one in page.frames if "streamlit_folium" in one.url)
    return str(frame.evaluate("document.activeElement.dataset.rank || ''"))


def test_from_words_to_a_marker_and_a_smaller_area_without_a_pointer(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address(f"/?city={tiny_city}&k=5"))
    box = page.get_by_label("What do you see around you?")
    box.wait_for()
    drawn(page)
    box.focus()
    page.keyboard.type(QUERY)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sw-verdict")).to_be_focused()
    expect(page.locator(".sw-arrival")).to_contain_text("5 places. The first is")
    drawn(page)

    frame = page.frame_locator("iframe").first
    frame.locator('.sw-marker[data-rank="1"]').focus()
    assert focused(page) == "1"
    for rank in ("2", "3"):
        page.keyboard.press("Tab")
        assert focused(page) == rank
    page.keyboard.press("Enter")
    expect(page.locator('.sw-panel[aria-label="Candidate 3"]')).to_be_visible()
    expect(frame.locator(".sw-marker.sw-chosen")).to_have_attribute("data-rank", "3")
    drawn(page)
    assert focused(page) == "3", "the keyboard stays at the marker"
    expect(page).to_have_url(re.compile("sel=3"))

    choice = page.get_by_label("Search only around this place")
    choice.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("area="))
    expect(page.get_by_role("button", name="Only inside the marked area")).to_be_visible()
    assert visit.errors == []


def test_the_focus_stays_in_a_box_where_somebody_types_on(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page: Page = visits(served).page  # type: ignore[assignment]
    page.goto(served.address(f"/?city={tiny_city}"))
    box = page.get_by_label("What do you see around you?")
    box.wait_for()
    drawn(page)
    box.focus()
    page.keyboard.type("a church")
    page.keyboard.press("Control+Enter")
    page.keyboard.type(" and a pond")
    page.locator(".sw-verdict").wait_for()
    drawn(page)
    expect(box).to_be_focused()
    expect(box).to_have_value("a church and a pond")


def test_markers_at_one_spot_can_all_be_reached(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page: Page = visits(served).page  # type: ignore[assignment]
    page.goto(served.address(f"/?city={tiny_city}&q=church&k=10"))
    frame = page.frame_locator("iframe").first
    frame.locator('.sw-marker[data-rank="1"]').wait_for()
    drawn(page)
    for _ in range(4):
        frame.locator(".leaflet-control-zoom-out").click()
    expect(frame.locator(".sw-tie").first).to_be_attached()
    expect(frame.locator(".leaflet-zoom-anim")).to_have_count(0)
    boxes = [one.bounding_box() for one in frame.locator(".sw-marker").all()]
    centres = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box]
    assert len(centres) > 3
    gaps = [
        ((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5
        for row, (ax, ay) in enumerate(centres)
        for bx, by in centres[:row]
    ]
    assert min(gaps) > 24
