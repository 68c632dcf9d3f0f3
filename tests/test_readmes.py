"""The READMEs: every command that they show runs, every link leads somewhere.

Commands of `python -m core` run in this process, word for word, in a folder where small files have
the READMEs' names (`tiny_readmes.FILES`), with `SMALLER` numbers for the longest. Some are only
read by the program's own parser, for example those that download; `HANDLERS`, `TESTED_BENCHES` and
`run_core` say which. An unknown command fails.
"""

import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tiny_readmes import make_workplace, toml_example, write_results

from core import settings
from core.__main__ import COMMANDS, main
from core.cli.bench import (
    anywhere,
    embed,
    evaluate,
    explain,
    inputs,
    milvus,
    region,
    regions,
    relevance,
    scale,
    search,
    start,
    steps,
    vectors,
)
from core.cli.parser import parser_of
from core.models.crosstext2loc import load_crosstext2loc
from core.retrieval import stored_places
from core.training.config import read_config

ROOT = Path(__file__).resolve().parent.parent
READMES = sorted(
    path
    for part in ("*.md", "core/**/*.md", "pages/**/*.md", "assets/**/*.md", "tests/**/*.md")
    for path in ROOT.glob(part)
)

SMALLER = {
    "--annotators 50": "--annotators 2",
    "--verdicts 10000": "--verdicts 20",
    "--kill 15": "--kill 1",
    "--tiles 1034786": "--tiles 2000",
    "--tiles 10000000": "--tiles 3000",
    "--sizes 5000,20000,100000": "--sizes 300",
    "--n 679": "--n 5",
    "--n 300": "--n 5",
    "--n 50 --every-s 20": "--n 1 --every-s 0 --searches 2",
    "--bbox=24.93,60.16": "--spacing-m 100 --bbox=24.93,60.16",
    "mytwin --from mytown.osm.pbf": "mytwin --from mytown.osm.pbf --spacing-m 100",
    "mypictures --imagery ortho": "mypictures --imagery ortho --spacing-m 60",
}
"""What a command counts, and what it counts here."""

SLOW = os.environ.get("SLOW") == "1"
TESTED_BENCHES = (
    ()
    if SLOW
    else (
        *("build", "cases", "embed", "evaluate", "explain", "halves", "photos", "questions"),
        *("relevance", "search", "start", "steps", "visitors"),
    )
)
"""Benches that tests of their own run too, on small galleries: here they are only read, unless
SLOW=1."""

COMMON_OPTIONS = {"--help", "--json", "--quiet"}

_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_PROGRAM = re.compile(
    r"(core|pip|git|bash|sh|npm|npx|curl|wget|docker|make|sudo|apt-get|streamlit|pytest|torchrun"
    r"|tensorboard|ruff|mypy|export|python3?|(?:\S*/)?bin/\S+) +\S"
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_fences(text: str) -> str:
    return _FENCE.sub("", text)


def commands_of(text: str) -> Iterator[str]:
    """Every command that a README shows: lines of its blocks, and spans of code.

    `python -m core` is shortened to `core`.
    """
    shown = []
    for language, block in _FENCE.findall(text):
        assert language in ("sh", "toml", "json"), f"a block of {language or 'no language'}"
        if language == "sh":
            lines = block.replace("\\\n", " ").splitlines()
            shown += [line for line in lines if line.strip() and line[0] != "#"]
    spans = _SPAN.findall(without_fences(text))
    shown += [span for span in spans if _PROGRAM.match(" ".join(span.split()))]
    for command in shown:
        yield re.sub(r"^(\.venv/bin/)?python3? -m core\b", "core", " ".join(command.split()))


def all_commands() -> list[str]:
    found = [one for path in READMES for one in commands_of(path.read_text("utf-8"))]
    return list(dict.fromkeys(found))


# --- What becomes of a command ------------------------------------------------------------------


def parsed(arguments: list[str]) -> Any:
    """The command line as the real parser reads it; a mistake fails the test."""
    try:
        return parser_of(COMMANDS, "").parse_args(arguments)
    except SystemExit as left:
        raise AssertionError(f"the command line refuses {shlex.join(arguments)}") from left


def run_core(rest: str) -> None:
    """Runs in this process. A command's bare name, such as `core build`, prints its help."""
    arguments = shlex.split(rest)
    if not parser_words().get(" ".join(arguments), bool(arguments)):
        arguments.append("--help")
    is_tested = arguments[:1] == ["bench"] and bool({*arguments[1:2]} & {*TESTED_BENCHES})
    if is_tested or needs_a_cluster(arguments) or "ign-fr" in arguments:
        parsed(arguments)
        return
    configured = next((word for word in arguments if word.endswith(".toml")), "")
    if configured.startswith("assets/"):
        parsed(arguments)  # it needs the extracts and an hour
        assert read_config(ROOT / configured).stages
        return
    errors, output = StringIO(), StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            code = main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
    assert code == 0, errors.getvalue()
    assert output.getvalue().strip()


def needs_a_cluster(arguments: list[str]) -> bool:
    """Whether a command needs a Ray cluster or a Milvus server, which slow tests start: those of
    `tests/gallery/test_ray_engine.py` and `tests/indexes/test_milvus.py`."""
    return "ray" in arguments or arguments[:2] in (["bench", "milvus"], ["bench", "server"])


TEXT_OR_PHOTO = ("search", "describe")
"""Commands of which every option may be missing, but not all at once."""


@functools.cache
def parser_words() -> dict[str, bool]:
    """Bare names of commands, such as "cases list", and whether they run as they stand."""
    words: dict[str, bool] = {}
    for name, sub in subparsers(parser_of(COMMANDS, "")).items():
        words[name] = _runs_bare(sub) and name not in TEXT_OR_PHOTO
        for action, inner in subparsers(sub).items():
            words[f"{name} {action}"] = _runs_bare(inner)
    return words


def _runs_bare(parser: Any) -> bool:
    groups = parser._mutually_exclusive_groups
    wanted = [one for one in parser._actions if one.required]
    return not wanted and not any(group.required for group in groups)


def subparsers(parser: Any) -> dict[str, Any]:
    found = [one.choices for one in parser._actions if type(one).__name__ == "_SubParsersAction"]
    return dict(found[0]) if found else {}


def install(requirements: str, rest: str) -> None:
    """A set-up command: in form only, for CI runs one of the two, and both install for minutes."""
    named = requirements.split()
    assert named[::2] == ["-r"] * (len(named) // 2)
    assert all((ROOT / file).is_file() for file in named[1::2])
    run_shown(rest)


def install_more(file: str) -> None:
    """In form only: every line is a requirement of one version."""
    lines = [line.partition(";")[0] for line in (ROOT / file).read_text("utf-8").splitlines()]
    wanted = [line.strip() for line in lines if line.strip() and line[0] != "#"]
    assert wanted
    assert all(re.fullmatch(r"[\w-]+(\[\w+\])?==[\w.]+", line) for line in wanted), wanted


def ray_command(name: str, rest: str) -> None:
    """Read by Ray's own parser, where it is installed; slow tests start a cluster."""
    scripts = pytest.importorskip("ray.scripts.scripts", reason="ray is not installed: core/scale")
    context = scripts.cli.commands[name].make_context(name, shlex.split(rest))
    assert name == "stop" or context.params["disable_usage_stats"]


def streamlit_run(rest: str) -> None:
    """Read by Streamlit's own parser; the browser tests start the server."""
    from streamlit.web.cli import main_run

    context = main_run.make_context("run", shlex.split(rest))
    assert (ROOT / context.params["target"]).is_file()


def run_pytest(rest: str) -> None:
    """In form only, since it would run these tests: files are there, and so is what -k names."""
    arguments = shlex.split(rest)
    files = [ROOT / one for one in arguments if one.startswith("tests/")]
    assert all(one.exists() for one in files), rest
    if "-k" in arguments:
        assert re.search(
            rf"def test_\w*{arguments[arguments.index('-k') + 1]}", files[0].read_text()
        )


def in_ci(command: str) -> None:
    """A check that CI runs in the same words."""
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert command in {line.strip() for line in lines}


def measure(file: str) -> None:
    """In form only: it would replace the recorded figures, or take a minute."""
    compile((ROOT / file).read_text("utf-8"), file, "exec")


def lines_of(script: str) -> list[str]:
    """What a script of the project asks Python to do, with a Python that only notes it."""
    Path("extracts").mkdir(exist_ok=True)
    recorder = Path("python").absolute()
    recorder.write_text('#!/bin/sh\nprintf "%s\\n" "$*"\n', "utf-8")
    recorder.chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / script), "extracts", str(recorder)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"SAYWHERE_DATA": str(Path("made").absolute())},
    )
    return done.stdout.splitlines()


def rebuild(script: str, _: str) -> None:
    """The script really runs, with a Python that only notes what it is asked to do."""
    asked = [line.removeprefix("-m core ").split() for line in lines_of(script)]
    built = [parsed(arguments).name for arguments in asked]
    assert built == ["helsinki", "monaco", "montevideo", "neubrandenburg"]


def write_places() -> None:
    """What it writes for a copy of a gallery is what lies beside that gallery."""
    monaco, home = settings.load({}).bundled_galleries / "monaco", Path("copied")
    ignored = shutil.ignore_patterns("places.npz", "*.pmtiles")
    copy = shutil.copytree(monaco, home / "monaco", ignore=ignored)
    stored_places.main(home)
    assert (copy / "places.npz").read_bytes() == (monaco / "places.npz").read_bytes()


def make_sentence_encoder(script: str, folder: str) -> None:
    """The script really runs."""
    subprocess.run([sys.executable, str(ROOT / script), folder], check=True)
    assert {path.name for path in Path(folder).iterdir()} == {"minilm.onnx", "tokenizer.json"}


def split_rsicd(script: str, archive: str, captions: str, folder: str) -> None:
    """The script really runs, on three pictures."""
    names = [f"field_{number}.jpg" for number in range(3)]
    with tarfile.open(archive, "w") as tar:
        for name in names:
            Path(name).write_bytes(name.encode())
            tar.add(name)
    rows = [json.dumps({"image": name, "captions": ["a", "b", "a"]}) for name in names]
    Path(captions).write_text("\n".join(rows), "utf-8")
    subprocess.run([sys.executable, str(ROOT / script), archive, captions, folder], check=True)
    held = [json.loads(line) for line in (Path(folder) / "held.jsonl").read_text().splitlines()]
    ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert held == [{"picture": name, "texts": ["a", "b"]} for name in ordered]
    assert (Path(folder) / "train.jsonl").read_text() == ""
    assert {path.name for path in (Path(folder) / "pictures").iterdir()} == set(names)


def make_small_clip(script: str, file: str) -> None:
    """The script really runs, and the app reads what it writes."""
    subprocess.run([sys.executable, str(ROOT / script), file], check=True)
    found = load_crosstext2loc(Path(file))
    assert (found.spec.max_tokens, found.preparation.size_px) == (300, 64)
    assert found.temperature == pytest.approx(1 / 0.07)


def refit(script: str, _: str) -> None:
    """The script really runs, with a Python that only notes what it is asked to do."""
    asked = [line for line in lines_of(script) if line.startswith("-m core ")]
    commands = [parsed(line.removeprefix("-m core ").split()) for line in asked]
    fits = [one for one in commands if hasattr(one, "ranking")]
    assert [one.ranking for one in fits] == [True, False, False, False, False, False]
    assert [one.aerial for one in fits] == [False, False, False, True, False, False]
    assert [one.above for one in fits] == [False, False, False, False, True, False]
    assert [bool(one.claims) for one in fits] == [False, False, False, False, False, True]
    assert all(one.sets or one.claims for one in fits)


def torchrun(rest: str) -> None:
    """Read by torchrun's parser and ours; tests/training trains in several processes."""
    from torch.distributed.run import get_args_parser

    read = get_args_parser().parse_args(shlex.split(rest))
    assert (read.module, read.training_script) == (True, "core")
    parsed(read.training_script_args)


def tensorboard(rest: str) -> None:
    """Read by TensorBoard's own parser; it would serve until it is stopped."""
    from tensorboard import default, program

    board = program.TensorBoard(plugins=default.get_plugins())
    board.configure(argv=("tensorboard", *shlex.split(rest)))
    assert board.flags.logdir


def export(rest: str) -> None:
    """What it sets is read: the booth's mode, or a server's address."""
    environ = dict(word.split("=", 1) for word in shlex.split(rest))
    if environ.keys() == {"SAYWHERE_BOOTH"}:
        assert settings.load(environ).booth
        return
    if environ.keys() == {"SAYWHERE_MILVUS"}:
        chosen = settings.load(environ).vector_server
        assert chosen is not None
        assert chosen.url == environ["SAYWHERE_MILVUS"]
        return
    server = settings.load(environ).advisor
    assert server is not None
    assert {server.url, server.model} == set(environ.values())


HANDLERS: dict[str, Callable[..., None]] = {
    r"core\.retrieval\.stored_places": write_places,
    r"core\b ?(.*)": run_core,
    r"python3 -m venv \.venv && \.venv/bin/pip install ((?:-r \S+ ?)+) && (.+)": install,
    r"\.venv/bin/pip install -r (core/scale/requirements\.txt)": install_more,
    r"\.venv/bin/ray (start|stop)\b ?(.*)": ray_command,
    r"\.venv/bin/streamlit run (.+)": streamlit_run,
    r"\.venv/bin/python -m pytest\b(.*)": run_pytest,
    r"(\.venv/bin/(?:ruff|mypy)\b.*)": in_ci,
    r"\.venv/bin/python (tests/(?:quality/measuring|answer_speed)\.py)": measure,
    r"bash (assets/galleries/rebuild\.sh) (FOLDER_WITH_EXTRACTS)": rebuild,
    r"\.venv/bin/python (assets/models/sentence/make\.py) (\S+)": make_sentence_encoder,
    r"\.venv/bin/python (assets/\S+/rsicd_split\.py) (\S+) (\S+) (\S+)": split_rsicd,
    r"\.venv/bin/python (assets/\S+/small_clip\.py) (\S+)": make_small_clip,
    r"bash (assets/models/refit\.sh) (FOLDER_WITH_DATA)": refit,
    r"\.venv/bin/torchrun (.+)": torchrun,
    r"\.venv/bin/tensorboard (.+)": tensorboard,
    r"export (.+)": export,
}
"""Each form of a command, and what is done with it."""


def run_shown(command: str) -> None:
    for pattern, handle in HANDLERS.items():
        if match := re.fullmatch(pattern, command):
            handle(*match.groups())
            return
    pytest.fail(f"no test knows how to run {command!r}; see HANDLERS")


# --- The commands -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, tiny_home: Path) -> Path:
    """A folder with everything that the READMEs' commands name."""
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    folder = tmp_path_factory.mktemp("readmes")
    make_workplace(folder, tiny_home / "galleries" / "tinycity")
    return folder


def bundled_files() -> dict[str, tuple[int, int]]:
    """Size and time of every file that comes with the app."""
    files = [
        path
        for path in (ROOT / "assets").rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    ]
    return {name_of(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.mark.parametrize("command", all_commands())
def test_every_command_shown_runs(
    command: str,
    workplace: Path,
    loaded_once: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("SAYWHERE_DATA", str(workplace / "data"))
    monkeypatch.setenv("SAYWHERE_THREADS", "1")
    monkeypatch.delenv("SAYWHERE_CASES", raising=False)
    write_results(workplace)
    if command.startswith("core cases") and not command.startswith("core cases import"):
        run_core("cases import first.json --quiet")
    monkeypatch.setattr("core.models.load_model", loaded_once)
    for bench in (
        anywhere,
        embed,
        explain,
        inputs,
        milvus,
        region,
        relevance,
        scale,
        search,
        steps,
    ):
        monkeypatch.setattr(bench, "load_model", loaded_once)
    monkeypatch.setattr(regions, "load_model", loaded_once)
    monkeypatch.setattr(vectors, "_ROUNDS", 1)
    few = ("a white church", "harbour and a square")
    for bench in (region, scale):
        monkeypatch.setattr(bench, "short_texts", lambda: list(few))
        monkeypatch.setattr(bench, "_TEXTS_OF_TILES", 2)
    monkeypatch.setattr(anywhere, "page_examples", lambda: [("helsinki", text) for text in few])
    monkeypatch.setattr(anywhere, "_SEARCHES", 1)
    for bench in (anywhere, explain, search):
        monkeypatch.setattr(bench, "DESCRIPTIONS", few)
    for bench in (explain, search):
        monkeypatch.setattr(bench, "_ROUNDS", 1)
    for bench in (embed, evaluate):
        monkeypatch.setattr(bench, "_TURNS", 1)
    monkeypatch.setattr(start, "_RUNS", 1)
    monkeypatch.setattr(embed, "_EMBEDDED", 8)
    monkeypatch.setattr(evaluate, "_PICTURES", 120)
    for much, little in SMALLER.items():
        command = command.replace(much, little)
    before = bundled_files()
    assert before
    run_shown(command)
    assert bundled_files() == before


def test_commands_are_found_in_blocks_and_in_text() -> None:
    text = (
        "Say `core galleries`, not `core` or `core/cli` or `core.facts`.\n"
        "```sh\n# a remark\nbash a.sh \\\n  b\n```\n"
        '| `core encode --text\n"x y"` | `.venv/bin/python -m core galleries` |'
    )
    assert list(commands_of(text)) == [
        "bash a.sh b",
        "core galleries",
        'core encode --text "x y"',
        "core galleries",
    ]


def test_a_command_that_is_not_known_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="no test knows"):
        run_shown("curl https://example.org")
    with pytest.raises(AssertionError, match="invalid choice"):
        run_core("fly")
    with pytest.raises(AssertionError, match="no-such-option"):
        run_core("galleries --no-such-option")


def test_every_part_of_the_app_shows_commands() -> None:
    shown = all_commands()
    assert len(shown) > 40
    assert sum(command.startswith("core ") for command in shown) > 15


# --- The table of commands ----------------------------------------------------------------------


def options_of(parser: Any) -> set[str]:
    return {
        option
        for action in parser._actions
        for option in action.option_strings
        if len(option) == 2 or option.startswith("--")
    } - {"-h", *COMMON_OPTIONS}


def documented_options() -> dict[str, set[str]]:
    """By command, every option that its rows in core/README.md show."""
    found: dict[str, set[str]] = {}
    rows = re.findall(
        r"^\| (`core .*) \|$", (ROOT / "core" / "README.md").read_text("utf-8"), re.MULTILINE
    )
    for row in rows:
        first, _, options = row.split(" | ", 2) if row.count(" | ") > 1 else (*row.split(" | "), "")
        words = shlex.split(first.strip("`"))
        name = " ".join(words[1:3]) if words[1] in ("cases", "collection") else words[1]
        named = re.findall(r"(?<![\w-])(--?[a-z][\w-]*)", f"{first} {options}")
        found.setdefault(name, set()).update(named)
    return found


def every_option() -> dict[str, set[str]]:
    found = {}
    for name, parser in subparsers(parser_of(COMMANDS, "")).items():
        actions = subparsers(parser)
        for action, inner in actions.items():
            found[f"{name} {action}"] = options_of(inner)
        if not actions:
            found[name] = options_of(parser)
    return found


def test_the_table_of_commands_shows_every_option_and_no_other() -> None:
    documented, real = documented_options(), every_option()
    assert set(documented) == set(real)
    for name in real:
        assert documented[name] == real[name], name


def test_every_environment_variable_is_documented() -> None:
    read = set(re.findall(r"SAYWHERE_[A-Z_]+[A-Z]", Path(settings.__file__).read_text("utf-8")))
    text = (ROOT / "core" / "README.md").read_text("utf-8")
    assert len(read) > 5
    assert {one for one in read if f"`{one}`" not in text} - {"SAYWHERE_LLM"} == set()


def test_the_training_shown_is_a_whole_configuration(tmp_path: Path) -> None:
    path = tmp_path / "training.toml"
    path.write_text(toml_example(), "utf-8")
    config = read_config(path)
    assert [stage.name for stage in config.stages] == ["layout", "contrast"]
    assert (config.learned, config.held) == (("here",), ("elsewhere",))


# --- The text -----------------------------------------------------------------------------------


def test_the_front_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1100


def test_there_are_two_set_up_commands_of_one_line_each() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    start = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
    assert [line for line in lines if "venv .venv" in line] == [
        f"{start} && .venv/bin/streamlit run app.py",
        f"{start} -r tests/requirements.txt && .venv/bin/python -m pytest -n 4 --dist loadfile",
    ]


def anchors_of(path: Path) -> set[str]:
    """The anchors that a code host makes of headings."""
    headings = re.findall(r"^#+ (.+)$", without_fences(path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_all_links_and_pictures_lead_somewhere(path: Path) -> None:
    text = without_fences(path.read_text("utf-8"))
    targets = [link or attribute for link, attribute in _LINK.findall(text)]
    assert targets
    for target in targets:
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.is_relative_to(ROOT), target
        assert found.exists(), target
        assert not anchor or anchor in anchors_of(found), target


_PATH = re.compile(r"`((?:core|pages|tests|assets)/[\w/.-]+)`")


def test_paths_in_the_text_exist_unless_they_stand_for_a_name() -> None:
    paths = [
        (name_of(file), path)
        for file in READMES
        for path in _PATH.findall(without_fences(file.read_text("utf-8")))
        if "NAME" not in path
    ]
    assert len(paths) > 20
    absent = [(file, path) for file, path in paths if not (ROOT / path).exists()]
    assert absent in ([], [("assets/galleries/README.md", "tests/test_files/")])


def test_links_are_found() -> None:
    counts = {name_of(path): len(_LINK.findall(path.read_text("utf-8"))) for path in READMES}
    assert counts["README.md"] > 10
    assert counts["core/README.md"] > 5


def test_every_folder_that_the_design_names_has_a_readme() -> None:
    wanted = {
        "README.md",
        "core/README.md",
        "core/scale/README.md",
        "core/training/README.md",
        "assets/galleries/README.md",
        "assets/models/README.md",
        "assets/models/compact/README.md",
        "assets/reports/README.md",
        "pages/README.md",
    }
    assert wanted <= {name_of(path) for path in READMES}
