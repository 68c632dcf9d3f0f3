"""The command line in this process, as a person calls it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main


@dataclass(frozen=True)
class Run:
    """The result of one call of the command line."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        assert self.code == 0, self.err
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    @property
    def mistake(self) -> str:
        """The line that reports a user's mistake."""
        assert self.code == 2, self.err
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert "Traceback" not in line
        return line


Core = Callable[..., Run]


@pytest.fixture
def core(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Core:
    """The command line with an empty data folder."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SAYWHERE_THREADS", "1")

    def run(*arguments: object) -> Run:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = int(left.code or 0)
        written = capfd.readouterr()
        return Run(code, written.out, written.err)

    return run
