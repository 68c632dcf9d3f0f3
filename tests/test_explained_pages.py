"""The page explains its answers: verdict, reason, ledger, maps, comparison, follow-up question."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from conftest import settings_for
from streamlit.testing.v1 import AppTest
from tiny_answers import HOSTILE, a_candidate, an_answer
from tiny_chat import GOOD, Reply, chat
from tiny_cvgtext import PUBLIC, panorama, write_picture

from core.explain.attribution.report import AttributionSummary
from core.explain.comparison import compare
from core.explain.llm import Advice
from core.gallery import Gallery, open_gallery
from core.gallery.embed import embed_pictures
from core.gallery.picture_builder import build_pictures
from core.models.compact import CompactEncoder
from core.records import Evidence, LedgerEntry, Query, Relevance, Verdict, Word
from core.retrieval import link_checkpoint, search_with_trace
from core.settings import load
from core.sources.cvgtext import read_cvgtext
from core.vocabulary.chances import percent
from pages.search_page import (
    attribution_panel,
    comparison_panel,
    confidence_banner,
    ledger_table,
    llm_panel,
)
from pages.ui import highlighted_text, resources

ROOT = Path(__file__).resolve().parent.parent
VAGUE = "Harbour Lane"


def page(home: Path, monkeypatch: pytest.MonkeyPatch, city: str, **params: str) -> AppTest:
    monkeypatch.setenv("SAYWHERE_DATA", str(home))
    test = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=60)
    test.query_params.update({"city": city, **params})
    return test


@pytest.fixture
def seeing(seen_home: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A city that a picture model embedded, asked for two things it has and one no map knows."""
    return page(seen_home, monkeypatch, "tinycity", q="a church, a fountain, blue sky")


SECTIONS = ("ledger", "looked", "again", "scores", "table")


def open_all(app: AppTest) -> None:
    """Unfolds every section; what is in them is made only then."""
    for name in SECTIONS:
        app.session_state[f"section-{name}"] = True


def html_of(app: AppTest) -> str:
    """The HTML of the page without its style sheets."""
    bodies = (one.proto.body for one in app.get("html"))
    return "\n".join(body for body in bodies if not body.startswith("<style"))


def drawn_of(app: AppTest) -> dict[str, object]:
    """The data of the map's answer, as it goes to the browser."""
    (frame,) = app.get("component_instance")
    call = re.search(
        r'draw\(\w+, JSON\.parse\(decodeURIComponent\("([^"]*)"',
        json.loads(frame.proto.json_args)["feature_group"],
    )
    assert call is not None
    data: dict[str, object] = json.loads(unquote(call.group(1)))
    return data


def param(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else value


class TestOtherLanguages:
    def test_the_page_says_what_was_understood_and_the_ledger_shows_both_wordings(
        self, seen_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = "eine Kirche neben dem Springbrunnen, ein Quastenflosser"
        german = page(seen_home, monkeypatch, "tinycity", q=asked)
        open_all(german)
        german.run()
        assert not german.exception
        captions = [one.value.replace("\\", "") for one in german.caption]
        assert (
            "Understood as German: church, next to, fountain. Not understood: Quastenflosser."
        ) in captions
        html = html_of(german)
        assert '<q dir="auto">Springbrunnen</q><small>fountain</small>' in html

    def test_an_english_answer_has_no_such_line(self, seeing: AppTest) -> None:
        seeing.run()
        assert not [one.value for one in seeing.caption if "Understood" in one.value]


class TestVerdict:
    @pytest.mark.parametrize(
        ("said", "title"),
        [
            ("likely", "Likely here"),
            ("several places fit", "Several places fit"),
            ("probably not in this gallery", "Probably not in Helsinki"),
        ],
    )
    def test_it_is_said_in_words_with_advice(self, said: Verdict, title: str) -> None:
        result = replace(an_answer(a_candidate(1)), verdict=said)
        told = AppTest.from_function(_draw_verdict, kwargs={"result": result}).run()
        assert title in html_of(told)
        assert len(confidence_banner.advice(result, said, "Helsinki")) > 40

    def test_an_address_without_its_number_is_told_beside_the_chance(
        self, seen_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = page(seen_home, monkeypatch, "tinycity", q="Harbour Lane 9999").run()
        assert not asked.exception
        verdict = re.search(r'<section class="sw-verdict".*?</section>', html_of(asked))
        assert verdict is not None
        assert "The map lacks the number of “Harbour Lane 9999”" in unescape(verdict.group())

    def test_in_a_chosen_area_it_says_so(self) -> None:
        result = replace(an_answer(a_candidate(1)), verdict="likely", in_area=True)
        assert "Likely here, in this area" in confidence_banner.heading(result, "Helsinki")
        assert "if you are in this area" in confidence_banner.advice(result, "likely", "Helsinki")
        several = confidence_banner.title_of_verdict("several places fit", "Helsinki", True)
        assert several == "Several places fit in this area"

    @pytest.mark.parametrize(
        ("share", "said"),
        [
            (0.0, "under 1 %"),
            (0.004, "under 1 %"),
            (0.62, "62 %"),
            (0.996, "over 99 %"),
            (1.0, "over 99 %"),
        ],
    )
    def test_a_probability_is_never_nothing_and_never_certain(
        self, share: float, said: str
    ) -> None:
        assert percent(share) == said

    def test_the_page_shows_it_and_how_sure_each_place_is(self, seeing: AppTest) -> None:
        seeing.run()
        assert not seeing.exception
        html = html_of(seeing)
        assert 'class="sw-verdict"' in html
        assert "80 &#37; of the probability lies in" in html
        captions = seeing.radio(key="chosen").proto.captions
        assert captions
        assert all("within 100 m" in one for one in captions)


def _draw_verdict(result: object) -> None:
    from pages.search_page import confidence_banner as drawn

    drawn.draw(result, None, "Helsinki")  # type: ignore[arg-type]


class TestReason:
    def test_it_comes_before_everything_else_in_the_panel(self, seeing: AppTest) -> None:
        seeing.run()
        bodies = [one.proto.body for one in seeing.get("html")]
        head = next(at for at, body in enumerate(bodies) if "sw-head" in body)
        assert 'class="sw-reason"' in bodies[head + 1]
        assert "church" in bodies[head + 1]
        assert "sw-panel" in bodies[head + 2]

    def test_the_ledger_has_a_row_for_each_phrase(self, seeing: AppTest) -> None:
        seeing.session_state["section-ledger"] = True
        seeing.run()
        (table,) = re.findall(r'<table class="sw-ledger">.*?</table>', html_of(seeing), re.S)
        assert len(re.findall(r'<th scope="row">', table)) == 3
        assert "no map can tell" in table, "of the sky"
        assert table.count("found on the map") >= 1

    def test_the_ledger_tells_which_words_the_map_does_not_show(self) -> None:
        evidence = Evidence("red <b> church", 0, 14, "facts", "lutheran church", 0.9)
        entry = LedgerEntry(evidence, "supported", "", {}, 0.0, 1)
        assert "does not tell" not in ledger_table.table((entry,))
        told = ledger_table.table((replace(entry, unshown=("red", "<b>")),))
        assert "The map does not tell: red, &#60;b&#62;" in told

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_words_are_text_in_every_section(self, seeing: AppTest, text: str) -> None:
        seeing.query_params["q"] = f"a church, {text}, a fountain"
        open_all(seeing)
        seeing.run()
        assert not seeing.exception
        html = html_of(seeing)
        assert "__pwned" not in html
        assert "<script" not in html
        assert "<img src=x" not in html
        assert "`" not in html


class TestLooked:
    def test_maps_are_worked_out_when_their_section_is_open(self, seeing: AppTest) -> None:
        seeing.run()
        assert 'class="sw-looked"' not in html_of(seeing)
        open_all(seeing)
        seeing.run()
        assert not seeing.exception
        html = html_of(seeing)
        assert html.count('class="sw-veiled"') == 2, "the map and its control"
        assert "counted most" in html or "No word stood out" in html
        assert "two pictures" in html

    def test_words_carry_their_relevance_as_a_number(self) -> None:
        found = _relevance(words=(Word(0, 1, 0.01), Word(2, 8, 1.0)))
        told = highlighted_text.by_relevance("a church <b>", found)
        assert 'title="1.00" style="--sw-share:100%">church<span class="sw-unseen"> (1.00)' in told
        assert "<b>" not in told
        assert "“church”" in attribution_panel.html_of(
            "a church", AttributionSummary(found, "", ""), b""
        )

    def test_a_map_like_the_decoys_is_said_to_explain_nothing(self) -> None:
        seen = AttributionSummary(
            _relevance(telling=False, likeness=0.91), "the north", "the north"
        )
        assert "explains nothing" in attribution_panel.html_of("a church", seen, b"")
        of_photograph = attribution_panel.html_of("a church", seen, b"", "aerial")
        assert of_photograph.count('alt="Aerial picture, bright where') == 2
        assert "Map picture" not in of_photograph
        assert "is about your words" in attribution_panel.html_of(
            "a church", replace(seen, relevance=_relevance(telling=True, likeness=0.2)), b""
        )

    def test_nothing_of_a_folded_section_is_made(self, seeing: AppTest) -> None:
        seeing.run()
        html = html_of(seeing)
        kept = seeing.session_state["found"].kept
        assert "ledgers" not in kept
        assert not [
            part for part in ("sw-ledger", "sw-again", "sw-scores", "sw-table") if part in html
        ]
        open_all(seeing)
        seeing.run()
        html = html_of(seeing)
        assert all(part in html for part in ("sw-ledger", "sw-again", "sw-scores", "sw-table"))

    def test_no_picture_searched_is_no_section(self, seeing: AppTest) -> None:
        seeing.query_params["channels"] = "facts,names"
        seeing.run()
        assert "What the model looked at" not in [one.label for one in seeing.expander]


def _relevance(
    words: tuple[Word, ...] = (), telling: bool = True, likeness: float = 0.0
) -> Relevance:
    cells = ((0.0, 1.0), (0.5, 0.2))
    return Relevance(words, cells, 0.3, "a place on a map", cells, likeness, telling)


class TestWithoutSomething:
    def test_pictures_alone_explain_what_they_can(self, seeing: AppTest) -> None:
        seeing.query_params["channels"] = "image"
        open_all(seeing)
        seeing.run()
        assert not seeing.exception
        html = html_of(seeing)
        assert "Only pictures were searched" in html
        assert "no map can tell" in html
        assert 'class="sw-veiled"' in html

    def test_a_gallery_of_pictures_and_nothing_else_explains_them(
        self,
        tmp_path: Path,
        compact: CompactEncoder,
        compact_weights: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        names = [panorama(40.7 + row / 1000, -74.0, row, "png") for row in range(4)]
        folder = PUBLIC.write(tmp_path, "NewYork", "sat", {"test": dict.fromkeys(names, "x")})
        for row, name in enumerate(names):
            write_picture(folder / name, row, (), 320)
        home = tmp_path / "data"
        build_pictures(
            "cvg",
            read_cvgtext(tmp_path, "NewYork", "panorama", "sat", None),
            None,
            home / "galleries",
            "",
            datetime(2026, 1, 2, tzinfo=UTC),
            lambda *_: None,
        )
        embed_pictures(home / "galleries" / "cvg", compact, compact_weights, 1, lambda *_: None)
        link_checkpoint(compact_weights, load({"SAYWHERE_DATA": str(home)}))
        app = page(home, monkeypatch, "cvg", q="a church and a park")
        app.session_state["section-looked"] = True
        app.run()
        assert not app.exception
        assert "Only pictures were searched" in html_of(app)
        assert html_of(app).count('class="sw-veiled"') == 2
        app.selectbox(key="versus").select_index(1).run()
        assert not app.exception
        assert 'class="sw-versus"' in html_of(app)

    @pytest.mark.parametrize("channels", ["facts", "names", "facts,names"])
    def test_a_city_without_pictures_explains_the_rest(
        self, tiny_data: Path, tiny_city: str, monkeypatch: pytest.MonkeyPatch, channels: str
    ) -> None:
        app = page(tiny_data, monkeypatch, tiny_city, q="a church and a park", channels=channels)
        app.session_state["section-ledger"] = True
        app.run()
        assert not app.exception
        assert 'class="sw-ledger"' in html_of(app)


class TestProbability:
    def test_the_map_has_the_likeliest_tiles_by_level(self, seeing: AppTest) -> None:
        seeing.run()
        spread = drawn_of(seeing)["spread"]
        tiles = spread["tiles"]  # type: ignore[index]
        assert 1 <= len(tiles) <= 300
        assert [one[2] for one in tiles] == sorted(one[2] for one in tiles)
        assert tiles[0][2] == 0


class TestComparison:
    def test_another_place_is_picked_and_the_link_restores_it(
        self, seeing: AppTest, seen_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seeing.run()
        box = seeing.selectbox(key="versus")
        assert box.value == ""
        box.select_index(1).run()
        assert not seeing.exception
        html = html_of(seeing)
        assert html.count("Picture of place") == 2
        assert "Place 1" in html
        assert "for place" in html or "for neither" in html
        again = page(
            seen_home,
            monkeypatch,
            "tinycity",
            q="a church, a fountain, blue sky",
            vs=param(seeing, "vs"),
        )
        again.run()
        assert not again.exception
        assert 'class="sw-versus"' in html_of(again)
        again.radio(key="chosen").set_value(3).run()
        assert "Place 3" in html_of(again)

    def test_a_spot_off_the_list_is_compared_and_marked_on_the_map(
        self, seeing: AppTest, seen_home: Path
    ) -> None:
        gallery = open_gallery("tinycity", settings_for(seen_home / "galleries"))
        seeing.query_params["k"] = "1"
        seeing.run()
        shown = drawn_of(seeing)["candidates"][0]["at"]  # type: ignore[index]
        other = int(np.argmax(np.abs(gallery.lats - shown[0]) + np.abs(gallery.lons - shown[1])))
        seeing.query_params["vs"] = gallery.tile(other).tile_id
        seeing.run()
        assert not seeing.exception
        assert "Your spot" in html_of(seeing)
        assert drawn_of(seeing)["other"] is not None

    @pytest.mark.parametrize("text", [*HOSTILE, "0,0", "x" * 5000])
    def test_a_place_that_is_not_here_is_no_error(self, seeing: AppTest, text: str) -> None:
        seeing.query_params["vs"] = text
        seeing.run()
        assert not seeing.exception
        assert 'class="sw-versus"' not in html_of(seeing)

    def test_a_place_is_not_compared_with_itself(self, seeing: AppTest) -> None:
        seeing.run()
        seeing.selectbox(key="versus").select_index(1).run()
        seeing.radio(key="chosen").set_value(2).run()
        assert not seeing.exception
        assert [one.value for one in seeing.caption if "this place itself" in one.value]

    def test_the_map_waits_for_a_click_when_a_spot_is_to_be_picked(self, seeing: AppTest) -> None:
        seeing.run()
        assert drawn_of(seeing)["picking"] is False
        box = seeing.selectbox(key="versus")
        box.select_index(len(box.options) - 1).run()
        assert not seeing.exception
        assert drawn_of(seeing)["picking"] is True
        assert "vs" not in seeing.query_params

    def test_hostile_phrases_are_text(self, seen_gallery: Gallery) -> None:
        text = ", ".join(HOSTILE)
        trace = search_with_trace(
            seen_gallery, resources.encoder(), Query(text, 2, ("facts", "names"))
        )
        one, two = (candidate.tile.tile_id for candidate in trace.result.candidates)
        html = comparison_panel.both(
            seen_gallery, compare(trace, one, two), ("Place 1", "Place 2"), 9
        )
        assert "__pwned" not in html
        assert "`" not in html


class TestFollowUp:
    @pytest.fixture
    def vague(self, tiny_data: Path, tiny_city: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
        """An answer of which several places are as good."""
        app = page(tiny_data, monkeypatch, tiny_city, q=VAGUE)
        app.run()
        assert "Several places fit" in html_of(app)
        return app

    @staticmethod
    def asked(app: AppTest) -> str:
        return next(one.value for one in app.markdown if one.value.endswith(r"\?**"))

    @staticmethod
    def confidences(app: AppTest) -> list[float]:
        found = app.session_state["found"]
        return [one.confidence for one in found.result.candidates]

    def test_a_question_is_asked_and_the_answer_ranks_again(self, vague: AppTest) -> None:
        first, before = self.asked(vague), self.confidences(vague)
        vague.button(key="reply-yes").click().run()
        assert not vague.exception
        after = self.confidences(vague)
        assert after != before
        assert after == sorted(after, reverse=True)
        assert param(vague, "answers").startswith("y ")
        if "Several places fit" in html_of(vague):
            assert not [one for one in vague.markdown if one.value == first], "asked again"

    def test_cannot_tell_changes_nothing_but_the_question(self, vague: AppTest) -> None:
        first, before = self.asked(vague), self.confidences(vague)
        vague.button(key="reply-cannot tell").click().run()
        assert not vague.exception
        assert self.confidences(vague) == before
        assert not [one for one in vague.markdown if one.value == first]

    def test_an_answer_is_taken_back(self, vague: AppTest) -> None:
        before = self.confidences(vague)
        vague.button(key="reply-no").click().run()
        vague.button(key="undo-0").click().run()
        assert not vague.exception
        assert self.confidences(vague) == before
        assert "answers" not in vague.query_params

    def test_a_link_restores_the_answers(
        self, vague: AppTest, tiny_data: Path, tiny_city: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vague.button(key="reply-no").click().run()
        again = page(tiny_data, monkeypatch, tiny_city, q=VAGUE, answers=param(vague, "answers"))
        again.run()
        assert not again.exception
        assert self.confidences(again) == self.confidences(vague)

    def test_another_description_starts_without_answers(self, vague: AppTest) -> None:
        vague.button(key="reply-no").click().run()
        vague.text_area(key="text").set_value("a church and a fountain")
        vague.button[0].click().run()
        assert "answers" not in vague.query_params

    @pytest.mark.parametrize("text", [*HOSTILE, "y " + HOSTILE[0], "y pub: `${x}`\nn water"])
    def test_hostile_answers_in_a_link_are_harmless(
        self, tiny_data: Path, tiny_city: str, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        app = page(tiny_data, monkeypatch, tiny_city, q=VAGUE, answers=text)
        app.run()
        assert not app.exception


class TestAdvice:
    @pytest.fixture
    def asking(self, seeing: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
        monkeypatch.setenv("SAYWHERE_LLM_MODEL", "tiny")
        return seeing

    def test_nothing_is_offered_without_a_server(self, seeing: AppTest) -> None:
        seeing.run()
        assert "advise" not in [one.key for one in seeing.button]

    def test_it_is_asked_only_by_a_click_and_says_who_wrote(
        self, asking: AppTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with chat(
            Reply(json.dumps(GOOD | {"reason": "The church and the fountain are here."}))
        ) as server:
            monkeypatch.setenv("SAYWHERE_LLM_URL", server.url)
            asking.run()
            assert server.asked == []
            asking.button(key="advise").click().run()
            assert not asking.exception
            assert len(server.asked) == 1
        assert "Written by tiny" in html_of(asking)

    def test_its_failure_is_a_note_beside_our_own_reason(
        self, asking: AppTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with chat(Reply(status=500)) as server:
            monkeypatch.setenv("SAYWHERE_LLM_URL", server.url)
            asking.run()
            asking.button(key="advise").click().run()
        assert not asking.exception
        assert "Written by Saywhere itself" in html_of(asking)
        assert 'class="sw-note"' in html_of(asking)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_what_a_model_writes_is_text(self, text: str) -> None:
        told = llm_panel.html_of(Advice(text, 0.5, text, text, text, text))
        assert "__pwned" not in told
        assert "`" not in told
