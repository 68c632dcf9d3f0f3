"""Maps of an answer: their content, and that typed text cannot run as script in them."""

import html
import json
import re
import subprocess
import sys
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pytest
from tiny_answers import HOSTILE, a_candidate, an_answer

from core import maps
from core.gallery import Gallery
from core.geo import Bounds, Polygon, Position
from core.maps.probability_area import _hectares
from core.models.sentence import SentenceEncoder
from core.records import Candidate, Explanation, LedgerEntry, Query, SearchResult
from core.retrieval import SearchTrace, search_with_trace

ASSETS = maps.Assets(("/vendor/leaflet.js", "/vendor/map.js"), ("/vendor/leaflet.css",))
BASE = maps.BaseMap(
    Bounds(24.9, 60.1, 25.0, 60.2),
    "/tiles/town/{z}/{x}/{y}.webp?v=1",
    "© OpenStreetMap contributors",
    range(12, 18),
)


def script_of(result: SearchResult | None, **options: object) -> str:
    drawn = maps.base_map(BASE, ASSETS)
    maps.answer_layer(result, **options).add_to(drawn)  # type: ignore[arg-type]
    return drawn.get_root().render()


def data_of(script: str, call: str) -> dict[str, object]:
    found = re.search(rf'saywhere\.{call}\(\w+, JSON\.parse\(decodeURIComponent\("([^"]*)"', script)
    assert found is not None
    data: dict[str, object] = json.loads(unquote(found.group(1)))
    return data


@pytest.mark.parametrize("text", HOSTILE)
def test_data_for_a_script_is_letters_digits_and_percent_signs_only(text: str) -> None:
    expression = maps.script_data({"title": text})
    coded = re.fullmatch(r'JSON\.parse\(decodeURIComponent\("([A-Za-z0-9%.-]*)"\)\)', expression)
    assert coded is not None
    assert json.loads(unquote(coded.group(1))) == {"title": text}


@pytest.mark.parametrize("text", HOSTILE)
def test_html_of_any_text_has_no_character_with_a_meaning(text: str) -> None:
    coded = maps.safe_html(text)
    assert not set(re.sub(r"&#\d+;", "", coded)) & set("<>\"'`${}[]\\/=&%_@*|")
    assert html.unescape(coded) == text.replace("\x00", "")


def test_html_keeps_letters_of_every_script() -> None:
    assert maps.safe_html("Töölö, Εκκλησία, 大聖堂 (2)") == "Töölö, Εκκλησία, 大聖堂 (2)"


def test_html_drops_signs_that_turn_the_writing_direction() -> None:
    assert maps.safe_html("a\u202egnp.exe\u2066b") == "agnp.exeb"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_on_the_map_only_as_data(text: str) -> None:
    script = script_of(an_answer(a_candidate(1, text), query=text))
    assert "__pwned" not in script.replace("%5F%5Fpwned", "")
    drawn = data_of(script, "draw")
    assert drawn["candidates"][0]["title"] == text[:300]  # type: ignore[index]


def test_a_hostile_licence_is_shown_as_text() -> None:
    base = maps.BaseMap(BASE.bounds, BASE.tiles_url, "<img src=x onerror=alert(1)>", BASE.zooms)
    assert "<img" not in maps.base_map(base, ASSETS).get_root().render()


def test_only_a_map_with_a_photograph_of_the_same_ground_can_be_swiped() -> None:
    photo = maps.TileLayer("/aerial/town/{z}/{x}/{y}.webp?v=1", "<b>x", range(13, 18))

    def swiped(base: maps.BaseMap) -> object:
        return data_of(maps.base_map(base, ASSETS).get_root().render(), "ready").get("photo")

    assert swiped(BASE) is None
    assert swiped(replace(BASE, tiles_url="", aerial=photo)) is None, "there is no map beside it"
    both = swiped(replace(BASE, aerial=photo))
    assert isinstance(both, dict)
    assert both["url"] == photo.tiles_url
    assert both["options"]["maxNativeZoom"] == 17
    assert "<b" not in both["options"]["attribution"]


def test_markers_are_numbered_and_carry_their_footprint() -> None:
    drawn = data_of(script_of(an_answer(a_candidate(1), a_candidate(2)), chosen=2), "draw")
    candidates = drawn["candidates"]
    assert isinstance(candidates, list)
    assert [one["rank"] for one in candidates] == [1, 2]
    south_west, north_east = candidates[0]["footprint"]
    assert south_west[0] < candidates[0]["at"][0] < north_east[0]
    assert drawn["chosen"] == 2


def test_only_supported_evidence_of_the_chosen_candidate_has_a_point() -> None:
    drawn = data_of(script_of(an_answer(a_candidate(1)), chosen=1), "draw")
    labels = [one["label"] for one in drawn["evidence"]]  # type: ignore[attr-defined]
    assert labels == ["Senate Square, 35 m north-east"]


def test_the_points_are_those_of_the_ledger_once_there_is_one() -> None:
    candidate = a_candidate(1)
    statue, goat = candidate.evidence
    gone = LedgerEntry(statue, "contradicted", "no statue near", {}, 0.0, 1)
    found = LedgerEntry(
        replace(statue, phrase="a goat", fact="Goat House"), "supported", "", {}, 0.1, 1
    )
    told = replace(candidate, explanation=Explanation((gone, found), "a reason"))
    drawn = data_of(script_of(an_answer(told), chosen=1), "draw")
    labels = [one["label"] for one in drawn["evidence"]]  # type: ignore[attr-defined]
    assert labels == ["Goat House, 35 m north-east"]
    assert not goat.supported


def test_a_map_without_an_answer_has_no_markers_but_its_area() -> None:
    drawn = data_of(script_of(None, area=Bounds(1, 2, 3, 4)), "draw")
    assert drawn["candidates"] == []
    assert drawn["area"] == [[2, 1], [4, 3]]
    shape = Polygon((Position(1, 2), Position(3, 4), Position(5, 3)))
    assert data_of(script_of(None, area=shape), "draw")["area"] == [[1, 2], [3, 4], [5, 3]]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_place_that_was_looked_for_has_a_mark_and_the_camera(text: str) -> None:
    sight = maps.Sight(maps.Mark(Position(60.1, 24.9), "sight", text), 7)
    script = script_of(None, sight=sight)
    assert "__pwned" not in script.replace("%5F%5Fpwned", "")
    drawn = data_of(script, "draw")
    assert drawn["look"] == [60.1, 24.9, 7]
    assert drawn["marks"] == [{"at": [60.1, 24.9], "kind": "sight", "label": text[:300]}]


def test_the_base_map_stays_the_same_whatever_the_answer() -> None:
    def plain(script: str) -> str:
        return re.sub(r"_[0-9a-f]{32}", "", script)

    first, second = (plain(maps.base_map(BASE, ASSETS).get_root().render()) for _ in range(2))
    assert first == second


def test_scripts_and_styles_come_from_the_app_alone() -> None:
    page = script_of(an_answer(a_candidate(1)))
    links = re.findall(r'(?:<script[^>]*\ssrc|<link[^>]*\shref)="([^"]*)"', page)
    assert links
    assert [one for one in links if not one.startswith("/vendor/")] == []


def test_the_online_map_is_offered_and_not_shown() -> None:
    page = script_of(None)
    online = re.search(r'var (tile_layer_\w+) = L\.tileLayer\(\s*"https://tile', page)
    assert online is not None
    assert f"{online.group(1)}.addTo" not in page


def test_a_candidate_without_a_name_is_called_by_its_street() -> None:
    nameless = Candidate(a_candidate(1).tile, 1, 0.5, {})
    assert maps.title_of(nameless) == "Snellmaninkatu"


def test_maps_need_no_streamlit() -> None:
    code = "import sys, core.maps; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_gallery_without_a_base_map_asks_for_no_tiles() -> None:
    bare = maps.base_map(replace(BASE, tiles_url=""), ASSETS).get_root().render()
    assert "/tiles/" not in bare
    assert "Saywhere, offline" not in bare
    assert "Saywhere, offline" in maps.base_map(BASE, ASSETS).get_root().render()


def test_what_has_no_name_is_called_by_where_it_is() -> None:
    one = a_candidate(1)
    nowhere = replace(one, names=(), tile=replace(one.tile, street=""))
    assert maps.title_of(nowhere) == "60.17100, 24.95000"


def test_a_label_says_where_a_fact_only_roughly_fits() -> None:
    (found, _) = a_candidate(1).evidence
    assert maps.evidence_label(replace(found, fit="like")).startswith("roughly Senate Square, ")


# --- Where the probability lies ---------------------------------------------------------------


@pytest.fixture(scope="module")
def found(tiny_gallery: Gallery, encoder: SentenceEncoder) -> SearchTrace:
    return search_with_trace(tiny_gallery, encoder, Query("a quiet street", 3, ("facts", "names")))


def test_the_spread_has_the_tiles_of_the_area_the_likeliest_first(found: SearchTrace) -> None:
    surface = found.posterior.credible_region()
    spread = maps.probability_area(found)
    inside = surface.rows[surface.inside80]
    assert len(spread.tiles) == min(len(inside), 300)
    gallery = found.gallery
    for (lat, lon, _), row in zip(spread.tiles, inside.tolist(), strict=False):
        assert (lat, lon) == pytest.approx((gallery.lats[row], gallery.lons[row]), abs=1e-6)
    levels = [level for _, _, level in spread.tiles]
    assert levels == sorted(levels)
    assert levels[0] == 0
    assert set(levels) <= {0, 1, 2, 3}
    assert spread.words.startswith("80 % of the probability lies in the tinted ")


def test_the_spread_is_one_layer_of_numbers(found: SearchTrace) -> None:
    spread = maps.probability_area(found)
    group = maps.answer_layer(found.result, spread=spread)
    assert len(group._children) == 1
    drawn = data_of(script_of(found.result, spread=spread), "draw")["spread"]
    assert drawn == {"tiles": [list(one) for one in spread.tiles], "radius": spread.radius_m}
    assert data_of(script_of(found.result), "draw")["spread"] is None


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_street_is_no_more_than_words(found: SearchTrace, text: str) -> None:
    hostile = replace(maps.probability_area(found), words=text)
    script = script_of(found.result, spread=hostile)
    assert "__pwned" not in script.replace("%5F%5Fpwned", "")


def test_a_circle_of_100_m_has_three_hectares_and_twice_the_same_no_more() -> None:
    lats, lons = np.array([60.17]), np.array([24.95])
    assert _hectares(lats, lons, 100.0) == pytest.approx(3.14, abs=0.1)
    assert _hectares(lats.repeat(2), lons.repeat(2), 100.0) == _hectares(lats, lons, 100.0)
    apart = _hectares(np.array([60.17, 60.18]), lons.repeat(2), 100.0)
    assert apart == pytest.approx(6.28, abs=0.2)


def test_a_place_to_compare_with_is_a_footprint(found: SearchTrace) -> None:
    other = found.gallery.tile(1)
    drawn = data_of(script_of(found.result, other=other, picking=True), "draw")
    assert drawn["picking"] is True
    assert drawn["other"] == [
        [other.bounds.south, other.bounds.west],
        [other.bounds.north, other.bounds.east],
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_errors_are_lines_from_the_truth_with_their_labels_as_data(text: str) -> None:
    miss = maps.Miss(7, Position(60.17, 24.95), Position(60.18, 24.96), text)
    drawn = maps.base_map(BASE, ASSETS, "looking")
    maps.errors_layer([miss], chosen=7).add_to(drawn)
    script = drawn.get_root().render()
    assert data_of(script, "errors") == {
        "chosen": 7,
        "lines": [[7, [60.17, 24.95], [60.18, 24.96], text]],
    }
    assert data_of(script, "ready")["use"] == "looking"
    assert text not in script
