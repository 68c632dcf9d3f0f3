"""Writes a small CLIP with random weights for `planet-rsicd-clip.toml`, under OpenAI's names.

Run it as `python assets/models/compact-aerial/small_clip.py extracts/small-clip.pth`. Sizes: two
layers of 128 in each tower, pictures of 64 px in patches of 16, 77 tokens (the app extends the
table to 300, as for CrossText2Loc). The weights are drawn as OpenAI's code draws them before a
training.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

WIDTH, LAYERS, JOINT = 128, 2, 128
PICTURE_PX, PATCH_PX, TOKENS, VOCABULARY = 64, 16, 77, 49408
SEED = 1


def weights() -> dict[str, Tensor]:
    """All weights by OpenAI's names."""
    random = torch.Generator().manual_seed(SEED)

    def normal(*shape: int, scale: float = WIDTH**-0.5) -> Tensor:
        return torch.randn(*shape, generator=random) * scale

    def norm(name: str) -> dict[str, Tensor]:
        return {f"{name}.weight": torch.ones(WIDTH), f"{name}.bias": torch.zeros(WIDTH)}

    def linear(name: str, rows: int, columns: int, scale: float) -> dict[str, Tensor]:
        values = normal(rows, columns, scale=scale)
        return {f"{name}.weight": values, f"{name}.bias": torch.zeros(rows)}

    def tower(start: str) -> dict[str, Tensor]:
        state: dict[str, Tensor] = {}
        before_sum = WIDTH**-0.5 * (2 * LAYERS) ** -0.5
        for layer in range(LAYERS):
            block = f"{start}transformer.resblocks.{layer}"
            state |= norm(f"{block}.ln_1") | norm(f"{block}.ln_2")
            state[f"{block}.attn.in_proj_weight"] = normal(3 * WIDTH, WIDTH)
            state[f"{block}.attn.in_proj_bias"] = torch.zeros(3 * WIDTH)
            state |= linear(f"{block}.attn.out_proj", WIDTH, WIDTH, before_sum)
            state |= linear(f"{block}.mlp.c_fc", 4 * WIDTH, WIDTH, (2 * WIDTH) ** -0.5)
            state |= linear(f"{block}.mlp.c_proj", WIDTH, 4 * WIDTH, before_sum)
        return state

    patch_values = 3 * PATCH_PX**2
    return {
        "positional_embedding": normal(TOKENS, WIDTH, scale=0.01),
        "text_projection": normal(WIDTH, JOINT),
        "logit_scale": torch.tensor(1 / 0.07).log(),
        "visual.class_embedding": normal(WIDTH),
        "visual.positional_embedding": normal((PICTURE_PX // PATCH_PX) ** 2 + 1, WIDTH),
        "visual.proj": normal(WIDTH, JOINT),
        "visual.conv1.weight": normal(WIDTH, 3, PATCH_PX, PATCH_PX, scale=patch_values**-0.5),
        "token_embedding.weight": normal(VOCABULARY, WIDTH, scale=0.02),
        **norm("visual.ln_pre"),
        **norm("visual.ln_post"),
        **norm("ln_final"),
        **tower("visual."),
        **tower(""),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(weights(), file)
