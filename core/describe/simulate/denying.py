"""Denials at the end of a description: a thing that others see in this town, and not from here.

"… No trams here." Most denials are true; some are false, as people overlook things. The words of
the denial are our own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.describe.simulate.nouns import is_sayable, noun
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene
from core.vocabulary.kinds import are_akin
from core.vocabulary.templates import vary

_FALSE = 0.15
_MIXED_UP = frozenset({"building", "street", "path"})
_DENIALS = (
    "[No {0} here|There are no {0}|There are no {0} anywhere near|I see no {0}|Without any {0}]."
)


@dataclass(frozen=True, slots=True)
class DenialSentence:
    """A sentence that denies one kind of thing, and whether it is true."""

    text: str
    kind: str
    holds: bool


def denials(
    scenes: Sequence[VisibleScene], rngs: Sequence[np.random.Generator]
) -> list[DenialSentence | None]:
    """A denial for each scene; None where there is nothing to deny.

    The more scenes see a kind, the likelier it is denied where it is not seen.
    """
    seen = [_deniable(scene) for scene in scenes]
    common = Counter(kind for kinds in seen for kind in kinds)
    anywhere = {kind: thing for kinds in seen for kind, thing in kinds.items()}
    return [_denial(kinds, anywhere, common, rng) for kinds, rng in zip(seen, rngs, strict=True)]


def _deniable(scene: VisibleScene) -> dict[str, VisibleObject]:
    """One thing of each kind that a scene has and a text can name. Ways and plain buildings have
    many kinds that people do not tell apart."""
    return {
        thing.kind: thing
        for thing in (*scene.inside, *scene.things)
        if is_sayable(thing) and thing.group not in _MIXED_UP
    }


def _denial(
    here: dict[str, VisibleObject],
    anywhere: dict[str, VisibleObject],
    common: Counter[str],
    rng: np.random.Generator,
) -> DenialSentence | None:
    absent = [
        kind
        for kind in sorted(anywhere)
        if kind not in here and not any(are_akin(kind.rpartition(" ")[2], other) for other in here)
    ]
    holds = bool(rng.random() >= _FALSE)
    kinds = absent if holds else sorted(here)
    if not kinds:
        return None
    counts = np.array([common[kind] for kind in kinds], dtype=np.float64)
    denied = anywhere[kinds[int(rng.choice(len(kinds), p=counts / counts.sum()))]]
    several = noun(_several(denied), rng)
    text = vary(_DENIALS, rng).format(several.definite.removeprefix("the "))
    return DenialSentence(text, denied.kind, holds)


def _several(thing: VisibleObject) -> VisibleObject:
    return replace(thing, count=9, name="", words=(), size_m=0.0)
