"""Leave-one-out ablation: the effect of each phrase on each candidate, by a search without it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, I64
from core.models import StatesReader
from core.records import Channel
from core.retrieval import PictureEncoder, SearchTrace, rank_tiles
from core.retrieval.negation import without
from core.retrieval.query_encoding import EncodedQuery, PictureQuery, search_words
from core.retrieval.spots import spots_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder, Tokens


MAX_TOKENS_READ = 3000
"""Most tokens of all shortened descriptions together; about two seconds of one thread. Phrases
beyond are not ablated."""
_BATCH_TOKENS = 768


@dataclass(frozen=True, slots=True)
class Ablation:
    """Leave-one-out ablation of the first M phrases on C candidates.

    `similarity`, `channels` [M, C]: score with the phrase minus score without it. `rank_without`
    [M, C]: the candidate's rank among the C by the probability around it, from the scores without
    the phrase.
    """

    channels: dict[Channel, F32]
    similarity: F32
    rank_without: I64

    def __len__(self) -> int:
        return len(self.similarity)

    @classmethod
    def none(cls) -> "Ablation":
        """The ablation of no phrase."""
        return cls({}, np.empty((0, 0), dtype=np.float32), np.empty((0, 0), dtype=np.int64))


def ablate_phrases(
    trace: SearchTrace, encoder: "SentenceEncoder", picture_encoder: PictureEncoder | None
) -> Ablation:
    """Removes each phrase in turn, encodes the rest again and scores every tile.

    The other phrases are not split again. Without its only phrase a description is empty: every
    score becomes 0, and the ranks stay.
    """
    rows = np.array(
        [trace.gallery.row_of(candidate.tile.tile_id) for candidate in trace.result.candidates],
        dtype=int,
    )
    before = trace.ranking
    losses_of: dict[Channel, list[F32]] = {channel: [] for channel in trace.channels}
    similarity, ranks = [], []
    for rest in _without_each_phrase(
        trace.encoded_query, encoder, picture_encoder if "image" in trace.channels else None
    ):
        if rest is None:
            signals, scores = None, before.wished
            ranks.append(np.arange(1, len(rows) + 1))
        else:
            after = rank_tiles(trace.gallery, rest, trace.channels, trace.mask)
            signals, scores = after.signals, after.scores + before.wished
            ranks.append(_ranks(trace, rows, scores))
        similarity.append(before.scores[rows] - scores[rows])
        for channel, losses in losses_of.items():
            score_before = before.signals.channel(channel)[rows]
            losses.append(
                score_before - signals.channel(channel)[rows] if signals else score_before
            )
    return Ablation(
        {channel: np.stack(losses) for channel, losses in losses_of.items()},
        np.stack(similarity),
        np.stack(ranks),
    )


def _ranks(trace: SearchTrace, rows: I64, scores: F32) -> I64:
    """The ranks [C], from 1, of the candidates in `rows` by new scores [N]."""
    candidates = np.zeros(len(scores), dtype=bool)
    candidates[rows] = True
    spots = spots_of(
        trace.gallery,
        trace.posterior.mass_of(scores),
        len(rows),
        candidates,
        sharpening=trace.posterior.sharpening,
    )
    rank_of = {spot.row: rank for rank, spot in enumerate(spots, 1)}
    return np.array([rank_of[int(row)] for row in rows], dtype=np.int64)


def _without_each_phrase(
    encoded_query: EncodedQuery, encoder: "SentenceEncoder", picture_encoder: PictureEncoder | None
) -> list[EncodedQuery | None]:
    """The encoded description without each of its phrases; None where no phrase is left."""
    if len(encoded_query.phrases) < 2:
        return [None]
    texts = [
        without(encoded_query.affirmed_text, phrase.start, phrase.end)
        for phrase in encoded_query.phrases
    ]
    left = [np.float32(any(map(str.isalnum, text))) for text in texts]
    tokens = encoder.tokenize(texts)
    within = np.cumsum([part.count() for part in tokens]) <= MAX_TOKENS_READ
    count = max(1, int(within.sum()))
    pictures = (picture_encoder, *picture_encoder.others) if picture_encoder else ()
    embeddings, picture_embeddings = _embedded(texts[:count], tokens[:count], encoder, pictures)
    queries = [
        tuple(
            PictureQuery(one.key, left[row] * rows[row], None)
            for one, rows in zip(pictures, picture_embeddings, strict=True)
        )
        for row in range(count)
    ]
    return [
        replace(
            encoded_query,
            text=text,
            phrases=encoded_query.phrases[:row] + encoded_query.phrases[row + 1 :],
            words=list(
                dict.fromkeys(
                    search_words(
                        text,
                        encoded_query.gloss,
                        [*encoded_query.denied_spans, (part.start, part.end)],
                    )
                )
            ),
            embedding=left[row] * embeddings[row],
            phrase_embeddings=np.delete(encoded_query.phrase_embeddings, row, axis=0),
            picture_query=queries[row][0] if queries[row] else None,
            other_picture_queries=queries[row][1:],
        )
        for row, (text, part) in enumerate(
            zip(texts[:count], encoded_query.phrases[:count], strict=True)
        )
    ]


def _embedded(
    texts: list[str],
    tokens: "list[Tokens]",
    encoder: "SentenceEncoder",
    pictures: tuple[PictureEncoder, ...],
) -> tuple[F32, list[F32]]:
    """Embeddings [M, D] of M texts, and their embeddings [M, E] by each picture model."""
    longest = max(text_tokens.count() for text_tokens in tokens)
    readers = {
        row: one.encoder
        for row, one in enumerate(pictures)
        if isinstance(one.encoder, StatesReader) and longest <= one.encoder.spec.max_tokens
    }
    embeddings: list[F32] = []
    by_picture: list[list[F32]] = [[] for _ in pictures]
    step = max(1, _BATCH_TOKENS // longest)
    for start in range(0, len(tokens), step):
        states, mask = encoder.states(tokens[start : start + step])
        embeddings.append(encoder.pooled(states, mask))
        for row, reader in readers.items():
            by_picture[row].append(reader.from_states(states, mask))
    for row, one in enumerate(pictures):
        if row not in readers:
            by_picture[row].append(one.encoder.encode_texts(texts))
    return np.concatenate(embeddings), [np.concatenate(rows) for rows in by_picture]
