"""CrossText2Loc against the published formulas, evaluated from scratch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tiny_clip import (
    TEXTS,
    clip_ids,
    openai_state,
    picture_embedding,
    prepared_by_hand,
    saved,
    some_pictures,
    text_embedding,
)

from core.__main__ import main
from core.errors import ModelError
from core.models import DualEncoder, load_model
from core.models.crosstext2loc import CrossText2Loc, load_crosstext2loc, resampled

SIZES: list[dict[str, int]] = [
    {"tokens": 77},
    {"tokens": 300},
    {"text_width": 128, "picture_width": 64, "patch": 14, "side": 4, "tokens": 300, "joint": 48},
    {
        "text_width": 64,
        "picture_width": 192,
        "patch": 32,
        "side": 2,
        "tokens": 77,
        "joint": 96,
        "text_layers": 1,
        "picture_layers": 3,
    },
    {"text_width": 192, "picture_width": 128, "patch": 14, "side": 3, "text_layers": 4},
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(openai_state(), tmp_path_factory.mktemp("clip") / "clip.pth")


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> CrossText2Loc:
    return load_crosstext2loc(checkpoint, threads=1)


# ---- The formulas ----------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_embeddings_equal_the_published_formulas(sizes: dict[str, int], tmp_path: Path) -> None:
    state = openai_state(11, **sizes)
    length = sizes.get("tokens", 77)
    loaded = load_crosstext2loc(saved(state, tmp_path / "clip.pth"), context=length)
    expected = torch.stack([text_embedding(state, cut(clip_ids(text), length)) for text in TEXTS])
    assert loaded.encode_texts(TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)
    pictures = some_pictures()
    pixels = [prepared_by_hand(one, loaded.preparation.size_px) for one in pictures]
    expected = torch.stack([picture_embedding(state, one) for one in pixels])
    assert loaded.encode_pictures(pictures) == pytest.approx(expected.numpy(), abs=1e-5)
    spread = expected @ expected.T
    assert spread.min() < 0.99, "pictures that all look alike would prove little"


def cut(ids: list[int], length: int) -> list[int]:
    return ids if len(ids) <= length else [*ids[: length - 1], ids[-1]]


@pytest.mark.parametrize("kept", [77, 300])
def test_a_table_of_77_is_extended_as_if_the_checkpoint_had_been(kept: int, tmp_path: Path) -> None:
    state = openai_state(3, tokens=77)
    longer = state | {"positional_embedding": naive_table(state["positional_embedding"], 300)}
    given = state if kept == 77 else longer
    loaded = load_crosstext2loc(saved(given, tmp_path / "clip.pth"))
    assert loaded.spec.max_tokens == 300
    expected = torch.stack([text_embedding(longer, cut(clip_ids(text), 300)) for text in TEXTS])
    assert loaded.encode_texts(TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)
    assert load_crosstext2loc(tmp_path / "clip.pth", context=kept).spec.max_tokens == kept


def naive_table(table: torch.Tensor, rows: int) -> torch.Tensor:
    length = len(table)
    out = torch.empty(rows, table.shape[1], dtype=table.dtype)
    for row in range(rows):
        for column in range(table.shape[1]):
            at = min(max((row + 0.5) * length / rows - 0.5, 0), length - 1)
            low = int(at)
            high = min(low + 1, length - 1)
            share = at - low
            out[row, column] = table[low, column] * (1 - share) + table[high, column] * share
    return out


def test_two_rows_become_four_by_quarters() -> None:
    # Row centres 0.5·½−0.5 = −0.25 (held at 0), 0.25, 0.75, 1.25 (held at 1).
    table = torch.tensor([[0.0, 8.0], [4.0, 16.0]])
    assert resampled(table, 4).tolist() == [[0, 8], [1, 10], [3, 14], [4, 16]]


def test_three_rows_become_two() -> None:
    # Row centres 0.5·1.5−0.5 = 0.25 and 1.75.
    assert resampled(torch.tensor([[0.0], [4.0], [12.0]]), 2).tolist() == [[1], [10]]


def test_as_many_rows_stay_as_they_are() -> None:
    table = torch.randn(77, 5)
    assert torch.equal(resampled(table, 77), table)


def test_77_rows_become_300_as_a_plain_loop_has_it() -> None:
    table = torch.randn(77, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = naive_table(table, 300)
    assert resampled(table, 300).numpy() == pytest.approx(expected.numpy(), abs=1e-12)
    single = resampled(table.float(), 300)
    assert single.numpy() == pytest.approx(expected.numpy(), abs=3e-5)


def test_a_longer_table_is_never_cut(checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="reads 77 tokens; it cannot be made to read 50"):
        load_crosstext2loc(checkpoint, context=50)


def test_the_mask_hides_what_comes_later_at_all_300_positions(model: CrossText2Loc) -> None:
    # Worked by hand: where all scores are alike, row i of the attention is 1/(i+1) up to i, else 0.
    loaded = replace_attention(model)
    ids = torch.randint(1, 49405, (1, 300), generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        (first, *_) = loaded.text_model(input_ids=ids, output_attentions=True).attentions
    expected = torch.tril(torch.ones(300, 300)) / torch.arange(1, 301)[:, None]
    assert first[0, 0].numpy() == pytest.approx(expected.numpy(), abs=1e-6)


def replace_attention(model: CrossText2Loc) -> transformers.CLIPModel:
    """The same network with scores that are all 0, telling its attention."""
    network = transformers.CLIPModel(model.network.config)
    network.load_state_dict(model.network.state_dict())
    network.set_attn_implementation("eager")
    for layer in network.text_model.encoder.layers:
        torch.nn.init.zeros_(layer.self_attn.q_proj.weight)
        torch.nn.init.zeros_(layer.self_attn.q_proj.bias)
    return network.eval()


def test_padding_behind_the_end_changes_nothing(model: CrossText2Loc) -> None:
    (tokens,) = model.tokenize([TEXTS[0]])
    filled = replace(tokens, ids=tokens.ids + [0] * (300 - len(tokens.ids)))
    with torch.inference_mode():
        short, long = model.embed_tokens([tokens]), model.embed_tokens([filled])
    assert short.numpy() == pytest.approx(long.numpy(), abs=1e-6)


def test_batches_of_any_size_give_the_same(model: CrossText2Loc) -> None:
    seen: list[int] = []
    small = model.encode_texts(TEXTS, batch=2, progress=seen.append)
    assert small == pytest.approx(model.encode_texts(TEXTS), abs=1e-6)
    pictures = some_pictures()
    small = model.encode_pictures(pictures, batch=3, progress=seen.append)
    assert small == pytest.approx(model.encode_pictures(pictures), abs=1e-6)
    assert sum(seen) == len(TEXTS) + len(pictures)


def test_nothing_gives_no_embedding(model: CrossText2Loc) -> None:
    assert model.encode_texts([]).shape == (0, 32)
    assert model.encode_pictures([]).shape == (0, 32)


def test_what_comes_after_the_cut_is_not_read(model: CrossText2Loc) -> None:
    long = "tree " * 298
    first, second = model.encode_texts([long + "church", long + "harbour crane"])
    assert first == pytest.approx(second, abs=1e-6)
    assert model.tokenize([long + "church"])[0].truncated == len(long)


def test_temperature_is_the_factor_of_the_cosines(model: CrossText2Loc) -> None:
    assert model.temperature == pytest.approx(np.exp(3.0))


def test_both_towers_and_the_temperature_can_learn(checkpoint: Path) -> None:
    loaded = load_crosstext2loc(checkpoint)
    texts = loaded.embed_tokens(loaded.tokenize(TEXTS[:2]))
    pixels = torch.stack([loaded.preparation.pixels(one) for one in some_pictures()[:2]])
    pictures = loaded.embed_pixels(pixels)
    (loaded.network.logit_scale.exp() * (texts * pictures).sum()).backward()
    without = [name for name, one in loaded.network.named_parameters() if one.grad is None]
    assert without == []


# ---- By name, and on the command line ----------------------------------------------------------


def test_the_spec_says_what_was_loaded(model: CrossText2Loc, checkpoint: Path) -> None:
    assert model.spec.name == "crosstext2loc"
    assert model.spec.weights_sha256 == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert (model.spec.dimensions, model.spec.max_tokens) == (32, 300)
    assert "clip.pth" in model.spec.title
    assert isinstance(model, DualEncoder)


def test_a_model_without_weights_asks_for_them() -> None:
    with pytest.raises(ModelError, match="--checkpoint"):
        load_model("crosstext2loc")


def test_a_model_with_weights_takes_no_others(checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="leave --checkpoint out"):
        load_model("minilm", checkpoint=checkpoint)


def test_a_text_and_a_picture_are_encoded_on_the_command_line(
    checkpoint: Path, model: CrossText2Loc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = some_pictures()[1]
    picture.save(tmp_path / "tile.png")
    start = ["encode", "--model", "crosstext2loc", "--checkpoint", str(checkpoint), "--json"]
    assert main([*start, "--text", TEXTS[0]]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["embedding"] == pytest.approx(model.encode_texts(TEXTS[:1])[0], abs=1e-6)
    assert main([*start, "--image", str(tmp_path / "tile.png")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["embedding"] == pytest.approx(model.encode_pictures([picture])[0], abs=1e-6)
    assert np.linalg.norm(found["embedding"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", ["text", "broken", "missing", "folder"])
def test_a_picture_that_is_none_gets_one_clear_line(
    kind: str, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tile.png"
    if kind == "text":
        path.write_text("not a picture", "utf-8")
    elif kind == "broken":
        some_pictures()[0].save(path)
        path.write_bytes(path.read_bytes()[:500])
    elif kind == "folder":
        path.mkdir()
    start = ["encode", "--model", "crosstext2loc", "--checkpoint", str(checkpoint)]
    assert main([*start, "--image", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert str(path) in line


def test_a_model_of_words_sees_no_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some_pictures()[0].save(tmp_path / "tile.png")
    assert main(["encode", "--image", str(tmp_path / "tile.png")]) == 2
    assert capsys.readouterr().err == (
        "saywhere: minilm reads texts only; give --text or another --model\n"
    )
