"""Which tests run first, and which files run in one worker."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

TESTS = Path(__file__).resolve().parent

LONGEST_FIRST = (
    "quality",
    "pages",
    "test_browser.py",
    "test_explained_pages.py",
    "test_readmes.py",
    "models",
)
"""Folders and files of tests that take longest. A worker that gets one last works alone."""

TOGETHER = {
    "one app in one browser": (
        "pages/test_accessibility.py",
        "pages/test_gallery.py",
        "pages/test_phrase_chips.py",
        "pages/test_protection.py",
    ),
    "transformers": (
        "explain/attribution/test_rollout.py",
        "models/test_checkpoints.py",
        "models/test_clip.py",
        "models/test_clip_text.py",
        "models/test_crosstext2loc.py",
        "models/test_openai_names.py",
        "models/test_pictures.py",
        "training/test_physical.py",
        "training/test_trainable_clip.py",
    ),
}
"""Files of tests that start the same app, or import the same large library: once in one worker
costs less than once in every worker."""


def share_of(nodeid: str) -> str:
    """What a worker gets at once: a file of tests, or several that belong together."""
    file = nodeid.split("::", 1)[0]
    for name, files in TOGETHER.items():
        if file.endswith(files):
            return name
    return file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the longest files to the front."""
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONGEST_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: "Producer"
) -> "LoadFileScheduling | None":
    """`--dist loadfile`, with some files together."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Shares(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

    return Shares(config, log)
