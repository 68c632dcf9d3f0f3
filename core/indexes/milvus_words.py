"""The lexical index of a collection on a Milvus server: words as sparse vectors of BM25 weights.

It is copied from an index on this machine, so that a word has the same facts with the same weights.
A dimension is a hash of a word's stem: of a million different words, some 120 share theirs with
another. Typos are not looked up: that needs the list of words, which is in the index copied from.
"""

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import snowballstemmer

from core.errors import GalleryError
from core.indexes.lexical import NameIndex, Postings
from core.indexes.milvus import (
    MOST_HITS,
    MilvusServer,
    check_name,
    connected,
    faults_told,
    settle,
    version_of,
)

if TYPE_CHECKING:
    from pymilvus import MilvusClient

COLUMNS = ("name", "kind")
_SPARSE_FROM = (2, 4)
_EVERY_FACT = 0
"""The dimension that every fact has: a sparse vector must not be empty."""
_DIMENSIONS = 2**32 - 2
_CHUNK = 4096
_porter = snowballstemmer.stemmer("porter")


def has_words(server: MilvusServer) -> bool:
    """Whether the server keeps sparse vectors, which this index needs."""
    return version_of(connected(server), server) >= _SPARSE_FROM


def _dimension(word: str) -> int:
    """The dimension of a folded word, 1 or more; that of its stem, as FTS5 finds it."""
    stem: str = _porter.stemWord(word)
    return 1 + zlib.crc32(stem.encode()) % (_DIMENSIONS - 1)


def build(name: str, index: NameIndex, server: MilvusServer) -> str:
    """Copies an index to the server as the collection `name`, in place of what is there.

    Raises GalleryError where the server is older than 2.4 and keeps no sparse vectors.
    """
    check_name(name)
    client = connected(server)
    if version_of(client, server) < _SPARSE_FROM:
        raise GalleryError("this Milvus server keeps no words (2.4 does); search them here")
    facts = len(index)
    with faults_told(server):
        client.drop_collection(name)
        client.create_collection(name, schema=_schema(), consistency_level="Eventually")
        for rows in _rows(index, facts):
            client.insert(name, rows)
        params = client.prepare_index_params()
        for column in COLUMNS:
            params.add_index(
                field_name=column,
                index_type="SPARSE_INVERTED_INDEX",
                metric_type="IP",
                index_name=f"of_{column}",
            )
        settle(client, name, params, facts)
    return name


def _schema() -> Any:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("fact", DataType.INT64, is_primary=True)
    for column in COLUMNS:
        schema.add_field(column, DataType.SPARSE_FLOAT_VECTOR)
    return schema


def _rows(index: NameIndex, facts: int) -> Iterator[list[dict[str, Any]]]:
    """The facts as the server takes them, some at a time."""
    vectors: dict[str, list[dict[int, float]]] = {
        column: [{_EVERY_FACT: 1.0} for _ in range(facts)] for column in COLUMNS
    }
    stems: dict[int, str] = {}
    for word in index.vocabulary():
        stems.setdefault(_dimension(word), word)
    for dimension, word in stems.items():
        for column in COLUMNS:
            postings = index.postings(word, column)
            for fact, weight in zip(postings.facts, postings.weights, strict=True):
                vectors[column][int(fact)][dimension] = float(weight)
    for begin in range(0, facts, _CHUNK):
        yield [
            {"fact": fact, **{column: vectors[column][fact] for column in COLUMNS}}
            for fact in range(begin, min(begin + _CHUNK, facts))
        ]


class MilvusNames:
    """An index on a server, opened for reading. Thread-safe."""

    def __init__(self, name: str, server: MilvusServer) -> None:
        self._name, self._server = name, server
        self._client: MilvusClient = connected(server)
        with faults_told(server):
            if not self._client.has_collection(name):
                raise GalleryError(f"{server.uri:.80} has no collection {name!r:.80}; build it")
            self._client.load_collection(name)

    def postings(self, word: str, column: str) -> Postings:
        """The facts with the word in `column` ("name" or "kind"), with BM25 weights > 0.

        Of a word of more than `MOST_HITS` facts those of the greatest weight.
        """
        with faults_told(self._server):
            (hits,) = self._client.search(
                self._name,
                data=[{_dimension(word): 1.0}],
                anns_field=column,
                limit=MOST_HITS,
                output_fields=["fact"],
                search_params={"metric_type": "IP"},
            )
        found = sorted((hit["fact"], hit["distance"]) for hit in hits if hit["distance"] > 0)
        return Postings(
            np.array([fact for fact, _ in found], dtype=np.int32),
            np.array([weight for _, weight in found], dtype=np.float32),
        )
