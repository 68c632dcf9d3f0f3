"""How far annotators agree, their verdicts, and the cases on which they differ."""

from collections import Counter
from collections.abc import Iterable

import streamlit as st

from core.review import queue
from core.review.agreement import Agreement, Dispute, agreement
from core.review.annotator_quality import consensus_of
from core.review.exchange import read_store
from core.review.model import Card
from core.review.store import Store
from core.review.verdicts import CASE_VERDICTS
from pages.review_page import export, history, review, verdict_form
from pages.review_page.actions import disputes_for
from pages.review_page.session import ReviewSession, write_link
from pages.ui.numbers import MINUS
from pages.ui.templates import render

_KAPPA = "1 for full agreement, 0 for agreement by chance, below 0 for less"


def draw(store: Store, session: ReviewSession) -> None:
    """One line of numbers, the next dispute, and the tables."""
    found = agreement(store)
    st.html(_numbers(found))
    if found.cases == 0:
        st.info(
            "Agreement needs cases that two people have answered. Ask another person to review "
            "under their own name."
        )
    _dispute(store, session, disputes_for(store, session.name), found)
    content = read_store(store)
    export.tell_set_aside(content)
    left, right = st.columns(2, gap="large")
    left.html(_pairs(found))
    left.html(render("annotator_quality", rows=consensus_of(store).annotators))
    right.html(counts(content.rows))


def _kappa(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}".replace("-", MINUS)


def _numbers(found: Agreement) -> str:
    facts = (
        ("Judged by two or more", f"{found.cases:,}", ""),
        ("With different verdicts", f"{found.disputed:,}", ""),
        ("Of these settled", f"{found.adjudicated:,}", "Somebody chose the final verdict"),
        ("Need another vote", f"{found.waiting:,}", "One person has judged them so far"),
        ("Agreement (Fleiss' kappa)", _kappa(found.fleiss), _KAPPA),
    )
    return render("agreement_numbers", facts=facts)


def _pairs(found: Agreement) -> str:
    rows = [
        {
            "first": one.first,
            "second": one.second,
            "cases": one.cases,
            "alike": one.alike,
            "kappa": _kappa(one.kappa),
        }
        for one in found.pairs
    ]
    return render("agreement_pairs", rows=rows)


def counts(rows: Iterable[dict[str, object]]) -> str:
    """A bar and a number for each verdict, of all annotators together, and the settled ones."""
    given: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    for row in rows:
        settled[str(row["settled"])] += 1
        given.update(
            str(entry["verdict"])
            for entry in row["verdicts"]  # type: ignore[attr-defined]
            if entry["standing"] and not entry["final"]
        )
    most = max(given.values(), default=0)
    return render(
        "agreement_counts",
        rows=[
            {
                "verdict": verdict,
                "share": given[verdict] / most if most else 0,
                "given": given[verdict],
                "settled": settled[verdict],
            }
            for verdict in CASE_VERDICTS
        ],
    )


def _dispute(
    store: Store, session: ReviewSession, torn: tuple[Dispute, ...], found: Agreement
) -> None:
    if not session.name:
        if found.disputed > found.adjudicated:
            st.info("To settle disputes, press V and enter a name.")
        return
    one = next((one for one in torn if one.case_id == session.case_id), torn[0] if torn else None)
    if one is None:
        session.case_id = ""
        if found.disputed > found.adjudicated:
            st.info(
                "Disputed cases stay hidden until you have answered them yourself. Answer them "
                "first, then come back to settle them."
            )
        write_link(session)
        verdict_form.draw(session, None)
        return
    session.case_id = one.case_id
    write_link(session)
    st.caption(
        f"**{len(torn):,} to settle.** Choose the final verdict. The annotators' verdicts stay; "
        "U undoes your choice."
    )
    card: Card = queue.card_of(store, one.case_id, session.name)
    review.show(
        session,
        card,
        "What is the final verdict?",
        history.verdicts(one.reveal.entries, one.reveal),
    )
