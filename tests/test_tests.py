"""Tests that can fail: each asserts, loops that assert run, and nothing waits by the clock.

Names every fault in every test at once.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

import pytest
from conftest import assert_none

TESTS = Path(__file__).resolve().parent

CHECKS = frozenset({"raises", "warns", "fail", "expect"})
"""What asserts besides `assert` and functions named `assert_…`."""

WRAPPERS = frozenset({"enumerate", "sorted", "list", "tuple", "set", "reversed", "zip", "product"})
"""What is not empty if none of its arguments is."""

VIEWS = frozenset({"items", "keys", "values", "tolist"})
"""Methods whose result is not empty if that which has them is not."""


@dataclass(frozen=True)
class Test:
    """A test function, the file that has it, and the names its module gives to literals."""

    name: str
    function: ast.FunctionDef
    literals: frozenset[str]

    __test__ = False


def literals_of(body: list[ast.stmt]) -> frozenset[str]:
    """The names that stand for a collection with something in it, written down as such."""
    names = set()
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and is_full(node.value, frozenset(names)):
                names.add(target.id)
    return frozenset(names)


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).split(".")[-1]


def is_full(node: ast.expr | None, known: frozenset[str]) -> bool:
    """Whether there is surely something in it, as far as one can read that."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(not isinstance(item, ast.Starred) for item in node.elts) or any(
            isinstance(item, ast.Starred) and is_full(item.value, known) for item in node.elts
        )
    if isinstance(node, ast.ListComp | ast.DictComp | ast.SetComp):
        return all(not part.ifs and is_full(part.iter, known) for part in node.generators)
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value)
    if isinstance(node, ast.Name):
        return node.id in known or node.id.isupper()
    if isinstance(node, ast.Call):
        return is_full_call(node, known)
    return False


def is_full_call(call: ast.Call, known: frozenset[str]) -> bool:
    name = name_of(call)
    if name in ("range", "arange"):
        numbers = [item.value for item in call.args if isinstance(item, ast.Constant)]
        return len(numbers) == len(call.args) and len(range(*numbers)) > 0
    if name == "zip" and any(word.arg == "strict" for word in call.keywords):
        return any(is_full(item, known) for item in call.args)
    if name in WRAPPERS:
        return bool(call.args) and all(is_full(item, known) for item in call.args)
    if name in VIEWS and isinstance(call.func, ast.Attribute):
        return is_full(call.func.value, known)
    return False


def is_beginning(node: ast.expr) -> TypeGuard[ast.Subscript]:
    """Whether it is a slice from the first on."""
    return isinstance(node, ast.Subscript) and ast.unparse(node.slice).startswith(":")


def sources_of(node: ast.expr) -> set[str]:
    """The expressions of which one must be looked at, for an iterable not to be empty."""
    found = {ast.unparse(node)}
    if isinstance(node, ast.Tuple):
        found = found.union(*(sources_of(item) for item in node.elts))
    elif isinstance(node, ast.Starred) or is_beginning(node):
        found |= sources_of(node.value)
    elif isinstance(node, ast.Call):
        if name_of(node) in WRAPPERS | {"range", "len"}:
            found = found.union(*(sources_of(item) for item in node.args))
        elif name_of(node) in VIEWS and isinstance(node.func, ast.Attribute):
            found |= sources_of(node.func.value)
    return found


def asserts(node: ast.AST) -> bool:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Call):
            name = name_of(inner)
            if name in CHECKS or name.startswith("assert_"):
                return True
    return False


@dataclass(frozen=True)
class Loop:
    """A loop that asserts, or an assertion on `all(… for … in …)`."""

    node: ast.For | ast.Assert
    over: ast.expr


def loops_of(function: ast.FunctionDef) -> list[Loop]:
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.For) and asserts(node):
            found.append(Loop(node, node.iter))
        elif isinstance(node, ast.Assert):
            found += [
                Loop(node, inner.args[0].generators[0].iter)
                for inner in ast.walk(node.test)
                if isinstance(inner, ast.Call)
                and name_of(inner) == "all"
                and inner.args
                and isinstance(inner.args[0], ast.GeneratorExp | ast.ListComp)
            ]
    return found


def may_be_empty(loop: Loop, test: Test) -> bool:
    """Whether neither the code nor an assertion outside the loop says that it runs."""
    known = test.literals | literals_of(
        [node for node in ast.walk(test.function) if isinstance(node, ast.Assign | ast.AnnAssign)]
    )
    if is_full(loop.over, known):
        return False
    within = set(ast.walk(loop.node))
    outside = [
        part
        for node in ast.walk(test.function)
        if isinstance(node, ast.Assert) and node not in within
        for part in ast.walk(node.test)
        if isinstance(part, ast.expr)
    ]
    return not sources_of(loop.over) & {ast.unparse(part) for part in outside}


def every_test_in(tree: ast.Module, name: str) -> Iterator[Test]:
    literals = literals_of(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Test(f"{name}:{node.lineno} {node.name}", node, literals)


@cache
def trees() -> dict[str, ast.Module]:
    """Every file of the tests, parsed once, by the worker that looks at them."""
    return {
        str(path.relative_to(TESTS)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(TESTS.rglob("*.py"))
    }


@cache
def every() -> list[Test]:
    return [test for name, tree in trees().items() for test in every_test_in(tree, name)]


def waits_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each wait by the clock; a pause between two looks, in a loop, is none."""
    polling = {
        id(inner)
        for loop in ast.walk(tree)
        if isinstance(loop, ast.For | ast.While)
        for inner in ast.walk(loop)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith(".wait_for_timeout"):
                yield node.lineno, "wait_for_timeout"
            elif called in ("time.sleep", "sleep") and id(node) not in polling:
                yield node.lineno, "sleep outside a loop"


def seconds_of(tree: ast.Module) -> Iterator[int]:
    """Lines on which an assertion wants something to take less than so many seconds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
            operands = [node.test.left, *node.test.comparators]
            for operand, operator in zip(operands, node.test.ops, strict=False):
                is_timed = re.search(r"(perf_counter|monotonic)\(\)", ast.unparse(operand))
                is_deadline = isinstance(operands[-1], ast.Name)
                if is_timed and isinstance(operator, ast.Lt | ast.LtE) and not is_deadline:
                    yield node.lineno


def test_every_test_asserts_something() -> None:
    assert len(every()) > 500
    assert_none(test.name for test in every() if not asserts(test.function))


def test_a_loop_that_asserts_is_known_to_run() -> None:
    loops = [(test, loop) for test in every() for loop in loops_of(test.function)]
    assert loops
    assert_none(
        f"{test.name.split(':')[0]}:{loop.node.lineno} for … in {ast.unparse(loop.over)}"
        for test, loop in loops
        if may_be_empty(loop, test)
    )


def test_nothing_waits_by_the_clock() -> None:
    assert_none(
        f"{name}:{line}: {wait}" for name, tree in trees().items() for line, wait in waits_of(tree)
    )


def test_nothing_must_be_done_in_so_many_seconds() -> None:
    assert_none(f"{name}:{line}" for name, tree in trees().items() for line in seconds_of(tree))


def test_nothing_is_run_again_until_it_passes() -> None:
    marks = {
        f"{name}:{node.lineno}"
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("flaky", "reruns")
    }
    assert_none(marks)
    assert "rerun" not in (TESTS / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "empty"),
    [
        ("for x in (1, 2): assert x", False),
        ("for x in (): assert x", True),
        ("for x in found(): assert x", True),
        ("for x in found: assert x", True),
        ("assert found\n    for x in found: assert x", False),
        ("assert len(found) == 3\n    for x, y in enumerate(found): assert x", False),
        ("for x in found:\n        assert found", True),
        ("found = [1]\n    for x in found: assert x", False),
        ("found = []\n    for x in found: assert x", True),
        ("for x in range(3): assert x", False),
        ("for x in range(0): assert x", True),
        ("for x in range(n): assert x", True),
        ("for x, y in zip(a, (1, 2), strict=True): assert x", False),
        ("for x, y in zip(a, (1, 2)): assert x", True),
        ("for x in NAMES: assert x", False),
        ("assert len(names) > 4\n    for x in names[:4]: assert x", False),
        ("assert names\n    for x in names[4:]: assert x", True),
        ("for x in {}.items(): assert x", True),
        ("found = [x for x in (1, 2)]\n    for x in found: assert x", False),
        ("found = [x for x in (1, 2) if x]\n    for x in found: assert x", True),
        ("assert all(x for x in found)", True),
        ("assert all(x for x in (1, 2))", False),
        ("assert found\n    assert all(x for x in found)", False),
    ],
)
def test_a_loop_that_may_be_empty_is_found(code: str, empty: bool) -> None:
    (test,) = every_test_in(ast.parse(f"def test_it():\n    {code}"), "x.py")
    (loop,) = loops_of(test.function)
    assert may_be_empty(loop, test) is empty


def test_waits_by_the_clock_are_found() -> None:
    tree = ast.parse("time.sleep(1)\nwhile True:\n    time.sleep(1)\npage.wait_for_timeout(4)")
    assert [line for line, _ in waits_of(tree)] == [1, 4]


def test_assertions_on_seconds_are_found() -> None:
    tree = ast.parse(
        "assert time.monotonic() - t < 3\nassert 3 <= time.monotonic() - t\n"
        "assert time.monotonic() < deadline\nassert 0 < time.perf_counter() - t < 9"
    )
    assert list(seconds_of(tree)) == [1, 4]
