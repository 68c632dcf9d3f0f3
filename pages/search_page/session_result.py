"""The search result of a question, with its explanations, kept in this session only."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import streamlit as st

from core.errors import SaywhereError
from core.explain.clarification import Question, next_question
from core.explain.clarification.belief_update import as_shown
from core.explain.ledger import Ledgers, ledgers, place_notes, standing_ledger
from core.explain.reasons import reason
from core.gallery import Gallery
from core.records import Candidate, Explanation, LedgerEntry, SearchResult
from core.retrieval import PictureEncoder, SearchTrace
from pages.search_page.query_params import SearchParams
from pages.search_page.searching import search_city, turn
from pages.ui import resources

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class SearchState:
    """The answer to a question, or the `problem` that there is none.

    `trace` is as the page shows it, ranked again; `raw` is as the search left it. `kept` holds
    explanations that were worked out already.
    """

    ask: SearchParams
    raw: SearchTrace | None
    trace: SearchTrace | None
    picture_encoder: PictureEncoder | None
    problem: str
    took_ms: float
    kept: dict[object, object] = field(default_factory=dict)

    @property
    def result(self) -> SearchResult | None:
        """The result that is shown."""
        return self.trace.result if self.trace else None

    def cached(self, key: object, make: Callable[[], Made]) -> Made:
        """The value of `make`, computed once for this answer."""
        if key not in self.kept:
            self.kept[key] = make()
        return cast(Made, self.kept[key])

    def standings(self, candidate: Candidate) -> tuple[LedgerEntry, ...]:
        """How each phrase stands at a candidate, without its effect."""
        trace = self.trace
        assert trace is not None
        return self.cached(
            ("standings", candidate.tile.tile_id),
            lambda: standing_ledger(trace, candidate, resources.encoder()),
        )

    def lacks(self) -> str:
        """What the first place lacks of that by which the description says where it is."""
        trace = self.trace
        assert trace is not None
        first = [self.standings(one) for one in trace.result.candidates[:1]]
        return " ".join(place_notes(trace, first))

    def shown(self, rank: int) -> SearchResult:
        """The result, its candidate of one rank with its ledger, for the map."""
        assert self.result is not None
        candidates = (
            replace(one, explanation=Explanation(self.standings(one), ""))
            if one.rank == rank
            else one
            for one in self.result.candidates
        )
        return replace(self.result, candidates=tuple(candidates))

    def ledgers(self) -> Ledgers:
        """The ledger of each candidate with all effects; the search is repeated for each phrase."""
        trace = self.trace
        assert trace is not None
        return self.cached(
            "ledgers", lambda: ledgers(trace, resources.encoder(), self.picture_encoder)
        )

    def ledger_of(self, candidate: Candidate) -> tuple[LedgerEntry, ...]:
        """The ledger of one candidate with all effects."""
        assert self.result is not None
        ids = [one.tile.tile_id for one in self.result.candidates]
        return self.ledgers().entries[ids.index(candidate.tile.tile_id)]

    def explained(self) -> SearchResult:
        """The result that is shown, each candidate with its ledger, effects and reason."""
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
        trace, asked = self.trace, [one.key for one in self.ask.replies]
        assert trace is not None
        shares = trace.posterior.mass / (1 - trace.posterior.p_outside)
        return self.cached(
            "question", lambda: next_question(trace.gallery, shares, trace.encoded_query, asked)
        )


def answer_to(gallery: Gallery, ask: SearchParams) -> SearchState:
    """The answer to a question, from the session where it was just given."""
    asked = replace(ask, chosen=1, versus="")
    kept = st.session_state.get("found")
    if isinstance(kept, SearchState) and kept.ask == asked:
        return kept
    if isinstance(kept, SearchState) and kept.raw and _same_search(kept.ask, asked):
        state = replace(kept, ask=asked, trace=as_shown(kept.raw, asked.replies), kept={})
    else:
        state = _searched(gallery, asked)
    st.session_state["found"] = state
    return state


def _same_search(one: SearchParams, other: SearchParams) -> bool:
    return replace(one, replies=()) == replace(other, replies=())


def _searched(gallery: Gallery, ask: SearchParams) -> SearchState:
    started = time.perf_counter()
    raw, shown, picture_encoder, problem = None, None, None, ""
    try:
        with turn():
            raw, picture_encoder = search_city(gallery, ask)
            shown = as_shown(raw, ask.replies)
    except SaywhereError as error:
        problem = str(error)
    return SearchState(
        ask, raw, shown, picture_encoder, problem, (time.perf_counter() - started) * 1000
    )
