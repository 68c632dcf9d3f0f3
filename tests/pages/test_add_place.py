"""A place of one's own in a browser: from a town's name to a search in it, and away again."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Served, Visit, drawn
from playwright.sync_api import Page, expect
from tiny_dialects import overpass_json
from tiny_overpass import Overpass

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUILD_MS = 180_000


def test_from_a_towns_name_and_a_drawn_box_to_a_found_place(
    served: Served,
    visits: Callable[..., Visit],
    overpass: Overpass,
    city_osm: Path,
    tmp_path: Path,
) -> None:
    overpass_json(city_osm, tmp_path / "map.json")
    overpass.body = (tmp_path / "map.json").read_bytes()
    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address("/add"))
    town = page.get_by_role("textbox", name="Town")
    box = page.get_by_role("textbox", name="Box (west, south, east, north)")
    title = page.get_by_role("textbox", name="Title", exact=True)
    frame = page.frame_locator("iframe").first
    town.fill("helsinki, finland")
    town.press("Enter")
    expect(frame.locator("path.sw-area-shape")).to_have_count(1)
    expect(title).to_have_value("Helsinki")
    expect(box).to_have_value(re.compile(r"^24\.917"))
    page.get_by_role("radio", name="3 km").click()
    expect(box).to_have_value(re.compile(r"^24\.908"))
    around = box.input_value()

    frame.get_by_role("button", name="Draw an area").click()
    ground = page.locator("iframe").first.bounding_box()
    assert ground is not None
    page.mouse.move(ground["x"] + 200, ground["y"] + 60)
    page.mouse.down()
    page.mouse.move(ground["x"] + 420, ground["y"] + 300, steps=4)
    page.mouse.up()
    expect(box).not_to_have_value(around)
    drawn(page)
    page.get_by_role("radio", name="5 km").click()
    expect(box).to_have_value(re.compile(r"^24\.89"))

    submit = page.get_by_role("button", name="Count its tiles")
    submit.click()
    expect(page.get_by_text("there is a place 'helsinki' already")).to_be_visible()
    title.fill("My Town")
    submit.click()
    expect(page.get_by_text(re.compile(r"About \d+ tiles"))).to_be_visible(timeout=BUILD_MS)
    (asked,) = overpass.asked
    assert re.match(r"\[out:json\].*\[bbox:60\.1", asked)
    page.get_by_role("button", name="Build it").click()
    expect(page.get_by_text("Ready to be searched.")).to_be_visible(timeout=BUILD_MS)
    expect(title).to_have_value("")

    page.get_by_role("link", name="Search it now").click()
    expect(page).to_have_url(re.compile(r"/\?city=my-town"))
    expect(page.get_by_role("radio", name="My Town")).to_be_checked()
    assert len(page.context.pages) == 1, "it opens in the same tab"
    page.locator("[class*=st-key-example-] button").first.click()
    frame.locator('.sw-marker[data-rank="1"]').wait_for()
    expect(page.locator('.sw-panel[aria-label="Candidate 1"]')).to_be_visible()

    page.get_by_role("link", name="Add a place").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it for good").click()
    expect(page.get_by_text("Ready to be searched.")).to_have_count(0)
    page.goto(served.address("/"))
    expect(page.get_by_role("radio", name="Tiny Town")).to_be_visible()
    expect(page.get_by_role("radio", name="My Town")).to_have_count(0)
    assert visit.outside == []
    assert visit.errors == []


def test_a_name_that_no_town_has_leaves_the_map(
    served: Served, visits: Callable[..., Visit]
) -> None:
    page: Page = visits(served, 390, 844).page  # type: ignore[assignment]
    page.goto(served.address("/add?place=Zzzq"))
    expect(page.get_by_role("textbox", name="Town")).to_have_value("Zzzq")
    expect(page.get_by_text("There is no town or village of that name")).to_be_visible()
    page.get_by_role("button", name="Count its tiles").click()
    expect(page.get_by_text("Choose a town, a box, a map file")).to_be_visible()
