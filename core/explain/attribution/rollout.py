"""Gradient-weighted attention (Chefer et al., arXiv 2103.15679) of CLIP-like models.

Knows neither words nor pictures' sizes; the towers' passes are `core.models.attention`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.attention import Attended


@dataclass(frozen=True, slots=True)
class Rolled:
    """N pairs of one text and N pictures: `texts` [N, T] over tokens, `pictures` [N, P] over
    patches, both 0 or more and not scaled, and their `cosines` [N]."""

    texts: Tensor
    pictures: Tensor
    cosines: Tensor


def rollout(attentions: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """[N, T, T]: how much each token has taken of each, from attentions and the gradients of the
    similarity by them, [N, H, T, T] each, lowest layer first.

    R begins as the identity; each layer adds mean over heads of max(0, gradient · attention), times
    R. A pooling head's attention [N, H, 1, T] may come last and gives [N, 1, T]: its query is no
    token, so there is nothing to add to (ours).
    """
    first = attentions[0]
    found = torch.eye(first.shape[-1], dtype=first.dtype, device=first.device)[None]
    for attention, gradient in zip(attentions, gradients, strict=True):
        taken = (attention * gradient).clamp(min=0).mean(1) @ found
        found = found + taken if taken.shape[1:] == found.shape[1:] else taken
    return found


def rolled(text: Attended, pictures: Attended) -> Rolled:
    """One text against N pictures. Nothing is left on the model: gradients are taken by the
    attention alone."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        cosines = pictures.embeddings @ text.embeddings[0]
        seen = torch.autograd.grad(cosines.sum(), pictures.attentions, retain_graph=True)
        read = [
            torch.autograd.grad(cosine, text.attentions, retain_graph=True) for cosine in cosines
        ]
    rows = torch.stack(
        [
            _row(rollout([one.detach() for one in text.attentions], gradients), text.pooled)[0]
            for gradients in read
        ]
    )
    patches = _row(rollout([one.detach() for one in pictures.attentions], seen), pictures.pooled)
    return Rolled(rows, patches[:, pictures.first :], cosines.detach())


def _row(found: Tensor, pooled: int) -> Tensor:
    """The row [N, T] of the token that is pooled, or of a pooling head, which has one only."""
    return found[:, pooled if found.shape[1] > 1 else 0]
