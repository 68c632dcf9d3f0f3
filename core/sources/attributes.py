"""Tags from the attributes of vector files."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.sources.features import IGNORED_KEYS
from core.sources.left_out import Losses

_IGNORED = frozenset(key.lower() for key in IGNORED_KEYS)
_TAG_COLUMNS = ("tags", "all_tags", "osm_tags", "other_tags")
"""Attributes that hold all tags at once: of ogr2ogr, osm2pgsql, QuackOSM, ohsome and others."""
_HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


def text_tags(properties: Mapping[Any, Any], losses: Losses) -> dict[str, str]:
    """Attributes as text, without empty values and identifiers; other nested values are counted.

    An attribute that holds all tags gives those that have no attribute of their own. Keys become
    lower case, as in OpenStreetMap; of two that are then alike, the lower one stays.
    """
    tags: dict[str, str] = {}
    held: list[Mapping[Any, Any]] = []
    for key, value in properties.items():
        folded = str(key).lower()
        if not folded or folded.startswith("@") or folded == "id" or folded in _IGNORED:
            continue
        if folded in _TAG_COLUMNS and (inner := _held_tags(value)):
            held.append(inner)
        elif text := as_text(value):
            if folded == key or folded not in tags:
                tags[as_text(folded)] = text
        elif _is_nested(value):
            losses.add("attribute", "its value is a list or an object")
    for inner in held:
        for key, text in text_tags(inner, losses).items():
            tags.setdefault(key, text)
    return tags


def _held_tags(value: Any) -> Mapping[Any, Any]:
    """The tags in a value: an object, pairs, or either as JSON or hstore text; else none."""
    if isinstance(value, str):
        if pairs := _HSTORE.findall(value):
            return {_ESCAPED.sub(r"\1", key): _ESCAPED.sub(r"\1", text) for key, text in pairs}
        try:
            value = json.loads(value) if value.lstrip()[:1] in ("{", "[") else None
        except (ValueError, RecursionError):
            return {}
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, np.ndarray)):
        pairs = [tuple(pair) for pair in value if isinstance(pair, (list, tuple))]
        if len(pairs) == len(value) and all(len(pair) == 2 for pair in pairs):
            return {str(key): text for key, text in pairs}
    return {}


def _is_nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple, np.ndarray)) and len(value) > 0


def as_text(value: Any) -> str:
    """An attribute as text that can be written; "" for a missing value, a list and the like."""
    if not pd.api.types.is_scalar(value) or isinstance(value, bytes) or pd.isna(value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"  # as OpenStreetMap writes it
    return str(value).encode("utf-8", "replace").decode()


def first_text(*values: Any) -> str:
    """The first value that is a text; "" if none is."""
    return next((text for value in values if (text := as_text(value))), "")
