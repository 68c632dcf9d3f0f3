"""Which phrases speak of what no map can hold, by their sense; leaves the rest to the ledger."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

Floats = npt.NDArray[np.float32]

_UNMAPPED = (
    "blue sky and a few clouds", "it is raining", "cold wind today", "the sun is in my eyes",
    "foggy morning", "snow on the ground", "it is getting dark", "late in the evening",
    "people walking past", "tourists with cameras", "children playing and shouting",
    "a man with a dog", "an old woman feeding birds", "young people drinking",
    "workers on their break", "a crowd is waiting", "somebody playing the guitar",
    "a couple arguing", "nobody around", "office workers having lunch", "a guy selling umbrellas",
    "parked cars", "a delivery van", "a red car waiting", "heavy traffic", "a bus drives by",
    "motorbikes making noise", "a lorry unloading", "bicycles lying about", "a boat coming in",
    "a plane in the sky", "smell of bread", "it smells of fish and smoke", "music from a window",
    "loud noise of drilling", "you can hear bells", "sirens in the distance", "it is quiet",
    "I am tired and hungry", "I feel a bit lost", "a strange mood", "lovely place",
    "looks poor and neglected", "it feels posh", "gulls and pigeons", "a cat sleeping",
    "flowers in bloom", "wet leaves on the ground", "laundry hanging out", "rubbish bags",
    "a poster about an election", "graffiti", "there was a party yesterday",
    "in winter they have a market here", "somebody told me a story about it",
    "my friend is late", "the driver dropped me here", "which way should I go",
    "I don't know where I am", "a broken umbrella", "plastic chairs", "a hat blown away",
    "people", "women", "a boy", "guards", "students", "some guys", "a dog", "birds", "taxis",
    "trucks", "skateboarders", "an old lady with a trolley", "soldiers on guard",
    "smoke in the air", "fish swimming about", "trains rumbling past", "which door is it",
    "waiting for my order",
    "the coffee is expensive", "a wedding", "a demonstration with banners",
)  # fmt: skip
_MAPPED = (
    "a church with a tall tower", "a domed cathedral", "a statue on a pedestal",
    "a bronze figure of a man", "a fountain in a square", "a park with trees", "a row of trees",
    "benches", "a playground", "a football pitch", "a tram stop", "tram tracks", "a bus stop",
    "a bus station", "a railway station", "railway tracks", "a metro entrance",
    "a pedestrian street", "a cobbled lane", "a wide main road", "traffic lights",
    "a pedestrian crossing", "a roundabout", "a street corner", "steps going up", "a steep ramp",
    "a bridge over a canal", "a tunnel", "a footpath", "a cycle path", "a car park",
    "parking garage", "a supermarket", "a bakery", "shops", "a clothes shop", "a cafe terrace",
    "a restaurant", "a bar", "a hotel", "a bank", "a pharmacy", "a kiosk", "a school",
    "a university", "a library", "a museum", "a theatre", "a hospital", "a police station",
    "an embassy", "an office block", "apartment buildings", "a tall tower block",
    "a low brick building", "a wooden house", "a five-storey building", "a white building",
    "a yellow facade", "a glass and steel building", "a red tiled roof", "columns at the entrance",
    "a clock tower", "a gate in the city wall", "a castle", "a monument", "a memorial plaque",
    "a wall", "a fence", "a hedge", "a lake", "a river", "a pond", "the sea", "a beach",
    "a harbour with boats", "a pier", "a marina", "a hill", "a cliff", "a cemetery with graves",
    "a garden with flower beds", "a lawn", "a forest", "a market hall", "market stalls",
    "a shopping mall", "a swimming pool", "a stadium", "a petrol station", "a flagpole",
    "a street lamp", "a street name", "a sign with the name of a shop", "a crane in the port",
    "gravel paths", "paving stones", "granite", "the old town", "the town centre",
    "bike racks", "a group of statues of men", "a bronze man sitting in a chair", "blocks of flats",
    "a viewpoint over the town", "a ruin", "a windmill",
)  # fmt: skip
MARGIN = 0.0
"""By how much a phrase must be nearer to what no map holds. Chosen on phrases written for it in
tests/explain/test_unseen.py and on tests/descriptions.jsonl."""
_NEAREST = 3

_prototypes: "WeakKeyDictionary[SentenceEncoder, tuple[Floats, Floats]]" = WeakKeyDictionary()


def unseen_margins(phrase_embeddings: Floats, encoder: "SentenceEncoder") -> Floats:
    """By how much each of P phrases [P, D] is nearer to what no map holds than to what maps do.

    Nearness is the mean cosine with the three nearest of either kind's examples, both written by
    hand. The embeddings must be the encoder's.
    """
    found = _prototypes.get(encoder)
    if found is None:
        found = _prototypes[encoder] = (
            encoder.encode(list(_UNMAPPED)), encoder.encode(list(_MAPPED)),
        )  # fmt: skip
    unmapped, mapped = found
    return _nearness(phrase_embeddings, unmapped) - _nearness(phrase_embeddings, mapped)


def _nearness(embeddings: Floats, examples: Floats) -> Floats:
    nearest: Floats = np.sort(embeddings @ examples.T, axis=1)[:, -_NEAREST:].mean(axis=1)
    return nearest
