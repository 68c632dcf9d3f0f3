"""Text from files on the terminal: shown, never run, by each way that leads there."""

import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import tiny_town
from hypothesis import given
from hypothesis import strategies as st

from core.terminal import shown, shown_document, shown_lines

ROOT = Path(__file__).resolve().parent.parent

HOSTILE = {
    "colour": "\x1b[31mred",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "title": "\x1b]0;owned\x1b\\",
    "one-byte escape": "\x9b31m",
    "overwrite": "good\rbad",
    "backspace": "good\b\b\b\bbad",
    "bell": "\x07",
    "override": "\u202egnp.exe",
    "isolate": "\u2067abc\u2069",
    "mark": "a\u200fb\u061cc",
    "separator": "a\u2028b",
    "delete": "a\x7fb",
    "new line": "a\nsaywhere: all is well",
}
"""A text of each kind that a terminal would obey."""

NAME = "Inn " + "".join(HOSTILE.values())

SAFE = "Café Ångström, Красная площадь, 東京, نمی\u200cدانم, 👩\u200d🚀 – “quoted”"


def commanding(text: str) -> list[str]:
    """The signs in a text that a terminal obeys, apart from line ends and tabs."""
    return [
        sign
        for sign in text
        if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and sign not in "\n\t\u200c\u200d"
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_commands_a_terminal_is_shown_as_json_writes_it(text: str) -> None:
    visible = shown(text)
    assert commanding(visible) == []
    assert "\n" not in visible
    readable = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code.group(1), 16)), visible)
    assert readable == text, "nothing was lost"


def test_letters_of_all_scripts_and_emoji_stay_as_they_are() -> None:
    assert shown(SAFE) == SAFE
    assert shown_lines(f"one\n\t{SAFE}") == f"one\n\t{SAFE}"


def test_hand_worked_signs() -> None:
    assert shown("a\x1b[0m\tb\nc") == "a\\u001b[0m\\u0009b\\u000ac"
    assert shown("\U000e0041 \ud83d") == "\\udb40\\udc41 \\ud83d"


@given(st.text(st.characters(codec=None)))
def test_any_text_is_shown_and_shown_again_the_same(text: str) -> None:
    assert commanding(shown(text)) == []
    assert "\n" not in shown(text)
    assert commanding(shown_lines(text)) == []
    assert shown(shown(text)) == shown(text)


def test_a_document_keeps_its_shape_and_its_numbers() -> None:
    document = {"a\x07": ["\x1b", 1, 2.5, None, True, {"b": ("\r",)}]}
    assert shown_document(document) == {
        "a\\u0007": ["\\u001b", 1, 2.5, None, True, {"b": ["\\u000d"]}]
    }


# --- The real command ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Printed:
    """What a command wrote, as bytes on both streams came to text."""

    code: int
    out: str
    err: str


Command = Callable[..., Printed]


def python(*arguments: str, data: Path) -> Printed:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        timeout=300,
        env=os.environ | {"SAYWHERE_DATA": str(data), "PYTHONIOENCODING": "utf-8"},
    )
    decoded = [stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr)]
    return Printed(done.returncode, *decoded)


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Printed]:
    """A data folder with a gallery of a map whose names are hostile, and what building it said."""
    home = tmp_path_factory.mktemp("hostile")
    town = json.loads(json.dumps(tiny_town()))
    named = [one for one in town["features"] if "name" in one["properties"]]
    assert named
    signs = list(HOSTILE.values())
    for number, feature in enumerate(named):  # all signs in all names would be encoded for long
        part = "".join(signs[number :: len(named)])
        feature["properties"]["name"] = f"Inn {part} {number}"
    source = home / "\x1b[31mmap\u202e\x07.geojson"
    source.write_text(json.dumps(town), "utf-8")
    built = python(
        *("-m", "core", "build", "hostile", "--from", str(source)),
        *("--no-pictures", "--title", NAME),
        data=home,
    )
    return home, built


def assert_shown(printed: Printed, escape: bool = True) -> None:
    assert commanding(printed.out) == []
    assert [sign for sign in commanding(printed.err) if sign != "\r"] == []
    assert not escape or "\\u001b" in printed.out + printed.err


def test_building_shows_a_hostile_map(hostile_home: tuple[Path, Printed]) -> None:
    _, built = hostile_home
    assert built.code == 0, built.err
    assert_shown(built, escape=False)


def test_galleries_and_searches_show_hostile_names(hostile_home: tuple[Path, Printed]) -> None:
    home, _ = hostile_home
    listed = python("-m", "core", "galleries", data=home)
    assert listed.code == 0
    assert "Inn" in listed.out
    assert_shown(listed)
    found = python("-m", "core", "search", f"the {NAME}", "--gallery", "hostile", data=home)
    assert found.code == 0, found.err
    assert "Inn" in found.out
    assert_shown(found)


def test_json_stays_json_with_the_names_as_they_are(hostile_home: tuple[Path, Printed]) -> None:
    home, _ = hostile_home
    listed = python("-m", "core", "galleries", "--json", data=home)
    assert_shown(listed)
    (card,) = [one for one in json.loads(listed.out)["galleries"] if one["name"] == "hostile"]
    assert card["title"].split() == NAME.split()


def test_errors_of_ours_and_of_the_parser_are_shown(tmp_path: Path) -> None:
    mistakes = (
        ("build", "x", "--from", f"{tmp_path}/\x1b[31m\x9b\u202e.osm"),
        ("search", "x", "--gallery", "\x1b[31m"),
        ("search", "x", "--near", "\x1b]52;c;aGk=\x07"),
        ("search", "x", "--no-such\x1b[2J\u202e"),
        ("cases", "import", f"{tmp_path}/\x1b[31m.json", "--store", f"{tmp_path}/\x1bstore"),
        ("\x1b[31m\u2066",),
    )
    one_after_another = (
        "import json, sys\n"
        "from core.__main__ import guard, main\n"
        "guard()\n"
        "for given in json.loads(sys.argv[1]):\n"
        "    try: code = main(given)\n"
        "    except SystemExit as left: code = left.code\n"
        "    print(code)"
    )
    printed = python("-c", one_after_another, json.dumps(mistakes), data=tmp_path)
    assert printed.out.split() == ["2"] * len(mistakes), printed.err
    assert len(printed.err.splitlines()) == len(mistakes), printed.err
    assert commanding(printed.out + printed.err) == []


def test_warnings_logs_and_tracebacks_are_shown(tmp_path: Path) -> None:
    code = (
        "import logging, warnings; logging.basicConfig();"
        "from core import terminal; terminal.guard();"
        r"warnings.warn('\x1b[31m\u202e');"
        r"logging.warning('\x07%s', '\x9b');"
        r"print('\x1b[2J\rout');"
        r"raise ValueError('\x1b]52;c;aGk=\x07')"
    )
    printed = python("-c", code, data=tmp_path)
    assert printed.code == 1
    assert "ValueError" in printed.err
    assert commanding(printed.out + printed.err) == []
    assert printed.out == "\\u001b[2J\\u000dout\n"
    for sign in ("\\u001b[31m\\u202e", "\\u0007\\u009b", "\\u001b]52;c;aGk=\\u0007"):
        assert sign in printed.err


def test_a_progress_bar_moves_and_its_label_is_shown(tmp_path: Path) -> None:
    code = (
        "from core import terminal; terminal.guard();"
        "from core.cli.progress import bar, note;"
        r"bar(False)('\x1b[31mstage\r\n\u202e', 1, 1); note('read \x1b[31m\nfile')"
    )
    printed = python("-c", code, data=tmp_path)
    assert "\\u001b[31mstage\\u000d\\u000a\\u202e" in printed.err
    assert "read \\u001b[31m\\u000afile" in printed.err
    assert set(commanding(printed.err)) <= {"\r"}, "the bar's own moves alone"


def test_a_real_terminal_gets_no_escape_sequence(tmp_path: Path) -> None:
    main, other = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "core", "search", "x", "--gallery", "\x1b[31m\x07"],
        cwd=ROOT,
        stdout=other,
        stderr=other,
        env=os.environ | {"SAYWHERE_DATA": str(tmp_path)},
    )
    os.close(other)
    written = b""
    try:
        while part := os.read(main, 4096):
            written += part
    except OSError:  # Linux reports the closed end so
        pass
    finally:
        os.close(main)
    assert done.wait(timeout=60) == 2
    assert b"saywhere: " in written
    assert b"\x1b" not in written
    assert b"\x07" not in written
