"""Explanations of cards, computed in the background and ahead of the annotator.

All annotators share them: they come from the report and the gallery, not from a person.
"""

import io
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from core.errors import ModelError, QueryError, SaywhereError
from core.explain.attribution import relevance
from core.explain.comparison import Comparison, compare
from core.gallery import Gallery, GalleryCard
from core.records import Query, Relevance
from core.retrieval import PictureEncoder, search_with_trace
from core.review.model import Card
from pages.ui import resources

LABELS = ("the truth (T)", "the answer (A)")
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Insight:
    """Truth against answer, phrase by phrase; the words by their relevance for the answer; and why
    there is none of either, "" where there is."""

    comparison: Comparison | None = None
    words: Relevance | None = None
    problem: str = ""


class Insights:
    """Insights by case, each made once, one at a time."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, str], Future[Insight]] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "insight")

    def of(self, card: Card, place: GalleryCard) -> "Future[Insight]":
        """The insight of a card, begun if need be."""
        key = (place.created, card.case_id)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._pool.submit(_insight, card, place)
            self._made.move_to_end(key)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return self._made[key]


@st.cache_resource(show_spinner=False)
def insights() -> Insights:
    """Those of this server."""
    return Insights()


def _insight(card: Card, place: GalleryCard) -> Insight:
    """A fault becomes the `problem` of the insight, which no verdict needs."""
    try:
        return _looked_into(card, place)
    except SaywhereError as error:
        return Insight(problem=str(error))


def _looked_into(card: Card, place: GalleryCard) -> Insight:
    gallery = resources.open_gallery(place)
    picture_encoder = resources.picture_encoder(gallery, None) if place.picture_models else None
    trace = search_with_trace(gallery, resources.encoder(), Query(card.text, 1), picture_encoder)
    problem, comparison = "", None
    try:
        comparison = compare(trace, card.tile_id, card.top_tile, LABELS, resources.encoder())
    except QueryError:
        problem = "The answer is the true tile itself, so there is nothing to compare."
    return Insight(comparison, _words(card, gallery, picture_encoder), problem)


def _words(
    card: Card, gallery: Gallery, picture_encoder: PictureEncoder | None
) -> Relevance | None:
    if picture_encoder is None:
        return None
    picture = gallery.searched_picture(card.top_tile, picture_encoder.key)
    if not picture:
        return None
    with Image.open(io.BytesIO(picture)) as opened:
        seen = opened.convert("RGB")
    try:
        return relevance(picture_encoder.encoder, card.text, [seen])[0]
    except ModelError:
        return None
