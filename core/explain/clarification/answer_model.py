"""The probability of a yes to each question at each tile of a gallery.

People only estimate "within 50 metres": up to 0.8 of a question's distance a thing counts as
present, from 1.4 as absent, and linearly less in between. Our own model.
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

_PRESENT, _ABSENT = 0.8, 1.4
_MIN_TOPIC_COSINE = 0.65
"""From this cosine on a phrase is about the thing itself; below, half of them mean another one."""

_answer_models: "WeakKeyDictionary[Gallery, AnswerModel]" = WeakKeyDictionary()


def answer_model_of(gallery: Gallery) -> "AnswerModel":
    """The gallery prepared for questions, cached as long as the gallery lives."""
    model = _answer_models.get(gallery)
    if model is None:
        model = _answer_models[gallery] = AnswerModel(gallery)
    return model


def chance_of_yes(template: QuestionTemplate, distance_m: F32) -> F32:
    """Probability of a yes by the distance of the nearest such thing, inf for none."""
    full_m, zero_m = _PRESENT * template.within_m, _ABSENT * template.within_m
    presence = np.clip((zero_m - distance_m) / (zero_m - full_m), 0, 1)
    chance: F32 = (
        template.trust.if_not + (template.trust.if_mapped - template.trust.if_not) * presence
    )
    return chance


class AnswerModel:
    """The facts of a gallery by question. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._match_index: MatchIndex = match_index_of(gallery)
        facts = gallery.facts
        self._templates_of_kind = {
            kind: [row for row, template in enumerate(kind_questions()) if template.covers(kind)]
            for kind in set(facts.kind)
        }
        rows_of_fact = [self._templates_of_kind[kind] for kind in facts.kind]
        self._template_count: I64 = np.array([len(rows) for rows in rows_of_fact], dtype=np.int64)
        self._template_start: I64 = np.cumsum(self._template_count) - self._template_count
        self._template: I64 = np.array(
            [row for rows in rows_of_fact for row in rows], dtype=np.int64
        )
        self._name = [
            names[0] if names and ": " in text else ""
            for text, names in zip(facts.text, facts.names, strict=True)
        ]
        self._sign_rows = {
            sign: row
            for row, sign in enumerate(
                dict.fromkeys(
                    (kind, name) for kind, name in zip(facts.kind, self._name, strict=True) if name
                )
            )
        }
        self._signs = list(self._sign_rows)
        self._sign: I64 = np.array(
            [self._sign_rows.get(sign, -1) for sign in zip(facts.kind, self._name, strict=True)],
            dtype=np.int64,
        )
        self._kind_facts: I64 = np.array(
            [
                row
                for row in gallery.spoken.tolist()
                if facts.text[row] == facts.kind[row] and self._template_count[row]
            ],
            dtype=np.int64,
        )

    def facts_of(self, template: QuestionTemplate) -> I64:
        """The facts that make the answer yes."""
        kinds = {kind for kind in self._templates_of_kind if template.covers(kind)}
        return np.array(
            [
                row
                for row, kind in enumerate(self._gallery.facts.kind)
                if kind in kinds and template.name in ("", self._name[row])
            ],
            dtype=np.int64,
        )

    def distances_m(self, template: QuestionTemplate) -> F32:
        """Metres [N] from each tile to the nearest fact that makes the answer yes, or inf."""
        links = self._gallery.links
        nearest = np.full(len(self._gallery), np.inf, dtype=np.float32)
        for fact in self.facts_of(template):
            span = slice(links.starts[fact], links.starts[fact + 1])
            np.minimum.at(nearest, links.tile[span], links.distance_m[span])
        return nearest

    def kind_distances_m(self, tiles: I64) -> F32:
        """Metres [T, M] to the nearest thing of each of `kind_questions` from M tiles, or inf."""
        nearest = np.full((len(kind_questions()), len(tiles)), np.inf, dtype=np.float32)
        fact, column, metres = self._links_around(tiles)
        counts = self._template_count[fact]
        rows = np.arange(counts.sum()) + np.repeat(
            self._template_start[fact] - np.cumsum(counts) + counts, counts
        )
        cells = (self._template[rows], np.repeat(column, counts))
        np.minimum.at(nearest, cells, np.repeat(metres, counts))
        return nearest

    def name_distances_m(self, tiles: I64, first: int) -> dict[QuestionTemplate, F32]:
        """The questions for names around the `first` of M tiles.

        For each the metres [M] from every tile, inf for tiles that do not see the thing.
        """
        fact, column, metres = self._links_around(tiles)
        sign = self._sign[fact]
        row_of_template: dict[QuestionTemplate, int] = {}
        row_of_sign = np.full(len(self._signs), -1, dtype=np.int64)
        for sign_row in np.unique(sign[(column < first) & (sign >= 0)]).tolist():
            if (template := name_question(*self._signs[sign_row])) is not None:
                row_of_sign[sign_row] = row_of_template.setdefault(template, len(row_of_template))
        nearest = np.full((len(row_of_template), len(tiles)), np.inf, dtype=np.float32)
        row = np.where(sign >= 0, row_of_sign[sign], -1)
        has_row = row >= 0
        np.minimum.at(nearest, (row[has_row], column[has_row]), metres[has_row])
        return {template: nearest[row] for template, row in row_of_template.items()}

    def _links_around(self, tiles: I64) -> tuple[I64, I64, F32]:
        """The links of M tiles: fact, index of the tile among the M, and metres."""
        links = self._gallery.links
        rows_of_tile = [self._match_index.links_of(int(tile)) for tile in tiles]
        rows = np.concatenate([*rows_of_tile, np.empty(0, dtype=np.int64)])
        column = np.repeat(np.arange(len(tiles)), [len(tile_rows) for tile_rows in rows_of_tile])
        return links.fact[rows].astype(np.int64), column, links.distance_m[rows]

    def answered_keys(self, encoded_query: EncodedQuery) -> frozenset[str]:
        """Keys of the `kind_questions` that a description answers, by its words or its meaning."""
        folded = fold(encoded_query.text)
        templates = kind_questions()
        keys = {template.key for template in templates if template.is_answered_in(folded)}
        keys.update(
            templates[row].key
            for kind in self._kinds_described(encoded_query)
            for row in self._templates_of_kind[kind]
        )
        return frozenset(keys)

    def _kinds_described(self, encoded_query: EncodedQuery) -> Iterator[str]:
        """The kinds with a question that some phrase is about."""
        if len(self._kind_facts):
            nearest = self._match_index.cosines(
                encoded_query.phrase_embeddings, self._kind_facts
            ).max(axis=0)
            kinds = self._gallery.facts.kind
            yield from (kinds[row] for row in self._kind_facts[nearest >= _MIN_TOPIC_COSINE])


def chances(templates: Sequence[QuestionTemplate], distances_m: F32) -> F64:
    """Probability of a yes to each of T questions at M tiles [T, M], from metres [T, M]."""
    return np.array(
        [
            chance_of_yes(template, metres)
            for template, metres in zip(templates, distances_m, strict=True)
        ]
    ).reshape(distances_m.shape)
