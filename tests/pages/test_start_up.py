"""The server's lines at its start: no address of the machine is looked up on the internet."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from streamlit import config, net_util

from pages.ui.start_up import addresses


@pytest.fixture
def address() -> Iterator[None]:
    """The address option, put back after the test."""
    kept = config.get_option("server.address")
    yield
    config.set_option("server.address", kept)


@pytest.mark.parametrize("every", ["0.0.0.0", "::"])
@pytest.mark.usefixtures("address")
def test_a_server_on_every_address_tells_those_of_its_machine(
    every: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda url, **_: pytest.fail(url))
    config.set_option("server.address", every)
    told = list(addresses())
    assert told[0].startswith("http://localhost:")
    assert told[1].startswith(f"http://{net_util.get_internal_ip()}:")


@pytest.mark.usefixtures("address")
def test_a_server_on_one_address_tells_it() -> None:
    config.set_option("server.address", "127.0.0.1")
    (told,) = addresses()
    assert told.startswith("http://127.0.0.1:")


def test_streamlit_looks_nothing_up(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.port", str(port), "--server.headless", "true"]
    log = tmp_path / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "app.py", *options),
                *("--server.address", "0.0.0.0"),
            ],
            cwd=ROOT,
            env=os.environ | {"SAYWHERE_DATA": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        try:
            assert process.stdout is not None
            lines = list(iter(process.stdout.readline, f"  http://localhost:{port}\n"))
        finally:
            process.terminate()
            process.communicate(timeout=20)
    # Streamlit says one or the other when it has tried to look up the public address
    assert "xternal" not in "".join(lines) + log.read_text()
