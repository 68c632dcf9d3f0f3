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

from core.explain.attribution import relevance
from core.explain.clarification import next_question
from core.explain.comparison import compare
from core.explain.ledger import ledgers
from core.explain.llm import Advice, advise
from core.explain.llm.prompt import Subject
from core.records import Candidate, Explanation, LedgerEntry, Relevance, SearchResult
from core.retrieval import PictureEncoder, SearchTrace
from core.retrieval.reranking import TOP, reranked

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder
    from core.settings import AdvisorServer

_NOT_TELLING = "The picture's map looks like that of any description, so it explains nothing here."


def explained(
    trace: SearchTrace,
    encoder: SentenceEncoder,
    picture_encoder: PictureEncoder | None = None,
    server: AdvisorServer | None = None,
) -> SearchResult:
    """The answer of a search, each candidate with its ledger, reason and relevance, ranked again.

    `picture_encoder` are those the search had. A language model is asked where there is a `server`,
    about the leading candidates only; where it answers for all of them, its confidences order
    these. `timings_ms` gains `ledger` and `relevance`.
    """
    result = trace.result
    started = time.perf_counter()
    found = ledgers(trace, encoder, picture_encoder)
    told = time.perf_counter()
    maps = relevances(trace, picture_encoder)
    seen = time.perf_counter()
    subjects = [
        _subject(trace, *parts)
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


def beside(trace: SearchTrace, result: SearchResult) -> dict[str, Any]:
    """What explains an answer as a whole: the `area` that holds 80 % of the probability, the
    follow-up `question` where several places fit, and the `comparison` of the first two of
    `result`, in which they may be ranked anew."""
    gallery = trace.gallery
    credible_region = trace.posterior.credible_region(trace.mask)
    rows, mass = (
        credible_region.rows[credible_region.inside80],
        credible_region.mass[credible_region.inside80],
    )
    question = None
    if result.verdict == "several places fit":
        question = next_question(gallery, trace.posterior.mass, trace.encoded_query)
    versus = None
    if len(result.candidates) > 1:
        one, other = (candidate.tile.tile_id for candidate in result.candidates[:2])
        versus = compare(trace, one, other, ("1", "2")).to_json()
    return {
        "area": {
            "tiles": len(rows),
            "of_tiles": len(credible_region.rows),
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
    trace: SearchTrace,
    picture_encoder: PictureEncoder | None,
    candidates: tuple[Candidate, ...] | None = None,
) -> list[Relevance | None]:
    """The relevance maps of some candidates, else of all; None where no picture was searched."""
    wanted = trace.result.candidates if candidates is None else candidates
    pictures = [trace.gallery.picture(one.tile.tile_id) for one in wanted]
    if picture_encoder is None or "image" not in trace.channels or not all(pictures):
        return [None] * len(wanted)
    opened = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures if picture]
    return list(relevance(picture_encoder.encoder, trace.encoded_query.text, opened))


def _subject(
    trace: SearchTrace,
    candidate: Candidate,
    ledger: tuple[LedgerEntry, ...],
    seen: Relevance | None,
) -> Subject:
    picture = trace.gallery.picture(candidate.tile.tile_id) or b""
    return Subject(trace.result.query, candidate, ledger, picture, seen)


def _explanation(
    ledger: tuple[LedgerEntry, ...], seen: Relevance | None, advice: Advice
) -> Explanation:
    notes = [advice.note] if advice.note else []
    if seen is not None and not seen.telling:
        notes.append(_NOT_TELLING)
    return Explanation(ledger, advice.reason, advice.author, seen, tuple(notes))


def _opinions(advice: list[Advice]) -> list[float] | None:
    """A language model's confidences, where it gave one for each."""
    given = [one.confidence for one in advice if one.confidence is not None]
    return given if len(given) == len(advice) and given else None
