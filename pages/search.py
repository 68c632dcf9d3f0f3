"""The search page: a description in, places on the map out."""

import streamlit as st

from pages.search_page import controls, results, session
from pages.search_page.kiosk import page as kiosk
from pages.search_page.kiosk import session as visits
from pages.ui import frame, resources

if visits.wanted():
    kiosk.draw()
    st.stop()

frame.begin()
cards = resources.offered()
healthy = tuple(card for card in cards if not card.problem)
problems = tuple(card for card in cards if card.problem)
if not healthy:
    frame.problems(problems)
    frame.nothing_to_search()
    st.stop()

ask = session.current(card.name for card in healthy)
card = next(card for card in healthy if card.name == ask.city)
with frame.head():
    controls.city_choice(healthy)
frame.problems(problems)
frame.not_here("city", session.absent_city(), card.title)
controls.question(ask, card)
results.draw(card)
frame.foot(card)
resources.warm_up(card)
