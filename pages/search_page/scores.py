"""The numbers behind a candidate: the score of each channel, and the order by fit alone."""

import streamlit as st

from core.maps import title_of
from core.records import CHANNEL_TRAITS, VIEW_WORDS, Candidate, SearchResult
from pages.search_page.query_params import SearchParams
from pages.ui import folding
from pages.ui.templates import render


@st.fragment
def draw(result: SearchResult, candidate: Candidate, ask: SearchParams) -> None:
    """Two folded sections."""
    if section := folding.opened("Order by fit, order by chance", "section-again"):
        section.html(reranking(result, candidate, bool(ask.replies)))
    if section := folding.opened("Scores", "section-scores"):
        section.html(bars(result, candidate))


def reranking(result: SearchResult, candidate: Candidate, replied: bool) -> str:
    """HTML of each candidate's rank by similarity and now; `replied`: answers changed the order."""
    how = "The list is ordered by chance: good places around a place raise it."
    if replied:
        how = "Your answers changed the chances, and the chances give the order."
    rows = [
        {
            "before": "new" if one.rank_before is None else str(one.rank_before),
            "rank": one.rank,
            "title": title_of(one),
            "similarity": one.similarity,
            "confidence": one.confidence or 0.0,
            "chosen": one.rank == candidate.rank,
        }
        for one in result.candidates
    ]
    return render("reranking", moved=_moved(candidate), how=how, rows=rows)


def _moved(one: Candidate) -> str:
    if one.rank_before is None:
        return "This place was no candidate before."
    if one.rank_before == one.rank:
        return f"By fit alone this place has rank {one.rank} too."
    way = "up" if one.rank < one.rank_before else "down"
    return f"This place moved {way} from rank {one.rank_before} to {one.rank}."


def bars(result: SearchResult, candidate: Candidate) -> str:
    """HTML of a bar for each channel, its length relative to the best of this answer; two pictures
    of a tile have a bar each."""
    told = [in_words(one) for one in result.candidates]
    rows = []
    for word, value in in_words(candidate).items():
        best = max((one.get(word, 0.0) for one in told), default=0.0)
        share = max(0.0, min(1.0, value / best)) if best > 0 else 0.0
        rows.append({"channel": word, "value": value, "share": share})
    return render(
        "scores", bars=rows, similarity=candidate.similarity, confidence=candidate.confidence
    )


def in_words(candidate: Candidate) -> dict[str, float]:
    """The scores of a candidate by the words for people."""
    rows: dict[str, float] = {}
    for channel, value in candidate.channels.items():
        if channel == "image" and candidate.pictures:
            rows |= {VIEW_WORDS[view]: score for view, score in candidate.pictures.items()}
        else:
            rows[CHANNEL_TRAITS[channel].word] = value
    return rows
