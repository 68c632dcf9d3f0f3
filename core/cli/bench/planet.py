"""PLANET's losses against none: the same training with each term, several weights and seeds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import TrainingError
from core.settings import Settings


def run(
    settings: Settings, config: Path | None, progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """The table of a training of the compact model in one contrastive stage (a TOML file).

    Raises TrainingError for no file or another training.
    """
    from core.training.planet_table import compare

    if config is None:
        raise TrainingError("bench planet compares trainings; give one with --config FILE.toml")
    folder = settings.runs / f"planet-{config.stem}"
    rows = compare(config, folder, settings.batch_threads, progress)
    return {"bench": "planet", "config": str(config), "rows": rows}
