"""Values of another type than a widget has: they are ignored, on every page, by every widget."""

import json
import math
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import ROOT, Served, serve, settings_for
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import SessionState
from tiny_cases import NOW, a_report
from tiny_visitor import Drawn, Visitor, state, visiting

from core.gallery import open_gallery
from core.review.exchange import rows_of
from core.review.model import RecordedAnswer
from core.review.store import NewVerdict, open_store
from pages.ui import widget_values

WORDS = "the+church+beside+a+park"
PAGES = {
    "search": f"/?city=tinytown&q={WORDS}",
    "gallery": "/gallery?gallery=tinytown",
    "look-alikes": "/gallery?gallery=tinytown&part=alike",
    "benchmark": "/benchmark",
    "sign-in": "/cases",
    "booth": "/?booth=1&city=tinytown",
}
VIEWS = ("review", "agreement", "export")
STRANGE_JSON = (
    *("null", "7", "[1]", '"x"', "", "[", "9" * 5000, "[" * 5000, '"\\ud800"', '{"a": NaN}'),
    '{"deed": 5}',
    '{"value": {"deed": [1]}}',
    '[{"event": "deed", "value": 7}]',
    '{"event": "deed", "value": {"act": ["x"], "token": {}}}',
)
JSON_KINDS = ("json_value", "json_trigger_value")
VALUES: tuple[dict[str, Any], ...] = (
    {"bool_value": True},
    {"double_value": 1.5},
    {"double_value": math.nan},
    {"int_value": 2**62},
    {"string_value": "no such"},
    {"string_value": "\x00\u202e" + "x" * 5000},
    {"double_array_value": []},
    {"double_array_value": [1e300, -1e300]},
    {"int_array_value": [2**62]},
    {"string_array_value": []},
    {"string_array_value": ["no such", ""]},
    {"bytes_value": b"\xff"},
)


@pytest.fixture(scope="module")
def home(tiny_data: Path, tiny_city: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with the tiny town and three cases of it, one of them disputed."""
    folder = tmp_path_factory.mktemp("values")
    (folder / "galleries").symlink_to(tiny_data / "galleries")
    (folder / "reports").mkdir()
    shutil.copy(next((ROOT / "assets" / "reports").glob("*.json*")), folder / "reports")
    gallery = open_gallery(tiny_city, settings_for(tiny_data / "galleries"))
    tiles = [gallery.tile(row) for row in range(len(gallery))]
    answers = [
        RecordedAnswer(
            number,
            f"q{number}",
            f"a church and a park, number {number}",
            tiles[number].tile_id,
            tiles[number].lat,
            tiles[number].lon,
            6 + number,
            tiles[number + 7].tile_id,
            tiles[number + 7].lat,
            tiles[number + 7].lon,
            200.0,
        )
        for number in range(3)
    ]
    store = open_store(str(folder / "cases.sqlite"), NOW)
    store.add_report(replace(a_report(*answers), gallery=tiny_city), 0, NOW)
    case_id = rows_of(store)[0]["case_id"]
    for name, verdict in (("Ada", "model error"), ("Ben", "cannot tell")):
        store.join(name, NOW)
        store.record(NewVerdict(str(uuid.uuid4()), case_id, name, verdict), NOW)
    store.close()
    return folder


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve(home, tmp_path_factory.mktemp("app") / "log.txt")


def events_of(widget: str) -> str:
    """The id under which a component of version 2 reports events."""
    return f"$$STREAMLIT_INTERNAL_KEY_{widget}__events"


def strange_values() -> list[dict[str, Any]]:
    json_values = [{kind: text} for text in STRANGE_JSON for kind in JSON_KINDS]
    return [*VALUES, *json_values]


def rounds(drawn: Drawn) -> Iterator[tuple[WidgetState, ...]]:
    """Messages in which each widget has a value that it does not take, another in each of them.

    Together they give every widget every value, where SLOW=1 asks for all of them.
    """
    values = strange_values()
    steps = range(len(values)) if os.environ.get("SLOW") == "1" else range(0, len(values), 6)
    for step in steps:
        states = []
        for row, widget in enumerate(drawn.widgets):
            value = values[(step + row) % len(values)]
            kind = next(iter(value))
            if kind != TAKEN.get(drawn.widgets[widget][0]):
                states.append(state(widget, **value))
            if kind in JSON_KINDS:
                states.append(state(events_of(widget), **value))
        yield tuple(states)


def send_strange_values(visitor: Visitor, query: str, page: str) -> int:
    """Sends them to a page; the number of values that were sent."""
    before = visitor.run(query, page)
    assert before.errors == []
    assert before.widgets
    faults, sent = [], 0
    for states in rounds(before):
        sent += len(states)
        drawn = visitor.run(query, page, states)
        if drawn.errors or set(drawn.widgets) != set(before.widgets):
            told = [str(one).replace("\n", " ")[-90:] for one in states]
            faults.append(f"{drawn.errors or 'other widgets'} after {told}")
            visitor.run(query, page)
    assert faults == []
    return sent


def signed_in(visitor: Visitor, name: str) -> Drawn:
    """Signs in at the Cases page; what it shows then."""
    door = visitor.run("", "cases")
    begin = next(one for one in door.widgets if one.endswith("-Begin"))
    given = (state(door.widget("cases-name"), string_value=name), state(begin, trigger_value=True))
    drawn = visitor.run("", "cases", given)
    assert drawn.errors == []
    assert any(one.endswith("-view-leave") for one in drawn.widgets)
    return drawn


TAKEN = {
    "text_input": "string_value",
    "text_area": "string_value",
    "component_instance": "json_value",
    "checkbox": "bool_value",
    "toggle": "bool_value",
    "multiselect": "string_array_value",
    "button_group": "string_array_value",
    "slider": "double_array_value",
    "number_input": "double_value",
    "pagination": "int_value",
    "selectbox": "string_value",
    "radio": "string_value",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_value_of_another_type_changes_nothing(name: str, served: Served) -> None:
    address = urlsplit(PAGES[name])
    with visiting(served.url) as visitor:
        sent = send_strange_values(visitor, address.query, address.path.strip("/"))
        assert sent > len(VALUES)


@pytest.mark.parametrize("view", VIEWS)
def test_nor_does_it_on_the_cases_pages_after_sign_in(view: str, served: Served) -> None:
    with visiting(served.url) as visitor:
        signed_in(visitor, "Ada")
        assert send_strange_values(visitor, f"view={view}", "cases") > len(VALUES)


def test_every_deed_that_no_key_gives_is_ignored_or_a_line(served: Served) -> None:
    with visiting(served.url) as visitor:
        desk = sheet_of(signed_in(visitor, "Eve"))
        assert desk["verdicts"]
        faults, tried = [], 0
        for deed in strange_deeds():
            event = json.dumps([{"event": "deed", "value": {"token": desk["token"]} | deed}])
            given = state(events_of(desk["id"]), json_trigger_value=event)
            drawn = visitor.run("", "cases", (given,))
            if drawn.errors:
                faults.append(f"{event[:90]}: {drawn.errors}")
            desk = sheet_of(drawn)
            tried += 1
        assert tried > len(VALUES)
        assert faults == []


def sheet_of(drawn: Drawn) -> dict[str, Any]:
    """The id of the verdict form, and what the browser got for it."""
    form = drawn.widget("desk")
    return {"id": form, **json.loads(drawn.widgets[form][1].json)}


def strange_deeds() -> Iterator[dict[str, Any]]:
    once = iter(range(10**6))
    wrong: tuple[dict[str, Any], ...] = (
        {"verdict": ["x"], "note": {"a": 1}, "took_ms": "x"},
        {"verdict": "model error", "note": "\x00\u202e\x1b", "took_ms": -1},
        {"verdict": "model error", "note": {"a": [1]}, "took_ms": 10**30},
        {"verdict": "x" * 5000, "note": "x" * 50000, "took_ms": True},
    )
    acts = ("record", "record", "record", "record", "skip", "back", "undo", "no such", 7, None, [])
    for act, more in zip(acts, cycle(wrong), strict=False):
        yield {"act": act, "once": str(next(once)), **more}
    for once_ in (None, 7, [1], {"a": 1}, "x" * 5000):
        yield {"act": "record", "once": once_, "verdict": "no such"}
    for of in (None, 7, ["x"], {}, "x" * 5000):
        yield {"act": "record", "token": of, "once": str(next(once)), "verdict": "no such"}


def test_streamlit_still_has_what_the_check_needs() -> None:
    """Where this fails, Streamlit has changed: `pages/ui/widget_values.py` must follow it."""
    widget_values.install()
    session = SessionState()
    assert hasattr(session, "_new_widget_state")
    assert isinstance(session._new_widget_state.widget_metadata, dict)
    assert isinstance(session._new_widget_state.states, dict)
    session.set_widgets_from_proto(widget_values.WidgetStates(widgets=[WidgetState(id="a")]))
    arrived = session._new_widget_state.states["a"]
    assert isinstance(arrived, widget_values.Serialized)
    assert arrived.value.id == "a"
