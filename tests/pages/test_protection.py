"""The server against pages of others, harmful messages and values that no browser sends."""

import http.client
import json
import math
import re
import select
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import Served, Visit, drawn
from starlette.testclient import TestClient
from streamlit.proto.BackMsg_pb2 import BackMsg
from tiny_visitor import state, visiting
from websockets.exceptions import InvalidStatus

from pages.benchmark_page.session import PLOTS
from pages.ui.protection import Protection, checked_message, is_own

WORDS = "the+church+beside+a+park"
PAGES = {
    "search": "/?city=tinytown&q=" + WORDS,
    "gallery": "/gallery?gallery=tinytown",
    "benchmark": "/benchmark",
    "cases": "/cases",
    "booth": "/?booth=1&city=tinytown",
}


# --- Whose page it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8501", "127.0.0.1:8501"),
        ("https://places.example.org", "places.example.org"),
        ("https://Places.Example.org", "places.example.org"),
        ("http://[::1]:8501", "[::1]:8501"),
    ],
)
def test_pages_of_the_same_host_and_port_are_own(origin: str, host: str) -> None:
    assert is_own(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:8502"),
        *("http://127.0.0.1:8501.evil.example", "http://evil.example/127.0.0.1:8501", "http://["),
    ],
)
def test_any_other_page_is_foreign(origin: str) -> None:
    assert not is_own(origin, "127.0.0.1:8501")


def answer(
    served: Served, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.request(method, path, headers=headers)
    came = connection.getresponse()
    came.read()
    connection.close()
    return came.status, {name.lower(): value for name, value in came.getheaders()}


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_a_foreign_page_is_refused_at_once(origin: str, served: Served) -> None:
    with pytest.raises(InvalidStatus) as caught, visiting(served.url, origin):
        pytest.fail("a foreign page was let in")
    assert caught.value.response.status_code == 403
    for path in ("/", "/healthz", "/_stcore/health", "/_stcore/host-config"):
        assert answer(served, path, Origin=origin)[0] == 403, path
    assert answer(served, "/_stcore/upload_file/a/b", "PUT", Origin=origin)[0] == 403
    # Streamlit says so when it has tried to look up the public address
    told = served.log.read_text(errors="replace")
    assert served.url.rpartition(":")[2] in told
    assert "external IP" not in told


def test_the_same_site_is_let_in(served: Served) -> None:
    assert answer(served, "/healthz", Origin=served.url)[0] == 200
    with visiting(served.url) as visitor:
        assert visitor.run("city=tinytown").errors == []


# --- Headers ------------------------------------------------------------------------------------

ADDRESSES = (
    *("/", "/gallery", "/healthz", "/search", "/nothing/here", "/_stcore/health"),
    *("/_stcore/host-config", "/vendor/leaflet-1.9.4/leaflet.js", "/tiles/x/1/1/1.webp"),
    "/component/streamlit_folium.st_folium/index.html",
)


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_has_the_security_headers(path: str, served: Served) -> None:
    _, headers = answer(served, path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "object-src 'none'" in policy
    assert "connect-src 'self';" in policy
    is_frame = path.startswith("/component/")
    scripts = re.findall(r"script-src ([^;]*)", policy)
    assert len(scripts) == 1
    assert ("'unsafe-eval'" in scripts[0]) == is_frame
    assert ("'unsafe-inline'" in scripts[0]) == is_frame


@pytest.mark.browser
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name not in ("search", "benchmark")))
        for name in PAGES
    ],
)
def test_a_page_works_under_its_policy(
    name: str, served: Served, visits: Callable[..., Visit]
) -> None:
    from playwright.sync_api import Page

    visit = visits(served, policed=True)
    page: Page = visit.page  # type: ignore[assignment]
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    page.goto(served.address(PAGES[name]))
    drawn(page)
    if name in ("search", "gallery", "booth"):
        frame = page.frame_locator("iframe[title=Map]")
        frame.locator(".leaflet-container").wait_for()
        frame.locator(".leaflet-tile-loaded").first.wait_for()
    if name == "benchmark":
        page.locator("[data-testid=stVegaLiteChart] .marks").first.wait_for()
    assert [line for line in refused if "Content Security Policy" in line] == []
    assert visit.errors == []
    assert visit.outside == []


@pytest.mark.browser
def test_files_are_uploaded_under_the_policy(
    served: Served, visits: Callable[..., Visit], tmp_path: Path
) -> None:
    from playwright.sync_api import Page

    visit = visits(served, policed=True)
    page: Page = visit.page  # type: ignore[assignment]
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    page.goto(served.address("/cases"))
    drawn(page)
    (tmp_path / "report.json").write_text("{}")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "report.json")
    page.locator("[data-testid=stAlert]", has_text="report.json").wait_for()
    assert [line for line in refused if "Content Security Policy" in line] == []


# --- Messages -----------------------------------------------------------------------------------


def a_rerun(*widgets: Any) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "city=x"
    message.rerun_script.widget_states.widgets.extend(widgets)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("kind", ["clear_cache", "load_git_info"])
def test_messages_that_harm_all_are_dropped(kind: str) -> None:
    message = BackMsg()
    setattr(message, kind, True)
    assert checked_message(message.SerializeToString()) is None


@pytest.mark.parametrize("kind", ["stop_script", "app_heartbeat"])
def test_other_messages_pass_as_they_are(kind: str) -> None:
    message = BackMsg()
    setattr(message, kind, True)
    data = message.SerializeToString()
    assert checked_message(data) == data
    assert checked_message(b"\xff\xff\xff") == b"\xff\xff\xff"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_left_out(number: float) -> None:
    fine = (state("a", double_value=0.5), state("b", string_value="x"))
    wrong = (state("c", double_value=number), state("d", double_array_value=[1.0, number]))
    assert checked_message(a_rerun(*fine)) == a_rerun(*fine)
    checked = checked_message(a_rerun(fine[0], wrong[0], fine[1], wrong[1]))
    assert checked == a_rerun(*fine)


def test_the_server_never_hears_a_message_that_empties_the_caches_of_all() -> None:
    heard: list[bytes] = []

    async def server(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            heard.append(message["bytes"])
            await send({"type": "websocket.send", "bytes": b"heard"})

    clearing, beating = BackMsg(), BackMsg()
    clearing.clear_cache = beating.app_heartbeat = True
    with TestClient(Protection(server)).websocket_connect("/_stcore/stream") as connection:
        connection.send_bytes(clearing.SerializeToString())
        connection.send_bytes(beating.SerializeToString())
        assert connection.receive_bytes() == b"heard"
    assert heard == [beating.SerializeToString()]


# --- Values -------------------------------------------------------------------------------------

WRONG_VALUES: dict[str, tuple[dict[str, Any], ...]] = {
    "selectbox": ({"string_value": "no such"}, {"string_value": ""}),
    "radio": ({"string_value": "no such"},),
    "button_group": ({"string_array_value": ["no such"]}, {"string_array_value": []}),
    "multiselect": ({"string_array_value": ["no such", ""]},),
    "slider": (
        {"double_array_value": [math.nan]},
        {"double_array_value": [1e300]},
        {"double_array_value": [-5]},
        {"double_array_value": []},
    ),
    "number_input": (
        {"double_value": math.nan},
        {"double_value": 1e300},
        {"int_value": 2**62},
        {"int_value": -1},
    ),
    "component_instance": (
        {"json_value": '{"event": "spot", "lat": NaN, "lon": 1}'},
        {"json_value": '{"event": "spot", "lat": 1e999, "lon": null}'},
        {"json_value": '{"event": "choose", "rank": "x"}'},
        {"json_value": '{"event": "area", "west": NaN}'},
        {"json_value": "[1]"},
    ),
    "text_input": ({"string_value": "\u202e\x1b[31m" + "x" * 5000},),
    "text_area": ({"string_value": "\u202e\x1b[31m\x00"},),
    "pagination": ({"int_value": 2**40}, {"int_value": -1}),
}


@pytest.mark.parametrize(
    "link",
    [
        *PAGES.values(),
        *(pytest.param(f"/benchmark?plot={plot}", marks=pytest.mark.slow) for plot in PLOTS),
        "/gallery?gallery=tinytown&part=alike",
    ],
)
def test_a_wrong_value_is_ignored(link: str, served: Served) -> None:
    address = urlsplit(link)
    query, page = address.query, address.path.strip("/")
    faults: list[str] = []
    tried = 0
    with visiting(served.url) as visitor:
        before = visitor.run(query, page)
        assert before.errors == []
        for widget, (kind, _) in before.widgets.items():
            for value in WRONG_VALUES.get(kind, ()):
                tried += 1
                after = visitor.run(query, page, (state(widget, **value),))
                if after.errors:
                    faults.append(f"{kind} {widget[-30:]} {json.dumps(value)}: {after.errors}")
                    break
    assert tried
    assert faults == []


# --- Uploads ------------------------------------------------------------------------------------


def test_an_upload_without_end_is_cut_while_it_streams(served: Served) -> None:
    limit_mb = 25
    with visiting(served.url) as visitor:
        visitor.run("", "cases")
        _, headers = answer(served, "/_stcore/health")
        (token,) = re.findall(r"_streamlit_xsrf=([^;]+)", headers["set-cookie"])
        connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
        connection.putrequest("PUT", f"/_stcore/upload_file/{visitor.session_id}/file-1")
        connection.putheader("Cookie", f"_streamlit_xsrf={token}")
        connection.putheader("X-Xsrftoken", token)
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        start = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        block, sent = b"x" * 2**20, 0
        connection.send(b"%x\r\n%s\r\n" % (len(start), start))
        while sent < 8 * limit_mb and not select.select([connection.sock], [], [], 0.02)[0]:
            connection.send(b"%x\r\n%s\r\n" % (len(block), block))
            sent += 1
        assert limit_mb <= sent < 3 * limit_mb, "refused before its end"
        assert connection.getresponse().status == 413
        connection.close()
