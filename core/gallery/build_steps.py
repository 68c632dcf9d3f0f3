"""The steps of a build in plain words, read from the progress that its process prints."""

import re
from dataclasses import dataclass
from typing import Final

_PROGRESS = re.compile(r"([a-z][a-z ]{1,30}): +(\d{1,3})%")


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A step for people, the stages of a build that belong to it, and about its `share` (0..1) of
    the whole time."""

    words: str
    stages: tuple[str, ...]
    share: float


STEPS: Final = (
    BuildStep("reading the map", (), 0.05),
    BuildStep("listing what stands around each spot", ("facts",), 0.03),
    BuildStep("drawing the pictures", ("pictures",), 0.12),
    BuildStep("drawing the map to look at", ("base map",), 0.08),
    BuildStep("learning the words for each spot", ("embed facts", "embed tiles"), 0.6),
    BuildStep("learning what the pictures show", ("embed pictures",), 0.12),
)
"""Shares rounded from two builds of Monaco on two busy cores, of 98 and of 1,198 tiles, in which
the fifth step took 63 % and 57 % of the time, the third 9 % and 14 %."""


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """The number of the step from 1, 0 before the first, and the done `share` (0..1) of a build."""

    step: int
    share: float

    @property
    def words(self) -> str:
        """For people: "Step 3 of 6: drawing the pictures"."""
        number = max(self.step, 1)
        return f"Step {number} of {len(STEPS)}: {STEPS[number - 1].words}"


NOT_BEGUN: Final = BuildProgress(0, 0.0)


def progress_in(log: str) -> BuildProgress:
    """How far a build is, from the last stage in what it printed."""
    for stage, percent in reversed(_PROGRESS.findall(log)):
        for number, step in enumerate(STEPS):
            if stage.strip() in step.stages:
                place = step.stages.index(stage.strip())
                within = (place + min(int(percent), 100) / 100) / len(step.stages)
                before = sum(one.share for one in STEPS[:number])
                return BuildProgress(number + 1, round(before + step.share * within, 4))
    return NOT_BEGUN


def ends_in_progress(line: str) -> bool:
    """Whether a line of the log is one of progress."""
    return _PROGRESS.search(line) is not None
