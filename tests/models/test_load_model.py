"""Models by name: the list, the requirements, and the errors for missing ones."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import write_compact
from PIL import Image

from core.errors import ModelError
from core.models import SPECS, DualEncoder, load_model
from core.models.sentence import SentenceEncoder
from core.models.specs import ModelSpec

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_list_of_models_needs_no_torch() -> None:
    program = (
        "import sys; from core.models import SPECS; "
        "print({'compact', 'crosstext2loc'} <= SPECS.keys(), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True False"


@pytest.mark.parametrize(
    ("name", "checkpoint", "said"),
    [
        ("no-such-model", None, ", ".join(SPECS)),
        ("minilm", "x.safetensors", "leave --checkpoint out"),
        ("crosstext2loc", None, "give yours with --checkpoint"),
        ("compact", "no-such-file.safetensors", "no compact model at no-such-file"),
        ("compact", "README.md", "does not hold a compact model"),
    ],
)
def test_what_a_model_lacks_is_told_in_one_line(
    name: str, checkpoint: str | None, said: str, encoder: SentenceEncoder
) -> None:
    path = None if checkpoint is None else Path(checkpoint)
    with pytest.raises(ModelError, match=said) as caught:
        load_model(name, 1, path, encoder)
    assert "\n" not in str(caught.value)


def test_a_compact_model_is_loaded_on_top_of_the_sentence_encoder(
    tmp_path: Path, encoder: SentenceEncoder
) -> None:
    path = write_compact(tmp_path / "own.safetensors")
    model = load_model("compact", 1, path, encoder)
    assert isinstance(model, DualEncoder)
    assert model.spec.name in SPECS
    again = load_model("compact", 1, path, encoder)
    texts, pictures = ["a church", "two benches"], [Image.new("RGB", (64, 64), "green")]
    assert np.array_equal(model.encode_texts(texts), again.encode_texts(texts))
    assert np.linalg.norm(model.encode_pictures(pictures), axis=1) == pytest.approx(1, abs=1e-5)


def test_a_model_is_a_row_and_a_module_with_its_loader(
    monkeypatch: pytest.MonkeyPatch, encoder: SentenceEncoder
) -> None:
    given: list[object] = []

    def load(*arguments: object) -> SentenceEncoder:
        given.extend(arguments)
        return encoder

    new = ModelSpec("tiny", "Tiny", sees_pictures=False, checkpoint="may", module="tiny")
    monkeypatch.setitem(SPECS, new.name, new)
    monkeypatch.setitem(sys.modules, "core.models.tiny", SimpleNamespace(load=load))
    assert load_model("tiny", 3, Path("own.bin"), encoder) is encoder
    assert given == [new, 3, Path("own.bin"), encoder]
    with pytest.raises(ModelError, match=f"{', '.join(SPECS)}$"):
        load_model("no-such-model")


def test_the_same_weights_under_another_name_are_one_more_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: SentenceEncoder
) -> None:
    new = ModelSpec("second", "Second", sees_pictures=True, checkpoint="may", module="compact")
    monkeypatch.setitem(SPECS, new.name, new)
    path = write_compact(tmp_path / "own.safetensors")
    one, other = (load_model(name, 1, path, encoder) for name in ("compact", "second"))
    assert (other.spec.name, other.spec.title) == ("second", "Second")
    assert other.spec.weights_sha256 == one.spec.weights_sha256
