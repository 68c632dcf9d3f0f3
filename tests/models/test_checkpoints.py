"""All formats of checkpoints: their embeddings, and one clear line for other files."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_clip import (
    TEXTS,
    State,
    clip_ids,
    openai_state,
    prepared_by_hand,
    saved,
    some_pictures,
    text_embedding,
)
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from core.errors import ModelError
from core.models.crosstext2loc import CrossText2Loc, load_crosstext2loc
from core.models.pictures import Preparation


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(openai_state(), tmp_path_factory.mktemp("clip") / "clip.pth")


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> CrossText2Loc:
    return load_crosstext2loc(checkpoint, threads=1)


# ---- Ways in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": {f"module.{name}": one for name, one in state.items()}},
        lambda state: {f"module.{name}": one for name, one in state.items()},
        lambda state: state | {"context_length": torch.tensor(77)},
    ],
    ids=["state_dict", "model and module", "module", "numbers"],
)
def test_a_state_dict_is_found_however_it_was_wrapped(
    wrapped: Callable[[State], Any], model: CrossText2Loc, tmp_path: Path
) -> None:
    loaded = load_crosstext2loc(saved(wrapped(openai_state()), tmp_path / "wrapped.pt"))
    assert loaded.encode_texts(TEXTS) == pytest.approx(model.encode_texts(TEXTS), abs=1e-6)


def test_half_precision_weights_are_computed_in_single(tmp_path: Path) -> None:
    half = {name: one.half() for name, one in openai_state().items()}
    loaded = load_crosstext2loc(saved(half, tmp_path / "half.pth"), context=77)
    single = {name: one.float() for name, one in half.items()}
    expected = text_embedding(single, clip_ids(TEXTS[0]))
    assert loaded.encode_texts(TEXTS[:1])[0] == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("context", [77, 300])
def test_what_was_saved_is_loaded_again(checkpoint: Path, context: int, tmp_path: Path) -> None:
    first = load_crosstext2loc(checkpoint, context=context)
    path = first.save(tmp_path / "own.safetensors")
    again = load_crosstext2loc(path)
    assert again.spec.max_tokens == context
    assert again.temperature == first.temperature
    assert again.encode_texts(TEXTS) == pytest.approx(first.encode_texts(TEXTS), abs=1e-6)
    pictures = some_pictures()
    assert again.encode_pictures(pictures) == pytest.approx(
        first.encode_pictures(pictures), abs=1e-6
    )
    assert [one.name for one in tmp_path.iterdir()] == ["own.safetensors"]


def test_an_own_file_of_77_can_be_extended(checkpoint: Path, tmp_path: Path) -> None:
    path = load_crosstext2loc(checkpoint, context=77).save(tmp_path / "own.safetensors")
    longer = load_crosstext2loc(path, context=300)
    expected = load_crosstext2loc(checkpoint).encode_texts(TEXTS)
    assert longer.encode_texts(TEXTS) == pytest.approx(expected, abs=1e-6)


@pytest.fixture
def clip_folder(tmp_path: Path) -> Path:
    config = transformers.CLIPConfig(
        projection_dim=24,
        text_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "hidden_act": "gelu",
        },
        vision_config={
            "hidden_size": 48,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "image_size": 32,
            "patch_size": 8,
        },
    )
    torch.manual_seed(4)
    network = transformers.CLIPModel(config)
    for one in network.parameters():
        torch.nn.init.normal_(one, std=0.2)
    network.save_pretrained(tmp_path / "folder")
    return tmp_path / "folder"


def features(network: Any, **inputs: Any) -> Any:
    """Unit rows by transformers' own way."""
    with torch.inference_mode():
        run = network.get_text_features if "input_ids" in inputs else network.get_image_features
        return torch.nn.functional.normalize(run(**inputs).pooler_output, dim=-1).numpy()


@pytest.mark.parametrize("legacy", [False, True])
def test_a_transformers_folder_gives_what_transformers_gives(
    legacy: bool, clip_folder: Path
) -> None:
    network = transformers.CLIPModel.from_pretrained(clip_folder).eval()
    if legacy:  # as files were written years ago
        weights = load_file(clip_folder / "model.safetensors")
        weights["text_model.embeddings.position_ids"] = torch.arange(77)[None]
        torch.save(weights, clip_folder / "pytorch_model.bin")
        (clip_folder / "model.safetensors").unlink()
        config = json.loads((clip_folder / "config.json").read_text("utf-8"))
        config["text_config"]["eos_token_id"] = 2
        (clip_folder / "config.json").write_text(json.dumps(config), "utf-8")
    loaded = load_crosstext2loc(clip_folder, context=77)
    expected = features(network, input_ids=torch.tensor([clip_ids(TEXTS[0])]))
    assert loaded.encode_texts(TEXTS[:1]) == pytest.approx(expected, abs=1e-5)
    pixels = torch.stack([prepared_by_hand(one, 32).float() for one in some_pictures()])
    expected = features(network, pixel_values=pixels)
    assert loaded.encode_pictures(some_pictures()) == pytest.approx(expected, abs=1e-5)
    assert load_crosstext2loc(clip_folder).spec.max_tokens == 300


def test_a_folder_says_how_its_pictures_are_prepared(clip_folder: Path) -> None:
    (clip_folder / "preprocessor_config.json").write_text(
        json.dumps(
            {
                "image_mean": [0.1, 0.2, 0.3],
                "image_std": [1, 2, 3],
                "resample": 2,
                "do_center_crop": False,
            }
        ),
        "utf-8",
    )
    found = load_crosstext2loc(clip_folder).preparation
    assert found == Preparation(32, (0.1, 0.2, 0.3), (1, 2, 3), crop=False, resample=2)


@pytest.mark.parametrize("odd", ['{"resample": 77}', '{"image_mean": 3}', '{"image_std": [1]}'])
def test_a_folder_that_prepares_pictures_oddly_is_refused(odd: str, clip_folder: Path) -> None:
    (clip_folder / "preprocessor_config.json").write_text(odd, "utf-8")
    with pytest.raises(ModelError, match=r"picture preparation in .* is invalid"):
        load_crosstext2loc(clip_folder)


def test_weights_in_several_files_are_one(clip_folder: Path) -> None:
    whole = load_crosstext2loc(clip_folder)
    weights = load_file(clip_folder / "model.safetensors")
    (clip_folder / "model.safetensors").unlink()
    names = sorted(weights)
    for part, some in enumerate((names[:20], names[20:])):
        save_file(
            {name: weights[name] for name in some},
            clip_folder / f"model-0000{part + 1}-of-00002.safetensors",
        )
    parts = load_crosstext2loc(clip_folder)
    assert parts.encode_texts(TEXTS) == pytest.approx(whole.encode_texts(TEXTS), abs=1e-6)
    (clip_folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelError, match="missing"):
        load_crosstext2loc(clip_folder)


@pytest.fixture
def siglip_folder(tmp_path: Path) -> Path:
    config = transformers.SiglipConfig(
        text_config={
            "vocab_size": 30,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 16,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
        },
    )
    torch.manual_seed(6)
    network = transformers.SiglipModel(config)
    for one in network.parameters():
        torch.nn.init.normal_(one, std=0.2)
    folder = tmp_path / "siglip"
    network.save_pretrained(folder)
    words = ["<pad>", "</s>", "<unk>", "a", "white", "church", "tree"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "<pad>"}), "utf-8")
    return folder


def test_siglip_comes_through_the_same_door(siglip_folder: Path, tmp_path: Path) -> None:
    network = transformers.SiglipModel.from_pretrained(siglip_folder).eval()
    loaded = load_crosstext2loc(siglip_folder)
    texts = ["A White church", "tree " * 40]
    ids = [[3, 4, 5, 1] + [0] * 12, [6] * 15 + [1]]
    assert [one.ids for one in loaded.tokenize(texts)] == ids
    assert [one.truncated for one in loaded.tokenize(texts)] == [None, len("tree ") * 15]
    expected = features(network, input_ids=torch.tensor(ids))
    assert loaded.encode_texts(texts) == pytest.approx(expected, abs=1e-5)
    pixels = torch.stack(
        [
            torch.tensor(np.array(one.resize((32, 32), Image.Resampling.BICUBIC)) / 127.5 - 1)
            .permute(2, 0, 1)
            .float()
            for one in some_pictures()
        ]
    )
    expected = features(network, pixel_values=pixels)
    assert loaded.encode_pictures(some_pictures()) == pytest.approx(expected, abs=1e-5)
    assert (loaded.spec.max_tokens, loaded.spec.dimensions) == (16, 32)
    again = load_crosstext2loc(loaded.save(tmp_path / "siglip.safetensors"))
    assert again.encode_texts(texts) == pytest.approx(loaded.encode_texts(texts), abs=1e-6)
    assert loaded.temperature == pytest.approx(float(network.logit_scale.detach().exp()))


def test_siglip_is_not_made_longer(siglip_folder: Path) -> None:
    with pytest.raises(ModelError, match="16 tokens"):
        load_crosstext2loc(siglip_folder, context=300)


# ---- Bad input -------------------------------------------------------------------------------


class Bomb:
    """A pickle that would write a file where it is opened carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def truncated(path: Path, _: Path) -> None:
    data = saved(openai_state(), path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def old_and_truncated(path: Path, _: Path) -> None:
    torch.save(openai_state(), path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:100_000])


def script(path: Path, _: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("clip/constants.pkl", b"")


BAD_FILES: list[tuple[str, Callable[[Path, Path], Any], str]] = [
    ("truncated.pth", truncated, "cut short"),
    ("old.pth", old_and_truncated, "damaged"),
    ("code.pth", lambda path, home: saved({"a": Bomb(home / "boom")}, path), "never run"),
    ("script.pt", script, "TorchScript"),
    ("text.pth", lambda path, _: path.write_text("hello"), "not a checkpoint"),
    ("empty.pth", lambda path, _: path.touch(), "not a checkpoint"),
    ("list.pth", lambda path, _: saved([torch.ones(2)], path), "contains a list"),
    ("numbers.pth", lambda path, _: saved({"lr": 0.1}, path), "more than tensors: lr"),
    ("meta.pth", lambda path, _: saved({"a": torch.ones(2, device="meta")}, path), "plain numbers"),
    ("sparse.pth", lambda path, _: saved({"a": torch.eye(3).to_sparse()}, path), "plain numbers"),
    ("resnet.pth", lambda path, _: saved({"fc.weight": torch.ones(2, 2)}, path), "no CLIP"),
    ("text.safetensors", lambda path, _: path.write_text("hello"), "not a complete safetensors"),
    ("foreign.safetensors", lambda path, _: save_file({"a": torch.ones(1)}, path), "the folder"),
    (
        "odd.safetensors",
        lambda path, _: save_file({"a": torch.ones(1)}, path, {"saywhere": "{}"}),
        "metadata of .* is invalid",
    ),
    ("nothing.pth", lambda *_: None, "there is no checkpoint"),
    ("folder", lambda path, _: path.mkdir(), "config.json"),
]


@pytest.mark.parametrize(("name", "make", "told"), BAD_FILES, ids=[one[0] for one in BAD_FILES])
def test_a_file_that_is_no_checkpoint_gets_one_clear_line(
    name: str, make: Callable[[Path, Path], Any], told: str, tmp_path: Path
) -> None:
    make(tmp_path / name, tmp_path)
    with pytest.raises(ModelError, match=told) as caught:
        load_crosstext2loc(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    assert not (tmp_path / "boom").exists()


def test_a_truncated_file_of_ours_is_refused(model: CrossText2Loc, tmp_path: Path) -> None:
    path = model.save(tmp_path / "own.safetensors")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match="not a complete safetensors"):
        load_crosstext2loc(path)


def test_a_file_of_ours_with_other_weights_names_the_keys(
    model: CrossText2Loc, tmp_path: Path
) -> None:
    path = model.save(tmp_path / "own.safetensors")
    with safe_open(path, "pt") as file:
        said = file.metadata()
    weights = load_file(path)
    weights["odd"] = weights.pop("logit_scale")
    weights["text_projection.weight"] = torch.ones(3, 3)
    save_file(weights, path, said)
    with pytest.raises(ModelError) as caught:
        load_crosstext2loc(path)
    assert "missing logit_scale; surplus odd; misshaped text_projection.weight [3, 3]" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"model_type": "bert"}', "type 'bert'; give one of type clip or siglip"),
        (
            '{"model_type": "clip", "text_config": {"hidden_size": 10, "num_attention_heads": 3}}',
            "is invalid",
        ),
        ('{"model_type": "clip", "vision_config": {"image_size": "big"}}', "is invalid"),
    ],
)
def test_a_folder_with_an_odd_configuration_is_refused(
    config: str, told: str, clip_folder: Path
) -> None:
    (clip_folder / "config.json").write_text(config, "utf-8")
    with pytest.raises(ModelError, match=told) as caught:
        load_crosstext2loc(clip_folder)
    assert "\n" not in str(caught.value)


def test_a_folder_without_weights_is_refused(clip_folder: Path) -> None:
    (clip_folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="neither"):
        load_crosstext2loc(clip_folder)


def test_a_tokenizer_with_more_words_than_the_network_is_refused(clip_folder: Path) -> None:
    config = json.loads((clip_folder / "config.json").read_text("utf-8"))
    config["text_config"]["vocab_size"] = 1000
    (clip_folder / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match="knows 1000 tokens, its tokenizer 49408"):
        load_crosstext2loc(clip_folder)
