"""The house rules that a reader cannot see at a glance: who imports whom, and what nobody does.

Every file is parsed once. A test goes through all of them and names every fault it found.
"""

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest
from conftest import assert_none

ROOT = Path(__file__).resolve().parent.parent

ROWS: tuple[tuple[str, ...], ...] = (
    (
        "core.errors",
        "core.settings",
        "core.arrays",
        "core.files",
        "core.terminal",
        "core.geo",
        "core.web_tiles",
        "core.records",
        "core.world",
    ),
    ("core.vocabulary",),
    ("core.sources", "core.render", "core.facts"),
    ("core.models", "core.indexes"),
    ("core.gallery",),
    ("core.retrieval",),
    ("core.explain", "core.describe"),
    ("core.evaluation", "core.training"),
    ("core.review", "core.maps"),
    ("core.cli", "core.__main__"),
    ("pages", "app"),
)
"""The rooms, low to high. A module imports from its own room and from the rows before it."""

IN_ORDER = frozenset({ROWS[0], *ROWS[-2:]})
"""The rows in which a room may import from those before it in its row, too."""

ROW_OF = {room: number for number, row in enumerate(ROWS) for room in row}

HEAVY = frozenset({"torch", "faiss", "transformers", "onnxruntime", "geopandas", "rasterio"})
"""What takes seconds to import; pages reach it through `core`."""

UNSAFE = frozenset({"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"})

TOP_LEVEL = frozenset(
    {"LICENSE", "README.md", "app.py", "assets", "core", "pages", "requirements.txt", "tests"}
)

MOST_LINES = 420

STILL_LONG: frozenset[str] = frozenset()
"""Modules of more than MOST_LINES lines that are still to be split; the set only shrinks."""


@dataclass(frozen=True)
class Source:
    """A file of the program, parsed once."""

    name: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        parts = self.name.removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def imports(self) -> tuple[tuple[int, str], ...]:
        """Line and module of each import anywhere in the file, also in functions and for types."""
        wanted = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                wanted += [(node.lineno, name.name) for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                start = "." * node.level + (node.module or "")
                for name in node.names:
                    whole = f"{start}.{name.name}"
                    wanted.append((node.lineno, whole if is_module(whole) else start))
        return tuple(wanted)

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        return tuple(
            (ast.unparse(node.func), node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
        )


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def parsed(*patterns: str) -> tuple[Source, ...]:
    paths = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    assert paths, f"no file is like {patterns}"
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    return tuple(Source(name, text, ast.parse(text)) for name, text in texts.items())


@cache
def core_files() -> tuple[Source, ...]:
    return parsed("core/**/*.py")


@cache
def page_files() -> tuple[Source, ...]:
    return parsed("pages/**/*.py", "app.py")


def program() -> tuple[Source, ...]:
    return (*core_files(), *page_files())


def top(module: str) -> str:
    return module.split(".")[0]


def room_of(module: str) -> str | None:
    """The room of a module: the longest one of the table that its name begins with."""
    fitting = [room for room in ROW_OF if f"{module}.".startswith(f"{room}.")]
    return max(fitting, key=len, default=None)


def is_below(room: str, other: str) -> bool:
    """Whether a room is below another, which so may import from it."""
    row = ROWS[ROW_OF[other]]
    if room in row:
        return row in IN_ORDER and row.index(room) < row.index(other)
    return ROW_OF[room] < ROW_OF[other]


def imports_of(sources: tuple[Source, ...]) -> Iterator[tuple[str, str, str]]:
    """Where an import stands, the module that wants it, and the module it wants."""
    for source in sources:
        for line, wanted in source.imports:
            yield f"{source.name}:{line}", source.module, wanted


def calls_of(sources: tuple[Source, ...]) -> Iterator[tuple[str, str, dict[str | None, str]]]:
    """Where a call stands, what is called, and its keywords with their values."""
    for source in sources:
        for called, call in source.calls:
            words = {word.arg: ast.unparse(word.value) for word in call.keywords}
            yield f"{source.name}:{call.lineno}", called, words


def test_imports_name_their_room() -> None:
    assert_none(at for at, _, wanted in imports_of(program()) if wanted.startswith("."))


def test_a_module_imports_only_from_rooms_below() -> None:
    ours = ("core", "pages", "app")
    faults = [
        f"{source.name} belongs to no room; put it into the table"
        for source in program()
        if source.module != "core" and room_of(source.module) is None
    ]
    for at, module, wanted in imports_of(program()):
        own, other = room_of(module), room_of(wanted)
        if module == "core" and top(wanted) in ours:
            faults.append(f"{at}: core/__init__.py imports nothing of ours")
        elif top(wanted) not in ours or wanted == "core" or own is None:
            continue
        elif other is None:
            faults.append(f"{at}: {wanted} belongs to no room")
        elif other != own and not is_below(other, own):
            faults.append(f"{at}: {own} imports {wanted}")
    assert_none(faults)


def test_a_low_room_is_below_a_high_one_and_no_room_below_its_neighbour() -> None:
    assert is_below("core.geo", "core.records")
    assert not is_below("core.records", "core.geo")
    assert is_below("core.sources", "core.explain")
    assert not is_below("core.explain", "core.sources")
    assert not is_below("core.models", "core.indexes")
    assert not is_below("core.indexes", "core.models")
    assert room_of("core.describe.simulate.style") == "core.describe"
    assert room_of("core.unheard_of") is None


def test_no_module_reaches_itself_by_imports() -> None:
    """Imports inside functions and for types count: a circle of them is a circle to read."""
    names = {source.module for source in program()}
    left = {
        source.module: {wanted for _, wanted in source.imports if wanted in names} - {source.module}
        for source in program()
    }
    assert left
    while free := {name for name, wanted in left.items() if not wanted & left.keys()}:
        left = {name: wanted for name, wanted in left.items() if name not in free}
    assert_none(f"{name} is in a circle or imports from one" for name in left)


def test_core_never_imports_streamlit() -> None:
    assert_none(
        at for at, _, wanted in imports_of(core_files()) if top(wanted).startswith("streamlit")
    )


def test_pages_never_import_the_heavy_libraries() -> None:
    assert_none(
        f"{at}: {wanted}" for at, _, wanted in imports_of(page_files()) if top(wanted) in HEAVY
    )


def page_folder(module: str) -> str | None:
    """`x_page` for what is in `pages/x_page/`; nothing for a page itself and for `pages/ui`."""
    match = re.fullmatch(r"pages\.(\w+_page)(\..+)?", module)
    return match and match[1]


def is_ui(module: str) -> bool:
    return f"{module}.".startswith("pages.ui.")


def test_a_page_folder_imports_only_itself_ui_and_core() -> None:
    faults = []
    for at, module, wanted in imports_of(page_files()):
        if top(wanted) not in ("pages", "app") or is_ui(wanted):
            continue
        if is_ui(module):
            faults.append(f"{at}: pages/ui imports {wanted}")
        elif page_folder(module) not in (None, page_folder(wanted)):
            faults.append(f"{at}: {page_folder(module)} imports {wanted}")
    assert_none(faults)


def test_nothing_is_pickled_or_evaluated() -> None:
    faults = [f"{at}: {wanted}" for at, _, wanted in imports_of(program()) if top(wanted) in UNSAFE]
    for at, called, words in calls_of(program()):
        if called in ("eval", "exec", "pd.read_pickle", "os.system"):
            faults.append(f"{at}: {called}")
        if words.get("allow_pickle") == "True":
            faults.append(f"{at}: {called} would unpickle")
        if words.get("shell") == "True":
            faults.append(f"{at}: {called} would run a shell")
        if called.endswith("np.load") and words.get("allow_pickle") != "False":
            faults.append(f"{at}: np.load says allow_pickle=False")
        if called == "torch.load" and words.get("weights_only") != "True":
            faults.append(f"{at}: torch.load says weights_only=True")
    assert_none(faults)


def test_nothing_degrades_in_silence() -> None:
    faults = [
        f"{at}: {called} with strict=False"
        for at, called, words in calls_of(program())
        if called.endswith("load_state_dict") and words.get("strict") == "False"
    ]
    for source in program():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                if caught in ("everything", "BaseException"):
                    faults.append(f"{source.name}:{node.lineno}: catches {caught}")
    assert_none(faults)


def test_only_settings_reads_the_environment() -> None:
    readers = {source.name for source in program() if re.search(r"\benviron\b|getenv", source.text)}
    assert readers == {"core/settings.py"}


def test_only_the_command_line_prints() -> None:
    printing = {at.split(":")[0] for at, called, _ in calls_of(program()) if called == "print"}
    assert printing == {"core/__main__.py"}


def test_a_module_says_what_it_knows() -> None:
    assert_none(source.name for source in program() if not ast.get_docstring(source.tree))


def test_no_class_name_stands_for_two_things() -> None:
    homes = defaultdict(list)
    for source in program():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(f"{source.name}:{node.lineno}")
    assert homes
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert_none(f"{name}: {twice[name]}" for name in twice)


def test_a_module_is_of_a_readable_length() -> None:
    lines = {source.name: len(source.text.splitlines()) for source in program()}
    long = {name: count for name, count in lines.items() if count > MOST_LINES}
    assert_none(f"{name}: {long[name]} lines" for name in long if name not in STILL_LONG)
    assert_none(f"{name} is mended: take it out of STILL_LONG" for name in STILL_LONG - set(long))


def test_the_formatter_formats_everything() -> None:
    mark = re.compile(r"#\s*fmt:\s*(skip|off)")
    paths = [ROOT / source.name for source in program()] + list(ROOT.glob("tests/**/*.py"))
    assert ROOT / "tests" / "test_layering.py" in paths
    assert_none(path for path in paths if mark.search(path.read_text(encoding="utf-8")))


def test_the_visible_top_level_is_the_fixed_one() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs Git's list of files")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    names = {name.split("/")[0] for name in listed.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} == TOP_LEVEL
