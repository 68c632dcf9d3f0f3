"""A photograph on the search page, and wishes about places and phrases."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Served, Visit, drawn, serve
from PIL import Image
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest
from tiny_hostile import hostile_files, saved

from core.cli.bench.app_server import resident_mb
from core.describe.streetview.scene import PhotoDescription, Scene, Segments, Sign
from core.describe.streetview.sentences import described_by_rules
from core.geo import Position
from core.records import Steering
from pages.search_page.photo.session import VisitorPhoto
from pages.search_page.query_params import SearchParams, from_params
from pages.search_page.wishes.alike import marked
from pages.search_page.wishes.phrases import denied, weighed, weight_of

ROOT = Path(__file__).resolve().parent.parent.parent
SCENE = Scene(
    (
        Sign("PHARMACIE", 0.97, "left", "pharmacy", "French", size=0.05),
        Sign("<b>*Oddly*</b>", 0.9, "right", size=0.04),
    ),
    Segments({"sky": 0.2, "vegetation": 0.1, "road": 0.3, "facade": 0.4}, "classical"),
)


def photo_of(own: str = "", taken_at: Position | None = None) -> VisitorPhoto:
    text = described_by_rules([SCENE])
    picture = Image.new("RGB", (64, 48), "orange")
    return VisitorPhoto(picture, PhotoDescription(text, (SCENE,)), own, taken_at=taken_at)


def page(home: Path, monkeypatch: pytest.MonkeyPatch, **params: str) -> AppTest:
    monkeypatch.setenv("SAYWHERE_DATA", str(home))
    test = AppTest.from_file(str(ROOT / "pages" / "search.py"), default_timeout=120)
    test.query_params.update({"city": "tinycity", **params})
    return test


def in_link(test: AppTest, name: str) -> str:
    value = test.query_params.get(name, "")
    return value if isinstance(value, str) else "".join(value)


def phrases(test: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser is told of each phrase that has a chip."""
    (row,) = (
        one.proto
        for one in test.get("bidi_component")
        if one.proto.component_name.endswith("saywhere_phrases")
    )
    return {chip["phrase"]: chip for chip in json.loads(row.json)["chips"]}


def test_a_photo_is_described_in_the_box_and_its_signs_can_be_dropped(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(tiny_home, monkeypatch).run()
    photo = photo_of("Near a fountain", Position(60.17, 24.94))
    test.session_state["photo-seen"] = photo
    test.session_state["text"] = photo.text
    test.run()
    assert not test.exception
    assert test.text_area(key="text").value.startswith("Near a fountain. On the left is a pharmacy")
    chips = test.get("button_group")
    (signs,) = (chip for chip in chips if chip.key == "photo-signs")
    assert signs.value == ["PHARMACIE", "<b>*Oddly*</b>"]
    signs.set_value(["PHARMACIE"]).run()
    assert "Oddly" not in test.text_area(key="text").value
    assert "PHARMACIE" in test.text_area(key="text").value
    test.button(key="photo-forget").click().run()
    assert "photo-seen" not in test.session_state
    assert "PHARMACIE" in test.text_area(key="text").value


def test_what_a_signpost_names_is_dropped_at_first() -> None:
    def script() -> None:
        import streamlit as st
        from PIL import Image

        from core.describe.streetview.scene import PhotoDescription, Scene, Segments, Sign
        from pages.search_page.photo import panel, session

        away = Sign("Camping", 0.9, "left", "camping site", size=0.01, points_away=True)
        shares = {"sky": 1.0, "vegetation": 0.0, "road": 0.0, "facade": 0.0}
        scene = Scene((away, Sign("Lindenhof", 0.9, "left")), Segments(shares, "classical"))
        text = "On the left a signpost names “Camping”. On the left I read “Lindenhof”."
        described = PhotoDescription(text, (scene,))
        picture = Image.new("RGB", (8, 8))
        photo = session.VisitorPhoto(picture, described, "", described.pointing_away)
        st.session_state["photo-seen"] = photo
        st.session_state["told"] = photo.text
        panel.seen()

    test = AppTest.from_function(script).run()
    assert not test.exception
    assert test.session_state["told"] == "On the left I read “Lindenhof”."
    (signs,) = test.get("button_group")
    assert signs.value == ["Lindenhof"]
    assert any("signpost" in caption.value for caption in test.caption)


def test_wishes_of_a_link_are_searched_and_shown_where_the_text_has_them(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = {"must": "a pond", "twice": "a statue", "minus": "a church"}
    test = page(tiny_home, monkeypatch, q="a church, a pond and a park", **wishes).run()
    assert not test.exception
    shown = phrases(test)
    assert list(shown) == ["a church", "pond", "park", "a statue"]
    assert [one["state"] for one in shown.values()] == ["minus", "must", "", "twice"]
    assert shown["pond"]["standing"] == "supported"
    assert shown["a church"]["standing"] == ""
    assert (in_link(test, "must"), in_link(test, "minus")) == ("a pond", "a church")


def test_a_wish_that_no_place_meets_is_told_and_can_be_taken_back(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(tiny_home, monkeypatch, q="a park", must="a lighthouse").run()
    assert not test.exception
    assert any("lighthouse" in info.value for info in test.info)
    (chip,) = phrases(test).values()
    assert chip["state"] == "must"
    assert "" in dict(chip["choices"])


def test_what_was_passed_on_the_way_is_asked_for_and_can_be_taken_back(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(tiny_home, monkeypatch, q="a park")
    test.session_state["walk"] = True
    test.run()
    test.text_input(key="walk-passed").set_value("a church").run()
    assert not test.exception
    assert in_link(test, "passed") == "a church"
    test.button(key="wish-passed").click().run()
    assert in_link(test, "passed") == ""


def test_more_like_this_ranks_again_and_is_kept_in_the_link(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(tiny_home, monkeypatch, q="a park, a statue").run()
    title = test.radio(key="chosen").options[0].split("** ", 1)[1]
    test.button(key="alike-unlike").click().run()
    assert not test.exception
    unliked = in_link(test, "unlike")
    assert unliked
    chip = test.button(key=f"wish-unlike-{unliked}")
    assert chip.label == f"Not like {title}"
    again = page(tiny_home, monkeypatch, q="a park, a statue", unlike=unliked).run()
    assert unliked not in again.button(key=f"wish-unlike-{unliked}").label


def test_a_file_is_described_and_its_position_kept_only_on_request() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (55.0, 30.0, 0.0), 3: "E", 4: (13.0, 0.0, 0.0)})
    pixels = Image.new("RGB", (200, 150), "#d9a520")
    pixels.paste("#2f7d2b", (0, 100, 200, 150))

    def script(data: bytes, harm: bytes) -> None:
        import streamlit as st

        from pages.search_page.photo import session

        session.take(data, with_position=False)
        st.session_state["without"] = session.current()
        session.take(data, with_position=True)
        st.session_state["with"] = session.current()
        session.take(harm, with_position=False)
        st.session_state["told"] = session.problem()

    arguments = {"data": saved(pixels, exif=exif, quality=95), "harm": b"<svg/>"}
    test = AppTest.from_function(script, default_timeout=120, kwargs=arguments).run()
    assert not test.exception
    assert test.session_state["without"].taken_at is None
    assert test.session_state["with"].taken_at == Position(55.5, 13.0)
    assert "no JPEG, PNG or WebP" in test.session_state["told"]
    assert test.session_state["text"] == test.session_state["with"].text


def test_a_link_restores_wishes_and_leaves_out_what_makes_no_sense() -> None:
    wishes = Steering(
        like=("t1",),
        unlike=("t2",),
        must=("a pond",),
        minus=("trams",),
        passed="a bank",
        reach_m=500,
    )
    params = SearchParams(text="a park", city="x", steering=wishes).to_params()
    assert from_params(params, ["x"]).steering == wishes
    odd = {
        "city": "x",
        "like": "t1\nt1\n\x00\n" + "y" * 300,
        "unlike": "t1\nt3",
        "twice": "thing 1\nanother",
        "must": "…\n" + "\n".join(f"thing {n}" for n in range(60)),
        "reach": "-5",
    }
    found = from_params(odd, ["x"]).steering
    assert (found.like, found.unlike, found.reach_m) == (("t1",), ("t3",), 300.0)
    assert len(found.must) in (19, 20)
    assert found.twice == ("another",)


def test_a_phrase_and_a_tile_have_one_wish_at_a_time() -> None:
    wishes = weighed(weighed(Steering(), "a pond", "must"), "a pond", "twice")
    assert (wishes.must, wishes.twice, weight_of(wishes, "a pond")) == ((), ("a pond",), "twice")
    assert not weighed(wishes, "a pond", "")
    liked = marked(Steering(), "t1", "like")
    assert marked(liked, "t1", "unlike") == Steering(unlike=("t1",))
    assert not marked(liked, "t1", "like")


@pytest.mark.parametrize(
    ("text", "phrase", "said"),
    [
        ("There is a pond. A church.", "pond", "There is no pond. A church."),
        ("A pond, an old church", "an old church", "A pond, no old church"),
        ("the Pond (a+b)", "pond (a+b)", "no pond (a+b)"),
        ("a banana stand", "ana", "a banana stand"),
        ("a pond", "lake", "a pond"),
    ],
)
def test_a_phrase_that_is_not_there_is_denied_in_the_text(
    text: str, phrase: str, said: str
) -> None:
    assert denied(text, phrase) == said


@pytest.fixture
def own_server(tiny_data: Path, tmp_path: Path) -> Iterator[Served]:
    """The app for one test, whose memory no other test fills."""
    yield from serve(tiny_data, tmp_path / "log.txt")


@pytest.mark.slow
@pytest.mark.browser
def test_a_hundred_hostile_files_do_no_harm_to_the_server(
    own_server: Served,
    tmp_path: Path,
    visits: Callable[..., Visit],
    street: Image.Image,
    record_property: Callable[[str, object], None],
) -> None:
    files = [(saved(street, quality=95), True)]
    files += [(file.data, file.readable) for file in hostile_files()]
    assert len(files) == 101
    visit = visits(own_server)
    page, held, told = visit.page, {}, 0
    page.goto(own_server.address("/?city=tinytown&q=a%20church"))
    page.frame_locator("iframe").first.locator(".sw-marker").first.wait_for()
    drawn(page)
    held["before"] = most = resident_mb(own_server.pid)
    for turn, (harm, readable) in enumerate(files):
        page.get_by_role("button", name="From a photo").click()
        page.locator(f".st-key-photo-file-{turn} input[type=file]").set_input_files(
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": harm}
        )
        expect(page.locator(f".st-key-photo-{turn + 1}")).to_be_visible(timeout=120_000)
        drawn(page)
        if not readable:
            warning = page.get_by_test_id("stAlert").filter(has_text="cannot be read")
            expect(warning).to_have_count(1)
            told += 1
        expect(page.get_by_test_id("stException")).to_have_count(0)
        most = max(most, resident_mb(own_server.pid))
        held.setdefault("after the first", most)
    held["at most"] = most
    record_property("held_mb", {when: round(mb) for when, mb in held.items()})
    record_property("told", told)
    assert held["at most"] < held["before"] + 150
    assert visit.errors == []
    assert (tmp_path / "log.txt").read_text().count("Traceback") == 0
