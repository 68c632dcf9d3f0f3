"""How far annotators agree, what they say most, and the cases on which they differ."""

from collections import Counter
from collections.abc import Iterable

import streamlit as st

from core.cases import queue
from core.cases.agreement import Agreement, Dispute, agreement
from core.cases.case import Card
from core.cases.exchange import rows_of
from core.cases.store import Store
from core.cases.verdicts import CASE_VERDICTS
from core.maps import safe_html
from pages.review_page import history, review, verdict_form
from pages.review_page.actions import disputes_for
from pages.review_page.session import ReviewSession, write_link


def draw(store: Store, session: ReviewSession) -> None:
    """One line of numbers, what is to be settled, and the tables."""
    found = agreement(store)
    st.html(_overall(found))
    if found.cases == 0:
        st.info(
            "Kappa needs cases that two people have answered. Let another person review under "
            "a name of their own."
        )
    _dispute(store, session, disputes_for(store, session.name), found)
    left, right = st.columns(2, gap="large")
    left.html("<h2>Two by two</h2>" + _pairs(found))
    right.html("<h2>What they say</h2>" + counts(rows_of(store)))


def _kappa(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _overall(found: Agreement) -> str:
    facts = {
        "Cases with several verdicts": f"{found.cases:,}",
        "of them in dispute": f"{found.disputed:,}",
        "adjudicated": f"{found.adjudicated:,}",
        "Fleiss' kappa": _kappa(found.fleiss),
    }
    shown = "".join(f"<p>{name}<b>{value}</b></p>" for name, value in facts.items())
    return f'<h2>How far annotators agree</h2><div class="sw-facts">{shown}</div>'


def _pairs(found: Agreement) -> str:
    if not found.pairs:
        return '<p class="sw-legend">No two people have answered the same case yet.</p>'
    rows = "".join(
        f'<tr><th scope="row" dir="auto">{safe_html(one.first)} and {safe_html(one.second)}</th>'
        f"<td>{one.cases:,}</td><td>{one.alike * 100:.0f} %</td><td>{_kappa(one.kappa)}</td></tr>"
        for one in found.pairs
    )
    heads = "".join(
        f'<th scope="col">{head}</th>'
        for head in ("Two annotators", "Cases", "Alike", "Cohen's kappa")
    )
    return (
        '<div class="sw-table"><table><caption>Kappa is 1 where they always agree, 0 where chance '
        f"would do as well</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        "</div>"
    )


def counts(rows: Iterable[dict[str, object]]) -> str:
    """A bar and a number for each verdict, of all annotators together, and what is settled."""
    said: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    for row in rows:
        settled[str(row["settled"])] += 1
        said.update(
            str(entry["verdict"])
            for entry in row["verdicts"]  # type: ignore[attr-defined]
            if entry["standing"] and not entry["final"]
        )
    most = max(said.values(), default=0)
    lines = "".join(
        f'<tr><th scope="row">{verdict}</th><td><span class="sw-bar" aria-hidden="true"><span '
        f'style="width:{said[verdict] / most if most else 0:.0%}"></span></span></td>'
        f"<td>{said[verdict]:,}</td><td>{settled[verdict]:,}</td></tr>"
        for verdict in CASE_VERDICTS
    )
    return (
        '<table class="sw-scores sw-counts"><caption>Settled: adjudicated, or all say the same'
        '</caption><thead><tr><th scope="col">Verdict</th><td></td><th scope="col">Said</th>'
        f'<th scope="col">Settled</th></tr></thead><tbody>{lines}</tbody></table>'
    )


def _dispute(
    store: Store, session: ReviewSession, torn: tuple[Dispute, ...], found: Agreement
) -> None:
    if not session.name:
        if found.disputed > found.adjudicated:
            st.info("Press V and give a name to settle disputes.")
        return
    one = next((one for one in torn if one.case_id == session.case_id), torn[0] if torn else None)
    if one is None:
        session.case_id = ""
        if found.disputed > found.adjudicated:
            st.info(
                "What is in dispute you have not answered yourself yet, so it stays hidden. "
                "Answer those cases first, then come back to settle them."
            )
        write_link(session)
        verdict_form.draw(session, None)
        return
    session.case_id = one.case_id
    write_link(session)
    st.caption(
        f"**{len(torn):,} to settle.** Choose the verdict that holds; it is kept beside "
        "those of the annotators, and U takes it back."
    )
    card: Card = queue.card_of(store, one.case_id, session.name)
    review.show(session, card, "What holds?", _all_said(one))


def _all_said(one: Dispute) -> str:
    return (
        f'{history.entries(one.reveal.entries)}<p class="sw-legend">{history.rank(one.reveal)}. '
        f"{history.cause(one.reveal)}</p>"
    )
