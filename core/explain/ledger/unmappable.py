"""Detects phrases about things that no map shows (weather, people, traffic), by their meaning."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary
from zipfile import BadZipFile

import numpy as np

from core.arrays import F32
from core.files import open_replacing
from core.settings import UNMAPPABLE

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


_UNMAPPABLE_EXAMPLES = (
    "blue sky and a few clouds",
    "it is raining",
    "cold wind today",
    "the sun is in my eyes",
    "foggy morning",
    "snow on the ground",
    "it is getting dark",
    "late in the evening",
    "people walking past",
    "tourists with cameras",
    "children playing and shouting",
    "a man with a dog",
    "an old woman feeding birds",
    "young people drinking",
    "workers on their break",
    "a crowd is waiting",
    "somebody playing the guitar",
    "a couple arguing",
    "nobody around",
    "office workers having lunch",
    "a guy selling umbrellas",
    "parked cars",
    "a delivery van",
    "a red car waiting",
    "heavy traffic",
    "a bus drives by",
    "motorbikes making noise",
    "a lorry unloading",
    "bicycles lying about",
    "a boat coming in",
    "a plane in the sky",
    "smell of bread",
    "it smells of fish and smoke",
    "music from a window",
    "loud noise of drilling",
    "you can hear bells",
    "sirens in the distance",
    "it is quiet",
    "I am tired and hungry",
    "I feel a bit lost",
    "a strange mood",
    "lovely place",
    "looks poor and neglected",
    "it feels posh",
    "gulls and pigeons",
    "a cat sleeping",
    "flowers in bloom",
    "wet leaves on the ground",
    "laundry hanging out",
    "rubbish bags",
    "a poster about an election",
    "graffiti",
    "there was a party yesterday",
    "in winter they have a market here",
    "somebody told me a story about it",
    "my friend is late",
    "the driver dropped me here",
    "which way should I go",
    "I don't know where I am",
    "a broken umbrella",
    "plastic chairs",
    "a hat blown away",
    "people",
    "women",
    "a boy",
    "guards",
    "students",
    "some guys",
    "a dog",
    "birds",
    "taxis",
    "trucks",
    "skateboarders",
    "an old lady with a trolley",
    "soldiers on guard",
    "smoke in the air",
    "fish swimming about",
    "trains rumbling past",
    "which door is it",
    "waiting for my order",
    "the coffee is expensive",
    "a wedding",
    "a demonstration with banners",
)
_MAPPABLE_EXAMPLES = (
    "a church with a tall tower",
    "a domed cathedral",
    "a statue on a pedestal",
    "a bronze figure of a man",
    "a fountain in a square",
    "a park with trees",
    "a row of trees",
    "benches",
    "a playground",
    "a football pitch",
    "a tram stop",
    "tram tracks",
    "a bus stop",
    "a bus station",
    "a railway station",
    "railway tracks",
    "a metro entrance",
    "a pedestrian street",
    "a cobbled lane",
    "a wide main road",
    "traffic lights",
    "a pedestrian crossing",
    "a roundabout",
    "a street corner",
    "steps going up",
    "a steep ramp",
    "a bridge over a canal",
    "a tunnel",
    "a footpath",
    "a cycle path",
    "a car park",
    "parking garage",
    "a supermarket",
    "a bakery",
    "shops",
    "a clothes shop",
    "a cafe terrace",
    "a restaurant",
    "a bar",
    "a hotel",
    "a bank",
    "a pharmacy",
    "a kiosk",
    "a school",
    "a university",
    "a library",
    "a museum",
    "a theatre",
    "a hospital",
    "a police station",
    "an embassy",
    "an office block",
    "apartment buildings",
    "a tall tower block",
    "a low brick building",
    "a wooden house",
    "a five-storey building",
    "a white building",
    "a yellow facade",
    "a glass and steel building",
    "a red tiled roof",
    "columns at the entrance",
    "a clock tower",
    "a gate in the city wall",
    "a castle",
    "a monument",
    "a memorial plaque",
    "a wall",
    "a fence",
    "a hedge",
    "a lake",
    "a river",
    "a pond",
    "the sea",
    "a beach",
    "a harbour with boats",
    "a pier",
    "a marina",
    "a hill",
    "a cliff",
    "a cemetery with graves",
    "a garden with flower beds",
    "a lawn",
    "a forest",
    "a market hall",
    "market stalls",
    "a shopping mall",
    "a swimming pool",
    "a stadium",
    "a petrol station",
    "a flagpole",
    "a street lamp",
    "a street name",
    "a sign with the name of a shop",
    "a crane in the port",
    "gravel paths",
    "paving stones",
    "granite",
    "the old town",
    "the town centre",
    "bike racks",
    "a group of statues of men",
    "a bronze man sitting in a chair",
    "blocks of flats",
    "a viewpoint over the town",
    "a ruin",
    "a windmill",
)
MARGIN = 0.0
"""A phrase with a larger margin is unmappable. Chosen on the phrases in
tests/explain/ledger/test_unmappable.py and on tests/descriptions.jsonl."""
_NEAREST = 3

_prototypes: "WeakKeyDictionary[SentenceEncoder, tuple[F32, F32]]" = WeakKeyDictionary()


def unmappable_margins(phrase_embeddings: F32, encoder: "SentenceEncoder") -> F32:
    """Similarity to unmappable minus similarity to mappable examples, for P phrases [P, D]: [P].

    A similarity is the mean cosine with the three nearest examples; these were written by hand.
    The embeddings must be the encoder's.
    """
    examples = _prototypes.get(encoder)
    if examples is None:
        examples = _prototypes[encoder] = stored_examples(encoder) or _encoded(encoder)
    unmappable, mappable = examples
    return _similarity(phrase_embeddings, unmappable) - _similarity(phrase_embeddings, mappable)


def _similarity(embeddings: F32, examples: F32) -> F32:
    nearest: F32 = np.sort(embeddings @ examples.T, axis=1)[:, -_NEAREST:].mean(axis=1)
    return nearest


def _encoded(encoder: "SentenceEncoder") -> tuple[F32, F32]:
    return encoder.encode(list(_UNMAPPABLE_EXAMPLES)), encoder.encode(list(_MAPPABLE_EXAMPLES))


def _key(encoder: "SentenceEncoder") -> str:
    """A hash of the examples and of the encoder's weights."""
    inputs = [_UNMAPPABLE_EXAMPLES, _MAPPABLE_EXAMPLES, encoder.spec.weights_sha256]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def stored_examples(encoder: "SentenceEncoder", path: Path = UNMAPPABLE) -> tuple[F32, F32] | None:
    """The embeddings of both kinds of examples, so that no start has to make them again; None where
    the file is not readable, or of other examples or of another encoder."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["key"]) != _key(encoder):
                return None
            return arrays["unmappable"], arrays["mappable"]
    except (OSError, ValueError, KeyError, BadZipFile):
        return None


def write_examples(encoder: "SentenceEncoder", path: Path = UNMAPPABLE) -> Path:
    """Writes what `stored_examples` reads, atomically; returns the path."""
    unmappable, mappable = _encoded(encoder)
    with open_replacing(path) as file:
        np.savez(file, key=np.array(_key(encoder)), unmappable=unmappable, mappable=mappable)
    return path
