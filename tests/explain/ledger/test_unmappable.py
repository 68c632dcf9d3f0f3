"""Unmappable phrases: all written for this test, none of them an example of the module."""

import numpy as np

from core.explain.ledger.unmappable import MARGIN, unmappable_margins
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
