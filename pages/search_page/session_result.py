"""The search result of a question, with its explanations, kept in this session only."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import streamlit as st

from core.errors import ModelError, SaywhereError
from core.explain.ledger import Ledgers, ledgers
from core.explain.question import Question, next_question
from core.explain.question.replies import as_shown
from core.explain.reasons import reason
from core.gallery import Gallery
from core.records import Explanation, Query, SearchResult
from core.retrieval import Eyes, Finding, check_query, find
from pages.search_page.query_params import SearchParams
from pages.ui import resources

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class SearchState:
    """The answer to a question, or the `problem` that there is none.

    `finding` is as the page shows it, ranked again; `raw` is as the search left it. `kept` holds
    explanations that were worked out already.
    """

    ask: SearchParams
    raw: Finding | None
    finding: Finding | None
    eyes: Eyes | None
    problem: str
    took_ms: float
    kept: dict[object, object] = field(default_factory=dict)

    @property
    def result(self) -> SearchResult | None:
        """The result that is shown."""
        return self.finding.result if self.finding else None

    def cached(self, key: object, make: Callable[[], Made]) -> Made:
        """The value of `make`, computed once for this answer."""
        if key not in self.kept:
            self.kept[key] = make()
        return cast(Made, self.kept[key])

    @property
    def has_ledgers(self) -> bool:
        """Whether the ledgers need no more work."""
        return "ledgers" in self.kept

    def ledgers(self) -> Ledgers:
        """The ledger of each candidate: how each phrase stands there."""
        finding = self.finding
        assert finding is not None
        return self.cached("ledgers", lambda: ledgers(finding, resources.encoder(), self.eyes))

    def explained(self) -> SearchResult:
        """The result that is shown, each candidate with its ledger and reason."""
        result, told = self.result, self.ledgers()
        assert result is not None
        candidates = (
            replace(
                one,
                explanation=Explanation(ledger, reason(ledger, one.confidence), notes=told.notes),
            )
            for one, ledger in zip(result.candidates, told.entries, strict=True)
        )
        return replace(result, candidates=tuple(candidates))

    def question(self) -> Question | None:
        """The question to ask next."""
        finding, asked = self.finding, [one.key for one in self.ask.replies]
        assert finding is not None
        shares = finding.posterior.mass / (1 - finding.posterior.elsewhere)
        return self.cached(
            "question", lambda: next_question(finding.gallery, shares, finding.reading, asked)
        )


def answer_to(gallery: Gallery, ask: SearchParams) -> SearchState:
    """The answer to a question, from the session where it was just given."""
    asked = replace(ask, chosen=1, versus="")
    kept = st.session_state.get("found")
    if isinstance(kept, SearchState) and kept.ask == asked:
        return kept
    if isinstance(kept, SearchState) and kept.raw and _same_search(kept.ask, asked):
        found = replace(kept, ask=asked, finding=as_shown(kept.raw, asked.replies), kept={})
    else:
        found = _searched(gallery, asked)
    st.session_state["found"] = found
    return found


def _same_search(one: SearchParams, other: SearchParams) -> bool:
    return replace(one, replies=()) == replace(other, replies=())


def _searched(gallery: Gallery, ask: SearchParams) -> SearchState:
    started = time.perf_counter()
    raw, shown, eyes, problem = None, None, None, ""
    try:
        with st.spinner("Reading your words. The first time takes a few seconds."):
            raw, eyes = _search(gallery, ask)
            shown = as_shown(raw, ask.replies)
    except SaywhereError as error:
        problem = str(error)
    return SearchState(ask, raw, shown, eyes, problem, (time.perf_counter() - started) * 1000)


def _search(gallery: Gallery, ask: SearchParams) -> tuple[Finding, Eyes | None]:
    """Searches without pictures where no channel was picked and no picture model is available."""
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
            problem = f"Pictures were not searched: {error}"
            query = replace(query, channels=channels[1:])
    finding = find(gallery, resources.encoder(), query, eyes)
    if problem:
        result = replace(finding.result, notes=(*finding.result.notes, problem))
        finding = replace(finding, result=result)
    return finding, eyes
