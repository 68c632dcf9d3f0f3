"""One search of a visitor: the line before it, and the query that is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import ModelError
from core.gallery import Gallery
from core.records import Query
from core.retrieval import PictureEncoder, SearchTrace, check_query, search_with_trace
from pages.search_page.query_params import SearchParams
from pages.ui import resources


@contextmanager
def turn() -> Iterator[None]:
    """A turn in the line of all visitors who search now; says the place in it to those who wait."""
    note = st.empty()
    with (
        resources.search_line().turn(lambda place: _tell_place(note, place)),
        note,
        st.spinner("Reading your words. The first time takes a few seconds."),
    ):
        yield


def _tell_place(note: DeltaGenerator, place: int) -> None:
    note.info(f"Many people search now. You are number {place} in line.")


def search_city(gallery: Gallery, ask: SearchParams) -> tuple[SearchTrace, PictureEncoder | None]:
    """The search of one city; without pictures where no channel was picked and no picture
    model is available. Raises SaywhereError."""
    known = {stamp.key for stamp in gallery.card.picture_models}
    model = ask.model if ask.model in known else None
    query = Query(
        ask.text, ask.k, ask.channels or None, area=ask.area, model=model, steering=ask.steering
    )
    channels = check_query(query, gallery)
    picture_encoder, problem = None, ""
    if "image" in channels:
        try:
            picture_encoder = resources.picture_encoder(gallery, model)
        except ModelError as error:
            if ask.channels or channels == ("image",):
                raise
            problem = f"Pictures were not searched: {error}"
            query = replace(query, channels=channels[1:])
    trace = search_with_trace(gallery, resources.encoder(), query, picture_encoder, exact=ask.exact)
    if problem:
        result = replace(trace.result, notes=(*trace.result.notes, problem))
        trace = replace(trace, result=result)
    return trace, picture_encoder
