"""OpenAI's state_dicts: the architecture from shapes, and one clear line where they do not fit."""

from pathlib import Path

import pytest
import torch
from tiny_clip import State, openai_state

from core.errors import ModelError
from core.models.openai_names import from_openai

HERE = Path("clip.pth")


def refusal(state: State) -> str:
    with pytest.raises(ModelError) as caught:
        from_openai(state, HERE)
    message = str(caught.value)
    assert "\n" not in message
    assert str(HERE) in message
    return message


def test_the_shapes_tell_the_architecture() -> None:
    state = openai_state(
        text_width=128,
        picture_width=192,
        text_layers=1,
        picture_layers=3,
        patch=14,
        side=4,
        tokens=300,
        joint=48,
    )
    config, _ = from_openai(state, HERE)
    text, vision = config.text_config, config.vision_config
    assert (text.hidden_size, text.num_attention_heads, text.num_hidden_layers) == (128, 2, 1)
    assert (vision.hidden_size, vision.num_attention_heads, vision.num_hidden_layers) == (192, 3, 3)
    assert (vision.image_size, vision.patch_size) == (56, 14)
    assert (text.max_position_embeddings, config.projection_dim) == (300, 48)
    assert (text.intermediate_size, vision.intermediate_size) == (512, 768)


def test_the_large_model_of_the_paper_is_known_by_its_shapes() -> None:
    with torch.device("meta"):
        state = {
            name: torch.empty(shape)
            for name, shape in {
                "positional_embedding": (300, 768),
                "text_projection": (768, 768),
                "token_embedding.weight": (49408, 768),
                "visual.conv1.weight": (1024, 3, 14, 14),
                "visual.positional_embedding": (577, 1024),
                "logit_scale": (),
                "visual.class_embedding": (1024,),
                "visual.proj": (1024, 768),
                **{
                    f"{name}.{kind}": (width,)
                    for kind in ("weight", "bias")
                    for name, width in (
                        ("ln_final", 768),
                        ("visual.ln_pre", 1024),
                        ("visual.ln_post", 1024),
                    )
                },
                **{
                    f"{start}transformer.resblocks.{layer}.{name}": shape
                    for start, width, layers in (("", 768, 12), ("visual.", 1024, 24))
                    for layer in range(layers)
                    for name, shape in (
                        ("ln_1.weight", (width,)),
                        ("ln_1.bias", (width,)),
                        ("ln_2.weight", (width,)),
                        ("ln_2.bias", (width,)),
                        ("attn.in_proj_weight", (3 * width, width)),
                        ("attn.in_proj_bias", (3 * width,)),
                        ("attn.out_proj.weight", (width, width)),
                        ("attn.out_proj.bias", (width,)),
                        ("mlp.c_fc.weight", (4 * width, width)),
                        ("mlp.c_fc.bias", (4 * width,)),
                        ("mlp.c_proj.weight", (width, 4 * width)),
                        ("mlp.c_proj.bias", (width,)),
                    )
                },
            }.items()
        }
    config, renamed = from_openai(state, HERE)
    assert config.vision_config.image_size == 336
    assert config.text_config.num_attention_heads == 12
    assert config.vision_config.num_attention_heads == 16
    assert sum(one.numel() for one in renamed.values()) == 427_944_193 + 223 * 768


def test_numbers_beside_the_weights_are_passed_over() -> None:
    state = openai_state()
    names = ("input_resolution", "context_length", "vocab_size")
    extra = {name: torch.tensor(32) for name in names}
    assert from_openai(state | extra, HERE)[1].keys() == from_openai(state, HERE)[1].keys()


@pytest.mark.parametrize("name", sorted(openai_state()))
def test_every_missing_weight_is_named(name: str) -> None:
    state = openai_state()
    del state[name]
    assert name in refusal(state)


def test_surplus_and_misshaped_weights_are_named() -> None:
    message = refusal(openai_state() | {"mask1": torch.zeros(3), "logit_scale": torch.zeros(2)})
    assert "surplus mask1" in message
    assert "misshaped logit_scale [2] instead of []" in message


def test_many_names_become_a_few_and_a_number() -> None:
    message = refusal(openai_state() | {f"odd{number:02}": torch.zeros(1) for number in range(12)})
    assert "odd00, odd01, odd02, odd03, odd04 and 7 more" in message


def test_a_gap_among_the_layers_is_told() -> None:
    state = openai_state(text_layers=3)
    for name in [name for name in state if name.startswith("transformer.resblocks.1.")]:
        del state[name]
    assert "transformer.resblocks.1.ln_1.weight" in refusal(state)


def test_positions_that_make_no_square_are_misshaped() -> None:
    state = openai_state()
    state["visual.positional_embedding"] = torch.zeros(4, 64)
    assert "visual.positional_embedding [4, 64] instead of [2, 64]" in refusal(state)


def test_a_width_of_no_whole_heads_is_refused() -> None:
    assert "96" in refusal(openai_state(text_width=96))


def test_a_resnet_is_told_apart() -> None:
    assert "ResNet" in refusal(openai_state() | {"visual.layer1.0.conv1.weight": torch.zeros(1)})


def test_other_networks_are_no_clip() -> None:
    message = refusal({"conv1.weight": torch.zeros(1), "fc.bias": torch.zeros(1)})
    assert "positional_embedding" in message
    assert "found conv1.weight, fc.bias" in message


def test_a_vector_for_a_table_is_misshaped() -> None:
    state = openai_state() | {"positional_embedding": torch.ones(9)}
    assert "positional_embedding" in refusal(state)
