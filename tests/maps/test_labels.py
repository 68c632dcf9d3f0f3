"""Labels on the map, in a real browser: the number of a marker can be read beside that of a flag,
and the name of the likeliest region above the others."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from conftest import Served, Visit
from playwright.sync_api import Page
from tiny_answers import a_candidate, an_answer

from core import maps
from core.geo import Bounds, Position, tile_bounds
from core.maps import BaseMap, Mark, RegionMark
from pages.ui import routes

pytestmark = pytest.mark.browser

CANDIDATES = [(60.1701, 24.9401), (60.1799, 24.9599), (60.176, 24.950)]
"""Near the left and the right edge of the map, and in the middle."""
COVERED = """
() => {
  const boxes = (name) => [...document.querySelectorAll(name)]
    .map((one) => one.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top
    || b.bottom <= a.top;
  const [pins, labels] = [boxes('.sw-pin'), boxes('.sw-flag-label')];
  const out = labels.filter((one) => one.left < 0 || one.right > innerWidth).length;
  const meet = (a, b) => Math.hypot((a.left + a.right - b.left - b.right) / 2,
    (a.top + a.bottom - b.top - b.bottom) / 2) < (a.width + b.width) / 2;
  const flags = boxes('.sw-flag');
  return [pins.length, labels.length, out,
    pins.filter((pin) => labels.some((one) => !apart(pin, one))).length,
    pins.filter((pin) => flags.some((one) => meet(pin, one))).length];
}
"""
"""Numbers of markers, of labels, of labels that leave the map, and of markers under a label and
under a flag."""


@pytest.mark.parametrize("large", [False, True])
def test_a_flag_at_a_marker_does_not_cover_its_number(
    served: Served, visits: Callable[..., Visit], large: bool
) -> None:
    page: Page = visits(served, 900, 700).page  # type: ignore[assignment]
    page.goto(served.address("/healthz"))
    found = []
    for lat, lon in CANDIDATES:
        for near in (0.0, 0.0002, -0.0002):
            show(page, CANDIDATES, Position(lat + near, lon + near), large)
            found.append(page.evaluate(COVERED))
    assert found == [[3, 1, 0, 0, 0]] * 9


@pytest.mark.parametrize("large", [False, True])
def test_a_flag_in_a_crowd_finds_a_free_spot(
    served: Served, visits: Callable[..., Visit], large: bool
) -> None:
    page: Page = visits(served, 390, 350).page  # type: ignore[assignment]
    page.goto(served.address("/healthz"))
    crowd = [
        (60.174 + row * 0.0006, 24.948 + column * 0.0012) for row in range(3) for column in range(3)
    ]
    found = []
    for lat, lon in crowd:
        show(page, [*crowd, CANDIDATES[0], CANDIDATES[1]], Position(lat, lon), large)
        found.append(page.evaluate(COVERED))
    assert found == [[11, 1, 0, 0, 0]] * 9


def show(page: Page, spots: Sequence[tuple[float, float]], flag: Position, large: bool) -> None:
    """Candidates and a flag, on a page that is nothing but the map."""
    places = [
        replace(
            a_candidate(rank),
            tile=replace(
                a_candidate(rank).tile,
                lat=lat,
                lon=lon,
                bounds=tile_bounds(Position(lat, lon), 100),
            ),
        )
        for rank, (lat, lon) in enumerate(spots, 1)
    ]
    base = BaseMap(Bounds(24.94, 60.17, 24.96, 60.18), "", "map", range(13, 17))
    drawn = maps.base_map(base, routes.assets(), "picking")
    maps.answer_layer(an_answer(*places), marks=[Mark(flag, "guess", "You")]).add_to(drawn)
    booth = '<body><div class="st-key-booth"></div>'
    html = drawn.get_root().render()
    page.set_content(html.replace("<body>", booth) if large else html)
    page.locator(".sw-flag-label").wait_for()
    assert page.locator(".sw-large").count() == large


def test_the_name_of_the_likeliest_region_lies_above_the_dots_of_others(
    served: Served, visits: Callable[..., Visit]
) -> None:
    page: Page = visits(served, 390, 250).page  # type: ignore[assignment]
    page.goto(served.address("/healthz"))
    base = BaseMap(Bounds(-170, -56, 180, 74), "", "", range(18))
    drawn = maps.base_map(base, routes.assets(), "overview")
    marks = [
        RegionMark(str(lat), f"Town {lat}", Bounds(13, lat, 14, lat + 1), share, f"{share:.0%}")
        for lat, share in ((60, 0.5), (53, 0.3), (43, 0.15), (-34, 0.05))
    ]
    maps.regions_layer(marks).add_to(drawn)
    page.set_content(drawn.get_root().render())
    regions = page.locator(".sw-region")
    regions.nth(3).wait_for(state="attached")
    orders = [int(one) for one in regions.evaluate_all("all => all.map(one => one.style.zIndex)")]
    assert orders == sorted(orders, reverse=True)
    assert len(set(orders)) == 4
