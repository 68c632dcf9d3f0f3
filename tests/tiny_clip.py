"""Seeded random CLIPs under OpenAI's names, and CLIP evaluated from its published formulas."""

from __future__ import annotations

import gzip
import importlib.util
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.models import DualEncoder, load_model

State = dict[str, Tensor]


TEXTS = [
    "A white church stands behind the tram stop; to the left, Café Ångström.",
    "",
    "Улица Ленина 5 🏰",
    "a brick tower of nine floors on a narrow one-way street, trees on both sides " * 6,
    "tree",
]


def openai_state(
    seed: int = 0,
    *,
    text_width: int = 64,
    picture_width: int = 64,
    text_layers: int = 2,
    picture_layers: int = 2,
    patch: int = 16,
    side: int = 2,
    tokens: int = 77,
    joint: int = 32,
) -> State:
    """A whole state_dict; large weights, so that attention is far from even."""
    random = torch.Generator().manual_seed(seed)

    def normal(*shape: int, scale: float = 0.15) -> Tensor:
        return torch.randn(*shape, generator=random) * scale

    def norm(name: str, width: int) -> State:
        return {f"{name}.weight": 1 + normal(width), f"{name}.bias": normal(width)}

    def linear(name: str, rows: int, columns: int) -> State:
        return {f"{name}.weight": normal(rows, columns), f"{name}.bias": normal(rows)}

    def tower(start: str, width: int, layers: int) -> State:
        state: State = {}
        for layer in range(layers):
            block = f"{start}transformer.resblocks.{layer}"
            state |= norm(f"{block}.ln_1", width) | norm(f"{block}.ln_2", width)
            state[f"{block}.attn.in_proj_weight"] = normal(3 * width, width)
            state[f"{block}.attn.in_proj_bias"] = normal(3 * width)
            state |= linear(f"{block}.attn.out_proj", width, width)
            state |= linear(f"{block}.mlp.c_fc", 4 * width, width)
            state |= linear(f"{block}.mlp.c_proj", width, 4 * width)
        return state

    return {
        "positional_embedding": normal(tokens, text_width, scale=0.5),
        "text_projection": normal(text_width, joint),
        "logit_scale": torch.tensor(3.0),
        "visual.class_embedding": normal(picture_width),
        "visual.positional_embedding": normal(side**2 + 1, picture_width, scale=0.5),
        "visual.proj": normal(picture_width, joint),
        "visual.conv1.weight": normal(picture_width, 3, patch, patch, scale=0.05),
        "token_embedding.weight": normal(49408, text_width, scale=0.5),
        **norm("visual.ln_pre", picture_width),
        **norm("visual.ln_post", picture_width),
        **norm("ln_final", text_width),
        **tower("visual.", picture_width, picture_layers),
        **tower("", text_width, text_layers),
    }


def saved(state: Any, path: Path) -> Path:
    torch.save(state, path)
    return path


def small_encoder(folder: Path) -> DualEncoder:
    """A small CLIP with seeded weights, read from a checkpoint as people have them."""
    loaded = load_model("crosstext2loc", 1, saved(openai_state(), folder / "clip.pth"))
    assert isinstance(loaded, DualEncoder)
    return loaded


def some_pictures(size: int = 70) -> list[Image.Image]:
    random = np.random.default_rng(5)
    shapes = [(size, size), (size, 2 * size), (2 * size + 1, size), (size, size + 3)]
    return [
        Image.fromarray(random.integers(0, 256, (*shape, 3), dtype=np.uint8)) for shape in shapes
    ]


def text_embedding(state: State, ids: list[int]) -> Tensor:
    """Unit embedding [D] of token ids, in float64 (arXiv 2103.00020 and its public code)."""
    state = {name: one.double() for name, one in state.items()}
    x = state["token_embedding.weight"][ids] + state["positional_embedding"][: len(ids)]
    unseen = torch.full((len(ids), len(ids)), -torch.inf, dtype=torch.float64).triu(1)
    x = _norm(state, "ln_final", _blocks(state, "", x, unseen))
    return _unit(x[max(range(len(ids)), key=ids.__getitem__)] @ state["text_projection"])


def picture_embedding(state: State, pixels: Tensor) -> Tensor:
    """Unit embedding [D] of a prepared picture [3, S, S], in float64."""
    state = {name: one.double() for name, one in state.items()}
    kernel = state["visual.conv1.weight"]
    size = kernel.shape[-1]
    cells = pixels.double().unfold(1, size, size).unfold(2, size, size)  # [3, G, G, size, size]
    patches = torch.einsum("cijuv,wcuv->ijw", cells, kernel).reshape(-1, len(kernel))
    x = torch.cat([state["visual.class_embedding"][None], patches])
    x = _norm(state, "visual.ln_pre", x + state["visual.positional_embedding"])
    x = _blocks(state, "visual.", x, torch.zeros(len(x), len(x), dtype=torch.float64))
    return _unit(_norm(state, "visual.ln_post", x[0]) @ state["visual.proj"])


def prepared_by_hand(picture: Image.Image, size: int) -> torch.Tensor:
    width, height = picture.size
    if width < height:
        picture = picture.resize((size, int(size * height / width)), Image.Resampling.BICUBIC)
    else:
        picture = picture.resize((int(size * width / height), size), Image.Resampling.BICUBIC)
    left, top = round((picture.width - size) / 2), round((picture.height - size) / 2)
    pixels = torch.tensor(np.array(picture)).double() / 255
    pixels = pixels[top : top + size, left : left + size].permute(2, 0, 1)
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073], dtype=torch.float64)
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711], dtype=torch.float64)
    return (pixels - mean[:, None, None]) / std[:, None, None]


def _unit(x: Tensor) -> Tensor:
    return x / (x * x).sum().sqrt()


def _norm(state: State, name: str, x: Tensor) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    scaled = centred / ((centred * centred).mean(-1, keepdim=True) + 1e-5).sqrt()
    return scaled * state[f"{name}.weight"] + state[f"{name}.bias"]


def _linear(state: State, name: str, x: Tensor) -> Tensor:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def _blocks(state: State, start: str, x: Tensor, mask: Tensor) -> Tensor:
    layer = 0
    while (block := f"{start}transformer.resblocks.{layer}") + ".ln_1.weight" in state:
        x = x + _attention(state, f"{block}.attn", _norm(state, f"{block}.ln_1", x), mask)
        inner = _linear(state, f"{block}.mlp.c_fc", _norm(state, f"{block}.ln_2", x))
        x = x + _linear(state, f"{block}.mlp.c_proj", inner / (1 + torch.exp(-1.702 * inner)))
        layer += 1
    return x


def _attention(state: State, name: str, x: Tensor, mask: Tensor) -> Tensor:
    width = x.shape[1]
    joined = x @ state[f"{name}.in_proj_weight"].T + state[f"{name}.in_proj_bias"]
    q, k, v = joined[:, :width], joined[:, width : 2 * width], joined[:, 2 * width :]
    heads = []
    for start in range(0, width, 64):
        of_head = slice(start, start + 64)
        weights = torch.softmax(q[:, of_head] @ k[:, of_head].T / 8 + mask, dim=-1)
        heads.append(weights @ v[:, of_head])
    return _linear(state, f"{name}.out_proj", torch.cat(heads, dim=1))


# ---- CLIP's byte pairs, one after another ----------------------------------------------------


@cache
def merges() -> list[tuple[str, str]]:
    package = importlib.util.find_spec("clip")
    assert package is not None
    assert package.origin is not None
    packed = Path(package.origin).with_name("bpe_simple_vocab_16e6.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().split("\n")[1 : 49152 - 256 - 2 + 1]
    return [(line.split(" ")[0], line.split(" ")[1]) for line in lines]


@cache
def vocabulary() -> dict[str, int]:
    bytes_ = list(letters().values())
    symbols = [*bytes_, *(byte + "</w>" for byte in bytes_), *(a + b for a, b in merges())]
    return {symbol: number for number, symbol in enumerate([*symbols, "<start>", "<end>"])}


@cache
def ranks() -> dict[tuple[str, str], int]:
    return {pair: rank for rank, pair in enumerate(merges())}


@cache
def letters() -> dict[int, str]:
    """Byte → the letter that stands for it; the order is that of the ids."""
    good = [
        code for code in range(256) if 33 <= code <= 126 or 161 <= code <= 172 or 174 <= code <= 255
    ]
    bad = [code for code in range(256) if code not in good]
    return {code: chr(code) for code in good} | {code: chr(256 + n) for n, code in enumerate(bad)}


def clip_ids(text: str) -> list[int]:
    """Ids of a text that needs no mending, with start and end."""
    ids = vocabulary()
    found = [ids["<start>"]]
    for word in _words(" ".join(text.lower().split())):
        symbols = [letters()[byte] for byte in word.encode()]
        symbols[-1] += "</w>"
        while pairs := [pair for pair in pairwise(symbols) if pair in ranks()]:
            best = min(pairs, key=ranks().__getitem__)
            at = 0
            while at < len(symbols) - 1:
                if (symbols[at], symbols[at + 1]) == best:
                    symbols[at : at + 2] = [best[0] + best[1]]
                at += 1
        found += [ids[symbol] for symbol in symbols]
    return [*found, ids["<end>"]]


def _words(text: str) -> list[str]:
    """Contractions, runs of letters, single digits, runs of other signs."""
    words, at = [], 0
    while at < len(text):
        endings = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
        ending = next((one for one in endings if text.startswith(one, at)), None)
        end = at + len(ending) if ending else at + 1
        kind = _kind(text[at])
        if ending is None and kind in "LO":
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if kind != " ":
            words.append(text[at:end])
        at = end
    return words


def _kind(letter: str) -> str:
    if letter.isspace():
        return " "
    category = unicodedata.category(letter)[0]
    return category if category in "LN" else "O"
