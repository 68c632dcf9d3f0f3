"""The host's page: how the day goes at the booth."""

import streamlit as st

from pages.search_page.kiosk import day_numbers, distances
from pages.search_page.kiosk.day_numbers import DayNumbers
from pages.ui import frame
from pages.ui.markdown import plain
from pages.ui.templates import render

_EVERY_S = 10


def draw() -> None:
    """The page, which looks again by itself."""
    frame.begin(style="booth")
    with st.container(key="booth-host"):
        st.html(render("app_name", claim=""))
        _numbers()
        st.markdown("[Open the booth](/?booth=1)")


@st.fragment(run_every=_EVERY_S)
def _numbers() -> None:
    st.html(render("kiosk_tally", title="The booth today", rows=rows(day_numbers.now())))
    st.caption("Since midnight. Only these numbers are kept, nothing that a visitor wrote.")
    if problem := day_numbers.book().problem:
        st.warning(plain(problem, 300))


def rows(day: DayNumbers) -> tuple[tuple[str, str], ...]:
    """Names and values; averages only where there is something to average."""
    found = [("Games played", f"{day.games:,}")]
    if day.known:
        share = round(100 * day.found / day.known)
        found += [
            ("Found within 100 m", f"{day.found:,} of {day.known:,} ({share} %)"),
            ("Saywhere was off by", f"{distances.metres(day.ours_m / day.known)} on average"),
        ]
    if day.guesses:
        away = distances.metres(day.guesses_m / day.guesses)
        guesses = "1 guess" if day.guesses == 1 else f"{day.guesses:,} guesses"
        found.append((f"Visitors were off by ({guesses})", f"{away} on average"))
    people = "1 person" if day.longest_line == 1 else f"{day.longest_line:,} people"
    found.append(("Longest line for a search", people if day.longest_line else "nobody waited"))
    return tuple(found)
