"""The search page: a description in, places on the map out."""

import streamlit as st

from pages.search_page import anywhere, anywhere_results, city_choice, controls, results, session
from pages.search_page.kiosk import host
from pages.search_page.kiosk import page as kiosk
from pages.search_page.kiosk import session as visits
from pages.search_page.query_params import ANYWHERE
from pages.ui import frame, resources

if visits.hosting():
    host.draw()
    st.stop()
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

regions = [region for whole in healthy if whole.regions for region in resources.regions_of(whole)]
ask = session.current(one.name for one in (*healthy, *regions))
everywhere = ask.city == ANYWHERE
card = next((one for one in (*healthy, *regions) if one.name == ask.city), None)
offered = (*healthy, card) if card in regions else healthy
card = card or anywhere.card_of(healthy)
with frame.head():
    city_choice.draw(offered)
frame.problems(problems)
frame.not_here("city", session.absent_city(), card.title)
controls.question()
understood = st.container(key="understood")
controls.tools(ask, card)
if everywhere or card.regions:
    anywhere_results.draw(healthy if everywhere else (card,), understood)
else:
    results.draw(card, healthy, understood)
frame.foot(card)
resources.warm_up(*(healthy if everywhere else (card,)))
