"""The numbers behind a candidate: what each channel says, and what ranking again changed."""

import streamlit as st

from core.maps import safe_html, title_of
from core.records import Candidate, SearchResult
from core.retrieval.reranking import TOP, WEIGHT
from pages.search_page.confidence_banner import percent
from pages.search_page.ledger_table import CHANNEL_NAMES
from pages.search_page.query_params import SearchParams


def draw(result: SearchResult, candidate: Candidate, ask: SearchParams) -> None:
    """Two folded sections."""
    with st.expander("Before and after re-ranking", key="section-again"):
        st.html(again(result, candidate, bool(ask.replies)))
    with st.expander("Scores", key="section-scores"):
        st.html(bars(result, candidate))


def again(result: SearchResult, candidate: Candidate, replied: bool) -> str:
    """Where each candidate was before, and what moved this one."""
    how = (
        f"The first {TOP} of the search are ranked again by similarity + {WEIGHT} × the share "
        "of their confidence."
    )
    if replied:
        how = "Your answers changed the confidences, and the places are ranked by these."
    rows = "".join(
        f"<tr{' class=sw-this' * (one.rank == candidate.rank)}><td>{_before(one)}</td>"
        f'<td>{one.rank}</td><th scope="row" dir="auto">{safe_html(title_of(one))}</th>'
        f"<td>{one.similarity:.3f}</td><td>{percent(one.confidence or 0.0)}</td></tr>"
        for one in result.candidates
        if replied or one.rank <= TOP or one.rank == candidate.rank
    )
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("Before", "Now", "Place", "Similarity", "Sure")
    )
    return (
        f'<div class="sw-again"><p>{_moved(candidate)} {how}</p><table><thead><tr>{heads}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _before(one: Candidate) -> str:
    return "new" if one.rank_before is None else str(one.rank_before)


def _moved(one: Candidate) -> str:
    if one.rank_before is None:
        return "This place was no candidate before."
    if one.rank_before == one.rank:
        return f"This place kept rank {one.rank}."
    way = "up" if one.rank < one.rank_before else "down"
    return f"This place moved {way} from rank {one.rank_before} to {one.rank}."


def bars(result: SearchResult, candidate: Candidate) -> str:
    """A bar for each channel, its length relative to the best of this answer."""
    rows = []
    for channel, value in candidate.channels.items():
        best = max((one.channels.get(channel, 0.0) for one in result.candidates), default=0.0)
        share = max(0.0, min(1.0, value / best)) if best > 0 else 0.0
        rows.append(
            f"<tr><th scope=row>{CHANNEL_NAMES[channel]}</th>"
            f'<td><span class="sw-bar"><span style="width:{share:.0%}"></span></span></td>'
            f"<td>{value:.2f}</td></tr>"
        )
    rows.append(f"<tr><th scope=row>together</th><td></td><td>{candidate.similarity:.2f}</td></tr>")
    if candidate.confidence is not None:
        rows.append(
            f"<tr><th scope=row>sure</th><td></td><td>{percent(candidate.confidence)}</td></tr>"
        )
    return (
        '<table class="sw-scores"><caption>Score of each channel; a full bar is the best of '
        f"this answer</caption>{''.join(rows)}</table>"
    )
