"""The three steps of a turn: say what you see, guess where it is, see what the app says."""

import streamlit as st

from core import settings
from core.gallery import Gallery, GalleryCard
from core.geo import Position
from core.maps import Mark, safe_html, title_of
from core.records import Candidate, SearchResult
from pages.kiosk_page import distances, qr_code
from pages.kiosk_page.session import Visit, change, start_over
from pages.search_page import candidate_panel, confidence_banner, ledger_table
from pages.search_page.session_result import SearchState, answer_to
from pages.ui import examples
from pages.ui.markdown import one_line, plain

_MOST_CHARS = 500
_EXAMPLES_SHOWN = 4


def say(visit: Visit, cards: tuple[GalleryCard, ...]) -> None:
    """The box, its button, and examples to play with."""
    st.html(
        '<h2 class="sw-ask">Where am I?</h2><p class="sw-lead">Describe a place. Saywhere '
        "finds it on the map.</p>"
    )
    key = f"said-{visit.number}"
    with st.form("say", border=False):
        st.text_area(
            "What do you see around you?",
            key=key,
            max_chars=_MOST_CHARS,
            height=150,
            placeholder="A church with two towers, a tram stop, a small park …",
        )
        st.form_submit_button("Next", type="primary", on_click=_said, args=(key,), width="stretch")
    texts = examples.of_city(visit.city)[:_EXAMPLES_SHOWN]
    if texts:
        st.html('<p class="sw-lead">Or guess one of these:</p>')
    for number, text in enumerate(texts):
        st.button(
            plain(text, 120),
            key=f"example-booth-{number}",
            width="stretch",
            on_click=_picked,
            args=(visit.city, text),
        )
    if "city" not in st.query_params and len(cards) > 1:
        _cities(visit, cards)


def _cities(visit: Visit, cards: tuple[GalleryCard, ...]) -> None:
    titles = {card.name: one_line(card.title, 40) for card in cards}
    st.session_state["booth-city"] = visit.city
    st.selectbox(
        "City",
        list(titles),
        key="booth-city",
        format_func=titles.__getitem__,
        on_change=_moved,
        width=320,
    )


def _moved() -> None:
    start_over(city=st.session_state.get("booth-city", ""))


def _said(key: str) -> None:
    text = str(st.session_state.get(key, "")).strip()
    if text:
        change(text=text, step="guess", is_example=False)


def _picked(city: str, text: str) -> None:
    change(text=text, step="guess", is_example=True, truth=examples.truth_of(city, text))


def guess(visit: Visit) -> tuple[Mark, ...]:
    """The question before the answer; it may be skipped."""
    asked = "Where do you think it is?" if visit.is_example else "Where is it?"
    st.html(
        f'<h2 class="sw-ask">{asked}</h2><p class="sw-lead">Tap the map. Then see how close '
        f"Saywhere gets.</p>{_quoted(visit)}"
    )
    with st.container(key="booth-turn"):
        if visit.guess is not None:
            st.button(
                "Show the answer",
                key="reveal",
                type="primary",
                width="stretch",
                on_click=change,
                kwargs={"step": "answer"},
            )
        else:
            st.button(
                "Skip: just show the answer",
                key="skip",
                width="stretch",
                on_click=change,
                kwargs={"step": "answer"},
            )
        _over("Start over", visit)
    return _marks(visit)


def _quoted(visit: Visit) -> str:
    return f'<blockquote class="sw-spoken" dir="auto">{safe_html(visit.text)}</blockquote>'


def _over(title: str, visit: Visit, first: bool = False) -> None:
    st.button(
        title,
        key=f"over-{visit.number}",
        width="stretch",
        icon=":material/refresh:",
        type="primary" if first else "secondary",
        on_click=start_over,
    )


def _marks(visit: Visit) -> tuple[Mark, ...]:
    return (Mark(visit.guess, "guess", "You"),) if visit.guess else ()


def answer(gallery: Gallery, visit: Visit) -> tuple[SearchResult | None, tuple[Mark, ...]]:
    """How it came out, the places, why, and a code to take home; returns what the map shows."""
    found = answer_to(gallery, visit.ask)
    result = found.result
    if result is None or not result.candidates:
        st.html('<h2 class="sw-ask">No place found</h2>')
        st.info(plain(found.problem or "No place here fits. Try other words.", 300))
        _over("Start over", visit, first=True)
        return None, ()
    chosen = result.candidates[min(visit.chosen, len(result.candidates)) - 1]
    score, code = st.columns([5, 2], gap="medium", vertical_alignment="center")
    with score:
        told = distances.headline(visit, result) or "Saywhere says"
        st.html(f'<h2 class="sw-ask">{safe_html(told)}</h2>{_tally(visit, result)}')
    with code:
        _code(visit, result.candidates[0])
    _places(result, visit)
    _why(found, chosen)
    with st.container(key="booth-over"):
        _over("Start over", visit, first=True)
    truth = visit.truth if visit.is_example else None
    return result, (*_marks(visit), *((Mark(truth, "truth", "Here it was"),) if truth else ()))


def _tally(visit: Visit, result: SearchResult) -> str:
    rows = "".join(
        f"<div><dt>{title}</dt><dd>{away}</dd></div>"
        for title, away in distances.tally(visit, result)
    )
    return f'<dl class="sw-tally">{rows}</dl>' if rows else ""


def _choose() -> None:
    """Also called for a radio of a turn that is over, whose value is gone."""
    rank = st.session_state.get("booth-chosen")
    if isinstance(rank, int):
        change(chosen=rank)


def _places(result: SearchResult, visit: Visit) -> None:
    by_rank = {one.rank: one for one in result.candidates[: distances.PLACES]}
    st.session_state["booth-chosen"] = visit.chosen if visit.chosen in by_rank else 1
    with st.container(key="places"):
        st.radio(
            "Places found, best match first",
            list(by_rank),
            key="booth-chosen",
            on_change=_choose,
            format_func=lambda one: f"**{one}** {plain(title_of(by_rank[one]), 60)}",
            captions=[plain(candidate_panel.summary(one)) for one in by_rank.values()],
            label_visibility="collapsed",
        )


def _why(found: SearchState, chosen: Candidate) -> None:
    result = found.result
    assert result is not None
    ledger = found.ledgers().entries[chosen.rank - 1]
    sure = confidence_banner.heading(result) if chosen.rank == 1 else ""
    st.html(f'<div class="sw-why">{sure}{candidate_panel.reason_of(chosen, ledger)}</div>')
    if ledger:
        with st.expander("How does it know?", key=f"booth-why-{chosen.rank}"):
            st.html(ledger_table.table(ledger))


def _code(visit: Visit, best: Candidate) -> None:
    place = Position(best.tile.lat, best.tile.lon)
    usual = settings.load().booth
    code = qr_code.code_of(visit.ask, st.context.url or "", place, usual)
    st.html(
        f'<figure class="sw-code"><img src="{qr_code.svg(code)}" alt="Code for a phone: '
        f'{safe_html(code.content)}"><figcaption>{code.words}</figcaption></figure>'
    )
