"""The phrases of a description as chips under its box."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from conftest import Served, Visit, drawn
from playwright.sync_api import Locator, Page, expect
from streamlit.testing.v1 import AppTest

from core.records import Evidence, LedgerEntry, Standing, Steering
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query
from pages.search_page.wishes.phrase_chips import _told
from pages.search_page.wishes.phrases import ABSENT, CHOICES, PRESENT, Chip, affirmed, chips_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

TEXT = "a church and a small park with a fountain"


def read(text: str, encoder: "SentenceEncoder") -> EncodedQuery:
    return encode_query(tokenize_query(text, encoder), encoder)


def entry(text: str, phrase: str, standing: Standing) -> LedgerEntry:
    start = text.index(phrase)
    evidence = Evidence(phrase, start, start + len(phrase), None, "", 0.0)
    return LedgerEntry(evidence, standing, "", {}, 0.0, 1)


def test_chips_have_the_order_of_the_text_with_state_and_standing(
    encoder: "SentenceEncoder",
) -> None:
    text = "a church, a pond, no fountain and a small park"
    left = text.replace("a church", " " * len("a church"))
    wishes = Steering(minus=("a church",), must=("a pond",), twice=("a tower",))
    ledger = [entry(text, "pond", "supported"), entry(text, "small park", "missing")]
    chips = chips_of(text, wishes, read(left, encoder), ledger)
    assert [(one.phrase, one.state, one.standing) for one in chips] == [
        ("a church", "minus", None),
        ("pond", "must", "supported"),
        ("no fountain", ABSENT, None),
        ("small park", "", "missing"),
        ("a tower", "twice", None),
    ]
    assert chips[1].choices == (*CHOICES, ABSENT)
    assert chips[2].choices == ("", "minus", PRESENT)
    assert chips[4].choices == tuple(CHOICES), "what the text lacks cannot be denied in it"


@pytest.mark.parametrize(
    ("text", "phrase", "said"),
    [
        ("a church, no fountain", "no fountain", "a church, fountain"),
        ("no pond. A park, no pond", "no pond", "pond. A park, no pond"),
        ("a park without any benches", "without any benches", "a park benches"),
        ("a park", "no pond", "a park"),
    ],
)
def test_a_denied_phrase_is_said_to_be_there(text: str, phrase: str, said: str) -> None:
    assert affirmed(text, phrase, text.find(phrase)) == said


@pytest.mark.parametrize(
    ("told", "twice"),
    [
        ({"number": 0, "phrase": "a pond", "choice": "twice"}, ("a pond",)),
        ({"number": 1, "phrase": "a pond", "choice": "twice"}, ()),
        ({"number": 0, "phrase": "a park", "choice": "twice"}, ()),
        ({"number": 0, "phrase": "a pond", "choice": "like"}, ()),
        ({"number": 0, "phrase": "a pond", "choice": ["twice"]}, ()),
        ("twice", ()),
    ],
)
def test_only_a_choice_that_was_offered_counts(told: object, twice: tuple[str, ...]) -> None:
    def script(told: object) -> None:
        import streamlit as st

        from pages.search_page import session
        from pages.search_page.wishes import phrase_chips
        from pages.search_page.wishes.phrases import CHOICES, Chip

        session.current(["x"])
        session.change(text="a pond")
        st.session_state["phrases"] = {"chosen": told}
        phrase_chips._on_choice((Chip("a pond", 0, "", None, tuple(CHOICES)),))
        st.session_state["counted"] = session.settled().steering.twice

    test = AppTest.from_function(script, kwargs={"told": told}).run()
    assert not test.exception
    assert test.session_state["counted"] == twice


def test_a_chip_offers_every_choice_and_says_what_was_found() -> None:
    told = _told(Chip("a pond", 0, "", "missing", (*CHOICES, ABSENT)))
    assert [choice for choice, _ in told["choices"]] == ["", "twice", "must", "minus", ABSENT]  # type: ignore[attr-defined]
    assert told["found"] == "place 1: not found on the map"


def chip_of(page: Page, phrase: str) -> Locator:
    return page.locator(".sw-phrase").filter(has_text=re.compile(f"^{phrase}"))


def choose(page: Page, phrase: str, choice: str) -> None:
    chip_of(page, phrase).click()
    page.locator(".sw-phrase-menu:popover-open").get_by_role("button", name=choice).click()


@pytest.mark.browser
def test_a_click_on_a_chip_says_how_a_phrase_counts_and_the_link_keeps_it(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    visit = visits(served)
    page: Page = visit.page  # type: ignore[assignment]
    page.goto(served.address(f"/?city={tiny_city}&k=5&q={quote(TEXT)}"))
    chips = page.locator(".sw-phrase:not(.sw-phrase-more)")
    expect(chips.locator(".sw-phrase-words")).to_have_text(["church", "small park", "fountain"])
    expect(chip_of(page, "church")).to_have_attribute("data-standing", "supported")
    choose(page, "church", "Must be there")
    expect(page).to_have_url(re.compile("must=church"))
    expect(chip_of(page, "church")).to_have_accessible_name(
        re.compile("must be there; place 1: found")
    )
    choose(page, "church", "Leave out")
    expect(page).to_have_url(re.compile("minus=church"))
    expect(chip_of(page, "church")).to_have_css("text-decoration-line", "line-through")
    page.reload()
    expect(chip_of(page, "church")).to_have_attribute("data-state", "minus")
    choose(page, "church", "As it is")
    expect(page).not_to_have_url(re.compile("minus="))
    choose(page, "fountain", "It is not there")
    box = page.get_by_label("What do you see around you?")
    expect(box).to_have_value("a church and a small park with no fountain")
    expect(page.locator(".sw-phrase[data-state=absent]")).to_have_text(re.compile("no fountain"))
    drawn(page)
    assert visit.errors == []


@pytest.mark.slow
@pytest.mark.browser
def test_chips_take_two_rows_and_keys_reach_them_in_order(
    served: Served, visits: Callable[..., Visit], tiny_city: str
) -> None:
    page: Page = visits(served, 390, 844).page  # type: ignore[assignment]
    things = ["church", "pond", "small park", "statue", "tram stop", "pharmacy", "school", "bakery"]
    text = quote(", ".join(f"a {thing}" for thing in things))
    page.goto(served.address(f"/?city={tiny_city}&q={text}"))
    more = page.locator(".sw-phrase-more")
    expect(more).to_have_text(re.compile(r"^\+\d more$"))
    drawn(page)
    tops = "all => new Set(all.filter(one => one.offsetParent).map(one => one.offsetTop)).size"
    assert page.locator(".sw-phrases li").evaluate_all(tops) == 2
    more.click()
    expect(more).to_have_text("Fewer")
    expect(page.locator(".sw-phrase:visible")).to_have_count(len(things) + 1)
    page.locator(".sw-phrase").first.focus()
    page.keyboard.press("Tab")
    expect(chip_of(page, "pond")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(":popover-open [aria-pressed=true]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chip_of(page, "pond")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("twice=pond"))
    expect(page.locator(".sw-phrase[data-state=twice]")).to_have_text(re.compile("pond.*×2"))
