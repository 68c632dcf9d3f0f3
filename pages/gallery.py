"""The gallery page: what a gallery holds and where it comes from."""

import streamlit as st

from core.errors import SaywhereError
from pages.gallery_page import look_alikes, provenance, session, tiles
from pages.ui import frame, resources
from pages.ui.markdown import plain

frame.begin("gallery")
cards = resources.cards()
if not cards:
    frame.nothing_to_search()
    st.stop()

view = session.current(cards)
card = next(card for card in cards if card.name == view.gallery)
with frame.head():
    session.gallery_choice(cards)
frame.not_here("gallery", session.absent(), card.title)
try:
    if card.problem:
        raise SaywhereError(card.problem)
    gallery = resources.open_gallery(card)
    session.part_choice(card)
    match view.part:
        case "tiles":
            tiles.draw(gallery, view)
        case "alike":
            look_alikes.draw(gallery)
        case "origin":
            provenance.draw(card)
    frame.foot(card)
except SaywhereError as error:
    st.warning(plain(f"{card.name}: {error}", 500))
    provenance.draw(card, damaged=True)
session.write_link()
