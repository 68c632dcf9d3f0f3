"""The page before the first question."""

import streamlit as st

from core.gallery import GalleryCard
from pages.search_page import controls
from pages.ui import examples


def draw(card: GalleryCard) -> None:
    """What to write, and examples."""
    st.markdown("##### Describe what is around you")
    st.markdown(
        "Buildings, shops, trees, water, street names: what you would tell a friend on the phone."
        + (" Or try an example:" if examples.of_city(card.name) else "")
    )
    controls.example_buttons(card, "first")
