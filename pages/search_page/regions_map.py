"""The map of all regions: where there is something to search, and how likely each region is."""

from collections.abc import Sequence
from functools import partial

from core import maps
from core.gallery import GalleryCard
from core.maps import RegionMark
from core.records import Region
from core.vocabulary.chances import percent
from pages.search_page import city_hints
from pages.ui import map_view, resources
from pages.ui.markdown import one_line

_KEY = "regions-map"
_HEIGHT_PX = 210
"""Beside an answer; before the first question the map is as tall as any."""


def draw(cards: Sequence[GalleryCard], regions: Sequence[Region] = ()) -> None:
    """The regions of some galleries, with their probabilities after a search. A click on one
    searches there."""
    marks = _marks(cards, {one.gallery: one.probability for one in regions})
    key = f"{_KEY}-{'answer' if regions else 'first'}"
    act = partial(_picked, key, frozenset(mark.name for mark in marks))
    layer = maps.regions_layer(marks)
    if regions:
        map_view.overview(layer, key, act, _HEIGHT_PX)
    else:
        map_view.overview(layer, key, act)


def _marks(cards: Sequence[GalleryCard], share_of: dict[str, float]) -> list[RegionMark]:
    """A mark for each region; after a search, for those that were not left out."""
    return [
        RegionMark(
            name=card.name,
            title=one_line(card.title, 60),
            bounds=card.bounds,
            share=share_of.get(card.name),
            told=percent(share_of[card.name]) if share_of else "",
        )
        for whole in cards
        for card in resources.regions_of(whole)
        if not share_of or card.name in share_of
    ]


def _picked(key: str, names: frozenset[str]) -> None:
    """Takes over the report of our script, which comes from a browser: checked like a link."""
    name = map_view.region_picked(key, names)
    if name is not None:
        city_hints.go(name)
