"""One question, asked and drawn: notes, map, list and panel. Redrawn alone on every choice."""

import time
from dataclasses import dataclass, replace

import streamlit as st

from core.errors import ModelError, SaywhereError
from core.gallery import Gallery, GalleryCard
from core.maps import title_of
from core.records import Query, SearchResult
from core.retrieval import check_query, search
from pages.shared import controls, downloads, examples, map_view, panel, resources, state
from pages.shared.markdown import plain
from pages.shared.state import Ask


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of a question, kept in this session only."""

    ask: Ask
    result: SearchResult | None
    problem: str
    took_ms: float


def _ask(gallery: Gallery, ask: Ask) -> _Answer:
    """The answer to a question, from the session where it was just given."""
    asked = replace(ask, chosen=1)
    kept = st.session_state.get("answer")
    if isinstance(kept, _Answer) and kept.ask == asked:
        return kept
    started = time.perf_counter()
    try:
        with st.spinner("Reading your words. The first time takes a few seconds."):
            result, problem = _search(gallery, ask), ""
    except SaywhereError as error:
        result, problem = None, str(error)
    answer = _Answer(asked, result, problem, (time.perf_counter() - started) * 1000)
    st.session_state["answer"] = answer
    return answer


def _search(gallery: Gallery, ask: Ask) -> SearchResult:
    """Where nothing was picked and there is no picture model to be had, the rest answers."""
    known = {stamp.key for stamp in gallery.card.picture_models}
    model = ask.model if ask.model in known else None
    query = Query(ask.text, ask.k, ask.channels or None, bounds=ask.area, model=model)
    channels = check_query(query, gallery)
    eyes, problem = None, ""
    if "image" in channels:
        try:
            eyes = resources.eyes(gallery, model)
        except ModelError as error:
            if ask.channels or channels == ("image",):
                raise
            problem = f"Pictures were not looked at: {error}"
            query = replace(query, channels=channels[1:])
    result = search(gallery, resources.encoder(), query, eyes)
    return replace(result, notes=(*result.notes, problem)) if problem else result


@st.fragment
def draw(card: GalleryCard) -> None:
    """Everything below the question."""
    state.redraw_if_asked()
    ask = state.settled()
    try:
        gallery = resources.open_gallery(card)
    except SaywhereError as error:
        st.warning(plain(str(error), 500))
        return
    notes = st.container(key="notes")
    left, right = st.columns([1, 1], gap="medium")
    with left.container(key="map-pane"):
        place = st.container(key="map-frame")
    wanted = bool(ask.text or st.session_state.get("asked"))
    answer = _ask(gallery, ask) if wanted else None
    result = answer.result if answer and answer.result and answer.result.candidates else None
    with place:
        rank = state.chosen_rank(result, ask) if result else 1
        map_view.draw(gallery, result, rank, ask.area)
    with notes:
        _notes(ask, answer)
    with right:
        if result:
            _candidates(gallery, result, rank)
        else:
            _invitation(card)
    if answer and result:
        downloads.draw(card, ask, result, answer.took_ms)
    state.write_link(ask)


def _notes(ask: Ask, answer: _Answer | None) -> None:
    if ask.area:
        st.button(
            "Only inside the marked area", icon=":material/close:", key="clear-area",
            on_click=_clear_area, help="Search the whole city again",
        )  # fmt: skip
    if answer is None:
        return
    if answer.problem:
        st.info(plain(answer.problem[:1].upper() + answer.problem[1:], 500))
    elif answer.result is not None:
        notes = list(answer.result.notes)
        cut = answer.result.truncated
        if cut is not None and not any("character" in note for note in notes):
            notes.append(f"Only the first {cut:,} characters were read.")
        if not answer.result.candidates:
            notes.append("No place here fits. Try other words or the whole city.")
        for note in notes:
            st.info(plain(note, 500))


def _clear_area() -> None:
    state.change(area=None, chosen=1)
    st.session_state["chosen"] = 1


def _invitation(card: GalleryCard) -> None:
    st.markdown("##### Describe what is around you")
    st.markdown(
        "Buildings, shops, trees, water, street names: whatever you would tell a friend on the "
        "phone." + (" Or try one of these:" if examples.of_city(card.name) else "")
    )
    controls.example_buttons(card, "first")


def _choose() -> None:
    state.change(chosen=st.session_state["chosen"])


def _candidates(gallery: Gallery, result: SearchResult, rank: int) -> None:
    names, details = st.columns([2, 3], gap="small")
    by_rank = {candidate.rank: candidate for candidate in result.candidates}
    if st.session_state.get("chosen") != rank:
        st.session_state["chosen"] = rank
    with names.container(key="places"):
        st.radio(
            "Places found, best first", list(by_rank), key="chosen", on_change=_choose,
            format_func=lambda one: f"**{one}** {plain(title_of(by_rank[one]), 60)}",
            captions=[plain(panel.summary(candidate)) for candidate in result.candidates],
        )  # fmt: skip
    with details.container(key="panel"):
        panel.draw(gallery, result, by_rank[rank])
