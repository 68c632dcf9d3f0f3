"""Labels of a choice that no two options share."""

from collections import Counter
from collections.abc import Mapping

from pages.ui.markdown import one_line

_MOST_KEY_CHARS = 60


def distinct(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels by key; equal ones get their key, because a browser names its choice by the label,
    and the first of two equal ones would always be meant."""
    often = Counter(labels.values())
    return {
        key: label if often[label] == 1 else f"{label} ({one_line(key, _MOST_KEY_CHARS)})"
        for key, label in labels.items()
    }
