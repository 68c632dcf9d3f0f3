"""The start bench: real processes, and what they do not import before the first answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import settings_for

from core import settings
from core.cli.bench import start
from core.errors import GalleryError, SaywhereError
from core.models.checkpoints import sha256_of
from core.models.specs import BUNDLED_COMPACT_SHA256
from core.settings import COMPACT_WEIGHTS, ROOT, Settings, environment_of

SLOW_TO_IMPORT = {"torch", "transformers", "geopandas", "sklearn", "scipy", "rapidocr", "cv2"}
"""Packages that a search does without, the last two until a photo comes; on the command line it
needs none of the next either."""

OF_PAGES = {"pandas", "shapely", "folium", "streamlit"}

COMMANDS = """
import io, json, sys
from contextlib import redirect_stdout
from core.__main__ import main
codes = []
for arguments in json.loads(sys.argv[1]):
    with redirect_stdout(io.StringIO()) as told:
        codes.append(main(arguments))
    assert json.loads(told.getvalue())
json.dump(codes, sys.stdout)
sys.stderr.write("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

PAGE = """
import json, sys, threading
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("pages/search.py", default_timeout=120)
page.query_params.update(q="a white church", city="helsinki")
page.run()
assert not page.exception
for thread in threading.enumerate():
    if thread.name == "warm-up":
        thread.join()
json.dump(page.radio(key="chosen").options, sys.stdout)
sys.stderr.write("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported_by(program: str, *arguments: str) -> set[str]:
    """The packages that a fresh process has imported when it has given its answer."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_texts_are_read_without_torch() -> None:
    """One process gives all answers: what none of them may import, it has not imported."""
    commands = (
        ["search", "a white church", "--gallery", "helsinki"],
        ["search", "a white church", "--gallery", "helsinki", "--channels", "facts", "--explain"],
        ["encode", "--text", "a white church"],
        ["encode", "--text", "a white church", "--model", "compact"],
    )
    imported = imported_by(
        COMMANDS, json.dumps([[*command, "--json", "--quiet"] for command in commands])
    )
    assert {"core", "onnxruntime", "tokenizers"} <= imported
    assert not imported & (SLOW_TO_IMPORT | OF_PAGES)


def test_the_page_gives_its_answer_without_torch() -> None:
    imported = imported_by(PAGE)
    assert {"core", "onnxruntime", "tokenizers", "streamlit"} <= imported
    assert not imported & SLOW_TO_IMPORT


def test_the_bundled_picture_model_is_known_by_its_hash() -> None:
    assert sha256_of([COMPACT_WEIGHTS]) == BUNDLED_COMPACT_SHA256


def test_a_start_is_measured_on_the_command_line_and_as_a_server(
    tiny_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_RUNS", 1)
    told: list[tuple[str, int, int]] = []
    found = start.run(tiny_settings, lambda *what: told.append(what))
    assert (found["bench"], found["gallery"], found["n"]) == ("start", "tinycity", 1)
    assert told == [("starts", 1, 1)]
    for costs in (found, found["server"]):
        assert {"cpu_s", "first_answer_s", "rss_mb"} <= set(costs)
        assert 0 < costs["cpu_s"] < 120
        assert 0 < costs["first_answer_s"] < 120
        assert costs["rss_mb"] > 10


def test_a_gallery_that_is_not_there_is_told(tiny_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SaywhereError, match="no gallery 'nosuchcity'"):
        start.run(tiny_settings, lambda *_: None, "nosuchcity")
    with pytest.raises(GalleryError, match="no gallery to time"):
        start.run(settings_for(tmp_path), lambda *_: None)


def test_a_server_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "ROOT", Path(os.devnull).parent)
    with pytest.raises(SaywhereError, match=r"the server did not start: .*app\.py"):
        start._serve("tinycity", environment_of(settings.load({})))
