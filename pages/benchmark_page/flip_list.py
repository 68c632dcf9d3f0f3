"""The descriptions that one report finds and the other misses: listed, filtered, made cases."""

from functools import partial
from typing import Literal

import streamlit as st

from core.evaluation.flips import Flip, flips
from pages.benchmark_page import case_import, error_map
from pages.benchmark_page.queries import has_words, item
from pages.benchmark_page.reports import Chosen
from pages.benchmark_page.session import CHANGES, FLIP_MEASURES, MOST_WORD_CHARS, widget
from pages.ui.link_values import one_of
from pages.ui.templates import render

_ON_A_PAGE = 25
_FEW = 3
"""So many need no box that scrolls."""


def draw(first: Chosen, second: Chosen) -> None:
    """The filters, a page of the flips, and a button that makes cases of them."""
    st.html(render("section", title="Descriptions that changed"))
    left, middle, right = st.columns([2, 3, 3])
    measure = left.selectbox("Found means", FLIP_MEASURES, key=widget("flips"))
    with middle:
        change = one_of(
            st.segmented_control(
                "Change",
                list(CHANGES),
                key=widget("change"),
                format_func=CHANGES.__getitem__,
                required=True,
                help=f"Lost: {first.letter} finds it and {second.letter} does not",
            ),
            CHANGES,
            "both",
        )
    words = right.text_input("With these words", key=widget("flipwords"), max_chars=MOST_WORD_CHARS)
    every = flips(first.run, second.run, measure)
    found = [
        flip
        for flip in every
        if change in ("both", flip.change) and has_words(flip.first.text, words)
    ]
    lost = sum(flip.change == "lost" for flip in every)
    st.caption(
        f"By {measure}, {second.letter} loses {lost:,} of {first.letter}'s descriptions and "
        f"gains {len(every) - lost:,}. Shown: {len(found):,}."
    )
    if not found:
        return
    _list(first, second, found)
    st.button(
        f"Review these {len(found):,}",
        icon=":material/rate_review:",
        key="bench-review-flips",
        on_click=partial(_take, first, second, tuple(found)),
        help="Each becomes a case of the report that misses it; the other's answer stands beside",
    )
    case_import.draw_result("flips")


def _list(first: Chosen, second: Chosen, found: list[Flip]) -> None:
    pages = -(-len(found) // _ON_A_PAGE)
    height: Literal["content"] | int = 360 if len(found) > _FEW else "content"
    with st.container(height=height, border=False, key="bench-flips-list"):
        place = st.empty()
        number = 1
        if pages > 1:
            key = f"bench-flips-page-{first.letter}{second.letter}-{len(found)}"
            number = st.pagination(pages, key=key, max_visible_pages=5)
        city = second.run.gallery if error_map.card_of(second.run.gallery) else ""
        start = (number - 1) * _ON_A_PAGE
        items = [
            {
                "change": flip.change,
                "first": item(flip.first, city),
                "second": item(flip.second, city),
            }
            for flip in found[start : start + _ON_A_PAGE]
        ]
        place.html(render("flips", first=first.letter, second=second.letter, items=items))


def _take(first: Chosen, second: Chosen, found: tuple[Flip, ...]) -> None:
    """Cases of the missing side; the other report comes along for its answers."""
    lost = [flip.second.number for flip in found if flip.change == "lost"]
    gained = [flip.first.number for flip in found if flip.change == "gained"]
    case_import.take("flips", ((second.run, lost), (first.run, gained)))
