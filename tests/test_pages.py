"""The pages without a browser: links, downloads and routes by themselves, the page by AppTest."""

import csv
import io
import json
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from conftest import write_compact
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest
from tiny_answers import HOSTILE, a_candidate, an_answer

from core.explain.clarification.belief_update import GivenReply
from core.gallery import GalleryCard
from core.gallery.embed import embed_pictures
from core.geo import Bounds
from core.models.compact import load_compact
from core.models.sentence import SentenceEncoder
from core.records import CHANNEL_TRAITS, Evidence, Explanation, LedgerEntry, Standing
from core.retrieval import link_checkpoint
from core.settings import MAX_DESCRIPTION_CHARS, load
from pages.search_page import (
    candidate_panel,
    downloads,
    exports,
    ledger_table,
    query_params,
    scores,
)
from pages.search_page.query_params import SearchParams
from pages.ui import examples, highlighted_text, link_values, map_script, resources, routes
from pages.ui.markdown import plain

ROOT = Path(__file__).resolve().parent.parent
CITIES = ("helsinki", "monaco")


def a_card() -> GalleryCard:
    values = dict.fromkeys(GalleryCard.__dataclass_fields__, "")
    return GalleryCard(**values | {"name": "town", "title": "Town", "licence": "© OSM"})  # type: ignore[arg-type]


def an_entry(phrase: str, start: int, standing: Standing) -> LedgerEntry:
    has = standing == "supported"
    evidence = Evidence(
        phrase,
        start,
        start + len(phrase),
        "facts" if has else None,
        "statue" if has else "",
        0.7 if has else 0.0,
        60.2,
        24.9,
        30.0 if has else None,
        "north" if has else None,
    )
    against = "the map has a pond 80 m to the south" if standing == "contradicted" else ""
    return LedgerEntry(evidence, standing, against, {"facts": 0.1}, 0.1, 2)


class TestLinks:
    def test_a_question_survives_its_link(self) -> None:
        ask = SearchParams(
            "kirche `${x}` & ü",
            "monaco",
            7,
            ("image", "facts"),
            Bounds(7.41, 43.72, 7.43, 43.74),
            3,
            "crosstext2loc-0a1b2c3d",
            "43.739014,7.425852",
            (
                GivenReply("water", "yes"),
                GivenReply("pub: The `${x}` Inn", "cannot tell"),
                GivenReply("street: Rue Grimaldi", "no"),
            ),
        )
        assert query_params.from_params(ask.to_params(), CITIES) == ask

    def test_what_is_usual_is_left_out(self) -> None:
        assert SearchParams(text="a", city="monaco").to_params() == {"city": "monaco", "q": "a"}

    @pytest.mark.parametrize("text", [*HOSTILE, "nan", "1e999", "-1", "٣", "9" * 5000, "1,2,3,nan"])
    def test_nonsense_in_a_link_is_left_out(self, text: str) -> None:
        for name in ("city", "k", "sel", "channels", "area", "model", "vs", "answers"):
            ask = query_params.from_params({name: text}, CITIES)
            assert ask.city == query_params.ANYWHERE, name
            assert 1 <= ask.k <= query_params.MOST_K, name
            assert 1 <= ask.chosen <= query_params.MOST_K, name
            assert (ask.channels, ask.area, ask.replies) == ((), None, ()), name
            assert len(ask.versus) <= 200, name
            assert set(ask.model) <= set("nae19-0123456789"), "plain words only"

    @pytest.mark.parametrize(
        "lines",
        [
            "y no such question",
            "x water",
            "water",
            "y",
            "y  water",
            "yes water",
            "y pub: " + "a" * 300,
        ],
    )
    def test_an_answer_to_no_question_of_ours_is_left_out(self, lines: str) -> None:
        assert query_params.from_params({"answers": lines}, CITIES).replies == ()

    def test_a_question_in_a_link_is_answered_once(self) -> None:
        replies = query_params.from_params({"answers": "y water\nn water"}, CITIES).replies
        assert replies == (GivenReply("water", "yes"),)

    @pytest.mark.parametrize(
        "spot",
        [
            {},
            {"lat": "x", "lon": 1},
            {"lat": 1},
            {"lat": [], "lon": 2},
            {"lat": float("nan"), "lon": 1},
            {"lat": 91, "lon": 0},
        ],
    )
    def test_a_spot_that_is_none_is_not_taken(self, spot: dict[str, object]) -> None:
        assert link_values.position_of(spot) is None

    def test_a_long_description_is_not_put_into_a_link(self) -> None:
        assert "q" not in SearchParams(text="ü" * 2000, city="monaco").to_params()

    def test_a_link_cannot_bring_more_text_than_is_read(self) -> None:
        asked = query_params.from_params({"q": "a" * 10**6}, CITIES)
        assert len(asked.text) == MAX_DESCRIPTION_CHARS + 1

    @pytest.mark.parametrize("area", ["1,2,3,4", "60.17,24.94;60.18,24.94;60.17,24.95"])
    def test_a_link_keeps_a_box_or_a_polygon(self, area: str) -> None:
        kept = query_params.from_params({"area": area, "q": "a"}, CITIES)
        assert kept.area is not None
        assert query_params.from_params(kept.to_params(), CITIES) == kept

    @pytest.mark.parametrize("area", ["", "1,2,3", "1,2;3,4", "1,2;3,4;x,5", ";;;", "91,0;0,0;1,0"])
    def test_an_area_in_a_link_that_is_none_is_left_out(self, area: str) -> None:
        assert query_params.from_params({"area": area}, CITIES).area is None

    def test_an_area_of_too_many_corners_is_none(self) -> None:
        corners = [[one % 7, one % 5] for one in range(link_values.MOST_CORNERS + 1)]
        assert link_values.polygon_of(corners[:-1]) is not None
        assert link_values.polygon_of(corners) is None
        assert link_values.area(";".join(f"{lat},{lon}" for lat, lon in corners)) is None

    @pytest.mark.parametrize("corners", [[[1, 2]] * 3, [[1], [2], [3]], [None] * 3, ["ab"] * 4])
    def test_a_polygon_that_is_none_is_not_taken(self, corners: list[object]) -> None:
        assert link_values.polygon_of(corners) is None

    @pytest.mark.parametrize(
        "edges",
        [
            {},
            {"west": None},
            dict.fromkeys(("west", "south", "east", "north"), 1),
            {"west": 1, "south": 2, "east": [3], "north": 4},
        ],
    )
    def test_an_area_that_is_none_is_not_taken(self, edges: dict[str, object]) -> None:
        assert link_values.bounds_of(edges) is None


class TestText:
    @pytest.mark.parametrize("text", [*HOSTILE, "*a* _b_ :red[c] $d$ [e](f) # g :smile: www.h.com"])
    def test_every_sign_of_a_label_is_escaped(self, text: str) -> None:
        label = plain(text, 1000)
        at = 0
        while at < len(label):
            if label[at] == "\\":
                at += 2
                continue
            assert label[at].isalnum() or not label[at].isascii() or label[at] in " \x00"
            at += 1

    def test_a_long_label_is_cut(self) -> None:
        assert plain("ab " * 100, 10) == "ab ab ab…"

    def test_phrases_are_marked_in_words_as_well_as_in_colour(self) -> None:
        ledger = (
            an_entry("statue", 2, "supported"),
            an_entry("goat", 12, "missing"),
            an_entry("pond", 20, "contradicted"),
            an_entry("rain", 28, "unchecked"),
        )
        coloured = highlighted_text.by_standing("a statue, a goat, a pond, a rain", ledger)
        for name, said, told in (
            ("sw-yes", "statue", "found on the map"),
            ("sw-no", "goat", "not found on the map"),
            ("sw-against", "pond", "the map says otherwise"),
            ("sw-open", "rain", "no map can tell"),
        ):
            assert f'<mark class="{name}">{said}<span class="sw-unseen"> ({told})' in coloured

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_hostile_description_is_coloured_as_text(self, text: str) -> None:
        ledger = (
            an_entry(text[:6], 0, "missing"),
            an_entry("xxxxxx", 3, "missing"),
            an_entry("y" * 10, 900, "missing"),
        )
        plain_marks = highlighted_text.by_standing(text, ledger).replace('<mark class="sw-no">', "")
        for tag in ("</mark>", '<span class="sw-unseen">', "</span>"):
            plain_marks = plain_marks.replace(tag, "")
        assert not set(plain_marks) & set("<>\"'`$")

    def test_what_was_not_read_is_not_shown_as_read(self) -> None:
        assert unescape(highlighted_text.by_standing("abcdef", (), truncated=3)) == "abc …"


class TestPanel:
    def test_what_is_only_like_a_phrase_is_said_roughly(self) -> None:
        rough = replace(
            an_entry("two statues", 0, "supported"),
            evidence=Evidence(
                "two statues", 0, 11, "facts", "statue", 0.6, 60.2, 24.9, 30.0, "north", "like"
            ),
        )
        assert "roughly a statue" in ledger_table.table((rough,))
        sure = replace(rough, evidence=replace(rough.evidence, fit="thing"))
        assert "roughly" not in ledger_table.table((sure,))

    def test_what_stands_in_a_name_only_is_not_said_to_be_on_the_map(self) -> None:
        named = replace(
            an_entry("stop", 0, "missing"),
            evidence=Evidence(
                "stop",
                0,
                4,
                "names",
                "driving school: Stop",
                1.0,
                60.2,
                24.9,
                30.0,
                "north",
                "name",
            ),
        )
        told = ledger_table.table((named,))
        assert "only in a name: Stop (driving school)" in told
        assert "not found on the map" in told

    def test_a_ledger_says_how_each_phrase_stands_and_what_it_did(self) -> None:
        held = replace(
            an_entry("pond", 0, "contradicted"),
            against="the map has a pond 80 m off",
            effects={"facts": -0.2, "names": 0.001},
            effect=-0.05,
            rank_without=3,
        )
        table = ledger_table.table((held,))
        for told in (
            "the map says otherwise",
            "the map has a pond 80 m off",
            "\u22120.050",
            "without it: rank 3",
            "facts \u22120.200",
        ):
            assert told in unescape(table)
        assert "names" not in table.split("Effect by channel")[1], "too small to be told"

    @pytest.mark.parametrize("standing", ["missing", "unchecked"])
    def test_no_fact_is_claimed_where_the_map_holds_none(self, standing: Standing) -> None:
        table = ledger_table.table((an_entry("statue", 0, standing),))
        assert '<span class="sw-nothing">nothing</span>' in table
        assert "found on the map" not in table.replace("not found on the map", "")

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_hostile_ledger_is_text(self, text: str) -> None:
        entries = tuple(
            LedgerEntry(
                Evidence(text, 0, 9, "facts", fact, 0.9, 1.0, 2.0, 30.0, "north"),
                standing,
                against,
                {"facts": 0.1},
                0.1,
                1,
            )
            for fact, standing, against in (
                (text, "supported", ""),
                ("statue", "contradicted", text),
            )
        )
        table = ledger_table.table(entries)
        assert "__pwned" not in table
        assert "<img" not in table
        assert "`" not in table

    def test_a_picture_is_one_channel_among_the_scores(self) -> None:
        one = replace(a_candidate(1), channels={"image": -0.2, "facts": 0.5})
        two = replace(a_candidate(2), channels={"image": 0.8, "facts": 0.25})
        rows = scores.bars(an_answer(one, two), one).split("<tr>")[1:]
        assert "picture" in rows[0]
        assert "width:0%" in rows[0]
        assert "-0.20" in rows[0]
        assert "width:100%" in rows[1]

    def test_two_pictures_of_a_tile_have_a_score_each(self) -> None:
        both = {"drawn": 0.8, "aerial": 0.2}
        one = replace(a_candidate(1), channels={"image": 0.5, "facts": 0.5}, pictures=both)
        two = replace(one, pictures={"drawn": 0.4, "aerial": 0.4})
        rows = scores.bars(an_answer(one, two), one).split("<tr>")[1:]
        assert "drawn map" in rows[0]
        assert "width:100%" in rows[0]
        assert "photograph" in rows[1]
        assert "width:50%" in rows[1]
        assert "facts" in rows[2]

    def test_ranking_again_is_told_in_words(self) -> None:
        one = replace(a_candidate(1), rank_before=2, confidence=0.4)
        two = replace(a_candidate(2), rank_before=1, confidence=0.2)
        told = scores.reranking(an_answer(one, two), one, replied=False)
        assert "moved up from rank 2 to 1" in told
        assert "moved down from rank 1 to 2" in scores.reranking(an_answer(one, two), two, False)
        new = replace(one, rank_before=None)
        assert "no candidate before" in scores.reranking(an_answer(new, two), new, replied=True)

    def test_words_read_past_the_limit_of_pictures_are_shown(self) -> None:
        one, ledger = a_candidate(1), (an_entry("a statue", 0, "supported"),)
        last = max(entry.evidence.end for entry in ledger)
        assert candidate_panel._read_to(replace(an_answer(one), truncated=last - 1), ledger) is None
        assert candidate_panel._read_to(replace(an_answer(one), truncated=last), ledger) == last
        assert candidate_panel._read_to(an_answer(one), ledger) is None

    def test_a_candidate_without_any_evidence_has_none_shown(self) -> None:
        bare = replace(a_candidate(1), evidence=())
        assert ledger_table.table(()) == ""
        assert "pictures" in candidate_panel.reason_of(bare, ())


class TestDownloads:
    @pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
    def test_no_cell_of_a_spreadsheet_is_a_formula(self, start: str) -> None:
        text = exports.to_csv(an_answer(a_candidate(1, start)), a_card())
        row = next(csv.DictReader(io.StringIO(text)))
        assert row["name"] == f"'{start}"
        assert float(row["lat"]) == pytest.approx(60.171)
        assert row["attribution"] == "© OSM"

    def test_geojson_has_a_closed_polygon_for_each_candidate(self) -> None:
        result = an_answer(a_candidate(1), a_candidate(2), query=HOSTILE[0])
        data = json.loads(exports.to_geojson(result, a_card()))
        assert data["attribution"] == "© OSM"
        assert data["query"] == HOSTILE[0]
        for feature in data["features"]:
            (ring,) = feature["geometry"]["coordinates"]
            assert len(ring) == 5
            assert ring[0] == ring[-1]
        assert [one["properties"]["rank"] for one in data["features"]] == [1, 2]

    def test_the_table_says_what_the_map_shows(self) -> None:
        one = a_candidate(1, HOSTILE[2])
        ledger = tuple(
            LedgerEntry(piece, "supported" if piece.supported else "missing", "", {}, 0.0, 1)
            for piece in one.evidence
        )
        told = replace(one, explanation=Explanation(ledger, "Because."), confidence=0.42)
        table = downloads.table(an_answer(told))
        assert "facts&#160;0.70, same&#160;words&#160;0.40" in table
        assert "42 &#37;" in table or "42 %" in table
        assert "<caption>" in table
        assert 'scope="col"' in table
        assert "<img" not in table
        assert "35 m north-east" in table


def test_every_bundled_city_has_examples_that_are_text() -> None:
    for city in ("helsinki", "monaco", "neubrandenburg", "montevideo"):
        assert len(examples.of_city(city)) >= 4
        assert all(text.strip() == text for text in examples.of_city(city))


def test_anywhere_offers_one_example_of_each_city() -> None:
    offered = examples.of_city(query_params.ANYWHERE)
    assert len(offered) >= 4
    assert examples.of_city("monaco")[0] in offered


class TestRoutes:
    @pytest.fixture
    def client(self) -> TestClient:
        return TestClient(Starlette(routes=list(routes.routes())), follow_redirects=False)

    def test_the_server_says_that_it_is_well(self, client: TestClient) -> None:
        assert client.get("/healthz").json()["status"] == "ok"

    def test_scripts_and_styles_are_ours_and_kept_by_the_browser(self, client: TestClient) -> None:
        assert routes.assets().scripts
        assert routes.assets().styles
        for url in (*routes.assets().scripts, *routes.assets().styles):
            answer = client.get(url)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]

    def test_the_script_of_the_map_has_all_its_parts_in_one_scope(self, client: TestClient) -> None:
        folder = load().static / "saywhere" / "map"
        assert sorted(file.stem for file in folder.iterdir()) == sorted(map_script.PARTS)
        (address,) = (url for url in routes.assets().scripts if "/map.js" in url)
        served = client.get(address).text
        for file in folder.iterdir():
            assert file.read_text(encoding="utf-8") in served
        assert served.count('"use strict"') == 1

    @pytest.mark.parametrize(
        "path",
        [
            "/tiles/none/1/0/0.webp",
            "/tiles/..%2F..%2Fetc/1/0/0.webp",
            "/tiles/a/x/0/0.webp",
            "/tiles/a/1/-1/0.webp",
            "/tiles/%60/1/0/0.webp",
            "/vendor/../core/geo.py",
            "/vendor/%2e%2e/%2e%2e/core/geo.py",
        ],
    )
    def test_nothing_outside_is_reached(self, client: TestClient, path: str) -> None:
        assert client.get(path).status_code == 404

    def test_the_page_by_its_name_is_the_front_page(self, client: TestClient) -> None:
        answer = client.get("/search?q=a&city=b")
        assert answer.headers["location"] == "/?q=a&city=b"

    def test_a_gallery_serves_its_base_map(
        self, client: TestClient, tiny_data: Path, tiny_city: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from core.web_tiles.mercator import tiles_in
        from pages.ui import resources

        monkeypatch.setenv("SAYWHERE_DATA", str(tiny_data))
        card = next(card for card in resources.cards() if card.name == tiny_city)
        inside = tiles_in(card.bounds, 15)
        url = routes.tiles_url(card).format(z=15, x=inside.x0, y=inside.y0)
        answer = client.get(url)
        assert answer.headers["content-type"] == "image/webp"
        assert "immutable" in answer.headers["cache-control"]
        dark = client.get(url + "&dark=1")
        assert dark.headers["content-type"] == "image/png"
        assert "immutable" in dark.headers["cache-control"]
        assert client.get(routes.tiles_url(card).format(z=15, x=0, y=0)).status_code == 204
        assert client.get(url.split("?")[0] + "?v=old").status_code == 404


@pytest.fixture
def app(tiny_data: Path, tiny_city: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_data))
    test = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
    test.query_params["city"] = tiny_city
    return test


class TestSearchPage:
    def test_the_page_stands_alone_and_offers_a_box(self, app: AppTest) -> None:
        app.run()
        assert not app.exception
        assert app.text_area(key="text").label == "What do you see around you?"

    def test_a_description_is_answered_when_the_button_is_pressed(self, app: AppTest) -> None:
        app.run()
        app.text_area(key="text").set_value("a church and a fountain")
        app.button[0].click().run()
        assert not app.exception
        assert app.radio(key="chosen").value == 1
        assert app.query_params["q"] in ("a church and a fountain", ["a church and a fountain"])

    def test_a_city_that_is_not_here_is_told_until_something_is_asked(self, app: AppTest) -> None:
        app.query_params["city"] = "atlantis`<b>"
        app.run()
        (told,) = [one.value for one in app.info if "not here" in one.value]
        assert "atlantis\\`\\<b\\>" in told
        app.text_area(key="text").set_value("a church")
        app.button[0].click().run()
        assert not [one for one in app.info if "not here" in one.value]

    def test_a_link_restores_text_number_and_choice(self, app: AppTest) -> None:
        app.query_params["q"] = "church"
        app.query_params["k"] = "3"
        app.query_params["sel"] = "2"
        app.run()
        assert not app.exception
        assert app.text_area(key="text").value == "church"
        assert len(app.radio(key="chosen").options) == 3
        assert app.radio(key="chosen").value == 2

    @pytest.mark.parametrize("text", ["", "🌊🌊", "   "])
    def test_nothing_to_search_for_is_said_in_one_sentence(self, app: AppTest, text: str) -> None:
        app.run()
        app.text_area(key="text").set_value(text)
        app.button[0].click().run()
        assert not app.exception
        assert len(app.info) == 1

    @pytest.mark.parametrize("text", [*HOSTILE, "كنيسة بيضاء", '"a" AND NEAR(', "x" * 100_000])
    def test_any_text_is_answered_without_an_error(self, app: AppTest, text: str) -> None:
        app.run()
        app.text_area(key="text").set_value(text)
        app.button[0].click().run()
        assert not app.exception
        assert app.info or app.radio(key="chosen").options


@pytest.fixture
def seeing(seen_home: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page with the tiny city that a picture model embedded."""
    monkeypatch.setenv("SAYWHERE_DATA", str(seen_home))
    test = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
    test.query_params["city"] = "tinycity"
    test.query_params["q"] = "a church and a fountain"
    test.session_state["section-scores"] = True
    return test


def scores_in(app: AppTest) -> set[str]:
    """The channels in the panel's table of scores."""
    html = " ".join(one.proto.body for one in app.get("html"))
    words = {traits.word for traits in CHANNEL_TRAITS.values()}
    return {word for word in words if f"<th scope=row>{word}</th>" in html}


class TestChannels:
    def test_all_channels_answer_where_none_is_picked(self, seeing: AppTest) -> None:
        seeing.run()
        assert not seeing.exception
        assert scores_in(seeing) >= {"picture", "facts", "same words"}
        assert len(seeing.info) == 0

    @pytest.mark.parametrize("picked", [["image"], ["facts"], ["image", "names"]])
    def test_a_channel_is_switched_off_and_on_and_the_link_says_so(
        self, seeing: AppTest, picked: list[str]
    ) -> None:
        seeing.run()
        names = {"image": "picture", "names": "same words"}
        seeing.button_group(key="channels").set_value(picked).run()
        assert not seeing.exception
        assert scores_in(seeing) == {names.get(one, one) for one in picked}
        assert seeing.query_params["channels"] in (",".join(picked), [",".join(picked)])
        seeing.button_group(key="channels").set_value([]).run()
        assert scores_in(seeing) >= {"picture", "facts", "same words"}
        assert "channels" not in seeing.query_params

    def test_a_link_restores_the_channels(self, seeing: AppTest) -> None:
        seeing.query_params["channels"] = "image"
        seeing.run()
        assert not seeing.exception
        assert seeing.button_group(key="channels").value == ["image"]
        assert scores_in(seeing) == {"picture"}

    def test_a_city_without_pictures_offers_none(self, app: AppTest) -> None:
        app.query_params["q"] = "church"
        app.query_params["channels"] = "image"
        app.run()
        assert not app.exception
        offered = app.button_group(key="channels").options
        assert CHANNEL_TRAITS["facts"].choice in offered
        assert CHANNEL_TRAITS["image"].choice not in offered
        assert "no channel image" in app.info[0].value.replace("\\", "")


class TestModels:
    @pytest.fixture
    def two(
        self,
        seen_home: Path,
        encoder: SentenceEncoder,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> AppTest:
        """The tiny city, embedded by two models."""
        home = tmp_path / "data"
        shutil.copytree(seen_home, home)
        path = write_compact(tmp_path / "second.safetensors", 5)
        folder = home / "galleries" / "tinycity"
        embed_pictures(folder, load_compact(path, encoder), path, 1, lambda *_: None)
        link_checkpoint(path, load({"SAYWHERE_DATA": str(home)}))
        monkeypatch.setenv("SAYWHERE_DATA", str(home))
        test = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
        test.query_params["city"] = "tinycity"
        test.query_params["q"] = "a church"
        test.query_params["channels"] = "image"
        test.session_state["section-scores"] = True
        return test

    def test_one_model_is_no_choice(self, seeing: AppTest) -> None:
        seeing.run()
        assert not [one for one in seeing.selectbox if one.key == "model"]

    def test_another_model_gives_another_answer_and_the_link_restores_it(
        self, two: AppTest
    ) -> None:
        two.run()
        assert not two.exception
        usual = two.radio(key="chosen").options
        box = two.selectbox(key="model")
        assert len(set(box.options)) == 2
        box.select_index(1).run()
        assert not two.exception
        other = two.radio(key="chosen").options
        assert other != usual
        (key,) = (
            two.query_params["model"]
            if isinstance(two.query_params["model"], list)
            else (two.query_params["model"],)
        )
        assert key.startswith("compact-")
        two.selectbox(key="model").select_index(0).run()
        assert two.radio(key="chosen").options == usual
        again = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
        again.query_params.update(
            {"city": "tinycity", "q": "a church", "channels": "image", "model": key}
        )
        again.run()
        assert again.radio(key="chosen").options == other

    def test_a_model_that_is_not_here_is_taken_for_the_usual_one(self, two: AppTest) -> None:
        two.run()
        usual = two.radio(key="chosen").options
        two.query_params["model"] = "no-such-model"
        two.run()
        assert not two.exception
        assert two.radio(key="chosen").options == usual

    @pytest.mark.parametrize("picked", ["", "image"])
    def test_missing_weights_are_said_and_words_answer_alone_unless_pictures_were_picked(
        self, two: AppTest, tmp_path: Path, picked: str
    ) -> None:
        for link in (tmp_path / "data" / "models").iterdir():
            link.unlink()
        two.query_params["channels"] = picked
        resources._seeing.clear()
        two.run()
        assert not two.exception
        assert len([note for note in two.info if "safetensors" in note.value]) == 1
        assert scores_in(two) == (set() if picked else {"facts", "same words"})
