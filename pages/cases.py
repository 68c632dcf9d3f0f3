"""The cases page: failures to review, one card at a time."""

import streamlit as st

from core.errors import SaywhereError
from pages.shared import page
from pages.shared.cases import agreeing, desk, exporting, review, shelf, start
from pages.shared.cases.seat import Seat, View, current, write_link
from pages.shared.markdown import plain

_VIEWS: dict[View, tuple[str, str]] = {
    "review": ("Review", "V"),
    "agreement": ("Agreement", "A"),
    "export": ("Export", "E"),
}


def views(seat: Seat) -> None:
    """A button with a key for each view, and one to leave."""
    with st.container(horizontal=True, width="content", key="cases-views"):
        for view, (label, key) in _VIEWS.items():
            look = "primary" if view == seat.view else "secondary"
            desk.keyed(label, key, lambda view=view: seat.look_at(view), f"view-{view}", type=look)
        if seat.name:
            desk.keyed(
                f"Leave, {plain(seat.name, 20)}", "L", seat.leave, "view-leave", type="tertiary"
            )


def drawn(seat: Seat) -> None:
    """The view that was asked for. Faults of the store end it with a line."""
    store = shelf.store()
    trouble = st.empty()
    if seat.problem and seat.name:
        trouble.error(plain(seat.problem, 600))
    if seat.view == "agreement":
        agreeing.draw(store, seat)
    elif seat.view == "export":
        exporting.draw(store)
        write_link(seat)
    elif seat.name:
        review.draw(store, seat)
    else:
        start.draw(store, seat)


page.begin("cases")
seat = current()
with page.head():
    views(seat)
try:
    drawn(seat)
except (SaywhereError, OSError) as error:
    st.error(plain(str(error), 600))
