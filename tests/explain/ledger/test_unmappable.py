"""Unmappable phrases: all written for this test, none of them an example of the module."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.explain.ledger import unmappable
from core.explain.ledger.unmappable import (
    MARGIN,
    stored_examples,
    unmappable_margins,
    write_examples,
)
from core.models.sentence import SentenceEncoder

UNSEEN = (
    "drizzle all day",
    "clear skies",
    "a chilly breeze",
    "kids kicking a ball",
    "an elderly couple holding hands",
    "two policemen chatting",
    "somebody jogging",
    "a busker with a violin",
    "schoolgirls giggling",
    "cars honking",
    "a blue lorry blocking the lane",
    "a scooter leaning on a wall",
    "smells like diesel",
    "aroma of coffee",
    "church bells ringing far away",
    "someone is drilling",
    "feels touristy",
    "very peaceful",
    "I'm waiting for my brother",
    "dogs barking",
    "sparrows hopping about",
    "puddles everywhere",
    "autumn leaves",
    "it's about noon",
    "the sunset is nice",
    "people queueing",
    "taxi drivers smoking",
    "I have been walking for an hour",
    "a bin bag burst open",
    "a girl eating an ice cream",
    "a man asleep on the grass",
    "hot and humid",
    "tourists taking selfies",
    "a rather shabby feel",
    "sheets drying on a line",
    "the waiter told me it closes at five",
    "I missed my bus",
    "a tram passing every few minutes",
    "men playing cards",
    "hardly any traffic",
)
SEEN = (
    "a baroque church",
    "twin spires",
    "a war memorial",
    "small chapel",
    "an equestrian statue",
    "a bandstand",
    "plane trees along the street",
    "a kids' slide and swings",
    "basketball court",
    "tram line in the middle of the street",
    "a bike stand",
    "underground car park entrance",
    "a level crossing",
    "a zebra crossing",
    "escalator down to the metro",
    "narrow alley",
    "dual carriageway",
    "a stone bridge",
    "hairdresser's",
    "shoe repair shop",
    "pizza place",
    "chinese takeaway",
    "a chemist",
    "a big department store",
    "petrol pumps",
    "town hall",
    "court building",
    "fire station",
    "brick warehouse",
    "glass tower",
    "six floors",
    "green copper roof",
    "half-timbered house",
    "pink stucco",
    "iron railings",
    "an arch",
    "stone lions at the entrance",
    "duck pond",
    "quay with sailing boats",
    "sandy beach",
    "a pier",
    "vineyard slope",
    "rocky cliff",
    "old city wall",
    "a water tower",
    "factory chimney",
    "radio mast",
    "wooden benches",
    "flower beds",
    "a plaque with an inscription",
    "phone mast",
    "fish market",
    "bus shelter",
    "taxi rank",
    "recycling bins",
)


def test_what_no_map_holds_is_told_from_what_maps_do(encoder: SentenceEncoder) -> None:
    unseen = unmappable_margins(encoder.encode(list(UNSEEN)), encoder) > MARGIN
    seen = unmappable_margins(encoder.encode(list(SEEN)), encoder) > MARGIN
    precision = unseen.sum() / (unseen.sum() + seen.sum())
    assert precision >= 0.9
    assert unseen.mean() >= 0.7


def test_the_margin_is_the_difference_of_the_three_nearest_on_either_side(
    encoder: SentenceEncoder,
) -> None:
    from core.explain.ledger.unmappable import _MAPPABLE_EXAMPLES, _UNMAPPABLE_EXAMPLES

    (said,) = encoder.encode(["children with balloons"])
    nearest = [
        sum(sorted(float(said @ one) for one in encoder.encode(list(examples)))[-3:]) / 3
        for examples in (_UNMAPPABLE_EXAMPLES, _MAPPABLE_EXAMPLES)
    ]
    margin = unmappable_margins(said[None], encoder)
    assert np.allclose(margin, nearest[0] - nearest[1], atol=1e-5)


def test_the_stored_embeddings_are_those_of_the_examples(
    encoder: SentenceEncoder, tmp_path: Path
) -> None:
    stored = stored_examples(encoder)
    assert stored is not None, "the examples were changed: run core calibrate --claims"
    made = stored_examples(encoder, write_examples(encoder, tmp_path / "unmappable.npz"))
    assert made is not None
    for one, other in zip(stored, made, strict=True):
        assert np.allclose(one, other, atol=1e-6)


def test_embeddings_of_other_examples_or_of_another_encoder_are_not_read(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_examples(encoder, tmp_path / "unmappable.npz")
    other = SentenceEncoder(
        replace(encoder.spec, weights_sha256="0"), encoder._tokenizer, encoder._network
    )
    assert stored_examples(other, path) is None
    monkeypatch.setattr(unmappable, "_MAPPABLE_EXAMPLES", ("a church",))
    assert stored_examples(encoder, path) is None
    path.write_bytes(b"no archive")
    assert stored_examples(encoder, path) is None
