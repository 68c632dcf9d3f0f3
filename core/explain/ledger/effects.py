"""What each phrase did for each candidate: the search once more without it. Knows no map facts."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, I64
from core.models import StatesReader
from core.records import Channel
from core.retrieval import Eyes, Finding, rank_tiles
from core.retrieval.fusion import ordered, spots
from core.retrieval.reading import Imagined, Reading
from core.vocabulary.folding import words_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder, Tokens


MAX_TOKENS_READ = 3000
"""Tokens that the descriptions without one phrase may have together; about two seconds of one
thread. Later phrases are not left out."""
_BATCH_TOKENS = 768


@dataclass(frozen=True, slots=True)
class Effects:
    """For the first M of P phrases and C candidates, what leaving the phrase out changes.

    `channels` [M, C] and `similarity` [M, C] are by how much it lowers each score (below 0:
    raises it). `rank_without` [M, C] is the candidate's rank among these C candidates when they
    alone are ranked again by the scores without the phrase, spots apart first, as search ranks.
    """

    channels: dict[Channel, F32]
    similarity: F32
    rank_without: I64

    def __len__(self) -> int:
        return len(self.similarity)


def effects_of(finding: Finding, encoder: "SentenceEncoder", eyes: Eyes | None) -> Effects:
    """Leaves out each phrase in turn, reads the rest again and scores every tile by it.

    The other phrases stay the phrases they were. Without its only phrase a description says
    nothing: every score is lost, and the ranks stay.
    """
    rows = np.array(
        [finding.gallery.row_of(one.tile.tile_id) for one in finding.result.candidates], dtype=int
    )
    before = finding.ranking
    lost: dict[Channel, list[F32]] = {channel: [] for channel in finding.channels}
    similarity, ranks = [], []
    for rest in _rests(finding.reading, encoder, eyes if "image" in finding.channels else None):
        if rest is None:
            signals, scores = None, np.zeros_like(before.scores)
            ranks.append(np.arange(1, len(rows) + 1))
        else:
            after = rank_tiles(finding.gallery, rest, finding.channels, finding.mask)
            signals, scores = after.signals, after.scores
            ranks.append(_ranks(finding, rows, scores))
        similarity.append(before.scores[rows] - scores[rows])
        for channel, losses in lost.items():
            had = before.signals.channel(channel)[rows]
            losses.append(had - signals.channel(channel)[rows] if signals else had)
    return Effects(
        {channel: np.stack(losses) for channel, losses in lost.items()},
        np.stack(similarity),
        np.stack(ranks),
    )


def _ranks(finding: Finding, rows: I64, scores: F32) -> I64:
    """The ranks [C], from 1, of the shown tiles by other scores."""
    shown = np.zeros(len(scores), dtype=bool)
    shown[rows] = True
    gallery = finding.gallery
    order = spots(ordered(scores, shown), gallery.lats, gallery.lons, len(rows))
    place = {row: rank for rank, row in enumerate(order, 1)}
    return np.array([place[int(row)] for row in rows], dtype=np.int64)


def _rests(reading: Reading, encoder: "SentenceEncoder", eyes: Eyes | None) -> list[Reading | None]:
    """The description read without each of its phrases; None where no phrase is left."""
    if len(reading.phrases) < 2:
        return [None]
    texts = [reading.text[: one.start] + reading.text[one.end :] for one in reading.phrases]
    tokens = encoder.tokenize(texts)
    within = np.cumsum([one.count() for one in tokens]) <= MAX_TOKENS_READ
    most = max(1, int(within.sum()))
    embeddings, seen = _embedded(texts[:most], tokens[:most], encoder, eyes)
    return [
        replace(
            reading,
            text=text,
            phrases=reading.phrases[:row] + reading.phrases[row + 1 :],
            words=list(dict.fromkeys(words_of(text))),
            embedding=embeddings[row],
            phrase_embeddings=np.delete(reading.phrase_embeddings, row, axis=0),
            imagined=Imagined(eyes.key, seen[row], None) if eyes and seen is not None else None,
        )
        for row, text in enumerate(texts[:most])
    ]


def _embedded(
    texts: list[str], tokens: "list[Tokens]", encoder: "SentenceEncoder", eyes: Eyes | None
) -> tuple[F32, F32 | None]:
    """Embeddings [M, D] of M texts, and what the picture model makes of them [M, E]."""
    longest = max(one.count() for one in tokens)
    reader = None
    if eyes and isinstance(eyes.encoder, StatesReader) and longest <= eyes.encoder.spec.max_tokens:
        reader = eyes.encoder
    whole, seen = [], []
    step = max(1, _BATCH_TOKENS // longest)
    for start in range(0, len(tokens), step):
        states, mask = encoder.states(tokens[start : start + step])
        whole.append(encoder.pooled(states, mask))
        if reader:
            seen.append(reader.from_states(states, mask))
    if eyes and not reader:
        seen.append(eyes.encoder.encode_texts(texts))
    return np.concatenate(whole), np.concatenate(seen) if seen else None
