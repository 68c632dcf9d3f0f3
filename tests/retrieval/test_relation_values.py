"""Closeness of tiles to the things of a description, on Helsinki."""

import numpy as np
import pytest

from core import settings
from core.gallery import Gallery, open_gallery
from core.geo import haversine_m
from core.models.sentence import SentenceEncoder
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.relation_values import KERNELS, ThingValues
from core.retrieval.search import rank_tiles


@pytest.fixture(scope="module")
def helsinki() -> Gallery:
    return open_gallery("helsinki", settings.load({}))


def things(gallery: Gallery, encoder: SentenceEncoder, text: str) -> ThingValues:
    query = encode_query(tokenize_query(text, encoder), encoder)
    return rank_tiles(gallery, query, ("facts", "names")).named_things


def test_a_mention_counts_beside_the_phrase_that_is_the_same_words(
    helsinki: Gallery, encoder: SentenceEncoder
) -> None:
    found = things(helsinki, encoder, "I am at Fabianinkatu 30")
    assert [thing.kind for thing in found.things] == ["phrase", "address"]
    near = found.values[:, KERNELS.index("near")]
    assert (near.max(axis=1) > 0).all()
    row = int(near[1].argmax())
    away_m = haversine_m(
        float(helsinki.lats[row]), float(helsinki.lons[row]), helsinki.lats, helsinki.lons
    )
    assert near[1][away_m > 400].max() < 0.5


def test_what_is_said_twice_counts_once(helsinki: Gallery, encoder: SentenceEncoder) -> None:
    once = things(helsinki, encoder, "north of me a stone church")
    twice = things(helsinki, encoder, "north of me a stone church. North of me a stone church.")
    assert len(twice.things) == 2
    assert once.values.max() > 0
    assert twice.values.sum(axis=0) == pytest.approx(once.values.sum(axis=0), abs=1e-4)


def test_wider_kernels_never_fall_below_narrower_ones(
    helsinki: Gallery, encoder: SentenceEncoder
) -> None:
    values = things(helsinki, encoder, "a church north of me beside Mannerheimintie").values
    close, near, far, toward, away = values.transpose(1, 0, 2)
    assert (close <= near + 1e-6).all()
    assert (near <= far + 1e-6).all()
    assert (np.maximum(toward, away) <= far + 1e-6).all()
    assert toward.max() > 0
