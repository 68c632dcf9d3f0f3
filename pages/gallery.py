"""The gallery page: what a gallery holds and where it comes from."""

import streamlit as st

from core.errors import SaywhereError
from pages.shared import page, resources
from pages.shared.gallery import choosing, look_alikes, origin, tiles
from pages.shared.markdown import plain

page.begin("gallery")
cards = resources.cards()
if not cards:
    page.nothing_to_search()
    st.stop()

view = choosing.current(cards)
card = next(card for card in cards if card.name == view.gallery)
with page.head():
    choosing.gallery_choice(cards)
page.not_here("gallery", choosing.absent(), card.title)
try:
    if card.problem:
        raise SaywhereError(card.problem)
    gallery = resources.open_gallery(card)
except SaywhereError as error:
    st.warning(plain(f"{card.name}: {error}", 500))
    origin.draw(card, damaged=True)
else:
    choosing.part_choice(card)
    match view.part:
        case "tiles":
            tiles.draw(gallery, view)
        case "alike":
            look_alikes.draw(gallery)
        case "origin":
            origin.draw(card)
    page.foot(card)
choosing.write_link()
