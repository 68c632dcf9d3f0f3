"""CLIP at its own length, from every kind of file in which people keep one."""

from __future__ import annotations

import functools
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file
from tiny_clip import TEXTS, State, clip_ids, openai_state, saved, some_pictures

from core.__main__ import main
from core.errors import ModelError
from core.models import DualEncoder, load_model

HEADS = {"text": 2, "picture": 1}
"""Heads of width 64."""
SIZES = {"text_width": 128, "picture_width": 64, "patch": 8, "side": 3, "joint": 40}
OUTER = {
    "logit_scale": "logit_scale",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
}
NORMS = {
    "ln_final": "text_model.final_layer_norm",
    "visual.ln_pre": "vision_model.pre_layrnorm",
    "visual.ln_post": "vision_model.post_layernorm",
}
PARTS = {
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def a_state(**changes: int) -> State:
    return openai_state(21, **(SIZES | changes))


def transformers_names(state: State) -> State:
    """The weights as transformers names them, one name after another."""
    named = {theirs: state[ours] for ours, theirs in OUTER.items()}
    named["text_projection.weight"] = state["text_projection"].T.contiguous()
    named["visual_projection.weight"] = state["visual.proj"].T.contiguous()
    for kind in ("weight", "bias"):
        named |= {f"{theirs}.{kind}": state[f"{ours}.{kind}"] for ours, theirs in NORMS.items()}
        for start, tower in (("", "text_model"), ("visual.", "vision_model")):
            for layer in range(2):
                ours = f"{start}transformer.resblocks.{layer}"
                theirs = f"{tower}.encoder.layers.{layer}"
                joined = state[f"{ours}.attn.in_proj_{kind}"]
                width = len(joined) // 3
                for row, letter in enumerate("qkv"):
                    part = joined[row * width : (row + 1) * width]
                    named[f"{theirs}.self_attn.{letter}_proj.{kind}"] = part.clone()
                for name, other in PARTS.items():
                    named[f"{theirs}.{other}.{kind}"] = state[f"{ours}.{name}.{kind}"]
    return named


def config_of(
    state: State, heads: dict[str, int] = HEADS, activation: str = "quick_gelu"
) -> transformers.CLIPConfig:
    def tower(width: int, kind: str) -> dict[str, Any]:
        return {
            "hidden_size": width,
            "intermediate_size": 4 * width,
            "num_hidden_layers": 2,
            "num_attention_heads": heads[kind],
            "hidden_act": activation,
        }

    text, joint = state["text_projection"].shape
    return transformers.CLIPConfig(
        projection_dim=joint,
        text_config=tower(text, "text") | {"eos_token_id": 49407, "max_position_embeddings": 77},
        vision_config=tower(len(state["visual.conv1.weight"]), "picture")
        | {"image_size": 24, "patch_size": 8},
    )


def network_of(state: State, config: transformers.CLIPConfig | None = None) -> Any:
    """The CLIP of transformers with these weights."""
    network = transformers.CLIPModel(config or config_of(state)).eval()
    network.load_state_dict(transformers_names(state), strict=True)
    return network


@functools.cache
def plain_network() -> Any:
    """The network of `a_state`, which is the same each time."""
    return network_of(a_state())


def expected(network: Any, loaded: Any) -> tuple[Any, Any]:
    """Unit embeddings of the texts and pictures by transformers alone."""
    ids = [clip_ids(text) for text in TEXTS]
    ids = [one if len(one) <= 77 else [*one[:76], one[-1]] for one in ids]
    assert max(map(len, ids)) == 77, "a text that is cut"
    with torch.inference_mode():
        texts = [network.get_text_features(torch.tensor([one])).pooler_output for one in ids]
        pixels = loaded.pixels(some_pictures())
        pictures = network.get_image_features(pixels).pooler_output
    return (
        torch.nn.functional.normalize(torch.cat(texts), dim=-1).numpy(),
        torch.nn.functional.normalize(pictures, dim=-1).numpy(),
    )


def clip(path: Path) -> DualEncoder:
    loaded = load_model("clip", 1, path)
    assert isinstance(loaded, DualEncoder)
    return loaded


def assert_same(path: Path, network: Any) -> DualEncoder:
    """Our embeddings of a checkpoint are those of the network."""
    loaded = clip(path)
    assert (loaded.spec.name, loaded.spec.max_tokens) == ("clip", 77)
    texts, pictures = expected(network, loaded)
    assert loaded.encode_texts(TEXTS) == pytest.approx(texts, abs=1e-5)
    assert loaded.encode_pictures(some_pictures()) == pytest.approx(pictures, abs=1e-5)
    return loaded


def prefixed(state: State, prefix: str) -> State:
    return {f"{prefix}{name}": value for name, value in state.items()}


def as_custom_text(state: State) -> State:
    """As open_clip's models with a text tower of its own name things."""
    return {
        name if name.startswith("visual.") or name == "logit_scale" else f"text.{name}": value
        for name, value in state.items()
    }


FORMS: dict[str, Callable[[State], Any]] = {
    "OpenAI's names": dict,
    "module.": lambda state: prefixed(state, "module."),
    "model.": lambda state: prefixed(state, "model."),
    "clip.": lambda state: prefixed(state, "clip."),
    "_orig_mod.": lambda state: prefixed(state, "_orig_mod."),
    "several prefixes": lambda state: prefixed(state, "module._orig_mod.model.clip."),
    "state_dict": lambda state: {"epoch": 3, "state_dict": state, "optimizer": {"lr": 1.0}},
    "model_state_dict": lambda state: {"model_state_dict": prefixed(state, "module."), "loss": 0.1},
    "wrapped twice": lambda state: {"model": {"state_dict": prefixed(state, "model.")}},
    "logit_scale of shape [1]": lambda state: state | {"logit_scale": state["logit_scale"][None]},
    "numbers and a mask": lambda state: (
        state | {"context_length": torch.tensor(77), "attn_mask": torch.full((77, 77), -torch.inf)}
    ),
    "a text tower of its own": as_custom_text,
    "a linear text_projection": lambda state: (
        {name: value for name, value in state.items() if name != "text_projection"}
        | {"text_projection.weight": state["text_projection"].T.contiguous()}
    ),
    "transformers' names": transformers_names,
    "transformers' names with prefixes": lambda state: {
        "state_dict": prefixed(transformers_names(state), "model.clip.")
    },
    "position_ids": lambda state: (
        transformers_names(state)
        | {"text_model.embeddings.position_ids": torch.arange(77)[None]}
        | {"vision_model.embeddings.position_ids": torch.arange(10)[None]}
        | {"logit_scale": state["logit_scale"].reshape(1)}
    ),
}


ALONE = ("module.", "model.", "clip.", "_orig_mod.", "state_dict", "model_state_dict")
"""Forms that others of the table have inside them: these run with SLOW=1."""


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=[pytest.mark.slow] * (form in ALONE)) for form in FORMS]
)
def test_every_form_gives_what_transformers_gives(form: str, tmp_path: Path) -> None:
    state = a_state()
    assert_same(saved(FORMS[form](state), tmp_path / "clip.pt"), plain_network())


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_precision_are_computed_in_single(kind: torch.dtype, tmp_path: Path) -> None:
    state = {name: value.to(kind) for name, value in a_state().items()}
    single = {name: value.float() for name, value in state.items()}
    assert_same(saved(state, tmp_path / "clip.pt"), network_of(single))


@pytest.mark.parametrize("named", [dict, transformers_names])
def test_safetensors_are_read_without_a_folder(named: Any, tmp_path: Path) -> None:
    state = a_state()
    save_file(prefixed(named(state), "module."), tmp_path / "clip.safetensors")
    assert_same(tmp_path / "clip.safetensors", plain_network())


def test_a_folder_of_transformers_is_read_at_its_own_length(tmp_path: Path) -> None:
    network = plain_network()
    network.save_pretrained(tmp_path / "folder")
    assert_same(tmp_path / "folder", network)


def test_crosstext2loc_reads_the_same_file_at_300(tmp_path: Path) -> None:
    path = saved(a_state(), tmp_path / "clip.pt")
    long = load_model("crosstext2loc", 1, path)
    assert long.spec.max_tokens == 300
    assert clip(path).spec.weights_sha256 == long.spec.weights_sha256
    assert clip(saved(a_state(tokens=300), tmp_path / "long.pt")).spec.max_tokens == 300


# ---- What names cannot tell ------------------------------------------------------------------


def open_clip_config(state: State, heads: dict[str, int], quick: bool | None) -> dict[str, Any]:
    text, joint = state["text_projection"].shape
    picture = len(state["visual.conv1.weight"])
    model = {
        "embed_dim": joint,
        "vision_cfg": {
            "image_size": 24,
            "layers": 2,
            "width": picture,
            "patch_size": 8,
            "head_width": picture // heads["picture"],
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": text,
            "heads": heads["text"],
            "layers": 2,
        },
    }
    return model if quick is None else model | {"quick_gelu": quick}


OTHER_HEADS = ({"text": 2, "picture": 1}, {"text": 8, "picture": 2}, {"text": 1, "picture": 4})


@pytest.mark.parametrize(
    ("heads", "quick", "nested"),
    [
        (OTHER_HEADS[0], True, True),
        (OTHER_HEADS[2], None, True),
        (OTHER_HEADS[1], False, False),
        pytest.param(OTHER_HEADS[1], False, True, marks=pytest.mark.slow),
        pytest.param(OTHER_HEADS[1], True, False, marks=pytest.mark.slow),
        pytest.param(OTHER_HEADS[0], None, False, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_open_clip_s_configuration_tells_activation_and_heads(
    heads: dict[str, int], quick: bool | None, nested: bool, tmp_path: Path
) -> None:
    state = a_state()
    document = open_clip_config(state, heads, quick)
    name = "open_clip_config.json" if nested else "config.json"
    document = {"model_cfg": document} if nested else document
    (tmp_path / name).write_text(json.dumps(document))
    activation = "quick_gelu" if quick else "gelu"
    network = network_of(state, config_of(state, heads, activation))
    assert_same(saved(state, tmp_path / "clip.pt"), network)


@pytest.mark.parametrize("activation", ["gelu", "quick_gelu"])
def test_the_configuration_of_transformers_tells_them_too(activation: str, tmp_path: Path) -> None:
    state = a_state()
    config = config_of(state, OTHER_HEADS[1], activation)
    config.save_pretrained(tmp_path)
    network = network_of(state, config)
    assert_same(saved(state, tmp_path / "clip.pt"), network)
    assert_same(saved(transformers_names(state), tmp_path / "named.pt"), network)


@pytest.mark.parametrize("file", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_a_folder_of_open_clip_is_read(file: str, tmp_path: Path) -> None:
    state = a_state()
    document = {
        "model_cfg": open_clip_config(state, HEADS, None),
        "preprocess_cfg": {
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "interpolation": "bilinear",
            "resize_mode": "squash",
        },
    }
    (tmp_path / "open_clip_config.json").write_text(json.dumps(document))
    if file.endswith(".bin"):
        saved(state, tmp_path / file)
    else:
        save_file(state, tmp_path / file)
    loaded: Any = assert_same(tmp_path, network_of(state, config_of(state, HEADS, "gelu")))
    assert (loaded.preparation.mean, loaded.preparation.crop) == ((0.5, 0.5, 0.5), False)
    assert loaded.preparation.resample == 2


def test_other_flags_are_another_model(tmp_path: Path) -> None:
    """The same file gives other embeddings: a gallery must notice when its configuration goes."""
    state = a_state()
    path = saved(state, tmp_path / "clip.pt")
    usual = clip(path).spec.weights_sha256
    config = tmp_path / "open_clip_config.json"
    config.write_text(json.dumps(open_clip_config(state, HEADS, True)))
    assert clip(path).spec.weights_sha256 == usual
    config.write_text(json.dumps(open_clip_config(state, HEADS, False)))
    assert clip(path).spec.weights_sha256 != usual


def test_a_link_finds_the_configuration_beside_its_file(tmp_path: Path) -> None:
    state = a_state()
    (tmp_path / "model").mkdir()
    path = saved(state, tmp_path / "model" / "clip.pt")
    config = open_clip_config(state, OTHER_HEADS[1], False)
    (tmp_path / "model" / "open_clip_config.json").write_text(json.dumps(config))
    (tmp_path / "link.pt").symlink_to(path)
    network = network_of(state, config_of(state, OTHER_HEADS[1], "gelu"))
    assert_same(tmp_path / "link.pt", network)


def test_what_is_assumed_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = a_state()
    path = saved(state, tmp_path / "clip.pt")
    with caplog.at_level(logging.WARNING):
        clip(path)
        (line,) = caplog.messages
        assert line.startswith("clip.pt has no open_clip_config.json or config.json beside it")
        assert "quick GELU" in line
        caplog.clear()
        (tmp_path / "config.json").write_text('{"learning_rate": 1}')
        clip(path)
        assert len(caplog.messages) == 1, "that file is no configuration of a CLIP"
        caplog.clear()
        config_of(state).save_pretrained(tmp_path)
        clip(path)
        assert caplog.messages == []


# ---- Bad input -------------------------------------------------------------------------------


def changed(document: dict[str, Any], part: str, **values: Any) -> dict[str, Any]:
    return document | {part: document[part] | values}


BAD_CONFIGS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "another width": (lambda one: changed(one, "text_cfg", width=512), "text width 128"),
    "other layers": (lambda one: changed(one, "vision_cfg", layers=12), "picture layers 2"),
    "no whole heads": (lambda one: changed(one, "text_cfg", heads=7), "7 equal heads"),
    "heads as text": (lambda one: changed(one, "text_cfg", heads="8"), "'8' heads"),
    "no heads": (lambda one: changed(one, "text_cfg", heads=0), "0 heads"),
    "a head width of 0": (lambda one: changed(one, "vision_cfg", head_width=0), "width of 0"),
    "an uneven head": (lambda one: changed(one, "vision_cfg", head_width=48), "multiples of 48"),
    "BERT": (lambda one: changed(one, "text_cfg", hf_model_name="bert"), "hf_model_name"),
    "timm": (lambda one: changed(one, "vision_cfg", timm_model_name="x"), "timm_model_name"),
    "no object": (lambda one: one | {"text_cfg": [1]}, "no configuration of CLIP"),
}


@pytest.mark.parametrize("fault", BAD_CONFIGS)
def test_a_configuration_that_does_not_fit_is_one_clear_line(fault: str, tmp_path: Path) -> None:
    state = a_state()
    make, told = BAD_CONFIGS[fault]
    config = make(open_clip_config(state, HEADS, True))
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=told) as caught:
        clip(saved(state, tmp_path / "clip.pt"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "named", "model"),
    [
        (float("nan"), dict, "clip"),
        (float("nan"), transformers_names, "crosstext2loc"),
        (float("inf"), transformers_names, "clip"),
        (-float("inf"), dict, "crosstext2loc"),
    ],
)
def test_weights_that_are_no_numbers_are_refused(
    value: float, named: Any, model: str, tmp_path: Path
) -> None:
    state = a_state()
    state["visual.proj"][3, 1] = value
    path = saved(named(state), tmp_path / "clip.pt")
    with pytest.raises(ModelError, match=r"NaN or infinite: visual_projection\.weight") as caught:
        load_model(model, 1, path)
    assert "\n" not in str(caught.value)


EMPTY = {
    "patches": ("visual.conv1.weight", (64, 3, 0, 0)),
    "cells": ("visual.positional_embedding", (0, 64)),
    "tokens": ("positional_embedding", (0, 128)),
    "dimensions": ("text_projection", (128, 0)),
}


@pytest.mark.parametrize("named", [dict, transformers_names])
@pytest.mark.parametrize("part", EMPTY)
def test_empty_weights_are_refused(part: str, named: Any, tmp_path: Path) -> None:
    name, shape = EMPTY[part]
    state = a_state() | {name: torch.zeros(shape)}
    with pytest.raises(ModelError) as caught:
        clip(saved(named(state), tmp_path / "clip.pt"))
    assert "\n" not in str(caught.value)


def test_whole_numbers_are_refused(tmp_path: Path) -> None:
    state = a_state()
    state["visual.proj"] = state["visual.proj"].to(torch.int8)
    with pytest.raises(ModelError, match="no floating-point numbers: visual_projection"):
        clip(saved(state, tmp_path / "clip.pt"))


def test_half_of_a_clip_under_the_names_of_transformers_is_refused(tmp_path: Path) -> None:
    named = transformers_names(a_state())
    half = {name: value for name, value in named.items() if name.startswith("text_model.")}
    with pytest.raises(ModelError, match="vision_model"):
        clip(saved(half, tmp_path / "clip.pt"))
    del named["text_model.encoder.layers.1.mlp.fc2.bias"]
    with pytest.raises(ModelError, match="missing text_model"):
        clip(saved(named, tmp_path / "clip.pt"))


# ---- On the command line ---------------------------------------------------------------------


def test_clip_is_a_model_of_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(a_state(), tmp_path / "clip.pt")
    given = ["encode", "--text", "a church", "--model", "clip", "--checkpoint", str(path)]
    assert main(given) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["model"] == "clip"
    expected = clip(path).encode_texts(["a church"])[0]
    assert printed["embedding"] == pytest.approx(expected, abs=1e-6)


def test_a_gallery_holds_clip_beside_crosstext2loc(
    tiny_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    shutil.copytree(tiny_home / "galleries", tmp_path / "galleries")
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    path = saved(a_state(), tmp_path / "clip.pt")
    (tmp_path / "queries.jsonl").write_text(
        json.dumps({"text": "a church", "lat": 60.171, "lon": 24.942}) + "\n"
    )

    def run(*arguments: str) -> Any:
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    keys = [
        run("embed", "tinycity", "--model", name, "--checkpoint", str(path))["model"]
        for name in ("clip", "crosstext2loc")
    ]
    gallery = ["--gallery", "tinycity"]
    text = "a church " + "and a long wall with many doors " * 20
    found = [run("search", text, *gallery, "--model", key, "--channels", "image") for key in keys]
    scores = [[place["channels"]["image"] for place in one["candidates"]] for one in found]
    assert scores[0] != scores[1], "one reads 77 tokens, the other 300"
    queries = ["--queries", str(tmp_path / "queries.jsonl")]
    assert run("evaluate", *gallery, *queries, "--model", keys[0])["n"] in (0, 1)
