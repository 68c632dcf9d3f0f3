"""Wishes in a link: a stranger's text, so each value is checked and what makes no sense is left
out."""

from collections.abc import Mapping
from typing import Final

from core.records import Steering
from core.retrieval.steering import MOST_WISHES
from pages.ui.link_values import identifier, whole

_TILES: Final = ("like", "unlike")
_PHRASES: Final = ("must", "twice", "minus")
_LONGEST = 200
_MOST_REACH_M = 5000


def params_of(wishes: Steering) -> dict[str, str]:
    """The query parameters of wishes, one line for each."""
    params = {
        name: "\n".join(getattr(wishes, name))
        for name in (*_TILES, *_PHRASES)
        if getattr(wishes, name)
    }
    if wishes.passed:
        params |= {"passed": wishes.passed, "reach": f"{wishes.reach_m:.0f}"}
    return params


def wishes_in(params: Mapping[str, str]) -> Steering:
    """The wishes of a link."""
    like = _lines(params.get("like", ""))
    lists, taken = dict[str, tuple[str, ...]](), set[str]()
    for name in _PHRASES:
        lists[name] = tuple(one for one in _phrases(params.get(name, "")) if one not in taken)
        taken.update(lists[name])
    reach = whole(params.get("reach", ""), int(Steering().reach_m), _MOST_REACH_M)
    return Steering(
        like=like,
        unlike=tuple(one for one in _lines(params.get("unlike", "")) if one not in like),
        must=lists["must"],
        twice=lists["twice"],
        minus=lists["minus"],
        passed=params.get("passed", "").strip()[: 10 * _LONGEST],
        reach_m=float(reach),
    )


def _lines(text: str) -> tuple[str, ...]:
    lines = (identifier(line) for line in text[: MOST_WISHES * _LONGEST].split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))[:MOST_WISHES]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(line for line in _lines(text) if any(sign.isalnum() for sign in line))
