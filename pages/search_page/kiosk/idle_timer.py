"""Asks the browser whether anybody is there, and calls what follows.

Only the browser knows: a visitor who reads, moves the map or types asks nothing of the server.
"""

from collections.abc import Callable
from typing import Literal

from pages.ui.script_component import script_component
from pages.ui.templates import render

Mode = Literal["fresh", "visit", "loop"]
IDLE_S = 60
WARNING_S = 10
"""A line asks for so long before the booth takes it that nobody is there."""

_STYLE = """.still { position: fixed; z-index: 99; left: 50%; bottom: 1.5rem; translate: -50% 0;
  margin: 0; padding: .8rem 1.4rem; border-radius: 10px; font-size: 1.15rem; font-weight: 600;
  background: var(--st-text-color); color: var(--st-background-color); }
.still[hidden] { display: none; }"""


def draw(
    mode: Mode,
    step_s: float,
    step: int,
    idle: Callable[[], None],
    hand: Callable[[], None],
    due: Callable[[], None],
) -> None:
    """Calls `idle` when a visitor has gone, `hand` when one comes, `due` after each `step_s`.

    In `fresh` there is nothing to lose yet, so nobody is asked.
    """
    component = script_component("booth", render("kiosk_still_there"), _STYLE)
    component(
        key="watch",
        on_idle_change=idle,
        on_hand_change=hand,
        on_due_change=due,
        height=1,
        data={
            "mode": mode,
            "idle_ms": IDLE_S * 1000,
            "warning_ms": WARNING_S * 1000,
            "step_ms": round(step_s * 1000),
            "step": step,
        },
    )
