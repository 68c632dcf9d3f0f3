"""Forward passes of CLIP and SigLIP that return their attentions, with gradients.

They use the weights of transformers' modules but do not change the modules: no hooks, no other
attention, no stored gradients. So other threads may use them at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from core.models.crosstext2loc import Network


@dataclass(frozen=True, slots=True)
class Attended:
    """Unit `embeddings` [N, D] and the last attentions before them, lowest layer first.

    Attentions are [N, H, T, T], or [N, H, 1, T] of a pooling head; the embeddings have gradients
    with respect to them. `pooled` is the index of the pooled token, `first` that of the first token
    of the input.
    """

    embeddings: Tensor
    attentions: tuple[Tensor, ...]
    pooled: int
    first: int = 0


def attend_text(network: Network, ids: Sequence[int], layers: int = 1) -> Attended:
    """Encodes T token ids and returns the last `layers` attentions. CLIP pools the first
    end-of-text token, SigLIP the last token."""
    model: Any = network
    tower = model.text_model
    row = torch.tensor([list(ids)], device=model.device)
    clip = model.config.model_type == "clip"
    causal_mask = None
    if clip:
        causal_mask = torch.full((len(ids), len(ids)), -math.inf, device=model.device).triu(1)
    with torch.inference_mode(mode=False), torch.no_grad():
        hidden = tower.embeddings(input_ids=row)
    with torch.inference_mode(mode=False), torch.enable_grad():
        hidden, attentions = _blocks(tower.encoder.layers, hidden, layers, causal_mask)
        hidden = tower.final_layer_norm(hidden)
        pooled = list(ids).index(tower.eos_token_id) if clip else len(ids) - 1
        project = model.text_projection if clip else tower.head
        embeddings = functional.normalize(project(hidden[:, pooled]), dim=-1)
    return Attended(embeddings, attentions, pooled)


def attend_pictures(network: Network, pixels: Tensor, layers: int = 1) -> Attended:
    """Encodes prepared pictures [N, 3, S, S] and returns the last `layers` attentions. CLIP pools
    the class token, which is before the patches; SigLIP's last layer is a pooling head."""
    model: Any = network
    tower = model.vision_model
    clip = model.config.model_type == "clip"
    with torch.inference_mode(mode=False), torch.no_grad():
        hidden = tower.embeddings(pixels.to(model.device))
        hidden = tower.pre_layrnorm(hidden) if clip else hidden
    with torch.inference_mode(mode=False), torch.enable_grad():
        hidden, attentions = _blocks(tower.encoder.layers, hidden, layers - (not clip), None)
        if clip:
            embeddings = model.visual_projection(tower.post_layernorm(hidden[:, 0]))
        else:
            embeddings, pooling = _pooling_head(tower.head, tower.post_layernorm(hidden))
            attentions = (*attentions, pooling)
        embeddings = functional.normalize(embeddings, dim=-1)
    return Attended(embeddings, attentions, pooled=0, first=int(clip))


def _blocks(
    blocks: Sequence[Any], hidden: Tensor, layers: int, causal_mask: Tensor | None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Hidden states [N, T, W] through all blocks, and the attentions of the last `layers`."""
    attentions: list[Tensor] = []
    for number, block in enumerate(blocks):
        with torch.set_grad_enabled(number >= len(blocks) - layers):
            hidden, attention = _block(block, hidden, causal_mask)
            attentions.append(attention)
    return hidden, tuple(attentions[max(0, len(blocks) - layers) :])


def _block(block: Any, hidden: Tensor, causal_mask: Tensor | None) -> tuple[Tensor, Tensor]:
    self_attention = block.self_attn
    normed = block.layer_norm1(hidden)
    queries, keys, values = (
        _split_heads(project(normed), self_attention.num_heads)
        for project in (self_attention.q_proj, self_attention.k_proj, self_attention.v_proj)
    )
    attention = _attention(queries, keys, causal_mask)
    hidden = hidden + self_attention.out_proj(_merge_heads(attention @ values))
    return hidden + block.mlp(block.layer_norm2(hidden)), attention


def _pooling_head(head: Any, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """SigLIP's pooling by a learned query over the patches: [N, W] and attention [N, H, 1, P]."""
    pooling = head.attention
    weights, biases = pooling.in_proj_weight.chunk(3), pooling.in_proj_bias.chunk(3)
    probe = head.probe.expand(len(hidden), -1, -1)
    queries, keys, values = (
        _split_heads(functional.linear(source, weight, bias), pooling.num_heads)
        for source, weight, bias in zip((probe, hidden, hidden), weights, biases, strict=True)
    )
    attention = _attention(queries, keys, None)
    pooled = pooling.out_proj(_merge_heads(attention @ values))
    return (pooled + head.mlp(head.layernorm(pooled)))[:, 0], attention


def _attention(queries: Tensor, keys: Tensor, causal_mask: Tensor | None) -> Tensor:
    logits = queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5
    attention: Tensor = (logits if causal_mask is None else logits + causal_mask).softmax(-1)
    # Gradients start here; those of the weights, frozen or not, are never computed.
    if torch.is_grad_enabled() and not attention.requires_grad:
        attention.requires_grad_()
    return attention


def _split_heads(x: Tensor, heads: int) -> Tensor:
    """[N, T, W] → [N, H, T, W / H]."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def _merge_heads(x: Tensor) -> Tensor:
    """[N, H, T, W / H] → [N, T, W]."""
    return x.transpose(1, 2).flatten(2)
