"""The server's lines at its start: no address of the machine is looked up on the internet."""

from collections.abc import Iterator

import pytest
from streamlit import config, net_util

from pages.ui.protection import name_address


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that Streamlit asks the internet for."""
    asked: list[str] = []
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda url, **_: asked.append(url))
    monkeypatch.setattr(net_util, "_external_ip", None)
    kept = {name: config.get_option(name) for name in ("server.address", "server.headless")}
    yield asked
    for name, value in kept.items():
        config.set_option(name, value)
    config.set_option("browser.serverAddress", "localhost", config.ConfigOption.DEFAULT_DEFINITION)


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_a_headless_server_on_every_address_asks_nobody(
    address: str, lookups: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from streamlit.web import bootstrap

    config.set_option("server.headless", True)
    config.set_option("server.address", address)
    bootstrap._print_url(False)
    assert lookups, "Streamlit no longer looks its address up: `name_address` can go"
    lookups.clear()
    capsys.readouterr()
    name_address()
    bootstrap._print_url(False)
    assert lookups == []
    assert f"http://{net_util.get_internal_ip()}:" in capsys.readouterr().out


def test_a_server_on_one_address_keeps_it(lookups: list[str]) -> None:
    config.set_option("server.address", "127.0.0.1")
    name_address()
    assert not config.is_manually_set("browser.serverAddress")
    assert lookups == []
