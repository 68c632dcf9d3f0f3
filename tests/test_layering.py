"""The house rules that a reader cannot see at a glance: who imports whom, what nobody does."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ROOMS = (
    "core.errors",
    "core.files",
    "core.arrays",
    "core.settings",
    "core.geo",
    "core.records",
    "core.sources",
    "core.render",
    "core.describe",
    "core.models",
    "core.vectors",
    "core.names",
    "core.gallery",
    "core.retrieval",
    "core.explain",
    "core.evaluation",
    "core.training",
    "core.cases",
    "core.maps",
    "core.bench",
    "core.commands",
    "core.__main__",
    "pages",
    "app",
)
"""Low to high: a module imports only from its own room and from rooms before it."""

HEAVY = frozenset({"torch", "faiss", "transformers", "geopandas"})

CORE = sorted((ROOT / "core").rglob("*.py"))
PAGES = [*sorted((ROOT / "pages").rglob("*.py")), ROOT / "app.py"]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    return next((room for room in ROOMS if f"{module}.".startswith(f"{room}.")), None)


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def imports_of(path: Path) -> Iterator[str]:
    """The modules a file imports anywhere in it, also inside functions and for types."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name their room, none is relative"
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield whole if is_module(whole) else str(node.module)


def calls_in(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def said_false(call: ast.Call, keyword: str) -> bool:
    return any(
        one.arg == keyword and isinstance(one.value, ast.Constant) and one.value.value is False
        for one in call.keywords
    )


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name)
def test_a_module_imports_only_from_rooms_below(path: Path) -> None:
    module = module_of(path)
    if module == "core":
        assert not [one for one in imports_of(path) if one.startswith("core")]
        return
    own = room_of(module)
    assert own is not None, f"{module} belongs to no room; put it into the table"
    for wanted in imports_of(path):
        if wanted.split(".")[0] not in ("core", "pages", "app") or wanted == "core":
            continue
        room = room_of(wanted)
        assert room is not None, f"{wanted} belongs to no room"
        assert ROOMS.index(room) <= ROOMS.index(own), f"{module} must not import {wanted}"


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_never_imports_streamlit(path: Path) -> None:
    tops = {wanted.split(".")[0] for wanted in imports_of(path)}
    assert not tops & {"streamlit", "streamlit_folium"}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_never_import_the_heavy_libraries(path: Path) -> None:
    assert not {wanted.split(".")[0] for wanted in imports_of(path)} & HEAVY


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name)
def test_nothing_is_pickled_or_evaluated(path: Path) -> None:
    tops = {wanted.split(".")[0] for wanted in imports_of(path)}
    assert not tops & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for called, call in calls_in(path):
        assert called not in ("eval", "exec", "pd.read_pickle", "os.system"), called
        words = {one.arg: ast.unparse(one.value) for one in call.keywords}
        assert words.get("allow_pickle") != "True", f"{called} would unpickle"
        assert words.get("shell") != "True", f"{called} would run a shell"
        if called.endswith("np.load"):
            assert words.get("allow_pickle") == "False", "np.load says allow_pickle=False"
        if called == "torch.load":
            assert words.get("weights_only") == "True", "torch.load says weights_only=True"


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name)
def test_nothing_degrades_in_silence(path: Path) -> None:
    for called, call in calls_in(path):
        if called.endswith("load_state_dict"):
            assert not said_false(call, "strict"), f"{called} with strict=False"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            assert caught not in ("everything", "BaseException"), f"line {node.lineno}"


@pytest.mark.parametrize("path", CORE, ids=name)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if path.name == "settings.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "environ" not in text
    assert "getenv" not in text


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name)
def test_only_the_command_line_prints(path: Path) -> None:
    if path.name != "__main__.py":
        assert "print" not in {called for called, _ in calls_in(path)}


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name)
def test_a_module_says_what_it_knows(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
