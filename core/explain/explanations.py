"""A search's answer with an explanation for each candidate, ranked again; all parts put together.

Pages that want the answer first call the parts one by one: `ledger`, `reasons`, `relevance`.
"""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from core.explain.advisor import Advice, advise
from core.explain.advisor.prompt import Subject
from core.explain.comparison import compare
from core.explain.ledger import ledgers
from core.explain.question import next_question
from core.explain.relevance import relevance
from core.records import Candidate, Entry, Explanation, Relevance, SearchResult
from core.retrieval import Eyes, Finding
from core.retrieval.reranking import TOP, reranked

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder
    from core.settings import AdvisorServer

_NOT_TELLING = "The picture's map looks like that of any description, so it explains nothing here."


def explained(
    finding: Finding,
    encoder: SentenceEncoder,
    eyes: Eyes | None = None,
    server: AdvisorServer | None = None,
) -> SearchResult:
    """The answer of a search, each candidate with its ledger, reason and relevance, ranked again.

    `eyes` are those the search had. A language model is asked where there is a `server`, about the
    leading candidates only; where it answers for all of them, its confidences order these.
    `timings_ms` gains `ledger` and `relevance`.
    """
    result = finding.result
    started = time.perf_counter()
    found = ledgers(finding, encoder, eyes)
    told = time.perf_counter()
    maps = relevances(finding, eyes)
    seen = time.perf_counter()
    subjects = [
        _subject(finding, *parts)
        for parts in zip(result.candidates, found.entries, maps, strict=True)
    ]
    with ThreadPoolExecutor(TOP) as pool:  # a language model's answers are waited for together
        advice = list(pool.map(advise, [server] * TOP, subjects[:TOP]))
    advice += [advise(None, subject) for subject in subjects[TOP:]]
    candidates = [
        replace(candidate, explanation=_explanation(ledger, shown, one))
        for candidate, ledger, shown, one in zip(
            result.candidates, found.entries, maps, advice, strict=True
        )
    ]
    return replace(
        result,
        candidates=reranked(candidates, _opinions(advice[:TOP])),
        notes=(*result.notes, *found.notes),
        timings_ms=result.timings_ms
        | {"ledger": (told - started) * 1e3, "relevance": (seen - told) * 1e3},
    )


def beside(finding: Finding, result: SearchResult) -> dict[str, Any]:
    """What explains an answer as a whole: the `area` that holds 80 % of the probability, the
    follow-up `question` where several places fit, and the `comparison` of the first two of
    `result`, in which they may be ranked anew."""
    gallery = finding.gallery
    surface = finding.posterior.surface(finding.mask)
    rows, mass = surface.rows[surface.inside80], surface.mass[surface.inside80]
    question = None
    if result.verdict == "several places fit":
        question = next_question(gallery, finding.posterior.mass, finding.reading)
    versus = None
    if len(result.candidates) > 1:
        one, other = (candidate.tile.tile_id for candidate in result.candidates[:2])
        versus = compare(finding, one, other, ("1", "2")).to_json()
    return {
        "area": {
            "tiles": len(rows),
            "of_tiles": len(surface.rows),
            "leading": [
                {"tile_id": gallery.tile_ids[row], "mass": round(share, 5)}
                for row, share in zip(rows[:_SHOWN].tolist(), mass[:_SHOWN].tolist(), strict=True)
            ],
        },
        "question": question and question.to_json(),
        "comparison": versus,
    }


_SHOWN = 100
"""Tiles of the area that are told one by one."""


def relevances(
    finding: Finding, eyes: Eyes | None, candidates: tuple[Candidate, ...] | None = None
) -> list[Relevance | None]:
    """The relevance maps of some candidates, else of all; None where no picture was searched."""
    wanted = finding.result.candidates if candidates is None else candidates
    pictures = [finding.gallery.picture(one.tile.tile_id) for one in wanted]
    if eyes is None or "image" not in finding.channels or not all(pictures):
        return [None] * len(wanted)
    opened = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures if picture]
    return list(relevance(eyes.encoder, finding.reading.text, opened))


def _subject(
    finding: Finding, candidate: Candidate, ledger: tuple[Entry, ...], seen: Relevance | None
) -> Subject:
    picture = finding.gallery.picture(candidate.tile.tile_id) or b""
    return Subject(finding.result.query, candidate, ledger, picture, seen)


def _explanation(ledger: tuple[Entry, ...], seen: Relevance | None, advice: Advice) -> Explanation:
    notes = [advice.note] if advice.note else []
    if seen is not None and not seen.telling:
        notes.append(_NOT_TELLING)
    return Explanation(ledger, advice.reason, advice.author, seen, tuple(notes))


def _opinions(advice: list[Advice]) -> list[float] | None:
    """A language model's confidences, where it gave one for each."""
    given = [one.confidence for one in advice if one.confidence is not None]
    return given if len(given) == len(advice) and given else None
