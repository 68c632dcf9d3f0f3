"""The model for aerial photographs that comes with the app."""

import numpy as np
import pytest
from PIL import Image

from core.explain.attribution import raw_relevance
from core.models import load_model
from core.models.checkpoints import sha256_of
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder
from core.models.specs import BUNDLED_AERIAL_SHA256
from core.settings import COMPACT_AERIAL_WEIGHTS

TEXT = "a long hall with a blue roof beside a car park"


@pytest.fixture(scope="module")
def model(encoder: SentenceEncoder) -> CompactEncoder:
    loaded = load_model("compact-aerial", 1, None, encoder)
    assert isinstance(loaded, CompactEncoder)
    return loaded


def painted(colour: tuple[int, int, int]) -> Image.Image:
    """A grey yard with a large roof."""
    pixels = np.full((200, 200, 3), (128, 130, 126), np.uint8)
    pixels[60:140, 30:170] = colour
    return Image.fromarray(pixels)


def test_the_weights_are_those_that_are_known_and_small_enough() -> None:
    assert sha256_of([COMPACT_AERIAL_WEIGHTS]) == BUNDLED_AERIAL_SHA256
    assert COMPACT_AERIAL_WEIGHTS.stat().st_size < 9_000_000


def test_texts_and_pictures_have_unit_embeddings_of_one_space(model: CompactEncoder) -> None:
    texts = model.encode_texts([TEXT, "a wood"])
    pictures = model.encode_pictures([painted((60, 110, 190)), painted((190, 60, 50))])
    assert texts.shape == pictures.shape == (2, model.spec.dimensions)
    for side in (texts, pictures):
        np.testing.assert_allclose(np.linalg.norm(side, axis=1), 1, atol=1e-4)
    alone = model.encode_pictures([painted((190, 60, 50))])
    np.testing.assert_allclose(alone[0], pictures[1], atol=1e-4)


def test_relevance_maps_have_a_value_for_each_cell(model: CompactEncoder) -> None:
    maps = raw_relevance(model, [TEXT], [painted((60, 110, 190))])[0]
    cells = model.network.picture.cells
    assert maps.cells.shape == (1, cells, cells)
    assert maps.cells.max() > maps.cells.min() >= 0


def test_the_concepts_have_names_of_roofs_by_colour(model: CompactEncoder) -> None:
    assert {"red roof", "car park", "tree"} <= set(model.network.spec.kinds)
