"""The benchmark page: reports side by side, the queries behind a bar, and cases made of them."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import ROOT, Served, Visit, drawn, serve
from streamlit.testing.v1 import AppTest

from core.__main__ import main
from core.evaluation import report_files, scenarios
from core.review.store import open_store
from pages.benchmark_page import scenario_panel

HOSTILE = "`${window.__pwned=1}` <img src=x onerror=window.__pwned=1> </script><b>church</b>"
TEXTS = (
    "a white church beside a park",
    "Café Ångström",
    "benches under trees " * 12,
    HOSTILE,
    "the statue on the square",
    "tram tracks and a kiosk",
)


@pytest.fixture(scope="module")
def home(tiny_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with two real reports of the tiny city, over the same descriptions."""
    folder = tmp_path_factory.mktemp("benchmark")
    (folder / "galleries").symlink_to(tiny_home / "galleries", target_is_directory=True)
    (folder / "reports").mkdir()
    queries = folder / "queries.jsonl"
    queries.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"q{number}",
                    "text": text,
                    "lat": 60.17 + number / 3000,
                    "lon": 24.94,
                    "named": number % 2 == 1,
                }
            )
            + "\n"
            for number, text in enumerate(TEXTS)
        ),
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAYWHERE_DATA", str(folder))
        for channels in ("facts", "names"):
            out = folder / "reports" / f"{channels}.json"
            assert (
                main(
                    [
                        "evaluate",
                        "--gallery",
                        "tinycity",
                        "--queries",
                        str(queries),
                        "--quiet",
                        "--channels",
                        channels,
                        "--out",
                        str(out),
                        "--json",
                        "--title",
                        f"{channels} {HOSTILE}",
                    ]
                )
                == 0
            )
        yield folder


@pytest.fixture
def app(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("SAYWHERE_DATA", str(home))
    monkeypatch.setenv("SAYWHERE_CASES", str(tmp_path / "cases.sqlite"))
    test = AppTest.from_file(str(ROOT / "pages" / "benchmark.py"), default_timeout=60)
    test.query_params["reports"] = "facts,names"
    return test


def html_of(app: AppTest) -> str:
    assert not app.exception
    return " ".join(one.proto.body for one in app.get("html"))


def a_report(home: Path, name: str = "facts") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "reports" / f"{name}.json").read_text("utf-8"))
    return found


def test_the_metrics_stand_side_by_side_each_row_with_its_scope(app: AppTest, home: Path) -> None:
    app.run()
    html = html_of(app)
    assert html.count('<td class="sw-scope">full</td>') == 2
    report = a_report(home)
    low, high = report["ci"]["L@100m"]
    span = f"{low:.1f}–{high:.1f}"
    assert re.search(f"<td>{report['L@100m']:.1f}<small title=[^>]*>{span}</small></td>", html)
    assert html.count('<abbr title="Percent of descriptions whose true tile is the first') == 2
    assert html.count("descriptions: author not known") == 2
    assert "B against" not in html
    assert "on the 6 descriptions that both have" in html
    assert "<img" not in html
    assert "`" not in html


def test_at_first_ones_own_report_stands_beside_one_that_compares_with_it(app: AppTest) -> None:
    del app.query_params["reports"]
    app.run()
    assert set(app.multiselect(key="bench-reports").value[:2]) == {"facts", "names"}
    assert len(app.multiselect(key="bench-reports").value) == 3


@pytest.mark.parametrize("plot", ["kinds", "recall", "distance"])
def test_every_plot_has_its_table(app: AppTest, plot: str) -> None:
    app.query_params["plot"] = plot
    app.run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1
    rows = app.dataframe[0].value
    assert {"report", "R@1, percent" if plot == "kinds" else "percent"} <= set(rows.columns)
    assert len(rows) >= 4


def test_the_map_of_errors_has_its_table(app: AppTest, home: Path) -> None:
    app.query_params.update({"plot": "map", "metres": "1", "run": "B"})
    app.run()
    assert not app.exception
    far = [row for row in a_report(home, "names")["queries"] if row["distance_m"] > 1]
    rows = app.dataframe[0].value
    assert list(rows["metres away"]) == sorted((row["distance_m"] for row in far), reverse=True)
    assert rows["answer lat"].notna().all()


def test_a_kind_is_chosen_without_a_mouse_and_its_failures_are_listed(
    app: AppTest, home: Path
) -> None:
    app.run()
    app.selectbox(key="bench-run").set_value("B")
    app.selectbox(key="bench-kind").set_value("with names").run()
    missed = [row for row in a_report(home, "names")["queries"] if row["named"] and row["rank"] > 1]
    html = html_of(app)
    assert f"<strong>{len(missed)}</strong> of 3 descriptions, with names" in html
    assert html.count("<li") == len(missed)
    app.toggle(key="bench-hits").set_value(True).run()
    assert html_of(app).count("<li") == 3


def test_descriptions_are_narrowed_by_words_and_by_groups_and_become_cases(
    app: AppTest, home: Path
) -> None:
    app.query_params.update({"hits": "1", "words": "PARK church", "grouping": "likeness"})
    app.run()
    assert html_of(app).count("<li><p><strong>") == 1
    assert app.selectbox(key="bench-group").value == "all groups"
    app.session_state["bench-grouping"] = "cause"
    app.text_input(key="bench-words").set_value("").run()
    causes = app.selectbox(key="bench-group").options[1:]
    missed = [row for row in a_report(home)["queries"] if row["rank"] > 1]
    assert sum(int(one.split("(")[-1][:-1]) for one in causes) == len(missed)
    app.selectbox(key="bench-group").set_value(causes[0].rpartition(" (")[0]).run()
    number = int(causes[0].split("(")[-1][:-1])
    app.button(key="bench-review-these").click().run()
    assert re.match(rf"{number} new cases? to review", app.success[0].value)


def test_flips_are_listed_filtered_and_made_cases_of_the_report_that_fails(
    app: AppTest, home: Path, tmp_path: Path
) -> None:
    app.query_params["flips"] = "L@100m"
    app.run()
    far = {
        name: {row["id"]: row["distance_m"] > 100 for row in a_report(home, name)["queries"]}
        for name in ("facts", "names")
    }
    changed = [one for one in far["facts"] if far["facts"][one] != far["names"][one]]
    assert changed, "otherwise this test proves nothing"
    assert app.selectbox(key="bench-first").value == "B"
    assert html_of(app).count('class="sw-change') == len(changed)
    gained = [one for one in changed if far["names"][one]]
    app.session_state["bench-change"] = "gained"
    app.run()
    assert html_of(app).count('class="sw-change sw-gained"') == len(gained)
    app.session_state["bench-change"] = "both"
    app.run()
    app.button(key="bench-review-flips").click().run()
    cases = "case" if len(changed) == 1 else "cases"
    assert f"{len(changed)} new {cases} to review" in app.success[0].value
    store = open_store(str(tmp_path / "cases.sqlite"), datetime.now(UTC))
    assert [one.queries for one in store.reports()] == [6, 6]
    assert sum(sum(one.kinds.values()) for one in store.reports()) == len(changed)
    store.close()


def test_two_reports_with_one_title_can_be_told_apart(app: AppTest, home: Path) -> None:
    twin = home / "reports" / "twin.json"
    twin.write_bytes((home / "reports" / "facts.json").read_bytes())
    try:
        app.run()
        for choice in (app.selectbox(key="bench-managed"), app.multiselect(key="bench-reports")):
            assert len(set(choice.options)) == len(choice.options) >= 3
            assert sum(one.endswith("(twin)") for one in choice.options) == 1
            assert sum(one.endswith("(facts)") for one in choice.options) == 1
    finally:
        twin.unlink()


def test_a_scenario_brings_back_what_was_looked_at(app: AppTest) -> None:
    app.query_params.update({"plot": "recall", "k": "3", "run": "B"})
    app.run()
    app.text_input(key="bench-scenario-new-title").set_value("B misses statues")
    app.text_area(key="bench-scenario-new-note").set_value("`<b>` ask Ada")
    app.button(key="bench-scenario-new-save").click().run()
    assert "is saved" in app.info[0].value
    app.session_state["bench-plot"] = "distance"
    app.selectbox(key="bench-run").set_value("A").run()
    assert app.selectbox(key="bench-scenario").options[1] == "B misses statues"
    (saved,) = scenarios.list_scenarios(scenario_panel.folder())[0]
    app.selectbox(key="bench-scenario").set_value(saved.scenario_id).run()
    assert "ask Ada" in html_of(app)
    assert "`<b>" not in html_of(app)
    app.button(key="bench-scenario-show").click().run()
    assert app.selectbox(key="bench-run").value == "B"
    assert app.number_input(key="bench-k").value == 3
    app.button(key="bench-scenario-delete").click().run()
    assert app.selectbox(key="bench-scenario").options == ["what you look at now"]


def test_an_own_report_is_renamed_and_deleted_and_a_bundled_one_stays(
    app: AppTest, home: Path
) -> None:
    path = home / "reports" / "spare.json"
    path.write_text(json.dumps(a_report(home) | {"title": "spare"}), encoding="utf-8")
    app.query_params["reports"] = "spare"
    try:
        app.run()
        app.selectbox(key="bench-managed").set_value("spare").run()
        app.text_input(key="bench-title-spare").set_value("Second try")
        app.selectbox(key="bench-author-spare").set_value("people").run()
        app.button(key="bench-rename-spare").click().run()
        assert "Second try" in html_of(app)
        assert "descriptions: by hand" in html_of(app)
        assert app.button(key="bench-delete-spare").disabled
        app.checkbox(key="bench-sure-spare").check().run()
        app.button(key="bench-delete-spare").click().run()
        assert not app.exception
        assert not path.exists()
    finally:
        path.unlink(missing_ok=True)
    app.selectbox(key="bench-managed").set_value("helsinki-by-hand-all").run()
    assert "comes with the app" in " ".join(one.value for one in app.caption)


def test_a_link_restores_what_is_looked_at_and_a_bad_one_does_no_harm(app: AppTest) -> None:
    app.query_params.update({"plot": "recall", "k": "3", "run": "B", "kind": "without names"})
    app.run()
    assert "not among the first 3" in html_of(app)
    assert app.selectbox(key="bench-kind").value == "without names"
    bad = AppTest.from_file(str(ROOT / "pages" / "benchmark.py"), default_timeout=60)
    names = ("reports", "plot", "metric", "by", "run", "kind", "k", "metres", "most", "hits")
    names += ("grouping", "group", "first", "second", "flips", "change")
    bad.query_params.update(dict.fromkeys(names, HOSTILE))
    bad.run()
    assert not bad.exception
    assert bad.selectbox(key="bench-run").value == "A"


def test_the_widgets_keep_their_values_while_another_plot_is_shown(app: AppTest) -> None:
    app.run()
    app.selectbox(key="bench-metric").set_value("L@100m").run()
    for plot in ("recall", "kinds"):
        app.session_state["bench-plot"] = plot
        app.run()
    assert app.selectbox(key="bench-metric").value == "L@100m"
    assert not app.exception


def test_reports_of_two_scopes_are_shown_with_a_warning_and_not_compared(app: AppTest) -> None:
    app.query_params["reports"] = "helsinki-nameless-all,helsinki-nameless-image-nearest"
    app.run()
    assert not app.exception
    assert any("two scopes" in one.value for one in app.warning)
    assert any("scopes differ" in one.value for one in app.info)


def test_a_report_of_a_gallery_that_is_not_here_is_shown_but_makes_no_cases(
    app: AppTest, home: Path, tmp_path: Path
) -> None:
    path = home / "reports" / "elsewhere.json"
    path.write_text(json.dumps(a_report(home) | {"gallery": "atlantis"}), encoding="utf-8")
    app.query_params.update({"reports": "elsewhere", "plot": "map", "metres": "1"})
    try:
        app.run()
        assert "atlantis" in html_of(app)
        assert "search for it" not in html_of(app)
        app.button(key="bench-review").click().run()
    finally:
        path.unlink()
    assert "atlantis" in app.error[0].value
    assert not (tmp_path / "cases.sqlite").exists()


def test_the_papers_csv_is_broken_down_by_view_and_says_what_it_cannot_know(
    app: AppTest, home: Path
) -> None:
    wide, single = "40.7,-74.0_2020-01_abc_d10_z3.jpg", "40.701,-74.0_def.jpg"
    path = home / "reports" / "paper.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ["original_image", "text", "top_5_matches", "label"],
                [wide, "a bank", json.dumps([wide, single]), "True"],
                [single, "=a shop", json.dumps([wide]), "False"],
            ]
        )
    app.query_params.update({"reports": "paper", "by": "view"})
    try:
        app.run()
        html = html_of(app)
        assert html.count("not known") == 2
        assert '<td class="sw-scope">nearest-100</td>' in html
        assert list(app.dataframe[0].value["kind"]) == ["panorama", "single view"]
        app.session_state["bench-plot"] = "map"
        app.run()
        assert list(app.dataframe[0].value["text"]) == ["'=a shop"]
        app.button(key="bench-review").click().run()
    finally:
        path.unlink()
    assert "2 new cases" in app.success[0].value


def test_a_file_that_is_no_report_is_told_and_the_others_are_shown(
    app: AppTest, home: Path
) -> None:
    path = home / "reports" / "bad.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    try:
        app.run()
    finally:
        path.unlink()
    assert "no column" in app.warning[0].value
    assert html_of(app).count('<td class="sw-scope">') == 2


def test_without_any_report_the_page_says_what_to_do(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_files, "list_reports", lambda _: ())
    app.run()
    assert not app.exception
    assert "no report" in app.info[0].value
    assert "core evaluate" in app.code[-1].value


# --- In a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve(home, tmp_path_factory.mktemp("app") / "log.txt")


@pytest.mark.browser
def test_a_bar_is_picked_its_queries_are_read_and_become_cases(
    served: Served, visits: Callable[..., Visit], home: Path, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    visit = visits(served)
    page: Any = visit.page
    page.goto(served.address("/benchmark?reports=facts,names&by=names"))
    bars = page.locator("path[aria-roledescription=bar][aria-label*='how many']")
    expect(bars).to_have_count(4)
    drawn(page)
    bars.nth(3).click()
    expect(page.locator(".sw-picked")).to_contain_text(re.compile("B.* of 3 .*without names"))
    expect(page).to_have_url(re.compile("run=B&kind=without"))
    shown = page.locator(".sw-queries li")
    expect(shown).to_have_count(
        sum(not row["named"] and row["rank"] > 1 for row in a_report(home, "names")["queries"])
    )

    wrong = tmp_path / "wrong.csv"
    wrong.write_text("image,words\nx,y\n", encoding="utf-8")
    page.get_by_role("button", name="Add a report").click()
    page.locator("input[type=file]").set_input_files(wrong)
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("no column original_image")
    good = tmp_path / "Third run.json"
    good.write_text(json.dumps(a_report(home) | {"title": "third"}), encoding="utf-8")
    drawn(page)
    expect(page.locator("input[type=file]")).to_have_count(1)
    page.locator("input[type=file]").set_input_files(good)
    expect(page.locator(".sw-figures").first).to_contain_text("third")
    page.keyboard.press("Escape")

    page.get_by_text("Map of errors").click()
    page.get_by_test_id("stNumberInputField").fill("1")
    page.keyboard.press("Enter")
    lines = page.frame_locator("iframe").first.locator(".sw-miss-touch")
    lines.first.wait_for(state="attached")
    drawn(page)
    lines.first.dispatch_event("click")
    expect(page.locator(".sw-focus")).to_have_count(1)

    review = page.get_by_role("button", name="Review the failures of B")
    expect(review).to_have_count(1)
    review.click()
    page.get_by_text("cases to review").wait_for()
    store = open_store(str(home / "cases.sqlite"), datetime.now(UTC))
    (listed,) = store.reports()
    store.close()
    assert (listed.gallery, listed.queries, sum(listed.kinds.values())) == ("tinycity", 6, 6)
    assert {frame.evaluate("window.__pwned || null") for frame in page.frames} == {None}
    assert visit.outside == []
    assert visit.errors == []


@pytest.mark.browser
def test_a_phone_needs_no_sideways_scrolling_and_hostile_text_runs_nothing(
    served: Served, visits: Callable[..., Visit]
) -> None:
    visit = visits(served, 390, 844, "dark")
    page: Any = visit.page
    page.goto(served.address(f"/benchmark?reports=facts,names&plot=map&kind={quote(HOSTILE)}"))
    page.frame_locator("iframe").first.locator(".sw-error-legend").wait_for()
    wide = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain], html')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(wide) <= 0
    assert {frame.evaluate("window.__pwned || null") for frame in page.frames} == {None}
    assert visit.outside == []
