"""The rooms of the pages: what several share imports no page, and pages borrow only from search."""

import ast
from collections.abc import Iterator
from pathlib import Path

PAGES = Path(__file__).resolve().parent.parent.parent / "pages"
MAY_IMPORT = {
    "ui": {"ui"},
    "search_page": {"ui", "search_page"},
    "benchmark_page": {"ui", "benchmark_page"},
    "review_page": {"ui", "review_page"},
    "gallery_page": {"ui", "gallery_page", "search_page"},
    "kiosk_page": {"ui", "kiosk_page", "search_page"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pages."):
            yield node.module.split(".")[1]


def test_a_page_imports_only_what_it_may() -> None:
    folders = sorted(one.name for one in PAGES.iterdir() if (one / "__init__.py").exists())
    assert folders == sorted(MAY_IMPORT)
    for folder, allowed in MAY_IMPORT.items():
        files = sorted((PAGES / folder).rglob("*.py"))
        assert len(files) > 5
        for path in files:
            assert set(imported(path)) <= allowed, path.name
