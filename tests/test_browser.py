"""The search page in a real browser, with the network cut: from words to markers to a panel."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import ROOT, Served, Visit, drawn, serve
from playwright.sync_api import FrameLocator, Page, Route, expect
from tiny_street import write_street

from core import maps
from pages.ui import resources, routes

pytestmark = pytest.mark.browser

HOSTILE = "`${window.__pwned=1}` <img src=x onerror=window.__pwned=1> </script><b>church</b>"
ODD_INPUTS = {
    "nothing": "   ",
    "right to left": "\u202eكنيسة بيضاء بجانب حديقة صغيرة",
    "Markdown": ":red[church] $x^2$ ![](http://example.com/a.png) **b** [a](javascript:alert(1))",
    "hostile": HOSTILE,
}
SLOW = os.environ.get("SLOW") == "1"
if SLOW:  # texts that are odd for the server alone, which other tests ask without a browser
    ODD_INPUTS |= {
        "one word": "church",
        "emoji only": "🌊🌊🏛️",
        "SQL": "'; DROP TABLE facts; --",
        "FTS": 'name:"a" AND (b OR NEAR(c d, 2)) * ^ "',
    }


def open_page(visit: Visit, path: str) -> Page:
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(visit.served.address(path))
    page.get_by_label("What do you see around you?").wait_for()
    return page


def the_map(page: Page) -> FrameLocator:
    return page.frame_locator("iframe").first


def ask(page: Page, text: str) -> None:
    page.get_by_label("What do you see around you?").fill(text)
    page.get_by_role("button", name="Find places").click()


def ran(page: Page) -> list[object]:
    return [frame.evaluate("window.__pwned || null") for frame in page.frames]


def test_from_a_photo_to_its_description_to_places(
    served: Served, visits: Callable[..., Visit], tiny_city: str, tmp_path: Path
) -> None:
    visit, photo = visits(served, width=390, height=844), tmp_path / "street.jpg"
    write_street(photo)
    page = open_page(visit, f"/?city={tiny_city}")
    page.get_by_role("button", name="From a photo").click()
    page.locator(".st-key-photo-file-0 input[type=file]").set_input_files(photo)
    box = page.get_by_label("What do you see around you?")
    expect(box).to_have_value(re.compile("is a pharmacy, “APOTHEKE”"), timeout=90_000)
    page.get_by_role("button", name="Lindenhof").click()
    expect(box).not_to_have_value(re.compile("Lindenhof"))
    box.fill(f"{box.input_value()} Ahead is a church.")
    page.get_by_role("button", name="Find places").click()
    the_map(page).locator('.sw-marker[data-rank="1"]').wait_for()
    expect(box).to_have_value(re.compile("APOTHEKE.*Ahead is a church"))
    assert visit.errors == []


def test_from_words_to_markers_to_the_panel_of_the_second(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page = open_page(visit, f"/?city={tiny_city}")
    frame = the_map(page)
    frame.locator(".leaflet-tile-loaded").first.wait_for()
    ask(page, "a church and a small park with a fountain")
    frame.locator('.sw-marker[data-rank="2"]').wait_for()
    expect(page.locator('.sw-panel[aria-label="Candidate 1"]')).to_be_visible()

    map_frame = next(one for one in page.frames if "streamlit_folium" in one.url)
    map_frame.evaluate("window.__same = true")
    frame.locator('.sw-marker[data-rank="2"]').click()
    panel = page.locator('.sw-panel[aria-label="Candidate 2"]')
    expect(panel).to_be_visible()
    expect(panel.locator("img")).to_have_js_property("naturalWidth", 256)
    expect(frame.locator(".sw-marker.sw-chosen")).to_have_attribute("data-rank", "2")
    expect(page).to_have_url(re.compile(r"sel=2"))

    page.locator(".st-key-places [data-testid=stRadioOption]").nth(2).click()
    expect(page.locator('.sw-panel[aria-label="Candidate 3"]')).to_be_visible()
    expect(frame.locator(".sw-marker.sw-chosen")).to_have_attribute("data-rank", "3")
    assert map_frame.evaluate("window.__same") is True, "the map's frame was mounted again"
    expect(page.locator(".copied code").first).to_contain_text(re.compile(r"^60\.1\d+, 24\.9\d+"))
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert visit.outside == []
    assert visit.errors == []


def test_a_city_and_its_examples_work_without_any_network(
    served: Served, visits: Callable[..., Visit]
) -> None:
    visit = visits(served)
    open_page(visit, "/")
    page = open_page(visit, "/?city=helsinki")
    page.wait_for_load_state("networkidle")
    the_map(page).locator(".leaflet-control").first.wait_for()
    page.get_by_role("button", name=re.compile("A white cathedral")).click()
    the_map(page).locator('.sw-marker[data-rank="1"]').wait_for()
    expect(page.get_by_label("What do you see around you?")).to_have_value(
        re.compile("A white cathedral")
    )
    the_map(page).locator(".leaflet-control-layers").hover()
    page.get_by_role("button", name="Options").click()
    page.get_by_text("How many places").wait_for()
    assert visit.outside == []
    assert visit.errors == []


def test_a_question_asked_at_once_after_an_answer_is_not_lost(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page = open_page(visits(served), f"/?city={tiny_city}")
    for number in range(2):
        ask(page, f"a park with a fountain, number zq{number}")
        expect(page.locator(".st-key-panel")).to_contain_text(f"zq{number}")
        expect(page.get_by_label("What do you see around you?")).to_have_value(
            f"a park with a fountain, number zq{number}"
        )


def test_an_answer_that_overtakes_leaflet_is_drawn(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)

    held: list[Route] = []
    visit.page.route("**/leaflet.js", lambda route: held.append(route))  # type: ignore[attr-defined]
    with visit.page.expect_request("**/leaflet.js"):  # type: ignore[attr-defined]
        page = open_page(visit, f"/?city={tiny_city}")
    ask(page, "church")
    page.locator(".sw-panel").wait_for()
    drawn(page)
    expect(the_map(page).locator(".sw-marker")).to_have_count(0)
    held[0].continue_()
    expect(the_map(page).locator(".sw-marker").first).to_be_visible()


def test_panning_the_map_asks_nothing_of_the_server(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    sent: list[object] = []
    visit.page.on(  # type: ignore[attr-defined]
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame))
    )
    page = open_page(visit, f"/?city={tiny_city}&q=church")
    frame = the_map(page)
    frame.locator(".sw-marker").first.wait_for()
    drawn(page)
    one_choice = chosen(page, 2, sent)
    before = len(sent)
    box = page.locator("iframe").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 250)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 330, steps=6)
    page.mouse.up()
    page.mouse.wheel(0, -300)
    expect(frame.locator(".leaflet-zoom-anim, .leaflet-pan-anim")).to_have_count(0)
    assert chosen(page, 3, sent) == one_choice
    assert len(sent) == before + one_choice


def chosen(page: Page, number: int, sent: list[object]) -> int:
    """Chooses a place from the list; returns how many messages that took."""
    before = len(sent)
    page.locator(".st-key-places [data-testid=stRadioOption]").nth(number - 1).click()
    expect(page.locator(f'.sw-panel[aria-label="Candidate {number}"]')).to_be_visible()
    expect(the_map(page).locator(".sw-marker.sw-chosen")).to_have_attribute(
        "data-rank", str(number)
    )
    drawn(page)
    return len(sent) - before


def test_a_link_restores_the_search(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page = open_page(visits(served), f"/search?city={tiny_city}&q=church&k=4&sel=2&channels=names")
    expect(page.locator('.sw-panel[aria-label="Candidate 2"]')).to_be_visible()
    expect(page.get_by_label("What do you see around you?")).to_have_value("church")
    expect(the_map(page).locator(".sw-marker")).to_have_count(4)
    page.get_by_role("button", name="Options").click()
    expect(page.locator("[data-testid=stSlider] input")).to_have_value("4")
    expect(page.get_by_role("button", name="Same words:")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    url = page.url
    page.locator(".st-key-places [data-testid=stRadioOption]").first.click()
    expect(page.locator('.sw-panel[aria-label="Candidate 1"]')).to_be_visible()
    page.goto(url)
    expect(page.locator('.sw-panel[aria-label="Candidate 2"]')).to_be_visible()


def test_the_visible_part_and_a_drawn_box_or_polygon_limit_the_search(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page = open_page(visits(served), f"/?city={tiny_city}&q=church")
    frame = the_map(page)
    frame.locator(".sw-marker").first.wait_for()
    frame.get_by_role("button", name="Search this view").click()
    expect(page).to_have_url(re.compile("area="))
    page.get_by_role("button", name="Only inside the marked area").click()
    expect(page).not_to_have_url(re.compile("area="))
    frame.get_by_role("button", name="Draw an area").click()
    box = page.locator("iframe").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 400, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("area="))
    page.get_by_role("button", name="Only inside the marked area").click()
    expect(page).not_to_have_url(re.compile("area="))

    frame.get_by_role("button", name="Draw an area").click()
    for x, y in ((110, 110), (box["width"] - 60, 130), (box["width"] - 90, 380)):
        page.mouse.click(box["x"] + x, box["y"] + y)
    expect(frame.locator(".sw-corner")).to_have_count(3)
    frame.get_by_role("button", name="Close the shape").click()
    expect(page).to_have_url(re.compile("area=[^&]*%3B"))
    expect(frame.locator("path.sw-area-shape")).to_have_count(1)
    expect(page.get_by_role("button", name="Only inside the marked area")).to_be_visible()
    page.reload()
    expect(frame.locator("path.sw-area-shape")).to_have_count(1)
    expect(page.get_by_role("button", name="Only inside the marked area")).to_be_visible()


def test_a_place_of_the_map_is_found_by_its_name(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page = open_page(visit, f"/?city={tiny_city}")
    frame = the_map(page)
    frame.get_by_role("button", name="Find a place on the map").click()
    words = frame.get_by_role("searchbox")
    expect(words).to_be_focused()
    words.fill("swan")
    words.press("Enter")
    expect(frame.locator(".sw-flag-label")).to_have_text("Swan Fountain")
    page.get_by_role("button", name="Search only around it").click()
    expect(page.get_by_role("button", name="Only inside the marked area")).to_be_visible()
    expect(frame.locator("path.sw-area-shape")).to_have_count(1)
    words.fill("tartu")
    words.press("Enter")
    expect(page.get_by_text("“tartu” is not on the map of Tiny Town")).to_be_visible()
    page.get_by_role("link", name="Add Tartu, Estonia").click()
    expect(page.get_by_role("textbox", name="Town")).to_have_value("Tartu, Estonia")
    assert visit.outside == []
    assert visit.errors == []


def test_words_without_a_match_can_be_replaced_by_a_thing_that_is_here(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    text = quote("a church and a place to buy bread")
    page = open_page(visits(served), f"/?city={tiny_city}&q={text}")
    line = page.locator(".st-key-proposal-0")
    expect(line).to_contain_text("Instead of “place to buy bread”, did you mean")
    line.get_by_role("button", name="bakery").click()
    expect(page.get_by_label("What do you see around you?")).to_have_value("a church and a bakery")
    expect(page).to_have_url(re.compile(r"q=a\+church\+and\+a\+bakery"))
    expect(line).to_have_count(0)


def test_earlier_searches_are_kept_in_the_browser_until_it_forgets_them(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page = open_page(visit, f"/?city={tiny_city}&q={quote(HOSTILE)}")
    expect(page.locator(".st-key-panel")).to_be_visible()
    ask(page, "a park with a fountain")
    expect(page.locator(".st-key-panel")).to_contain_text("fountain")
    page.get_by_role("button", name="Earlier").click()
    links = page.locator(".sw-past a")
    expect(links).to_have_text(["a park with a fountain", HOSTILE])
    links.nth(1).click()
    expect(page.get_by_label("What do you see around you?")).to_have_value(HOSTILE)
    expect(page.locator(".st-key-panel")).to_be_visible()
    assert set(ran(page)) == {None}
    page.get_by_role("button", name="Earlier").click()
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_text("No searches yet in this browser.")).to_be_visible()
    expect(links).to_have_count(0)
    assert visit.outside == []
    assert visit.errors == []


def test_odd_input_gets_a_sensible_answer_and_runs_nothing(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page = open_page(visit, f"/?city={tiny_city}")
    the_map(page).locator(".leaflet-control").first.wait_for()
    for kind, text in ODD_INPUTS.items():
        before = page.url
        ask(page, text)
        if text.strip():
            page.wait_for_url(lambda url, before=before: url != before)
        page.locator(".sw-panel, [data-testid=stAlert]").first.wait_for()
        drawn(page)
        expect(page.get_by_text("Traceback")).to_have_count(0)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        assert set(ran(page)) == {None}, kind
        assert visit.outside == [], kind
        assert visit.errors == [], kind


@pytest.mark.slow
def test_a_hundred_thousand_characters_are_cut_and_it_is_said_where(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page = open_page(visits(served), f"/?city={tiny_city}")
    ask(page, "a church beside a park and a fountain. " * 2600)
    page.locator(".sw-panel").wait_for()
    expect(page.locator("[data-testid=stAlert]").first).to_contain_text("characters")
    assert len(page.url) < 8000


def test_a_hostile_link_runs_nothing(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    fine = {"city": tiny_city, "q": "church"}
    hostile = dict.fromkeys(("area", "sel", "channels", "k", "vs", "answers"), HOSTILE)
    for values in (fine | hostile, fine | {"city": HOSTILE}):
        link = "&".join(f"{name}={quote(value)}" for name, value in values.items())
        page = open_page(visit, f"/?{link}")
        page.locator(".sw-panel").wait_for()
        # a city that is not here means all of them, whose overview comes first
        places = page.frame_locator("iframe").nth(1 if values["city"] == HOSTILE else 0)
        places.locator(".sw-marker").first.wait_for()
        drawn(page)
        assert set(ran(page)) == {None}, values
        assert visit.outside == [], values
        assert visit.errors == [], values


def test_a_hostile_place_name_is_shown_and_runs_nothing(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page = open_page(visit, f"/?city={tiny_city}&q=a+pub+called+pwned")
    expect(page.locator(".sw-reason")).to_contain_text("${window.__pwned=1}")
    expect(page.locator(".sw-panel")).to_contain_text("${window.__pwned=1}")
    drawn(page)
    # no pointer: the legend may lie over the thing, and the map may still be moving
    the_map(page).locator("path.sw-evidence").dispatch_event("mouseover")
    expect(the_map(page).locator(".leaflet-tooltip")).to_contain_text("${window.__pwned=1}")
    for section in ("Effect of each phrase", "Order by fit", "Compare with"):
        unfold(page, section)
    page.get_by_text("All places as a table").click()
    page.locator(".sw-table").wait_for()
    drawn(page)
    assert set(ran(page)) == {None}
    assert visit.outside == []
    assert visit.errors == []


def test_on_a_phone_the_list_comes_to_the_marker_that_was_tapped(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    """Nor does it scroll sideways, with a text that no line can hold."""
    page = open_page(visits(served, 390, 1200), f"/?city={tiny_city}&q={quote(HOSTILE)}&k=5")
    marker = the_map(page).locator('.sw-marker[data-rank="5"]')
    marker.wait_for()
    wide = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain], html')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(wide) <= 0
    entry = page.locator(".st-key-places [data-testid=stRadioOption]").nth(4)
    expect(entry).not_to_be_in_viewport()
    top = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    marker.dispatch_event("click")
    expect(page.locator('.sw-panel[aria-label="Candidate 5"]')).to_be_visible()
    expect(entry).to_be_in_viewport()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == top


# --- The page explains itself -----------------------------------------------------------------

VAGUE = "/?city=helsinki&q=" + quote("Small park with a white wooden church, old trees")
"""Several places fit it."""


def unfold(page: Page, section: str) -> None:
    """Opens a section of the panel, and waits until it is as high as it will be."""
    page.locator(".st-key-panel summary", has_text=section).click()
    page.wait_for_function(
        "![...document.querySelectorAll('details')].some(each => each.getAnimations().length)"
    )


def test_a_real_search_shows_verdict_reason_and_spread_and_its_sections_stay_open(
    served: Served, visits: Callable[..., Visit]
) -> None:
    visit = visits(served)
    page = open_page(visit, VAGUE)
    frame = the_map(page)
    frame.locator(".sw-marker").first.wait_for()
    expect(page.locator(".sw-verdict")).to_contain_text("Several places fit")
    expect(page.locator(".sw-verdict")).to_contain_text("80 % of the probability")
    expect(page.locator(".sw-reason")).to_contain_text("white wooden church")
    expect(page.locator("[data-testid=stRadioCaption]").first).to_contain_text("within 100 m")
    shapes = frame.locator("path.sw-spread")
    expect(shapes).to_have_count(4)
    frame.get_by_label("80 % of the probability").uncheck()
    expect(shapes).to_have_count(0)
    page.locator(".st-key-places [data-testid=stRadioOption]").nth(1).click()
    expect(frame.locator(".sw-marker.sw-chosen")).to_have_attribute("data-rank", "2")
    expect(shapes).to_have_count(0)
    frame.get_by_label("80 % of the probability").check()
    expect(shapes).to_have_count(4)

    expect(page.locator(".sw-reason")).to_contain_text("map")
    drawn(page)
    unfold(page, "Effect of each phrase")
    expect(page.locator(".sw-ledger")).to_contain_text("found on the map")
    expect(page.locator(".sw-looked")).to_have_count(0)
    unfold(page, "What the model looked at")
    expect(page.locator(".sw-veiled")).to_have_count(2, timeout=60_000)  # torch is loaded
    expect(page.locator(".sw-veiled img").nth(1)).to_have_js_property("complete", True)
    assert page.locator(".sw-veiled img").nth(1).evaluate("each => each.naturalWidth") > 1
    page.locator(".st-key-places [data-testid=stRadioOption]").nth(2).click()
    expect(page.locator('.sw-panel[aria-label="Candidate 3"]')).to_be_visible()
    expect(page.locator(".sw-veiled")).to_have_count(2)
    expect(page.locator(".sw-ledger")).to_be_visible()
    assert visit.outside == []
    assert visit.errors == []


def test_an_answer_to_the_question_ranks_again_and_can_be_taken_back(
    served: Served, visits: Callable[..., Visit]
) -> None:
    page = open_page(visits(served), VAGUE)
    question, places = page.locator(".st-key-follow-up"), page.locator(".st-key-places")
    question.get_by_role("button", name="Yes", exact=True).wait_for()
    page.locator(".sw-reason:not(.sw-wait)").wait_for()
    drawn(page)
    first, before = question.locator("strong").inner_text(), places.inner_text()
    map_frame = next(one for one in page.frames if "streamlit_folium" in one.url)
    map_frame.evaluate("window.__same = true")
    question.get_by_role("button", name="Yes", exact=True).click()
    expect(page).to_have_url(re.compile("answers=y"))
    expect(places).not_to_have_text(before, use_inner_text=True)
    expect(question.locator("strong")).not_to_have_text(first)
    assert map_frame.evaluate("window.__same") is True, "the map's frame was mounted again"
    drawn(page)
    after, link = places.inner_text(), page.url
    assert after != before
    page.goto(link)
    expect(page.locator(".st-key-follow-up-given")).to_contain_text(first)
    expect(places).to_have_text(after, use_inner_text=True)
    page.locator(".st-key-follow-up-given").get_by_role("button").click()
    expect(page).not_to_have_url(re.compile("answers="))
    expect(page.locator(".st-key-follow-up strong")).to_have_text(first)


def test_a_spot_on_the_map_is_held_against_the_first_place(
    served: Served, visits: Callable[..., Visit]
) -> None:
    visit = visits(served)
    page = open_page(visit, VAGUE)
    the_map(page).locator(".sw-marker").first.wait_for()
    page.locator(".sw-reason:not(.sw-wait)").wait_for()
    drawn(page)
    unfold(page, "Compare with another place")
    page.locator(".st-key-versus input").click()
    page.get_by_role("option").last.click()
    the_map(page).locator(".sw-picking").wait_for()
    the_map(page).locator("#map_div").click(position={"x": 60, "y": 300})
    expect(page.locator(".sw-versus")).to_contain_text("Your spot")
    expect(page).to_have_url(re.compile("vs="))
    expect(page.locator(".sw-versus img")).to_have_count(2)
    expect(the_map(page).locator(".sw-picking")).to_have_count(0)
    page.get_by_role("button", name="The place was here").click()
    the_map(page).locator(".sw-picking").wait_for()
    the_map(page).locator(".sw-marker", has_text="2").first.press("Enter")
    expect(page.locator(".st-key-true-place")).to_contain_text("Place 2 was right, 0 m away")
    expect(the_map(page).locator(".sw-flag-truth")).to_have_count(1)
    expect(the_map(page).locator(".sw-picking")).to_have_count(0)
    page.goto(page.url)
    expect(page.locator(".sw-versus")).to_contain_text("Place 1")
    assert visit.errors == []


def test_a_photograph_is_swiped_over_its_map_by_hand_and_by_keys(
    served: Served, visits: Callable[..., Visit]
) -> None:
    page: Page = visits(served).page  # type: ignore[assignment]
    card = next(card for card in resources.cards() if card.name == "helsinki")
    tiles = routes.tiles_url(card)
    base = maps.BaseMap(
        card.bounds, tiles, "map", range(13, 17), maps.TileLayer(tiles, "photo", range(13, 17))
    )
    page.goto(served.address("/healthz"))
    page.set_content(maps.base_map(base, routes.assets()).get_root().render())
    switch = page.get_by_role("button", name="Swipe to the photo")
    switch.click()
    slider, photo = page.get_by_role("slider"), page.locator(".leaflet-sw-swipe-pane")
    expect(photo.locator("img").first).to_be_visible()
    expect(switch).to_have_attribute("aria-pressed", "true")
    slider.press("Home")
    expect(photo).to_have_css("clip", re.compile(r", 0px\)$"))
    slider.press("End")
    expect(slider).to_have_value("1000")
    expect(photo).not_to_have_css("clip", re.compile(r", 0px\)$"))
    switch.click()
    expect(slider).to_have_count(0)
    expect(photo.locator("img")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_nothing_of_an_explanation_is_wider_than_a_phone(
    served: Served, visits: Callable[..., Visit], scheme: str
) -> None:
    page = open_page(visits(served, 390, 844, scheme), f"{VAGUE}&vs=60.174926%2C24.948322")
    page.locator(".sw-versus").wait_for()
    for section in ("Effect of each phrase", "What the model looked at", "Order by fit", "Scores"):
        unfold(page, section)
    page.locator(".sw-veiled").first.wait_for()
    drawn(page)
    wide = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain], html, details, .sw-looked, table')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(wide) <= 2


def test_screenshots_of_the_bundled_cities(
    visits: Callable[..., Visit], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """`pytest tests/test_browser.py -k screenshots --screenshots assets/screenshots`."""
    folder = pytestconfig.getoption("--screenshots")
    if not folder:
        pytest.skip("writes pictures only where --screenshots names a folder")
    target = (ROOT / folder).resolve()
    target.mkdir(parents=True, exist_ok=True)
    example = json.loads((ROOT / "assets" / "examples.json").read_text(encoding="utf-8"))
    link = f"/?city=helsinki&q={quote(example['helsinki'][0]['text'])}"
    shots = {
        "search-light": (1366, 850, "light"),
        "search-dark": (1366, 850, "dark"),
        "search-phone": (390, 844, "light"),
    }
    data = Path(os.environ.get("SAYWHERE_DATA", tmp_path))
    for report in ("helsinki-nameless-all", "helsinki-nameless-words"):
        file = ROOT / "assets" / "reports" / f"{report}.json.gz"
        subprocess.run(
            [sys.executable, "-m", "core", "cases", "import", str(file)],
            check=True,
            cwd=ROOT,
            env=os.environ | {"SAYWHERE_DATA": str(data)},
        )
    for served in serve(data, tmp_path / "log.txt"):
        for name, (width, height, scheme) in shots.items():
            page = open_page(visits(served, width, height, scheme), link)
            _settle(page)
            _write_small(page.screenshot(animations="disabled"), target / f"{name}.png")
        page = open_page(visits(served, 1366, 1500), link)
        _settle(page)
        for section in ("Effect of each phrase", "What the model looked at"):
            unfold(page, section)
        page.locator(".sw-veiled").first.wait_for()
        _settle(page)
        _write_small(_panel(page), target / "explained-light.png")
        _shoot_pages(served, visits, target)
    assert len(list(target.glob("*.png"))) >= len(shots)


def _shoot_pages(served: Served, visits: Callable[..., Visit], target: Path) -> None:
    """The other pages, with the reports that come with the app and cases of two of them."""
    tile = "helsinki&tile=60.175661%2C24.951995"
    shots = {
        "benchmark-light": ("/benchmark", 1366, 1100, "light", ".sw-queries"),
        "benchmark-dark": ("/benchmark", 1366, 1100, "dark", ".sw-queries"),
        "gallery-light": (f"/gallery?gallery={tile}", 1366, 850, "light", ".sw-tile img"),
    }
    for name, (link, width, height, scheme, ready) in shots.items():
        page: Page = visits(served, width, height, scheme).page  # type: ignore[assignment]
        page.goto(served.address(link))
        page.locator(ready).first.wait_for()
        _settle_script(page)
        _write_small(page.screenshot(animations="disabled"), target / f"{name}.png")
    for scheme in ("light", "dark"):
        page = visits(served, 1366, 1000, scheme).page  # type: ignore[assignment]
        page.goto(served.address("/cases"))
        page.get_by_label("Your name").fill("Ada")
        page.keyboard.press("Enter")
        page.locator(".sw-against-table").first.wait_for()
        _settle_script(page)
        page.keyboard.press("2")
        page.locator(".sw-desk-button[aria-pressed=true]").wait_for()
        _write_small(page.screenshot(animations="disabled"), target / f"cases-{scheme}.png")
    page = visits(served, 1920, 1080).page  # type: ignore[assignment]
    page.goto(served.address("/?booth=1&city=helsinki"))
    page.get_by_role("button", name="Fountain at the end").click()
    page.get_by_text("Where do you think it is?").wait_for()
    page.get_by_role("button", name="Skip").click()
    page.locator(".sw-code img").wait_for()
    drawn(page)  # the booth keeps asking whether somebody is there, so it is never idle
    fading = the_map(page).locator('img.leaflet-tile:not([style*="opacity: 1"])')
    expect(fading).to_have_count(0)
    _write_small(page.screenshot(animations="disabled"), target / "booth.png")


def _settle(page: Page) -> None:
    page.locator(".sw-reason:not(.sw-wait)").wait_for()
    the_map(page).locator(".sw-marker").first.wait_for()
    page.mouse.move(2, 2)
    _settle_script(page)


def _settle_script(page: Page) -> None:
    drawn(page)
    page.wait_for_load_state("networkidle")


def _panel(page: Page) -> bytes:
    """The panel from its head to the end of what was unfolded."""
    page.set_viewport_size({"width": 1366, "height": 3000})
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
    drawn(page)
    panel = page.locator(".st-key-panel").bounding_box()
    end = page.locator(".st-key-section-looked").bounding_box()
    assert panel is not None
    assert end is not None
    picture: bytes = page.screenshot(
        animations="disabled",
        clip={
            "x": panel["x"] - 12,
            "y": panel["y"] - 12,
            "width": panel["width"] + 24,
            "height": end["y"] + end["height"] - panel["y"] + 24,
        },
    )
    return picture


def _write_small(picture: bytes, path: Path) -> None:
    from PIL import Image

    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(path, optimize=True)
    assert path.stat().st_size < 250_000
