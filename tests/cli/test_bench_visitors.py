"""The bench of many visitors: its messages are Streamlit's own, and it counts what it meets."""

from pathlib import Path

import pytest
from conftest import ROOT, settings_for
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.cli.bench import visitors
from core.cli.bench.page_messages import (
    WidgetValue,
    fields,
    page_part,
    run_request,
    widget_of,
)
from core.errors import GalleryError, QueryError
from core.settings import Settings


def test_a_request_is_in_streamlits_words() -> None:
    text = "ein roter Turm, é " * 40
    values = (WidgetValue("$$ID-1-text", text), WidgetValue("$$ID-2-button", True))
    message = BackMsg()
    message.ParseFromString(run_request({"q": "a red tower", "city": "x"}, "0a1b", values))
    assert message.WhichOneof("type") == "rerun_script"
    run = message.rerun_script
    assert run.query_string == "q=a+red+tower&city=x"
    assert run.page_script_hash == "0a1b"
    box, button = run.widget_states.widgets
    assert (box.id, box.string_value) == ("$$ID-1-text", text)
    assert (button.id, button.trigger_value) == ("$$ID-2-button", True)


def answer(**content: object) -> ForwardMsg:
    message = ForwardMsg()
    for name, value in content.items():
        setattr(message, name, value)
    return message


def test_what_the_app_says_is_read_as_streamlit_wrote_it() -> None:
    over = answer(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)
    early = answer(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN)
    assert page_part(over.SerializeToString()).finished
    assert not page_part(early.SerializeToString()).finished
    page = ForwardMsg()
    page.navigation.page_script_hash = "0a1b"
    assert page_part(page.SerializeToString()).script == "0a1b"
    box = ForwardMsg()
    box.delta.new_element.text_area.id = "$$ID-0123abcd-text"
    part = page_part(box.SerializeToString())
    assert widget_of(part.drawn, "text") == "$$ID-0123abcd-text"
    assert widget_of(part.drawn, "city") == ""
    assert not part.failed
    card = ForwardMsg()
    card.delta.new_element.exception.message = "no"
    assert page_part(card.SerializeToString()).failed


@pytest.mark.parametrize("broken", [b"\x80", b"\x0b", b"\xff" * 3])
def test_what_is_no_message_is_told(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"message|field"):
        list(fields(broken))


@pytest.mark.parametrize(
    "apps", [("this",), pytest.param(("this", "beside"), marks=pytest.mark.slow)]
)
def test_visitors_are_counted_and_timed(tiny_settings: Settings, apps: tuple[str, ...]) -> None:
    told: list[tuple[str, int, int]] = []
    found = visitors.run(
        tiny_settings,
        lambda *what: told.append(what),
        n=(2,),
        searches=4,
        every_s=0.1,
        beside=ROOT if len(apps) > 1 else None,
    )
    assert (found["bench"], found["gallery"]) == ("visitors", "tinycity")
    runs = found["runs"] if len(apps) > 1 else [{"app": "this"} | found]
    assert [one["app"] for one in runs] == [*apps]
    for one in runs:
        assert (one["n"], one["searches"], one["errors"]) == (2, 4, 0)
        assert 0 < one["first_p50_s"] <= one["full_p95_s"]
        assert 0 < one["cpu_per_answer_s"] < 60
        assert one["rss_mb"] > 50
    assert told[-1] == ("searches", 4, 4)


def test_nobody_and_nothing_to_ask_are_told(tiny_settings: Settings, tmp_path: object) -> None:
    with pytest.raises(QueryError, match="0 visitors"):
        visitors.run(tiny_settings, lambda *_: None, n=(0,))
    with pytest.raises(QueryError, match=r"no app\.py"):
        visitors.run(tiny_settings, lambda *_: None, beside=Path(__file__).parent)
    with pytest.raises(GalleryError, match="no gallery to time"):
        visitors.run(settings_for(tmp_path / "galleries"), lambda *_: None)  # type: ignore[operator]
