"""Gradient-weighted attention rollout (Chefer et al., arXiv 2103.15679) of CLIP-like models.

The forward passes of the towers are in `core.models.attention`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.attention import Attended


@dataclass(frozen=True, slots=True)
class RolloutPairs:
    """N pairs of one text and N pictures: relevance of tokens `texts` [N, T] and of patches
    `pictures` [N, P], both 0 or more and not scaled, and the `cosines` [N]."""

    texts: Tensor
    pictures: Tensor
    cosines: Tensor


def rollout(attentions: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """Relevance [N, T, T] of each token for each, from attentions and the gradients of the
    similarity with respect to them, [N, H, T, T] each, lowest layer first.

    R starts as the identity; each layer adds (mean over heads of max(0, gradient · attention)) · R.
    A pooling head's attention [N, H, 1, T] may come last and gives [N, 1, T]: its query is not a
    token, so nothing is added (our extension).
    """
    first = attentions[0]
    relevance = torch.eye(first.shape[-1], dtype=first.dtype, device=first.device)[None]
    for attention, gradient in zip(attentions, gradients, strict=True):
        added = (attention * gradient).clamp(min=0).mean(1) @ relevance
        relevance = relevance + added if added.shape[1:] == relevance.shape[1:] else added
    return relevance


def rollout_pairs(text: Attended, pictures: Attended) -> RolloutPairs:
    """One text with N pictures. Gradients are taken with respect to the attentions only, so no
    gradient stays on the model."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        cosines = pictures.embeddings @ text.embeddings[0]
        picture_gradients = torch.autograd.grad(
            cosines.sum(), pictures.attentions, retain_graph=True
        )
        text_gradients = [
            torch.autograd.grad(cosine, text.attentions, retain_graph=True) for cosine in cosines
        ]
    rows = torch.stack(
        [
            _row(
                rollout([attention.detach() for attention in text.attentions], gradients),
                text.pooled,
            )[0]
            for gradients in text_gradients
        ]
    )
    patches = _row(
        rollout([attention.detach() for attention in pictures.attentions], picture_gradients),
        pictures.pooled,
    )
    return RolloutPairs(rows, patches[:, pictures.first :], cosines.detach())


def _row(relevance: Tensor, pooled: int) -> Tensor:
    """The row [N, T] of the pooled token, or the only row of a pooling head."""
    return relevance[:, pooled if relevance.shape[1] > 1 else 0]
