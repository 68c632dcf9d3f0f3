"""A search result with an explanation for each candidate.

Pages that show the result first call the parts one by one: `ledger`, `reasons`, `attribution`.
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
from core.explain.ledger import ledgers, place_notes, with_claims
from core.explain.llm import Advice, advise
from core.explain.llm.prompt import Subject
from core.records import Candidate, Explanation, LedgerEntry, Relevance, SearchResult
from core.retrieval import PictureEncoder, SearchTrace
from core.retrieval.opened_regions import encoder_key
from core.retrieval.reranking import TOP, reranked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.models.sentence import SentenceEncoder
    from core.retrieval.anywhere import AnywhereTrace
    from core.settings import AdvisorServer

_UNSPECIFIC = (
    "The tinted picture looks almost the same for any description, so it explains nothing here."
)


def explained(
    trace: SearchTrace,
    encoder: SentenceEncoder,
    picture_encoder: PictureEncoder | None = None,
    server: AdvisorServer | None = None,
) -> SearchResult:
    """The result of a search, each candidate with its ledger, reason and relevance.

    `picture_encoder` must be that of the search. With a `server`, its language model writes the
    reasons of the first candidates; if it answers for all of them, they are reranked by its
    confidences. `timings_ms` gains `ledger` and `relevance`.
    """
    result = trace.result
    started = time.perf_counter()
    ledger_set = ledgers(trace, encoder, picture_encoder)
    ledgers_done = time.perf_counter()
    maps = relevances(trace, picture_encoder)
    relevance_done = time.perf_counter()
    subjects = [
        _subject(trace, *parts)
        for parts in zip(result.candidates, ledger_set.entries, maps, strict=True)
    ]
    with ThreadPoolExecutor(TOP) as pool:  # the language model's answers are requested in parallel
        advice = list(pool.map(advise, [server] * TOP, subjects[:TOP]))
    advice += [advise(None, subject) for subject in subjects[TOP:]]
    candidates = [
        replace(
            candidate,
            evidence=tuple(entry.claimed for entry in ledger) if candidate.evidence else (),
            explanation=_explanation(ledger, relevance_map, opinion),
        )
        for candidate, ledger, relevance_map, opinion in zip(
            result.candidates, ledger_set.entries, maps, advice, strict=True
        )
    ]
    llm_confidences = _llm_confidences(advice[:TOP])
    return replace(
        result,
        candidates=reranked(candidates, llm_confidences) if llm_confidences else tuple(candidates),
        notes=(*result.notes, *place_notes(trace, ledger_set.entries), *ledger_set.notes),
        timings_ms=result.timings_ms
        | {
            "ledger": (ledgers_done - started) * 1e3,
            "relevance": (relevance_done - ledgers_done) * 1e3,
        },
    )


def explained_anywhere(
    trace: AnywhereTrace,
    encoder: SentenceEncoder,
    picture_encoders: Mapping[str, PictureEncoder],
    server: AdvisorServer | None = None,
) -> SearchResult:
    """The result of a search in all galleries, explained as by `explained`.

    Each candidate is explained by its own gallery. Their order stays: a language model that saw the
    places of one region only cannot rank them among those of others.
    """
    timings = {"ledger": 0.0, "relevance": 0.0}
    notes: dict[str, None] = dict.fromkeys(trace.result.notes)
    explained_places: dict[tuple[str, str], Candidate] = {}
    for part in trace.traces:
        result = explained(
            part, encoder, picture_encoders.get(encoder_key(part.gallery, part.query.view)), server
        )
        notes |= dict.fromkeys(result.notes)
        for name in timings:
            timings[name] += result.timings_ms[name]
        for one in result.candidates:
            explained_places[one.gallery, one.tile.tile_id] = one
    places = [explained_places[one.gallery, one.tile.tile_id] for one in trace.result.candidates]
    candidates = tuple(
        replace(one, evidence=place.evidence, explanation=place.explanation)
        for one, place in zip(trace.result.candidates, places, strict=True)
    )
    return replace(
        trace.result,
        candidates=candidates,
        notes=tuple(notes),
        timings_ms=trace.result.timings_ms | timings,
    )


def claimed_anywhere(trace: AnywhereTrace, encoder: SentenceEncoder) -> SearchResult:
    """The result of a search in all galleries, whose evidence is what the ledgers claim."""
    parts = [with_claims(part, encoder) for part in trace.traces]
    claimed = {
        (one.gallery, one.tile.tile_id): one.evidence for part in parts for one in part.candidates
    }
    candidates = tuple(
        replace(one, evidence=claimed[one.gallery, one.tile.tile_id])
        for one in trace.result.candidates
    )
    notes = dict.fromkeys(note for told in (trace.result, *parts) for note in told.notes)
    return replace(trace.result, candidates=candidates, notes=tuple(notes))


def answer_details(
    trace: SearchTrace, result: SearchResult, encoder: SentenceEncoder
) -> dict[str, Any]:
    """Explanations of the answer as a whole, as JSON.

    `area` is the credible region, `question` the clarifying question where several places fit, and
    `comparison` compares the first two candidates of `result`, which may be reranked.
    """
    gallery = trace.gallery
    credible_region = trace.posterior.credible_region(trace.mask)
    rows, mass = (
        credible_region.rows[credible_region.inside80],
        credible_region.mass[credible_region.inside80],
    )
    question = None
    if result.verdict == "several places fit":
        question = next_question(gallery, trace.posterior.mass, trace.encoded_query)
    comparison = None
    if len(result.candidates) > 1:
        first, second = (candidate.tile.tile_id for candidate in result.candidates[:2])
        comparison = compare(trace, first, second, ("1", "2"), encoder).to_json()
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
        "comparison": comparison,
    }


_SHOWN = 100
"""Number of tiles of the area that are listed."""


def relevances(
    trace: SearchTrace,
    picture_encoder: PictureEncoder | None,
    candidates: tuple[Candidate, ...] | None = None,
) -> list[Relevance | None]:
    """The relevance maps of `candidates` or all; None where no picture was searched."""
    chosen = trace.result.candidates if candidates is None else candidates
    if picture_encoder is None or "image" not in trace.channels:
        return [None] * len(chosen)
    tile_ids, key = [candidate.tile.tile_id for candidate in chosen], picture_encoder.key
    pictures = [trace.gallery.searched_picture(tile_id, key) for tile_id in tile_ids]
    if not all(pictures):
        return [None] * len(chosen)
    opened = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    return list(relevance(picture_encoder.encoder, trace.encoded_query.text, opened))


def _subject(
    trace: SearchTrace,
    candidate: Candidate,
    ledger: tuple[LedgerEntry, ...],
    relevance_map: Relevance | None,
) -> Subject:
    picture = trace.gallery.picture(candidate.tile.tile_id) or b""
    return Subject(trace.result.query, candidate, ledger, picture, relevance_map)


def _explanation(
    ledger: tuple[LedgerEntry, ...], relevance_map: Relevance | None, advice: Advice
) -> Explanation:
    notes = [advice.note] if advice.note else []
    if relevance_map is not None and not relevance_map.telling:
        notes.append(_UNSPECIFIC)
    return Explanation(ledger, advice.reason, advice.author, relevance_map, tuple(notes))


def _llm_confidences(advice: list[Advice]) -> list[float] | None:
    """The language model's confidences, None unless it gave one for each."""
    confidences = [opinion.confidence for opinion in advice if opinion.confidence is not None]
    return confidences if len(confidences) == len(advice) and confidences else None
