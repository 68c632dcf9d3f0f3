"""The steps of a build in plain words, read from the progress that its process prints."""

import re
from dataclasses import dataclass, replace
from typing import Final

_PROGRESS = re.compile(r"([a-z][a-z ]{1,30}): +(\d{1,3})%(?:[^\r\n\[]*\[([\d:]+)<([\d:]+))?")
"""Stage, percent, and the time that it took and will take, as tqdm prints it."""
_ENOUGH = 0.05
"""Share of a stage from which on its speed is known."""
_LEAST_TIMES, _MOST_TIMES = 0.2, 10.0


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

TWIN_STEPS: Final = (
    BuildStep("reading the map", (), 0.04),
    BuildStep("fetching the pictures from above", ("download",), 0.2),
    BuildStep("listing what stands around each spot", ("facts",), 0.04),
    BuildStep("cutting the pictures from above", ("imagery", "cover"), 0.06),
    BuildStep("drawing the pictures", ("pictures",), 0.1),
    BuildStep("drawing the map to look at", ("base map",), 0.06),
    BuildStep("learning the words for each spot", ("embed facts", "embed tiles"), 0.4),
    BuildStep("learning what the pictures show", ("embed pictures", "embed aerial pictures"), 0.1),
)
"""The steps of a build with pictures from above. Shares by hand, of one that downloads them."""


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """The number of the step from 1, 0 before the first, and the done `share` (0..1) of a build.
    `step_s` is how long the step takes by what was done of it, None where that is not known yet.
    `kept` is the number of steps that an earlier run finished, 0 for none."""

    step: int
    share: float
    step_s: float | None = None
    steps: tuple[BuildStep, ...] = STEPS
    kept: int = 0

    def left_s(self, about_s: float) -> float:
        """How long the build will still take, in seconds, of one that was to take `about_s`.

        The rest of this step by its own speed; if that is not the expected one, the steps behind it
        take as many times longer or shorter, since a busy machine slows all of them.
        """
        if self.step_s is None or about_s <= 0:
            return about_s * (1 - self.share)
        share = self.steps[self.step - 1].share
        behind = 1 - sum(one.share for one in self.steps[: self.step])
        times = min(max(self.step_s / (about_s * share), _LEAST_TIMES), _MOST_TIMES)
        return self.step_s * max(1 - self.share - behind, 0) / share + about_s * behind * times

    @property
    def words(self) -> str:
        """For people: "Step 3 of 6: drawing the pictures". A run that goes on first goes quickly
        through the steps that are done."""
        number, steps = max(self.step, 1), self.steps
        words = steps[number - 1].words
        if number > self.kept:
            return f"Step {number} of {len(steps)}: {words}"
        done = "Step 1 is" if self.kept == 1 else f"Steps 1 to {self.kept} are"
        return f"{done} done, going on with step {self.kept + 1} of {len(steps)}. First: {words}"

    def going_on(self, kept: int) -> "BuildProgress":
        """The progress of a run that goes on after `kept` steps, which are done."""
        if self.step > kept:
            return replace(self, kept=kept)
        done = sum(one.share for one in self.steps[:kept])
        return replace(self, kept=kept, share=max(self.share, round(done, 4)), step_s=None)


NOT_BEGUN: Final = BuildProgress(0, 0.0)


def progress_in(log: str, steps: tuple[BuildStep, ...] = STEPS) -> BuildProgress:
    """How far a build is, from the last stage in what it printed."""
    for stage, percent, took, left in reversed(_PROGRESS.findall(log)):
        for number, step in enumerate(steps):
            if stage.strip() in step.stages:
                place = step.stages.index(stage.strip())
                done = min(int(percent), 100) / 100
                within = (place + done) / len(step.stages)
                before = sum(one.share for one in steps[:number])
                speed = left and done >= _ENOUGH
                whole_s = _seconds(left) / (1 - done) if done < 1 else _seconds(took)
                return BuildProgress(
                    number + 1,
                    round(before + step.share * within, 4),
                    whole_s * len(step.stages) if speed else None,
                    steps,
                )
    return replace(NOT_BEGUN, steps=steps)


def _seconds(clock: str) -> float:
    """ "1:02:03" in seconds."""
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + float(part or 0)
    return seconds


def ends_in_progress(line: str) -> bool:
    """Whether a line of the log is one of progress."""
    return _PROGRESS.search(line) is not None
