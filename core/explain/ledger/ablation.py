"""What each phrase did for each candidate: the search once more without it. Knows no map facts."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, I64
from core.models import StatesReader
from core.records import Channel
from core.retrieval import PictureEncoder, SearchTrace, rank_tiles
from core.retrieval.fusion import ordered, suppress_neighbours
from core.retrieval.query_encoding import EncodedQuery, PictureQuery
from core.vocabulary.folding import words_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder, Tokens


MAX_TOKENS_READ = 3000
"""Tokens that the descriptions without one phrase may have together; about two seconds of one
thread. Later phrases are not left out."""
_BATCH_TOKENS = 768


@dataclass(frozen=True, slots=True)
class Ablation:
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


def ablate_phrases(
    trace: SearchTrace, encoder: "SentenceEncoder", picture_encoder: PictureEncoder | None
) -> Ablation:
    """Leaves out each phrase in turn, reads the rest again and scores every tile by it.

    The other phrases stay the phrases they were. Without its only phrase a description says
    nothing: every score is lost, and the ranks stay.
    """
    rows = np.array(
        [trace.gallery.row_of(one.tile.tile_id) for one in trace.result.candidates], dtype=int
    )
    before = trace.ranking
    lost: dict[Channel, list[F32]] = {channel: [] for channel in trace.channels}
    similarity, ranks = [], []
    for rest in _rests(
        trace.encoded_query, encoder, picture_encoder if "image" in trace.channels else None
    ):
        if rest is None:
            signals, scores = None, np.zeros_like(before.scores)
            ranks.append(np.arange(1, len(rows) + 1))
        else:
            after = rank_tiles(trace.gallery, rest, trace.channels, trace.mask)
            signals, scores = after.signals, after.scores
            ranks.append(_ranks(trace, rows, scores))
        similarity.append(before.scores[rows] - scores[rows])
        for channel, losses in lost.items():
            had = before.signals.channel(channel)[rows]
            losses.append(had - signals.channel(channel)[rows] if signals else had)
    return Ablation(
        {channel: np.stack(losses) for channel, losses in lost.items()},
        np.stack(similarity),
        np.stack(ranks),
    )


def _ranks(trace: SearchTrace, rows: I64, scores: F32) -> I64:
    """The ranks [C], from 1, of the shown tiles by other scores."""
    shown = np.zeros(len(scores), dtype=bool)
    shown[rows] = True
    gallery = trace.gallery
    order = suppress_neighbours(ordered(scores, shown), gallery.lats, gallery.lons, len(rows))
    place = {row: rank for rank, row in enumerate(order, 1)}
    return np.array([place[int(row)] for row in rows], dtype=np.int64)


def _rests(
    encoded_query: EncodedQuery, encoder: "SentenceEncoder", picture_encoder: PictureEncoder | None
) -> list[EncodedQuery | None]:
    """The description read without each of its phrases; None where no phrase is left."""
    if len(encoded_query.phrases) < 2:
        return [None]
    texts = [
        encoded_query.text[: one.start] + encoded_query.text[one.end :]
        for one in encoded_query.phrases
    ]
    tokens = encoder.tokenize(texts)
    within = np.cumsum([one.count() for one in tokens]) <= MAX_TOKENS_READ
    most = max(1, int(within.sum()))
    embeddings, seen = _embedded(texts[:most], tokens[:most], encoder, picture_encoder)
    return [
        replace(
            encoded_query,
            text=text,
            phrases=encoded_query.phrases[:row] + encoded_query.phrases[row + 1 :],
            words=list(dict.fromkeys(words_of(text))),
            embedding=embeddings[row],
            phrase_embeddings=np.delete(encoded_query.phrase_embeddings, row, axis=0),
            picture_query=PictureQuery(picture_encoder.key, seen[row], None)
            if picture_encoder and seen is not None
            else None,
        )
        for row, text in enumerate(texts[:most])
    ]


def _embedded(
    texts: list[str],
    tokens: "list[Tokens]",
    encoder: "SentenceEncoder",
    picture_encoder: PictureEncoder | None,
) -> tuple[F32, F32 | None]:
    """Embeddings [M, D] of M texts, and what the picture model makes of them [M, E]."""
    longest = max(one.count() for one in tokens)
    reader = None
    if (
        picture_encoder
        and isinstance(picture_encoder.encoder, StatesReader)
        and longest <= picture_encoder.encoder.spec.max_tokens
    ):
        reader = picture_encoder.encoder
    whole, seen = [], []
    step = max(1, _BATCH_TOKENS // longest)
    for start in range(0, len(tokens), step):
        states, mask = encoder.states(tokens[start : start + step])
        whole.append(encoder.pooled(states, mask))
        if reader:
            seen.append(reader.from_states(states, mask))
    if picture_encoder and not reader:
        seen.append(picture_encoder.encoder.encode_texts(texts))
    return np.concatenate(whole), np.concatenate(seen) if seen else None
