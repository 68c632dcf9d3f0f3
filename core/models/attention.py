"""The towers of CLIP and SigLIP with their attention in the open, for gradients by it.

The passes are those of transformers' modules, whose weights they use; the modules themselves are
left alone: no hooks, no other attention, no gradients kept, so that others may use them meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import Tensor
from torch.nn import functional

Network = transformers.CLIPModel | transformers.SiglipModel


@dataclass(frozen=True, slots=True)
class Attended:
    """Unit `embeddings` [N, D] and the last attentions on the way to them, lowest layer first,
    [N, H, T, T] each, or [N, H, 1, T] of a pooling head; the embeddings have gradients by them.

    The embedding is made of the token `pooled`; the tokens of the input begin at `first`.
    """

    embeddings: Tensor
    attentions: tuple[Tensor, ...]
    pooled: int
    first: int = 0


def attend_text(network: Network, ids: Sequence[int], layers: int = 1) -> Attended:
    """The text of T token ids, and its last `layers` attentions. CLIP pools its first end-of-text
    token, SigLIP the last token of all."""
    model: Any = network
    tower = model.text_model
    row = torch.tensor([list(ids)], device=model.device)
    clip = model.config.model_type == "clip"
    unseen = None
    if clip:
        unseen = torch.full((len(ids), len(ids)), -math.inf, device=model.device).triu(1)
    with torch.inference_mode(mode=False), torch.no_grad():
        hidden = tower.embeddings(input_ids=row)
    with torch.inference_mode(mode=False), torch.enable_grad():
        hidden, attentions = _blocks(tower.encoder.layers, hidden, layers, unseen)
        hidden = tower.final_layer_norm(hidden)
        pooled = list(ids).index(tower.eos_token_id) if clip else len(ids) - 1
        project = model.text_projection if clip else tower.head
        found = functional.normalize(project(hidden[:, pooled]), dim=-1)
    return Attended(found, attentions, pooled)


def attend_pictures(network: Network, pixels: Tensor, layers: int = 1) -> Attended:
    """Prepared pictures [N, 3, S, S] and their last `layers` attentions. CLIP's class token is
    pooled and stands before the patches; SigLIP has a pooling head, the last of its layers."""
    model: Any = network
    tower = model.vision_model
    clip = model.config.model_type == "clip"
    with torch.inference_mode(mode=False), torch.no_grad():
        hidden = tower.embeddings(pixels.to(model.device))
        hidden = tower.pre_layrnorm(hidden) if clip else hidden
    with torch.inference_mode(mode=False), torch.enable_grad():
        hidden, attentions = _blocks(tower.encoder.layers, hidden, layers - (not clip), None)
        if clip:
            found = model.visual_projection(tower.post_layernorm(hidden[:, 0]))
        else:
            found, last = _pooling_head(tower.head, tower.post_layernorm(hidden))
            attentions = (*attentions, last)
        found = functional.normalize(found, dim=-1)
    return Attended(found, attentions, pooled=0, first=int(clip))


def _blocks(
    blocks: Sequence[Any], hidden: Tensor, layers: int, unseen: Tensor | None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Hidden states [N, T, W] through all blocks, and the attentions of the last `layers`."""
    attentions: list[Tensor] = []
    for number, block in enumerate(blocks):
        with torch.set_grad_enabled(number >= len(blocks) - layers):
            hidden, attention = _block(block, hidden, unseen)
            attentions.append(attention)
    return hidden, tuple(attentions[max(0, len(blocks) - layers) :])


def _block(block: Any, hidden: Tensor, unseen: Tensor | None) -> tuple[Tensor, Tensor]:
    own = block.self_attn
    normed = block.layer_norm1(hidden)
    queries, keys, values = (
        _by_heads(project(normed), own.num_heads)
        for project in (own.q_proj, own.k_proj, own.v_proj)
    )
    attention = _attention(queries, keys, unseen)
    hidden = hidden + own.out_proj(_joined(attention @ values))
    return hidden + block.mlp(block.layer_norm2(hidden)), attention


def _pooling_head(head: Any, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """SigLIP's: a learned query attends to the patches. [N, W] and its attention [N, H, 1, P]."""
    own = head.attention
    weights, biases = own.in_proj_weight.chunk(3), own.in_proj_bias.chunk(3)
    probe = head.probe.expand(len(hidden), -1, -1)
    queries, keys, values = (
        _by_heads(functional.linear(source, weight, bias), own.num_heads)
        for source, weight, bias in zip((probe, hidden, hidden), weights, biases, strict=True)
    )
    attention = _attention(queries, keys, None)
    found = own.out_proj(_joined(attention @ values))
    return (found + head.mlp(head.layernorm(found)))[:, 0], attention


def _attention(queries: Tensor, keys: Tensor, unseen: Tensor | None) -> Tensor:
    logits = queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5
    attention: Tensor = (logits if unseen is None else logits + unseen).softmax(-1)
    # The first to have gradients; those of the weights, frozen or not, are never asked for.
    if torch.is_grad_enabled() and not attention.requires_grad:
        attention.requires_grad_()
    return attention


def _by_heads(x: Tensor, heads: int) -> Tensor:
    """[N, T, W] → [N, H, T, W / H]."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def _joined(x: Tensor) -> Tensor:
    """[N, H, T, W / H] → [N, T, W]."""
    return x.transpose(1, 2).flatten(2)
