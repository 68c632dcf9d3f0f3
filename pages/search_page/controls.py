"""Description and options: they change the question and draw no answer."""

import streamlit as st

from core.gallery import GalleryCard
from core.records import CHANNEL_TRAITS, CHANNELS
from pages.search_page import past_searches, session
from pages.search_page.photo import panel as photo
from pages.search_page.query_params import MOST_K, SearchParams
from pages.ui import examples
from pages.ui.markdown import one_line, plain


def _submit() -> None:
    session.ask_anew(text=st.session_state["text"].strip())
    st.session_state["asked"] = True


def _change_options() -> None:
    picked = st.session_state.get("channels", CHANNELS)
    channels = tuple(channel for channel in CHANNELS if channel in picked)
    model = st.session_state.get("model", "")
    k = st.session_state.get("k", SearchParams().k)
    session.rank_anew(k=k, channels=channels, model=model)


def try_example(text: str) -> None:
    """Fills the box with an example and searches for it."""
    st.session_state["text"] = text
    _submit()
    st.session_state["examples-tried"] = st.session_state.get("examples-tried", 0) + 1
    st.session_state["redraw"] = True


def question() -> None:
    """The description and its button."""
    with st.form("search", border=False):
        words, button = st.columns([6, 1], vertical_alignment="bottom")
        words.text_area(
            "What do you see around you?",
            key="text",
            height="content",
            max_chars=None,
            placeholder="A church with two towers, a tram stop, a small park with a fountain …",
        )
        button.form_submit_button(
            "Find places",
            type="primary",
            on_click=_submit,
            width="stretch",
            help="Or press Ctrl + Enter in the box",
        )


def tools(ask: SearchParams, card: GalleryCard) -> None:
    """What was read from a photograph, and a row with examples and options."""
    photo.seen()
    with st.container(horizontal=True, key="tools"):
        photo.choice()
        if ask.text and examples.of_city(card.name):
            # another key for each try: the popover closes over the map instead of covering it
            key = f"examples-{st.session_state.get('examples-tried', 0)}"
            with st.popover("Examples", type="tertiary", key=key):
                example_buttons(card, "again")
        past_searches.draw()
        with st.popover("Options", type="tertiary"):
            _options(ask, card)


def example_buttons(card: GalleryCard, place: str) -> None:
    """Examples; a click fills the box and searches."""
    for number, text in enumerate(examples.of_city(card.name)):
        st.button(
            plain(text, 120),
            key=f"example-{place}-{card.name}-{number}",
            width="stretch",
            on_click=try_example,
            args=(text,),
        )


def _options(ask: SearchParams, card: GalleryCard) -> None:
    """Set again on every run: a closed popover shows its widgets late and would miss a value."""
    st.session_state["k"] = ask.k
    offered = [channel for channel in CHANNELS if channel in card.channels]
    st.session_state["channels"] = [channel for channel in ask.channels if channel in offered]
    st.slider("How many places", 1, MOST_K, key="k", on_change=_change_options, width=320)
    st.pills(
        "Search by",
        offered,
        selection_mode="multi",
        key="channels",
        on_change=_change_options,
        format_func=lambda name: CHANNEL_TRAITS[name].choice,
        help="Pick none to search by all of them.",
    )
    _picture_models(ask, card)


def _picture_models(ask: SearchParams, card: GalleryCard) -> None:
    """A choice where there is one: the city's usual model has the empty key, as in a link."""
    if len(card.picture_models) < 2:
        return
    usual, *others = card.picture_models
    titles = {"": usual.label} | {stamp.key: stamp.label for stamp in others}
    st.session_state["model"] = ask.model if ask.model in titles else ""
    st.selectbox(
        "Picture model",
        list(titles),
        key="model",
        on_change=_change_options,
        format_func=lambda key: one_line(titles[key]),
        width=320,
    )
