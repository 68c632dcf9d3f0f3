"""The gallery page: what a gallery holds and where it comes from."""

import streamlit as st

from core.errors import SaywhereError
from pages.gallery_page import (
    collection_panel,
    disagreements,
    look_alikes,
    provenance,
    session,
    tiles,
)
from pages.ui import frame, resources
from pages.ui.markdown import plain

frame.begin("gallery")
cards = resources.cards()
if not cards:
    frame.nothing_to_search()
    st.stop()

collections = [whole for whole in cards if whole.regions]
whole_of = {region: whole for whole in collections for region in resources.regions_of(whole)}
view = session.current((*cards, *whole_of))
card = next(card for card in (*cards, *whole_of) if card.name == view.gallery)
with frame.head():
    session.gallery_choice((*cards, card) if card in whole_of else cards)
frame.not_here("gallery", session.absent(), card.title)
try:
    if card.problem:
        raise SaywhereError(card.problem)
    if card.regions:
        collection_panel.draw(card)
        session.write_link()
        st.stop()
    gallery = resources.open_gallery(card)
    session.part_choice(card)
    if card in whole_of:
        collection_panel.back(card, whole_of[card])
    match view.part:
        case "tiles":
            tiles.draw(gallery, view)
        case "alike":
            look_alikes.draw(gallery)
        case "differ":
            disagreements.draw(gallery)
        case "origin" if card in whole_of:
            st.info(plain(f"Made from {whole_of[card].title}: {card.licence}", 500))
        case "origin":
            provenance.draw(card)
    frame.foot(card)
except SaywhereError as error:
    st.warning(plain(f"{card.name}: {error}", 500))
    provenance.draw(card, damaged=True)
session.write_link()
