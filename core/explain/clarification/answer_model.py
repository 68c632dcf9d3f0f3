"""Where in a gallery a question would be answered yes, and how surely; leaves choosing to others.

A person's "within 50 metres" is no measurement: up to 0.8 of a question's distance a thing counts
as there, from 1.4 as not there, and in between ever less. Ours.
"""

from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, F64, I64
from core.explain.clarification.question_bank import QuestionTemplate, kind_questions, name_question
from core.gallery.opened import Gallery
from core.retrieval.channels import MatchIndex
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.search import match_index_of
from core.vocabulary.folding import fold

_THERE, _GONE = 0.8, 1.4
_SAID_COSINE = 0.65
"""From this cosine on a phrase is about the thing itself; below, half mean another (`records`)."""

_sightings: "WeakKeyDictionary[Gallery, AnswerModel]" = WeakKeyDictionary()


def answer_model_of(gallery: Gallery) -> "AnswerModel":
    """The gallery prepared for questions, kept as long as the gallery is."""
    found = _sightings.get(gallery)
    if found is None:
        found = _sightings[gallery] = AnswerModel(gallery)
    return found


def chance_of_yes(topic: QuestionTemplate, distance_m: F32) -> F32:
    """How likely a person says yes whose nearest such thing is so far off, inf for none."""
    near, far = _THERE * topic.within_m, _GONE * topic.within_m
    there = np.clip((far - distance_m) / (far - near), 0, 1)
    chance: F32 = topic.trust.if_not + (topic.trust.if_mapped - topic.trust.if_not) * there
    return chance


class AnswerModel:
    """Which facts of a gallery each question is about. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._ground: MatchIndex = match_index_of(gallery)
        facts = gallery.facts
        self._topics_of_kind = {
            kind: [row for row, topic in enumerate(kind_questions()) if topic.is_of(kind)]
            for kind in set(facts.kind)
        }
        each = [self._topics_of_kind[kind] for kind in facts.kind]
        self._topic_count: I64 = np.array([len(some) for some in each], dtype=np.int64)
        self._topic_start: I64 = np.cumsum(self._topic_count) - self._topic_count
        self._topic: I64 = np.array([row for some in each for row in some], dtype=np.int64)
        self._name = [
            names[0] if names and ": " in text else ""
            for text, names in zip(facts.text, facts.names, strict=True)
        ]
        self._named = {
            sign: row
            for row, sign in enumerate(
                dict.fromkeys(
                    (kind, name) for kind, name in zip(facts.kind, self._name, strict=True) if name
                )
            )
        }
        self._signs = list(self._named)
        self._sign: I64 = np.array(
            [self._named.get(sign, -1) for sign in zip(facts.kind, self._name, strict=True)],
            dtype=np.int64,
        )
        self._bare: I64 = np.array(
            [
                row
                for row in gallery.spoken.tolist()
                if facts.text[row] == facts.kind[row] and self._topic_count[row]
            ],
            dtype=np.int64,
        )

    def facts_of(self, topic: QuestionTemplate) -> I64:
        """The facts that make the answer yes."""
        kinds = {kind for kind in self._topics_of_kind if topic.is_of(kind)}
        return np.array(
            [
                row
                for row, kind in enumerate(self._gallery.facts.kind)
                if kind in kinds and topic.name in ("", self._name[row])
            ],
            dtype=np.int64,
        )

    def distances_m(self, topic: QuestionTemplate) -> F32:
        """From each of N tiles to the nearest thing that makes the answer yes; inf for none."""
        links = self._gallery.links
        nearest = np.full(len(self._gallery), np.inf, dtype=np.float32)
        for fact in self.facts_of(topic):
            mine = slice(links.starts[fact], links.starts[fact + 1])
            np.minimum.at(nearest, links.tile[mine], links.distance_m[mine])
        return nearest

    def plain(self, tiles: I64) -> F32:
        """Metres from M tiles to the nearest thing of each plain question [T, M]; inf for none."""
        nearest = np.full((len(kind_questions()), len(tiles)), np.inf, dtype=np.float32)
        fact, column, metres = self._around(tiles)
        counts = self._topic_count[fact]
        place = np.arange(counts.sum()) + np.repeat(
            self._topic_start[fact] - np.cumsum(counts) + counts, counts
        )
        where = (self._topic[place], np.repeat(column, counts))
        np.minimum.at(nearest, where, np.repeat(metres, counts))
        return nearest

    def named(self, tiles: I64, first: int) -> dict[QuestionTemplate, F32]:
        """The questions for names that can be read around the first few of M tiles.

        For each the metres [M] from every tile, inf for those that do not see it.
        """
        fact, column, metres = self._around(tiles)
        sign = self._sign[fact]
        asked: dict[QuestionTemplate, int] = {}
        row_of = np.full(len(self._signs), -1, dtype=np.int64)
        for one in np.unique(sign[(column < first) & (sign >= 0)]).tolist():
            if (topic := name_question(*self._signs[one])) is not None:
                row_of[one] = asked.setdefault(topic, len(asked))
        nearest = np.full((len(asked), len(tiles)), np.inf, dtype=np.float32)
        row = np.where(sign >= 0, row_of[sign], -1)
        seen = row >= 0
        np.minimum.at(nearest, (row[seen], column[seen]), metres[seen])
        return {topic: nearest[row] for topic, row in asked.items()}

    def _around(self, tiles: I64) -> tuple[I64, I64, F32]:
        """The links of M tiles: the fact, the place of its tile among the M, and the metres."""
        links = self._gallery.links
        each = [self._ground.links_of(int(tile)) for tile in tiles]
        rows = np.concatenate([*each, np.empty(0, dtype=np.int64)])
        column = np.repeat(np.arange(len(tiles)), [len(some) for some in each])
        return links.fact[rows].astype(np.int64), column, links.distance_m[rows]

    def told(self, encoded_query: EncodedQuery) -> frozenset[str]:
        """Keys of the plain questions that a description has answered, by its words or sense."""
        folded = fold(encoded_query.text)
        topics = kind_questions()
        keys = {topic.key for topic in topics if topic.is_told_in(folded)}
        keys.update(
            topics[row].key
            for kind in self._kinds_said(encoded_query)
            for row in self._topics_of_kind[kind]
        )
        return frozenset(keys)

    def _kinds_said(self, encoded_query: EncodedQuery) -> Iterator[str]:
        """Kinds that some phrase is about, among those that a question is about."""
        if len(self._bare):
            nearest = self._ground.cosines(encoded_query.phrase_embeddings, self._bare).max(axis=0)
            kinds = self._gallery.facts.kind
            yield from (kinds[row] for row in self._bare[nearest >= _SAID_COSINE])


def chances(topics: Sequence[QuestionTemplate], distances_m: F32) -> F64:
    """The chance of a yes to each of T questions at M tiles [T, M], by metres [T, M]."""
    return np.array(
        [chance_of_yes(topic, metres) for topic, metres in zip(topics, distances_m, strict=True)]
    ).reshape(distances_m.shape)
