"""The keys of an annotator: one for each verdict and action, which everyone may choose anew."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from core.errors import CasesError
from core.review.field_checks import annotator_name
from core.review.schema import key_bindings
from core.review.store import Store
from core.review.verdicts import CASE_VERDICTS

ACTION_KEYS: Final[Mapping[str, str]] = {
    "skip": "S",
    "back": "B",
    "undo": "U",
    "note": "N",
    "together": "T",
    "definitions": "D",
}
"""Actions besides verdicts, with their keys. Enter always records."""

RESERVED: Final = frozenset("AEGLOVWCR")
"""Letters that the page has for its views, or Streamlit for its menu."""


def default_keys() -> dict[str, str]:
    """The key of each verdict and action before anybody chose another."""
    return {kind.title: kind.key for kind in CASE_VERDICTS.values()} | dict(ACTION_KEYS)


def keys_of(store: Store, annotator: str) -> dict[str, str]:
    """The key of each verdict and action for an annotator.

    Where two would share a key, as after a new verdict, the one chosen by the annotator keeps it,
    and the other gets "", which is no key.
    """
    name = annotator_name(annotator)

    def work(connection: Connection) -> dict[str, str]:
        query = select(key_bindings.c.action, key_bindings.c.key)
        rows = connection.execute(query.where(key_bindings.c.annotator == name))
        return {str(row.action): str(row.key) for row in rows}

    return _merged(store.database.read(work))


def _merged(chosen: Mapping[str, str]) -> dict[str, str]:
    usual = default_keys()
    own = {action: key for action, key in chosen.items() if action in usual}
    taken = set(own.values())
    free = {action: "" if key in taken else key for action, key in usual.items()}
    return free | own


def bind(store: Store, annotator: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Writes an annotator's keys and returns them; actions that are not given keep their own.

    A key is one letter or digit. Raises CasesError, with nothing written, for any other key, one
    of `RESERVED`, an unknown action, an unknown annotator, and for two actions with one key.
    """
    name = annotator_name(annotator)
    wanted = keys_of(store, name) | {action: _checked(action, keys[action]) for action in keys}
    actions_of: dict[str, list[str]] = {}
    for action, key in wanted.items():
        actions_of.setdefault(key, []).append(action)
    for key, actions in actions_of.items():
        if len(actions) > 1:
            raise CasesError(f"{key} is for {' and '.join(map(repr, actions))}; give each its own")
    usual = default_keys()
    rows = [
        {"annotator": name, "action": action, "key": key}
        for action, key in wanted.items()
        if key != usual[action]
    ]

    def work(connection: Connection) -> None:
        connection.execute(key_bindings.delete().where(key_bindings.c.annotator == name))
        if rows:
            connection.execute(key_bindings.insert(), rows)

    if name not in store.names():
        raise CasesError(f"the store has no annotator {name!r}; join first")
    store.database.write(work)
    return wanted


def _checked(action: str, given: str) -> str:
    if action not in default_keys():
        raise CasesError(f"{action[:60]!r} is no verdict and no action")
    key = given.strip().upper()
    if len(key) != 1 or not key.isalnum() or not key.isascii():
        raise CasesError(f"{given[:20]!r} is no key for {action!r}; give a letter or a digit")
    if key in RESERVED:
        raise CasesError(f"{key} is for something else on this page; give {action!r} another key")
    return key
