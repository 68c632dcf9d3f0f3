"""An open-world detector of transformers, as small as it can be, from a folder of its own."""

from pathlib import Path

import pytest
from PIL import Image
from tiny_clip import merges, vocabulary

from core.describe.streetview.open_world import OpenWorldDetector
from core.describe.streetview.segments import METHOD, segment
from core.errors import ModelError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OWLv2 with random weights: its boxes mean nothing, its protocol is the real one."""
    import torch
    from transformers import (
        CLIPTokenizer,
        Owlv2Config,
        Owlv2ForObjectDetection,
        Owlv2ImageProcessorPil,
        Owlv2Processor,
    )

    made = tmp_path_factory.mktemp("owl")
    tower = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    torch.manual_seed(0)
    tokenizer = CLIPTokenizer(vocab=vocabulary(), merges=merges(), model_max_length=16)
    config = Owlv2Config(
        text_config=tower | {"vocab_size": len(tokenizer), "max_position_embeddings": 16},
        vision_config=tower | {"image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    Owlv2ForObjectDetection(config).save_pretrained(made)
    pictures = Owlv2ImageProcessorPil(size={"height": 64, "width": 64})
    Owlv2Processor(pictures, tokenizer).save_pretrained(made)
    return made


def test_a_detector_adds_things_inside_the_picture(folder: Path, street: Image.Image) -> None:
    detector = OpenWorldDetector(str(folder))
    things = detector.things(street)
    assert 0 < len(things) <= 40
    assert [one.score for one in things] == sorted((one.score for one in things), reverse=True)
    for one in things:
        assert 0 <= one.box.left <= one.box.right <= 1
        assert 0 <= one.box.top <= one.box.bottom <= 1
    plain = segment(street)
    found = detector.added_to(plain, street)
    assert (found.things, found.note) == (things, "")
    assert found.method == f"{METHOD} and {folder.name}"
    assert found.shares == plain.shares


def test_a_folder_of_something_else_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no open-world detector"):
        OpenWorldDetector(str(tmp_path))
