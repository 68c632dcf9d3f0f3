"""The place as a visitor knows it, and words that a visitor misses."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.geo import METRES_PER_DEGREE, Position
from core.review.missing_words import read_missing
from core.review.store import open_store
from core.settings import load
from pages.search_page import search_case
from pages.search_page.anywhere import AnywhereState
from pages.search_page.known_place import TruePlace
from pages.search_page.query_params import ANYWHERE
from pages.search_page.session_result import SearchState
from pages.search_page.true_place import outcome
from pages.ui.case_store import now

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = "a church, a fountain, blue sky"


@pytest.fixture
def home(tiny_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder without cases and words."""
    shutil.copytree(tiny_home / "galleries", tmp_path / "galleries", symlinks=True)
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    monkeypatch.setenv("SAYWHERE_ADD", "1")
    return tmp_path


@pytest.fixture
def app(home: Path) -> AppTest:  # noqa: ARG001
    test = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
    test.query_params.update({"city": "tinycity", "q": TEXT})
    return test.run()


def pick(app: AppTest, metres_north: float) -> AppTest:
    """Says that the place was so far north of the first one, as a click on the map does."""
    state: SearchState = app.session_state["found"]
    assert state.result is not None
    tile = state.result.candidates[0].tile
    at = Position(tile.lat + metres_north / METRES_PER_DEGREE, tile.lon)
    app.session_state["true-spot"] = TruePlace(TEXT, "tinycity", at)
    return app.run()


def told(app: AppTest) -> str:
    """The words of the page, without the marks that keep them from being Markdown."""
    return "\n".join(one.value for one in (*app.markdown, *app.error)).replace("\\", "")


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button if str(button.key).startswith("true-place")}


def test_the_button_waits_for_a_click_and_can_be_left(app: AppTest) -> None:
    app.button(key="true-place-pick").click().run()
    assert not app.exception
    assert app.session_state["picking"] == "truth"
    assert app.selectbox(key="versus").value == "", "the comparison does not wait"
    app.button(key="true-place-cancel").click().run()
    assert app.session_state["picking"] == ""
    assert keys(app) == {"true-place-pick"}


@pytest.mark.parametrize(
    ("metres", "words"),
    [(40, "Found: place 1 is 40 m away."), (50_000, "This map has no place there.")],
)
def test_the_outcome_is_told_in_metres(app: AppTest, metres: float, words: str) -> None:
    pick(app, metres)
    assert not app.exception
    assert words in told(app)
    app.button(key="true-place-forget").click().run()
    assert words not in told(app)


def test_another_description_has_no_true_place_yet(app: AppTest) -> None:
    assert "place 1 is 40 m away" in told(pick(app, 40))
    app.query_params["q"] = "a bench"
    app.run()
    assert not app.exception
    assert "place 1 is 40 m away" not in told(app)
    assert keys(app) == {"true-place-pick"}


def test_a_case_is_made_and_taken_back(app: AppTest) -> None:
    pick(app, 40)
    app.button(key="true-place-case").click().run()
    assert not app.exception
    store = open_store(load().cases, now())
    (report,) = store.reports()
    assert (report.source, report.queries) == ("search", 1)
    app.button(key="true-place-undo").click().run()
    assert not app.exception
    assert store.reports() == ()
    assert "true-place-case" in keys(app)
    store.close()


def test_what_cannot_be_a_case_is_not_offered_or_says_why(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick(app, 50_000)
    assert keys(app) == {"true-place-forget"}
    pick(app, 40)
    monkeypatch.setattr(search_case, "_MOST_CASES", 0)
    app.button(key="true-place-case").click().run()
    assert "0 cases are enough for one visit" in told(app)
    assert "true-place-undo" not in keys(app)


def test_visitors_of_a_shared_machine_make_no_cases(
    app: AppTest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAYWHERE_ADD", "0")
    pick(app, 40)
    assert "Found: place 1" in told(app)
    assert keys(app) == {"true-place-forget"}
    assert not (home / "cases.sqlite").exists()


def test_anywhere_takes_the_true_place_and_missing_words_too(app: AppTest) -> None:
    text = "a church, a fountain, a zwickelblorp"
    app.query_params.clear()
    app.query_params["q"] = text
    app.session_state["report-words"] = True
    app.run()
    state: AnywhereState = app.session_state["found-anywhere"]
    assert state.result is not None
    assert len(state.states) > 1
    tile = state.result.candidates[0].tile
    at = Position(tile.lat + 40 / METRES_PER_DEGREE, tile.lon)
    assert "true-place-pick" in keys(app)
    assert "zwickelblorp" in {one.label for one in app.button}
    app.session_state["true-spot"] = TruePlace(text, ANYWHERE, at)
    app.run()
    assert not app.exception
    assert "Found: place 1 is 40 m away." in told(app)
    last = state.result.candidates[-1]
    other = next(one for one in state.traces(1) if one.gallery.card.name == last.gallery)
    found = {one.tile.tile_id for one in state.result.candidates}
    row = next(row for row in other.ranking.order[::-1] if other.gallery.tile_ids[row] not in found)
    lost = Position(float(other.gallery.lats[row]), float(other.gallery.lons[row]))
    words = outcome(state.result, state.traces(1), lost)
    assert f"places in {other.gallery.card.title}, that spot came out as number" in words


def test_the_header_says_why_the_first_place_is_in_another_city() -> None:
    def page(first: str, p_none: float = 0.0) -> None:
        from core.geo import Bounds
        from core.records import Candidate, Region, Tile
        from pages.search_page.city_hints import likeliest

        regions = [Region("a", "Aa", 0.6), Region("b", "Bb", 0.3)]
        tile = Tile("1,1", 1, 1, Bounds(0, 0, 2, 2), "")
        likeliest(regions, Candidate(tile, 1, 0.5, {}, gallery=first), p_none)

    for first, why in (("a", []), ("b", ["Place 1 is in Bb"])):
        app = AppTest.from_function(page, args=(first,)).run()
        assert not app.exception
        assert "Most likely Aa, 60 %" in app.markdown[0].value
        assert [one.value[:16] for one in app.caption] == why
    app = AppTest.from_function(page, args=("a", 0.7)).run()
    assert app.markdown[0].value == "**Most likely none of these**"


def test_a_missing_word_is_written_down_and_taken_back(app: AppTest, home: Path) -> None:
    assert not (home / "missing-words.json").exists()
    app.session_state["report-words"] = True
    app.run()
    words = {one.label: one for one in app.button if str(one.key).startswith("report-word-")}
    assert "blue sky" in words
    assert "fountain" not in words, "the map has one"
    words["blue sky"].click().run()
    assert not app.exception
    (kept,) = read_missing(load().missing_words)
    assert (kept.phrase, kept.gallery, kept.times) == ("blue sky", "tinycity", 1)
    (done,) = (
        one for one in app.button if one.label.startswith("blue sky") and one.label != "blue sky"
    )
    done.click().run()
    assert read_missing(load().missing_words) == ()
