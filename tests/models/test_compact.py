"""The compact model's file, and embeddings that do not depend on the batch."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import write_compact
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from core.errors import ModelError
from core.models.compact import CompactEncoder, load_compact, save_compact
from core.models.dual_encoder import CompactNetwork
from core.models.sentence import SentenceEncoder
from core.models.specs import CompactSpec

TEXTS = [
    "A tram stop by the church.",
    "Water.",
    "I stand on a square, north of me a red tower, "
    "behind it a park with two fountains and a playground, and a bakery on the corner.",
    "",
    "Brücke über den Fluß",
]


def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(4)
    return [
        Image.fromarray(rng.integers(0, 256, (size, size, 3), dtype=np.uint8))
        for size in (64, 64, 100, 31)
    ]


def tensors(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_what_is_saved_is_loaded_in_half_precision(
    tmp_path: Path, encoder: SentenceEncoder
) -> None:
    torch.manual_seed(1)
    network = CompactNetwork(CompactSpec(picture_px=64, dimensions=16, kinds=("bench", "park")))
    save_compact(network, tmp_path / "a.safetensors")
    loaded = load_compact(tmp_path / "a.safetensors", encoder)
    assert loaded.network.spec == network.spec
    assert network.state_dict()
    for name, one in network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], one.half().float()), name
    written = tensors(tmp_path / "a.safetensors")
    assert {one.dtype for one in written.values()} == {torch.float16}
    save_compact(loaded.network, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_counters_of_a_pretrained_trunk_stay_whole_numbers(
    tmp_path: Path, encoder: SentenceEncoder
) -> None:
    path = write_compact(tmp_path / "a.safetensors", trunk="efficientnet-lite0")  # type: ignore[arg-type]
    counters = [one for name, one in tensors(path).items() if "num_batches" in name]
    assert counters
    assert all(one.dtype == torch.int64 for one in counters)
    assert load_compact(path, encoder).network.spec.trunk == "efficientnet-lite0"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: w.pop("text.pool.gains"), "missing text.pool.gains"),
        (lambda w: w.update(more=torch.zeros(1)), "surplus more"),
        (
            lambda w: w.update({"picture.reach": torch.zeros(9, 32)}),
            r"misshaped picture.reach \[9, 32\] instead of \[16, 16\]",
        ),
    ],
)
def test_wrong_weights_are_named(
    tmp_path: Path, compact_weights: Path, encoder: SentenceEncoder, change: object, told: str
) -> None:
    weights = tensors(compact_weights)
    change(weights)  # type: ignore[operator]
    with safe_open(compact_weights, "pt") as file:
        save_file(weights, tmp_path / "a.safetensors", file.metadata())
    with pytest.raises(ModelError, match=told):
        load_compact(tmp_path / "a.safetensors", encoder)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "no JSON",
        "[]",
        '{"picture_px": 33, "kinds": []}',
        '{"depth": 2, "kinds": []}',
        '{"kinds": 3}',
    ],
)
def test_a_file_of_something_else_is_told(
    tmp_path: Path, compact_weights: Path, encoder: SentenceEncoder, said: str | None
) -> None:
    save_file(
        tensors(compact_weights),
        tmp_path / "a.safetensors",
        None if said is None else {"compact": said},
    )
    with pytest.raises(ModelError, match="does not hold a compact model of this app") as caught:
        load_compact(tmp_path / "a.safetensors", encoder)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_told(
    tmp_path: Path, compact_weights: Path, encoder: SentenceEncoder
) -> None:
    whole = compact_weights.read_bytes()
    for size in (0, 5, 300, len(whole) - 1):
        (tmp_path / "a.safetensors").write_bytes(whole[:size])
        with pytest.raises(ModelError, match="does not hold a compact model"):
            load_compact(tmp_path / "a.safetensors", encoder)


def test_a_folder_that_is_not_there_and_wild_weights_leave_nothing(tmp_path: Path) -> None:
    network = CompactNetwork(CompactSpec(picture_px=32))
    with pytest.raises(ModelError, match="cannot be written: No such file or directory"):
        save_compact(network, tmp_path / "none" / "a.safetensors")
    torch.nn.init.constant_(network.text.concepts.bias, 1e6)
    with pytest.raises(ModelError, match=r"half precision cannot hold text\.concepts\.bias"):
        save_compact(network, tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_text_does_not_depend_on_those_beside_it(compact: CompactEncoder) -> None:
    together = compact.encode_texts(TEXTS)
    for row, text in enumerate(TEXTS):
        assert together[row] == pytest.approx(compact.encode_texts([text])[0], abs=1e-5)
    assert compact.encode_texts(TEXTS[::-1]) == pytest.approx(together[::-1], abs=1e-5)
    assert compact.encode_texts(TEXTS, batch=2) == pytest.approx(together, abs=1e-5)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert (together @ together.T)[0, 1] < 0.999
    assert compact.encode_texts([]).shape == (0, 16)


def test_a_picture_does_not_depend_on_those_beside_it(compact: CompactEncoder) -> None:
    together = compact.encode_pictures(pictures())
    told: list[int] = []
    assert compact.encode_pictures(pictures(), 3, told.append) == pytest.approx(together, abs=1e-5)
    assert told == [3, 1]
    for row, picture in enumerate(pictures()):
        assert together[row] == pytest.approx(compact.encode_pictures([picture])[0], abs=1e-5)
    assert compact.encode_pictures([]).shape == (0, 16)


def test_other_sizes_and_modes_are_brought_to_the_networks(compact: CompactEncoder) -> None:
    grey = Image.new("L", (200, 90), 70)
    pixels = compact.pixels([grey, Image.new("RGBA", (64, 64), (70, 70, 70, 255))])
    assert pixels.shape == (2, 3, 64, 64)
    assert (pixels == 70).all()


def test_hidden_states_of_another_pass_serve_as_well(
    compact: CompactEncoder, encoder: SentenceEncoder
) -> None:
    states, mask = encoder.states(encoder.tokenize(TEXTS))
    assert compact.from_states(states, mask) == pytest.approx(compact.encode_texts(TEXTS), abs=1e-5)


def test_texts_are_cut_where_the_model_says(tmp_path: Path, encoder: SentenceEncoder) -> None:
    short = load_compact(write_compact(tmp_path / "a.safetensors", max_tokens=8), encoder)
    assert short.spec.max_tokens == 8
    long = "one two three four five six seven eight nine ten"
    found = short.tokenize([long, "one two"])
    assert found[0].truncated == long.index(" seven") + 1
    assert found[1].truncated is None
    same = short.encode_texts([long, "one two three four five six eleven"])
    assert same[0] == pytest.approx(same[1])


def test_many_threads_get_what_one_gets(compact: CompactEncoder) -> None:
    alone = compact.encode_texts(TEXTS), compact.encode_pictures(pictures())
    with ThreadPoolExecutor(8) as pool:
        texts = [pool.submit(compact.encode_texts, TEXTS) for _ in range(12)]
        seen = [pool.submit(compact.encode_pictures, pictures()) for _ in range(12)]
    assert all(one.result() == pytest.approx(alone[0], abs=1e-6) for one in texts)
    assert all(one.result() == pytest.approx(alone[1], abs=1e-6) for one in seen)


def test_the_stamp_names_the_files_hash(compact: CompactEncoder, compact_weights: Path) -> None:
    import hashlib

    wanted = hashlib.sha256(compact_weights.read_bytes()).hexdigest()
    assert compact.spec.weights_sha256 == wanted
    with safe_open(compact_weights, "pt") as file:
        assert json.loads(file.metadata()["compact"])["picture_px"] == 64
