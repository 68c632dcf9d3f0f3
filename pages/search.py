"""The search page: a description in, places on the map out."""

import streamlit as st

from pages.shared import answer, controls, page, resources, state
from pages.shared.booth import stage, visit

if visit.wanted():
    stage.draw()
    st.stop()

page.begin()
cards = resources.cards()
healthy = tuple(card for card in cards if not card.problem)
problems = tuple(card for card in cards if card.problem)
if not healthy:
    page.problems(problems)
    page.nothing_to_search()
    st.stop()

ask = state.current(card.name for card in healthy)
card = next(card for card in healthy if card.name == ask.city)
with page.head():
    controls.city_choice(healthy)
page.problems(problems)
page.not_here("city", state.absent_city(), card.title)
controls.question(ask, card)
answer.draw(card)
page.foot(card)
resources.warm_up(card)
