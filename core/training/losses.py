"""What is minimised: the contrastive loss over all processes' examples, and the layout's."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional


def gathered(local: Tensor) -> Tensor:
    """[B, …] of each of W processes → [W·B, …] of all, in rank order.

    The others' rows are constants here, as each process differentiates its own. The local rows'
    gradient is W times the true one, so that the mean of the processes' gradients is that of one
    process with the whole batch.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return local
    still = local.detach().contiguous()
    parts = [torch.empty_like(still) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, still)
    parts[dist.get_rank()] = still + dist.get_world_size() * (local - still)
    return torch.cat(parts)


def info_nce(texts: Tensor, pictures: Tensor, scale: Tensor, ignored: Tensor) -> Tensor:
    """Symmetric InfoNCE of unit embeddings [B, D] whose rows belong together (arXiv 2412.17007).

    `ignored` [B, B] is true for pairs that are no negatives, such as near-duplicate tiles.
    """
    logits = scale * texts @ pictures.T
    same = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(ignored & ~same, -torch.inf)
    target = torch.arange(len(logits), device=logits.device)
    rows = functional.cross_entropy(logits, target)
    columns = functional.cross_entropy(logits.T, target)
    return (rows + columns) / 2


def layout_loss(logits: Tensor, layout: Tensor, weight: Tensor) -> Tensor:
    """Binary cross entropy of logits [N, C, G, G] per cell, positives of class C weighed [C].

    Labels [N, C, M·G, M·G] of finer cells are pooled: a cell shows what any part of it shows.
    """
    labels = functional.adaptive_max_pool2d(layout.float(), logits.shape[-1])
    return functional.binary_cross_entropy_with_logits(
        logits.float(), labels, pos_weight=weight[:, None, None]
    )
